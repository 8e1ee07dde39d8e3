import type { Node } from '@babel/types';
import {
  type ClassValue,
  callsOf,
  constantText,
  type Evaluator,
  isTestFile,
  keyName,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { methodsOf } from '../routing/class-methods.ts';
import { decoratedClasses } from '../routing/decorators.ts';
import { exportedOperand } from '../routing/exports.ts';
import type { WrapperPattern } from '../routing/named-wrappers.ts';
import type { Operand } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { pathTexts } from '../routing/paths.ts';
import { functionLocation, locationOf, referenceName, targetOf } from '../routing/targets.ts';

/** A way of registering handlers that a project has made for itself. */
export type HandlerPattern =
  /** Calls of a function: `createRoute({ fn })`. */
  | {
      readonly callee: string;
      /** Where the handler stands: `arg0`, `arg0.fn`. */
      readonly handlerPath: string;
      /** `arg1`, `arg0.method`, `parent-key`, or the method itself. */
      readonly method: string;
      /** `arg0`, `arg0.path`, `file`, or the path itself. */
      readonly path: string;
    }
  /** Decorators of methods. */
  | { readonly decorator: string; readonly methodArg?: number; readonly pathArg?: number }
  /** Exports of files in known places. */
  | { readonly fileGlob: string; readonly export: string; readonly method?: string }
  /** Functions that stand in front of handlers. */
  | WrapperPattern;

/** The framework that a project's own patterns describe. */
export function configuredFramework(patterns: readonly HandlerPattern[]): Framework {
  return {
    name: 'configured',
    packages: /(?:)/,
    discover(sources, evaluator): Discovery {
      const handlers = patterns.flatMap((pattern) => {
        if ('callee' in pattern) return calledHandlers(sources, evaluator, pattern);
        if ('decorator' in pattern) return decoratedHandlers(sources, evaluator, pattern);
        if ('wrapper' in pattern) return [];
        return exportedHandlers(sources, evaluator, pattern);
      });
      return { handlers, dynamic: [] };
    },
  };
}

function calledHandlers(
  sources: Sources,
  evaluator: Evaluator,
  pattern: Extract<HandlerPattern, { callee: string }>,
): readonly Handler[] {
  const name = pattern.callee.split('.').at(-1) ?? '';
  return filesMentioning(sources, name).flatMap((file) =>
    callsOf(file).all.flatMap((call) => {
      const written = file.textOf(call.callee);
      if (written !== pattern.callee && !written.endsWith(`.${pattern.callee}`)) return [];
      const handler = part(evaluator, file, call, pattern.handlerPath);
      if (handler === undefined) return [];
      const [method] = textsOf(evaluator, file, call, pattern.method);
      const paths = textsOf(evaluator, file, call, pattern.path);
      const token = parentKey(file, call) ?? call;
      const target = targetOf(evaluator, handler);
      return [
        entry(
          file,
          pattern.method === 'parent-key' ? token : call,
          (method ?? 'ALL').toUpperCase(),
          paths,
          target,
        ),
      ];
    }),
  );
}

function filesMentioning(sources: Sources, word: string): readonly SourceFile[] {
  return sources
    .mentioning([word])
    .filter((file) => !isTestFile(file))
    .flatMap((file) => sources.file(file) ?? []);
}

/** What a description such as `arg0.fn` means at a call. */
function part(
  evaluator: Evaluator,
  file: SourceFile,
  call: Node & { arguments: readonly Node[] },
  description: string,
): Operand | undefined {
  const [first = '', ...names] = description.split('.');
  const [, index] = /^arg(\d+)$/.exec(first) ?? [];
  const node = index === undefined ? undefined : call.arguments[Number(index)];
  if (node === undefined) return undefined;
  let found: Operand | undefined = {
    file,
    node: unwrapped(node),
    environment: noEnvironment,
    values: evaluator.evaluate(file, node),
  };
  for (const name of names) found = found && option(evaluator, found.values, name);
  return found;
}

function textsOf(
  evaluator: Evaluator,
  file: SourceFile,
  call: Node & { arguments: readonly Node[] },
  description: string,
): readonly string[] {
  if (description === 'file') return [filePath(file.path)];
  if (description === 'parent-key') {
    const key = parentKey(file, call);
    return key === undefined ? ['ALL'] : [file.textOf(key).replace(/['"`]/g, '')];
  }
  if (!/^arg\d/.test(description)) return [description];
  const own = part(evaluator, file, call, description);
  return own === undefined ? [] : pathTexts(evaluator, own.file, own.node, own.environment);
}

/** The property that holds a call, or holds what holds it. */
function parentKey(file: SourceFile, call: Node): Node | undefined {
  for (let above = file.parentOf(call); above !== undefined; above = file.parentOf(above)) {
    if (above.type === 'ObjectProperty' && keyName(above) !== undefined) return above.key;
    if (above.type === 'BlockStatement' || above.type === 'Program') return undefined;
  }
  return undefined;
}

/** A file's place as a path: without extension, `index` and the folders that only hold source. */
function filePath(file: string): string {
  const bare = file.replace(/\.[cm]?[jt]sx?$/, '').replace(/(?:^|\/)index$/, '');
  return `/${bare.replace(/^(?:src\/)?(?:pages|app|routes)\//, '')}`;
}

function decoratedHandlers(
  sources: Sources,
  evaluator: Evaluator,
  pattern: Extract<HandlerPattern, { decorator: string }>,
): readonly Handler[] {
  return filesMentioning(sources, pattern.decorator).flatMap((file) =>
    decoratedClasses(file).flatMap((node) => {
      const owner: ClassValue = { kind: 'class', file, node, environment: noEnvironment };
      return methodsOf(evaluator, owner).flatMap((method) => {
        const decorators = method.node.decorators ?? [];
        return decorators.flatMap((decorator) => {
          const call = unwrapped(decorator.expression);
          if (call.type !== 'CallExpression' || referenceName(call.callee) !== pattern.decorator) return [];
          const text = (index: number | undefined) => {
            const argument = index === undefined ? undefined : call.arguments[index];
            return argument && constantText(evaluator.evaluate(method.owner.file, argument));
          };
          const target = {
            name: method.name,
            location: functionLocation(method.value),
            value: method.value,
            wrappers: [],
          };
          const verb = (text(pattern.methodArg) ?? 'ALL').toUpperCase();
          return [entry(method.owner.file, decorator, verb, [text(pattern.pathArg) ?? method.name], target)];
        });
      });
    }),
  );
}

function exportedHandlers(
  sources: Sources,
  evaluator: Evaluator,
  pattern: Extract<HandlerPattern, { fileGlob: string }>,
): readonly Handler[] {
  return sources.files
    .filter((file) => !isTestFile(file) && globPattern(pattern.fileGlob).test(file))
    .flatMap((own) => {
      const file = sources.file(own);
      const exported = file && exportedOperand(evaluator, file, pattern.export);
      if (file === undefined || exported === undefined) return [];
      const target = targetOf(evaluator, exported.operand);
      return [entry(file, exported.token, pattern.method ?? 'ALL', [filePath(own)], target)];
    });
}

function entry(
  file: SourceFile,
  token: Node,
  method: string,
  paths: readonly string[],
  target: Handler['target'],
): Handler {
  const location = locationOf(file, token);
  return {
    framework: 'configured',
    kind: 'route',
    method,
    paths,
    location,
    target,
    middlewares: [],
    condition: undefined,
  };
}

/** `**` stands for any folders, `*` for part of a name, `{a,b}` for either. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\{([^{}]*)\}/g, (_, inner: string) => `(?:${inner.split(',').join('|')})`)
    .replace(/\*\*\//g, '\u0000')
    .replace(/\*/g, '[^/]*')
    .replaceAll('\u0000', '(?:.*/)?');
  return new RegExp(`^${source}$`);
}
