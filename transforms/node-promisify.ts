import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import { nodePromisify as pack } from './packs/node-promisify.ts';
import { rewritePack } from './packs/rewrite-pack.ts';
import { babelParser } from './parser.ts';
import { standalone } from './standalone.ts';

/**
 * Rewrites promisified functions of Node to the native ones: `promisify(fs.readFile)(path)` to
 * `fs.promises.readFile(path)`. A standard jscodeshift module.
 *
 * @returns the new text, or `undefined` when there is nothing to rewrite
 * @throws Error when the result does not pass verification
 */
export default function nodePromisify(file: FileInfo, _api: API, _options: Options): string | undefined {
  const result = standalone(file.path, file.source, (parsed, evaluator) =>
    rewritePack(parsed, evaluator, pack),
  );
  if (result.status === 'failed') throw new Error(`${file.path}: ${result.reason}: ${result.message}`);
  return result.status === 'changed' ? result.text : undefined;
}

export const parser: Parser = babelParser;
