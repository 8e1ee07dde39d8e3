import path from 'node:path';
import { listAround, toPosix } from '../analyzer/sources/index.ts';
import { rewriteSource, unifiedDiff } from '../delivery/index.ts';
import type { FileResult } from '../transforms/index.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { loadFiles } from './load.ts';
import { rulesOf } from './rules.ts';
import type { Terminal } from './terminal.ts';

export interface TransformVerbOptions {
  readonly stdin?: boolean;
  readonly stdinFilename?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly diff?: boolean;
}

/**
 * `migrate-async transform --stdin`: one text in, the same text rewritten out; what editors call.
 *
 * Standard output is the whole result, or the input byte for byte when there is nothing to do or the file is ignored.
 * On any failure it stays empty, so that an editor which pipes a buffer through cannot lose it.
 */
export async function transformText(options: TransformVerbOptions, terminal: Terminal): Promise<ExitCode> {
  const { stdinFilename: file, json, diff } = options;
  if (options.stdin !== true || file === undefined) {
    throw new UsageError('transform needs --stdin and --stdin-filename.');
  }
  if (json === true && diff === true) throw new UsageError('--json and --diff exclude each other.');
  const input = await terminal.input();
  const text = input.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(input)) return failed(terminal, file, 'the text is not valid UTF-8');
  const result = await rewritten(file, text, options, terminal);
  if (result.status === 'failed') return failed(terminal, file, `${result.reason}: ${result.message}`);
  const after = result.status === 'changed' ? result.text : text;
  if (json) terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
  else if (!diff) terminal.print(after);
  else if (after !== text) terminal.print(unifiedDiff(toPosix(file), text, after));
  return exitCode.done;
}

async function rewritten(
  file: string,
  text: string,
  { all = false }: TransformVerbOptions,
  terminal: Terminal,
): Promise<FileResult> {
  const list = listAround(file, terminal.cwd);
  const [name] = list.selected ?? [];
  if (name === undefined) return { schemaVersion: 1, status: 'unchanged' };
  // Rewriting all of one file asks nobody for a verdict, so the rest of the package need not be read.
  const needed = all ? { ...list, files: [name] } : list;
  const start = path.dirname(path.join(list.root, name));
  const loaded = await loadFiles(needed, start, terminal, { texts: new Map([[name, text]]) });
  const { scope, accept } = rulesOf({ all }, loaded, terminal.cwd);
  return rewriteSource(loaded.project, name, scope, accept);
}

function failed(terminal: Terminal, file: string, message: string): ExitCode {
  terminal.complain(`${file}: ${message}`);
  return exitCode.someFilesFailed;
}
