import type { Node } from '@babel/types';
import {
  type Call,
  type ClassNode,
  callsOf,
  contextsOf,
  type Environment,
  type Evaluator,
  functionAround,
  isTestFile,
  listItems,
  memberName,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
  type Value,
  whetherRun,
} from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { pathTexts } from '../routing/paths.ts';
import { configuredText } from './nest-config.ts';
import { type Enhancer, enhancer } from './nest-enhancers.ts';
import { collectedModules } from './nest-modules.ts';
import { versionTexts } from './nest-versions.ts';

/** What an application sets for all its controllers. */
export interface NestApplication {
  readonly file: SourceFile;
  /** Whether requests reach it, as against one that a script makes to get at its services. */
  listens: boolean;
  /** Modules it is made of, each with the condition under which it is; `undefined` for always. */
  readonly modules: ReadonlyMap<ClassNode, string | undefined>;
  prefixes: readonly string[];
  /** Routes that the global prefix leaves out, as given. */
  excluded: readonly string[];
  /** What stands before a version in a path; `undefined` when versions are not part of paths. */
  versionPrefix: string | undefined;
  defaultVersions: readonly string[];
  readonly enhancers: Enhancer[];
}

/** Every application that a project starts, with its global settings. */
export function nestApplications(sources: Sources, evaluator: Evaluator): readonly NestApplication[] {
  const files = sources
    .mentioning(['NestFactory', 'setGlobalPrefix', 'enableVersioning', 'useGlobal'])
    .filter((file) => !isTestFile(file))
    .map((file) => sources.file(file))
    .filter((file) => file !== undefined);
  const applications = new Map<Node, NestApplication>();
  for (const file of files) {
    for (const call of callsOf(file).byMember.get('create') ?? []) {
      if (!isFactory(evaluator, file, call)) continue;
      applications.set(call, applicationAt(evaluator, file, call));
    }
  }
  const all = [...applications.values()];
  for (const file of files) readSettings(sources, evaluator, file, applications, all);
  return all;
}

function isFactory(evaluator: Evaluator, file: SourceFile, call: Call): boolean {
  return evaluator
    .evaluate(file, call.callee)
    .some((value) => value.kind === 'api' && value.module === '@nestjs/core');
}

function applicationAt(evaluator: Evaluator, file: SourceFile, call: Call): NestApplication {
  const [root] = call.arguments;
  const own = collectedModules(evaluator, root ? evaluator.evaluate(file, root) : []);
  return {
    file,
    ...own,
    listens: false,
    prefixes: [],
    excluded: [],
    versionPrefix: undefined,
    defaultVersions: [],
  };
}

function readSettings(
  sources: Sources,
  evaluator: Evaluator,
  file: SourceFile,
  applications: ReadonlyMap<Node, NestApplication>,
  all: readonly NestApplication[],
): void {
  const { byMember } = callsOf(file);
  const each = (name: string, read: (call: Call, application: NestApplication) => void) => {
    for (const call of byMember.get(name) ?? []) {
      const meaning = meant(evaluator, file, call, applications, all);
      if (meaning.length > 0 && isNeverRun(evaluator, file, call)) continue;
      for (const application of meaning) read(call, application);
    }
  };
  each('listen', (_call, application) => {
    application.listens = true;
  });
  each('setGlobalPrefix', (call, application) => {
    const [prefix, options] = call.arguments;
    if (prefix) application.prefixes = settingTexts(sources, evaluator, file, prefix);
    if (options) application.excluded = excludedPaths(evaluator, file, options);
  });
  each('enableVersioning', (call, application) => {
    const values = call.arguments[0] ? evaluator.evaluate(file, call.arguments[0]) : [];
    const type = option(evaluator, values, 'type');
    const isUri = type === undefined || /URI$/.test(type.file.textOf(type.node));
    if (!isUri) return;
    const prefix = option(evaluator, values, 'prefix');
    application.versionPrefix = prefix ? (constantOr(evaluator, prefix, 'v') ?? '') : 'v';
    const standard = option(evaluator, values, 'defaultVersion');
    if (standard) application.defaultVersions = versionTexts(evaluator, standard);
  });
  for (const name of ['useGlobalGuards', 'useGlobalInterceptors', 'useGlobalPipes']) {
    each(name, (call, application) => {
      for (const argument of call.arguments)
        application.enhancers.push(
          enhancer(evaluator, { file, node: argument, environment: noEnvironment }, name),
        );
    });
  }
}

/** Whether no call that leads here fulfils the condition: `options.prefix && app.setGlobalPrefix(options.prefix)`. */
function isNeverRun(evaluator: Evaluator, file: SourceFile, call: Call): boolean {
  const around = functionAround(file, call);
  return contextsOf(evaluator, file, call).every(
    (environment) => whetherRun(evaluator, file, call, around, environment) === 'never',
  );
}

function constantOr(
  evaluator: Evaluator,
  given: { file: SourceFile; node: Node; environment: Environment },
  fallback: string,
): string | undefined {
  const node = unwrapped(given.node);
  if (node.type === 'BooleanLiteral') return node.value ? fallback : '';
  return pathTexts(evaluator, given.file, node, given.environment)[0];
}

/** The applications a setting is made on; all of them when it cannot be told. */
function meant(
  evaluator: Evaluator,
  file: SourceFile,
  call: Call,
  applications: ReadonlyMap<Node, NestApplication>,
  all: readonly NestApplication[],
): readonly NestApplication[] {
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return [];
  const own = evaluator.evaluate(file, callee.object).flatMap((value) => {
    if (value.kind !== 'api') return [];
    const made = value.steps.find(
      (step) => step.kind === 'call' && step.at && applications.has(step.at.node),
    );
    return made?.kind === 'call' && made.at ? (applications.get(made.at.node) ?? []) : [];
  });
  return own.length > 0 ? own : all;
}

/** The texts a global setting may have: constants, or what the configuration says under a name. */
function settingTexts(
  sources: Sources,
  evaluator: Evaluator,
  file: SourceFile,
  given: Node,
): readonly string[] {
  const node = unwrapped(given);
  const plain = pathTexts(evaluator, file, node, noEnvironment);
  if (!plain.some((text) => text.includes('«'))) return plain;
  const read = configurationRead(file, node);
  const configured = read && configuredText(sources, evaluator, file, read);
  return configured === undefined ? plain : [configured];
}

/** The call that reads the configuration: at the place itself or where the name is declared. */
function configurationRead(file: SourceFile, given: Node): Call | undefined {
  const node = unwrapped(given);
  if (node.type === 'Identifier') {
    const declaration = file.scopes.bindingOf(node)?.declaration;
    if (declaration?.type !== 'VariableDeclarator' || !declaration.init) return undefined;
    return configurationRead(file, declaration.init);
  }
  if (node.type === 'LogicalExpression') return configurationRead(file, node.left);
  if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return undefined;
  return /^get(?:OrThrow)?$/.test(memberName(unwrapped(node.callee)) ?? '') ? node : undefined;
}

function excludedPaths(evaluator: Evaluator, file: SourceFile, options: Node): readonly string[] {
  const given = option(evaluator, evaluator.evaluate(file, options), 'exclude');
  const items = given?.values.flatMap((value) => listItems(evaluator, value) ?? []) ?? [];
  return items.flatMap((item) => {
    const own = option(evaluator, item.values, 'path');
    const {
      file: inside,
      node,
      environment,
    } = own ?? { ...item, environment: item.environment ?? noEnvironment };
    return pathTexts(evaluator, inside, node, environment);
  });
}

/** Prefixes that `RouterModule.register([{ path, module, children }])` gives modules. */
export function modulePrefixes(sources: Sources, evaluator: Evaluator): ReadonlyMap<ClassNode, string> {
  const found = new Map<ClassNode, string>();
  for (const path of sources.mentioning(['RouterModule'])) {
    const file = sources.file(path);
    for (const call of (file && callsOf(file).byMember.get('register')) ?? []) {
      const [routes] = call.arguments;
      if (file === undefined || routes === undefined) continue;
      if (!isFactory(evaluator, file, call)) continue;
      for (const value of evaluator.evaluate(file, routes)) readPrefixes(evaluator, value, '', found, 0);
    }
  }
  return found;
}

function readPrefixes(
  evaluator: Evaluator,
  list: Value,
  before: string,
  found: Map<ClassNode, string>,
  depth: number,
): void {
  for (const item of depth > 10 ? [] : (listItems(evaluator, list) ?? [])) {
    for (const value of item.values) if (value.kind === 'class') found.set(value.node, before);
    const own = option(evaluator, item.values, 'path');
    const path = own ? (pathTexts(evaluator, own.file, own.node, own.environment)[0] ?? '') : '';
    const full = `${before}/${path}`;
    for (const value of option(evaluator, item.values, 'module')?.values ?? [])
      if (value.kind === 'class') found.set(value.node, full);
    for (const value of option(evaluator, item.values, 'children')?.values ?? [])
      readPrefixes(evaluator, value, full, found, depth + 1);
  }
}
