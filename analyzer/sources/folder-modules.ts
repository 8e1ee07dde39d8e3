import path from 'node:path';
import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import { moduleValues } from './exported-values.ts';
import type { SourceFile } from './source-file.ts';
import { walk } from './tree.ts';
import { type ApiValue, constantText, noEnvironment, type Value } from './values.ts';

/** Packages that load every module of a folder and give them by the names of their files. */
const loaders =
  /^(?:auto-load|require-all|require-dir|require-directory|requireindex|include-all|bulk-require)$/;

/**
 * `require('require-all')(folder).users`: the module of that name in the folder; `undefined` where nothing loads folders
 * or the folder cannot be told.
 */
export function folderMember(
  evaluator: Evaluator,
  value: ApiValue,
  name: string,
): readonly Value[] | undefined {
  const last = value.steps.at(-1);
  if (last?.kind !== 'call' || last.at === undefined || !loaders.test(value.module)) return undefined;
  const { file, node, environment = noEnvironment } = last.at;
  for (const argument of 'arguments' in node ? node.arguments : []) {
    const folder = folderOf(evaluator, file, argument, environment);
    const found = folder === undefined ? undefined : moduleIn(evaluator, file, folder, name);
    if (found !== undefined) return moduleValues(evaluator, file, evaluator.sources.absolute(found));
  }
  return undefined;
}

/** A folder relative to the root, or the end of its path where only that is known. */
function folderOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: NonNullable<Parameters<Evaluator['evaluate']>[2]>,
): string | undefined {
  const text = constantText(evaluator.evaluate(file, node, environment));
  if (text !== undefined) {
    if (path.isAbsolute(text)) return path.posix.relative(evaluator.sources.root, text);
    return path.posix.join(path.posix.dirname(file.path), text);
  }
  const texts: string[] = [];
  walk(node, (inner) => {
    if (inner.type === 'StringLiteral') texts.push(inner.value);
    if (inner.type === 'TemplateElement') texts.push(inner.value.raw);
    return true;
  });
  const end = texts.at(-1)?.replace(/^[./]+|\/+$/g, '');
  return end === undefined || end === '' ? undefined : `**/${end}`;
}

/** The one listed file that is called `name`, or lies in a folder of that name, in the folder. */
function moduleIn(
  evaluator: Evaluator,
  { path: from }: SourceFile,
  folder: string,
  name: string,
): string | undefined {
  const isThere = (found: string) =>
    folder.startsWith('**/') ? `/${found}`.endsWith(folder.slice(2)) : found === folder;
  const found = evaluator.sources.files.filter((listed) => {
    const { dir, name: stem } = path.posix.parse(listed);
    return stem === name
      ? isThere(dir)
      : stem === 'index' && isThere(path.posix.dirname(dir)) && path.posix.basename(dir) === name;
  });
  // Where only the end of the folder is known, that of the same part of the project is meant.
  const [top] = from.split('/');
  const near = found.length > 1 ? found.filter((listed) => listed.split('/')[0] === top) : found;
  return near.length === 1 ? near[0] : undefined;
}
