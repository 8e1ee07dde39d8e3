import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import { babelParser } from './parser.ts';
import { rewriteText, type TransformOptions } from './standalone.ts';

/**
 * Rewrites the bridges of one file to the native twins of the operations they wrap:
 * `await syncToAsync(Post.objects.get)({ id })` to `await Post.objects.aget({ id })`.
 *
 * A standard jscodeshift module, for the stock runner as well as for ours. Alone on one file it rewrites every site
 * that the file itself proves; options `wrappers` and `defaultWrappers` name further wrappers.
 *
 * @returns the new text, or `undefined` when there is nothing to rewrite
 * @throws Error when the result does not pass verification; the runner then reports the file and leaves it alone
 */
export default function nativeOrm(file: FileInfo, _api: API, options: Options): string | undefined {
  const result = rewriteText(file.path, file.source, options as TransformOptions);
  switch (result.status) {
    case 'changed':
      return result.text;
    case 'unchanged':
      return undefined;
    case 'failed':
      throw new Error(`${file.path}: ${result.reason}: ${result.message}`);
  }
}

export const parser: Parser = babelParser;
