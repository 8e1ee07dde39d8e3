import path from 'node:path';
import { Evaluator, type SourceFile, Sources } from '../analyzer/sources/index.ts';
import type { FileResult } from './result.ts';
import { rewriteFile, type TransformOptions } from './rewrite.ts';

export type { TransformOptions };

/**
 * Rewrites the text of one file on its own: an editor's buffer, standard input, a file given to a foreign runner.
 * Modules it imports are read from disk where they can be found.
 * @param file path of the text, which decides the dialect; it need not exist
 * @param options with `root`, the folder that sites are named from; the root of the file system when it is left out
 */
export function rewriteText(
  file: string,
  text: string,
  { root, ...options }: TransformOptions & { readonly root?: string } = {},
): FileResult {
  const rewrite: Rewrite = (parsed, evaluator) => rewriteFile(parsed, evaluator, undefined, options);
  return standalone(file, text, rewrite, root);
}

type Rewrite = (file: SourceFile, evaluator: Evaluator) => FileResult;

/** Runs a rewrite on one text, with whatever it imports read from disk. */
export function standalone(
  file: string,
  text: string,
  rewrite: Rewrite,
  root = path.parse(path.resolve(file)).root,
): FileResult {
  const absolute = path.resolve(file);
  const name = path.relative(root, absolute).split(path.sep).join('/');
  const list = { root, files: [name], manifests: [], skipped: [], repository: false, isPart: true };
  const sources = new Sources(list, new Map([[name, text]]));
  const parsed = sources.file(name);
  if (parsed !== undefined) return rewrite(parsed, new Evaluator(sources));
  const [failure] = sources.failures;
  if (failure === undefined) return { schemaVersion: 1, status: 'unchanged' };
  const message = `${failure.message} at ${failure.line}:${failure.column}`;
  return { schemaVersion: 1, status: 'failed', reason: 'parse', message };
}
