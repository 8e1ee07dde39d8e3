import path from 'node:path';
import type { CallExpression, OptionalCallExpression } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { SourceFile } from './source-file.ts';
import { apiPath, constantText, type Environment, type Value } from './values.ts';

/** The folder of a file, as `__dirname` gives it. */
export function directoryOf(evaluator: Evaluator, file: SourceFile): readonly Value[] {
  return [{ kind: 'constant', value: path.dirname(evaluator.sources.absolute(file.path)) }];
}

/** Functions of `node:path` and `node:url` on texts that are known; `undefined` for any other call. */
export function nodePath(
  evaluator: Evaluator,
  file: SourceFile,
  node: CallExpression | OptionalCallExpression,
  callee: readonly Value[],
  environment: Environment,
): readonly Value[] | undefined {
  const [only] = callee;
  if (callee.length !== 1 || only?.kind !== 'api') return undefined;
  if (only.module === 'desm') return desmPath(evaluator, file, node, apiPath(only), environment);
  if (only.module !== 'path' && only.module !== 'url' && only.module !== 'path/posix') return undefined;
  const name = apiPath(only).replace(/^.*\./, '');
  if (name === 'fileURLToPath' && file.textOf(node).includes('import.meta.url')) {
    return [{ kind: 'constant', value: evaluator.sources.absolute(file.path) }];
  }
  const texts: string[] = [];
  for (const argument of node.arguments) {
    const text = constantText(evaluator.evaluate(file, argument, environment));
    if (text === undefined) return undefined;
    texts.push(text);
  }
  if (name === 'join') return [{ kind: 'constant', value: path.join(...texts) }];
  if (name === 'dirname' && texts[0] !== undefined)
    return [{ kind: 'constant', value: path.dirname(texts[0]) }];
  // What does not start at a known folder would start at the folder the process runs in.
  if (name === 'resolve' && texts.some((text) => path.isAbsolute(text)))
    return [{ kind: 'constant', value: path.resolve(...texts) }];
  return undefined;
}

/** `join(import.meta.url, …)` and `dirname(import.meta.url)` of the package desm. */
function desmPath(
  evaluator: Evaluator,
  file: SourceFile,
  node: CallExpression | OptionalCallExpression,
  name: string,
  environment: Environment,
): readonly Value[] | undefined {
  const texts = node.arguments
    .slice(1)
    .map((argument) => constantText(evaluator.evaluate(file, argument, environment)));
  if (texts.includes(undefined) || !/\.(?:join|dirname)$/.test(name)) return undefined;
  const folder = path.dirname(evaluator.sources.absolute(file.path));
  return [{ kind: 'constant', value: path.join(folder, ...texts.filter((text) => text !== undefined)) }];
}
