import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { listFiles } from '../analyzer/sources/index.ts';
import { readProject } from '../delivery/migration.ts';
import { analysisReports } from '../report/index.ts';
import { readConfiguration } from './configuration.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { announce, type Terminal, terminalOptions } from './terminal.ts';
import { ownVersion } from './version.ts';

export interface AnalyzeOptions {
  readonly format: string;
  readonly out?: string;
  readonly top?: number;
}

/** `migrate-async analyze`: every handler, ranked; rewrites nothing. */
export async function analyzeProject(
  paths: readonly string[],
  options: AnalyzeOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = analysisReports.get(options.format);
  if (report === undefined) {
    throw new UsageError(
      `there is no format ${options.format}. Formats: ${[...analysisReports.keys()].join(', ')}.`,
    );
  }
  const list = listFiles(paths, terminal.cwd);
  announce(terminal, list.files.length);
  const { configuration } = await readConfiguration(path.resolve(terminal.cwd, paths[0] ?? '.'));
  const { analysis } = readProject(list, configuration, ownVersion());
  const text = report(
    analysis,
    terminalOptions(terminal, analysis.root, options.top ?? analysis.endpoints.length),
  );
  if (options.out === undefined) terminal.print(text);
  else writeFileSync(path.resolve(terminal.cwd, options.out), text);
  return analysis.failed.length > 0 ? exitCode.someFilesFailed : exitCode.done;
}
