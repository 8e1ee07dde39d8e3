import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { analysisReports } from '../report/index.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { prepareProject } from './load.ts';
import { remembered } from './run-cache.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface AnalyzeOptions {
  readonly format: string;
  readonly out?: string;
  readonly top?: number;
  readonly traces?: readonly string[];
  /** Whether an earlier answer to the same question may be given again. */
  readonly cache?: boolean;
}

/** `migrate-async analyze`: every handler, ranked; rewrites nothing. */
export async function analyzeProject(
  paths: readonly string[],
  options: AnalyzeOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = analysisReports.get(options.format);
  if (report === undefined) {
    const formats = [...analysisReports.keys()].join(', ');
    throw new UsageError(`there is no format ${options.format}. Formats: ${formats}.`);
  }
  const prepared = await prepareProject(paths, terminal, { traces: options.traces ?? [] });
  const work = async () => (await prepared.read()).project.analysis;
  const question = { list: prepared.list, given: ['analyze', prepared.given] };
  const analysis = await (options.cache === false ? work() : remembered(question, work));
  const top = options.top ?? analysis.endpoints.length;
  const style = terminalOptions(terminal, analysis.root, top);
  if (options.out === undefined) terminal.print(report(analysis, style));
  else writeReport(path.resolve(terminal.cwd, options.out), report(analysis, { ...style, color: false }));
  return analysis.failed.length > 0 ? exitCode.someFilesFailed : exitCode.done;
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(
      `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    );
  }
}
