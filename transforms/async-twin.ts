import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import type { Evaluator, SourceFile } from '../analyzer/sources/index.ts';
import { formContext } from './forms/form.ts';
import { babelParser } from './parser.ts';
import type { FileResult } from './result.ts';
import { rewriteFile, type TransformOptions } from './rewrite.ts';
import { siteOf } from './site.ts';
import { standalone } from './standalone.ts';

/** Rewrites only the bridges of project functions, and writes the twins they need in the same file. */
function asyncTwinsIn(file: SourceFile, evaluator: Evaluator, options: TransformOptions): FileResult {
  const context = formContext(evaluator, options);
  const sites = context.bridgesOf(file).map((bridge) => siteOf(bridge, context));
  const planned = sites.filter(
    ({ outcome }) => outcome.kind === 'rewrite' && outcome.form === 'function-call',
  );
  return rewriteFile(file, evaluator, new Set(planned.map(({ id }) => id)), options);
}

/**
 * Writes async twins of the project functions that stand behind bridges: `await syncToAsync(loadAccount)(id)` to
 * `await aloadAccount(id)`. A standard jscodeshift module; alone on one file it handles functions of that file.
 */
export default function asyncTwin(file: FileInfo, _api: API, options: Options): string | undefined {
  const result = standalone(file.path, file.source, (parsed, evaluator) =>
    asyncTwinsIn(parsed, evaluator, options as TransformOptions),
  );
  if (result.status === 'failed') throw new Error(`${file.path}: ${result.reason}: ${result.message}`);
  return result.status === 'changed' ? result.text : undefined;
}

export const parser: Parser = babelParser;
