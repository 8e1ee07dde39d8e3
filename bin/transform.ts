import path from 'node:path';
import type { Configuration } from '../analyzer/configuration.ts';
import { listAround, toPosix } from '../analyzer/sources/index.ts';
import { unifiedDiff } from '../delivery/diff.ts';
import { readProject, transformOptions } from '../delivery/project.ts';
import { rewriteProject } from '../delivery/rewriting.ts';
import { type FileResult, rewriteText } from '../transforms/index.ts';
import { readConfiguration } from './configuration.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { ownVersion } from './version.ts';

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
export async function transformText(
  input: Buffer,
  options: TransformVerbOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { stdinFilename, json, diff } = options;
  if (options.stdin !== true || stdinFilename === undefined) {
    throw new UsageError('transform needs --stdin and --stdin-filename.');
  }
  if (json === true && diff === true) throw new UsageError('--json and --diff exclude each other.');
  const text = input.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(input)) {
    terminal.complain(`${stdinFilename}: the text is not valid UTF-8.`);
    return exitCode.someFilesFailed;
  }
  const { configuration } = await readConfiguration(path.dirname(path.resolve(terminal.cwd, stdinFilename)));
  const result = rewritten(stdinFilename, text, configuration, options.all === true, terminal.cwd);
  if (result.status === 'failed') {
    terminal.complain(`${stdinFilename}: ${result.reason}: ${result.message}`);
    return exitCode.someFilesFailed;
  }
  const after = result.status === 'changed' ? result.text : text;
  if (json) terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
  else if (!diff) terminal.print(after);
  else if (after !== text) terminal.print(unifiedDiff(toPosix(stdinFilename), text, after));
  return exitCode.done;
}

function rewritten(
  file: string,
  text: string,
  configuration: Configuration,
  all: boolean,
  cwd: string,
): FileResult {
  const list = listAround(file, cwd);
  const [name] = list.selected ?? [];
  if (name === undefined) return { schemaVersion: 1, status: 'unchanged' };
  if (all) return rewriteText(path.join(list.root, name), text, transformOptions(configuration));
  const project = readProject(list, configuration, { version: ownVersion(), texts: new Map([[name, text]]) });
  const [failure] = project.sources.failures;
  if (failure !== undefined) {
    const message = `${failure.message} at ${failure.line}:${failure.column}`;
    return { schemaVersion: 1, status: 'failed', reason: 'parse', message };
  }
  const { results } = rewriteProject(project, { kind: 'qualifying' });
  return results.get(name) ?? { schemaVersion: 1, status: 'unchanged' };
}
