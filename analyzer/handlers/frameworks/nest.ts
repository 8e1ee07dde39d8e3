import type { DynamicRegistration } from '../../analysis.ts';
import {
  type ClassNode,
  type ClassValue,
  type Evaluator,
  isTestFile,
  listItems,
  noEnvironment,
  type SourceFile,
  type Sources,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { type Method, methodsOf } from '../routing/class-methods.ts';
import { type Applied, decoratedClasses, decoratorsOf } from '../routing/decorators.ts';
import { option } from '../routing/options.ts';
import { joinPaths, pathList } from '../routing/paths.ts';
import { functionLocation, locationOf } from '../routing/targets.ts';
import { modulePrefixes, type NestApplication, nestApplications } from './nest-application.ts';
import { type ContractRoute, contractRoutes } from './nest-contracts.ts';
import { type Enhancer, enhancer, inOrder } from './nest-enhancers.ts';
import { isSamePath, reaches } from './nest-middleware.ts';
import { remoteHandlers } from './nest-remote.ts';
import { versionTexts } from './nest-versions.ts';

/** NestJS controllers, and its resolvers, gateways and message handlers. */
export const nest: Framework = {
  name: 'nestjs',
  packages: /^@nestjs\//,
  discover(sources, evaluator) {
    if (evaluator.references.graph.usersOf(this.packages).size === 0) return { handlers: [], dynamic: [] };
    return discoverNest(sources, evaluator);
  },
};

const verbs: Readonly<Record<string, string>> = {
  Get: 'GET', Post: 'POST', Put: 'PUT', Delete: 'DELETE', Patch: 'PATCH', Options: 'OPTIONS', Head: 'HEAD', All: 'ALL',
  Search: 'SEARCH', Propfind: 'PROPFIND', Proppatch: 'PROPPATCH', Mkcol: 'MKCOL', Copy: 'COPY', Move: 'MOVE',
  Lock: 'LOCK', Unlock: 'UNLOCK', QueryMethod: 'QUERY', Sse: 'GET',
}; // biome-ignore format: one glance is enough

interface Project {
  readonly evaluator: Evaluator;
  readonly applications: readonly NestApplication[];
  /** The modules that list a controller. */
  readonly modulesOf: ReadonlyMap<ClassNode, readonly ClassNode[]>;
  readonly prefixes: ReadonlyMap<ClassNode, string>;
}

function discoverNest(sources: Sources, evaluator: Evaluator): Discovery {
  const dynamic: DynamicRegistration[] = [];
  const named = sources.mentioning([
    '@Controller',
    '@Module',
    '@Resolver',
    'Gateway',
    '@MessagePattern',
    '@EventPattern',
    'Controller(',
  ]);
  const files = [...new Set([...named, ...composing(sources, evaluator)])]
    .sort()
    .filter((file) => !isTestFile(file))
    .map((file) => sources.file(file))
    .filter((file) => file !== undefined);
  const modulesOf = new Map<ClassNode, ClassNode[]>();
  for (const file of files) readModules(evaluator, file, modulesOf);
  const project: Project = {
    evaluator,
    applications: nestApplications(sources, evaluator),
    modulesOf,
    prefixes: modulePrefixes(sources, evaluator),
  };
  const handlers = files.flatMap((file) =>
    decoratedClasses(file).flatMap((node) => {
      const owner: ClassValue = { kind: 'class', file, node, environment: noEnvironment };
      return [...controllerHandlers(project, owner), ...remoteHandlers(evaluator, owner)];
    }),
  );
  return { handlers, dynamic };
}

/** Files that may decorate a class with a decorator of the project's own: `@Api('orders')`, made of `Controller`. */
function composing(sources: Sources, evaluator: Evaluator): readonly string[] {
  const { graph } = evaluator.references;
  const makers = sources
    .mentioning(['applyDecorators('])
    .filter((file) => /\bController\s*\(/.test(sources.text(file)));
  const near = makers.flatMap((file) => graph.importersOf(file));
  // One barrel may stand between.
  const users = [...near, ...near.flatMap((file) => graph.importersOf(file))];
  return users.filter(
    (file) => /@[\w$.]+\s*\(/.test(sources.text(file)) && sources.mentions(file, ['class ']),
  );
}

function readModules(evaluator: Evaluator, file: SourceFile, found: Map<ClassNode, ClassNode[]>): void {
  for (const node of decoratedClasses(file)) {
    for (const applied of decoratorsOf(evaluator, file, node)) {
      if (applied.name !== 'Module') continue;
      const controllers = option(evaluator, applied.arguments[0] ?? [], 'controllers');
      for (const list of controllers?.values ?? [])
        for (const item of listItems(evaluator, list) ?? [])
          for (const value of item.values)
            if (value.kind === 'class') found.set(value.node, [...(found.get(value.node) ?? []), node]);
    }
  }
}

function controllerHandlers(project: Project, owner: ClassValue): readonly Handler[] {
  const { evaluator } = project;
  const applied = decoratorsOf(evaluator, owner.file, owner.node, owner.environment);
  const controller = applied.find(
    ({ name, module }) => name === 'Controller' && module.startsWith('@nestjs/'),
  );
  if (controller === undefined || !isUsed(project, owner)) return [];
  const application = applicationOf(project, owner);
  const before = enhancersIn(evaluator, applied);
  return methodsOf(evaluator, owner).flatMap((method) => {
    const own = decoratorsOf(evaluator, method.owner.file, method.node, method.owner.environment);
    const condition = conditionOf(project, owner, application);
    const routes = own.flatMap((decorator) => routesBy(evaluator, decorator, method));
    return routes.map((mapped): Handler => {
      const paths = mapped.paths.flatMap((path) =>
        fullPaths(project, owner, controller, own, path, application),
      );
      const reached = {
        controller: owner.node,
        method: mapped.method,
        paths: mapped.paths.flatMap((path) => barePaths(project, owner, controller, path)),
        versions: versionsOf(project, controller, own, application),
        versionPrefix: application?.versionPrefix,
      };
      const middlewares = inOrder([
        ...(application?.enhancers ?? []).filter(
          ({ reach }) => reach === undefined || reaches(reach, reached),
        ),
        ...before,
        ...enhancersIn(evaluator, own),
      ]);
      const { method: verb, location, target } = mapped;
      const full = [...new Set(paths)].sort();
      return {
        framework: 'nestjs',
        kind: 'route',
        method: verb,
        paths: full,
        location,
        target,
        middlewares,
        condition,
      };
    });
  });
}

/** What a decorator of a method registers: a route of its own, or those of a contract. */
function routesBy(evaluator: Evaluator, decorator: Applied, method: Method): readonly ContractRoute[] {
  const contracted = contractRoutes(evaluator, decorator, method);
  if (contracted !== undefined) return contracted;
  const mapped = mappedBy(evaluator, decorator);
  if (mapped === undefined) return [];
  const { name, value, owner } = method;
  const target = { name, location: functionLocation(value), value, wrappers: [] };
  return [{ ...mapped, location: locationOf(owner.file, decorator.node), target }];
}

/** The condition under which an application has one of the modules that list a controller. */
function conditionOf(
  project: Project,
  owner: ClassValue,
  application: NestApplication | undefined,
): string | undefined {
  const own = (project.modulesOf.get(owner.node) ?? []).filter((module) => application?.modules.has(module));
  const conditions = own.map((module) => application?.modules.get(module));
  return conditions.includes(undefined) ? undefined : [...new Set(conditions)].join(' || ') || undefined;
}

/** A controller that nothing names outside its file is never served. */
function isUsed(project: Project, owner: ClassValue): boolean {
  if (project.modulesOf.has(owner.node)) return true;
  return project.evaluator.referencesTo(owner.file, owner.node).length > 0;
}

interface Mapped {
  readonly method: string;
  readonly paths: readonly string[];
}

/** Method and paths that a decorator registers; `undefined` when it registers none. */
function mappedBy(evaluator: Evaluator, decorator: Applied): Mapped | undefined {
  if (!decorator.module.startsWith('@nestjs/')) return undefined;
  if (decorator.name === 'RequestMapping') {
    const [options = []] = decorator.arguments;
    const method = option(evaluator, options, 'method');
    const name = /\.(\w+)$/.exec(method?.file.textOf(method.node) ?? '')?.[1];
    return { method: name ?? 'GET', paths: pathsIn(evaluator, decorator) };
  }
  const method = /^@nestjs\/common(?:\/|$)/.test(decorator.module) ? verbs[decorator.name] : undefined;
  return method === undefined ? undefined : { method, paths: pathsIn(evaluator, decorator) };
}

/** The paths a decorator is given: a text, a list, `{ path }`, or nothing. */
function pathsIn(evaluator: Evaluator, decorator: Applied): readonly string[] {
  const [first] = decorator.nodes;
  if (first === undefined) return [''];
  const isObject = decorator.arguments[0]?.some(({ kind }) => kind === 'object');
  if (!isObject) return pathList(evaluator, decorator.file, first, decorator.environment);
  const path = option(evaluator, decorator.arguments[0] ?? [], 'path');
  return path === undefined ? [''] : pathList(evaluator, path.file, path.node, path.environment);
}

function fullPaths(
  project: Project,
  owner: ClassValue,
  controller: Applied,
  own: readonly Applied[],
  path: string,
  application: NestApplication | undefined,
): readonly string[] {
  const versions = versionsOf(project, controller, own, application);
  return barePaths(project, owner, controller, path).flatMap((bare) =>
    versions.flatMap((version) => {
      const isExcluded = application?.excluded.some((excluded) => isSamePath(excluded, bare)) === true;
      const prefixes = isExcluded || !application?.prefixes.length ? [''] : application.prefixes;
      return prefixes.map((prefix) => joinPaths(prefix, version, bare));
    }),
  );
}

/** Paths without the global prefix and the version: of the module, the controller and the method. */
function barePaths(
  project: Project,
  owner: ClassValue,
  controller: Applied,
  path: string,
): readonly string[] {
  const modules = project.modulesOf.get(owner.node) ?? [];
  const moduleOwn = modules.flatMap((module) => project.prefixes.get(module) ?? []);
  const moduleParts = moduleOwn.length > 0 ? moduleOwn : [''];
  return pathsIn(project.evaluator, controller).flatMap((base) =>
    moduleParts.map((modulePart) => joinPaths(modulePart, base, path)),
  );
}

/** Path segments of the versions a handler answers for; one empty text when versions are not in the path. */
function versionsOf(
  project: Project,
  controller: Applied,
  own: readonly Applied[],
  application: NestApplication | undefined,
): readonly string[] {
  const { evaluator } = project;
  const prefix = application?.versionPrefix;
  if (prefix === undefined) return [''];
  const decorator = own.find(({ name }) => name === 'Version');
  const [node] = decorator?.nodes ?? [];
  const given =
    decorator && node ? { ...decorator, node } : option(evaluator, controller.arguments[0] ?? [], 'version');
  const versions = given === undefined ? application?.defaultVersions : versionTexts(evaluator, given);
  if (versions === undefined || versions.length === 0) return [''];
  return versions.map((version) => (version === '' ? '' : prefix + version));
}

/** The application whose modules hold the controller; else the one whose entry stands nearest to it. */
function applicationOf(project: Project, owner: ClassValue): NestApplication | undefined {
  const modules = project.modulesOf.get(owner.node) ?? [];
  const { applications } = project;
  const holding = applications.filter(({ modules: own }) => modules.some((module) => own.has(module)));
  const candidates = holding.length > 0 ? holding : applications;
  const nearness = (application: NestApplication) => commonLength(application.file.path, owner.file.path);
  return [...candidates].sort(
    (left, right) => Number(right.listens) - Number(left.listens) || nearness(right) - nearness(left),
  )[0];
}

function commonLength(left: string, right: string): number {
  const [first, second] = [left.split('/'), right.split('/')];
  let index = 0;
  while (index < first.length && first[index] === second[index]) index++;
  return index;
}

function enhancersIn(evaluator: Evaluator, applied: readonly Applied[]): readonly Enhancer[] {
  return applied
    .filter(({ name }) => /^Use(?:Guards|Interceptors|Pipes)$/.test(name))
    .flatMap(({ name, file, nodes, environment }) =>
      nodes.map((node) => enhancer(evaluator, { file, node, environment }, name)),
    );
}
