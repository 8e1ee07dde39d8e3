import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Analysis, Endpoint } from '../analyzer/analysis.ts';
import { analysisReports } from '../report/index.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { prepareProject } from './load.ts';
import { remembered } from './run-cache.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface AnalyzeOptions {
  readonly format: string;
  readonly out?: string;
  readonly top?: number;
  /** Handlers to report: text in their method and path, name or file; `*` stands for anything. */
  readonly filter?: string;
  /** Boundaries left on the path of a qualifying handler that are still accepted. */
  readonly maxBoundaries?: number;
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
  const whole = await (options.cache === false ? work() : remembered(question, work));
  const analysis = options.filter === undefined ? whole : onlyMatching(whole, options.filter);
  const top = options.top ?? analysis.endpoints.length;
  const style = terminalOptions(terminal, analysis.root, top);
  if (options.out === undefined) terminal.print(report(analysis, style));
  else writeReport(path.resolve(terminal.cwd, options.out), report(analysis, { ...style, color: false }));
  const beyond = boundariesBeyond(analysis, options.maxBoundaries);
  for (const { method, paths, boundaries } of beyond) {
    terminal.complain(
      `${method} ${paths[0] ?? ''} keeps more than ${options.maxBoundaries} boundaries after the rewrite: ${boundaries.after.length}.`,
    );
  }
  if (analysis.failed.length > 0) return exitCode.someFilesFailed;
  return beyond.length > 0 ? exitCode.found : exitCode.done;
}

/** The endpoints that a person asks for, and what is said about them. */
function onlyMatching(analysis: Analysis, filter: string): Analysis {
  const escaped = filter.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const pattern = new RegExp(escaped, 'i');
  const endpoints = analysis.endpoints.filter(({ method, paths, handler, location }) =>
    [...paths.map((own) => `${method} ${own}`), handler?.name ?? '', handler?.file ?? '', location.file].some(
      (text) => pattern.test(text),
    ),
  );
  const ids = new Set(endpoints.map(({ id }) => id));
  const projectFindings = analysis.projectFindings.filter((finding) =>
    finding.endpoints.some((id) => ids.has(id)),
  );
  return { ...analysis, endpoints, projectFindings };
}

/** Handlers worth migrating that keep more boundaries than a person accepts. */
function boundariesBeyond({ endpoints }: Analysis, most: number | undefined): readonly Endpoint[] {
  if (most === undefined) return [];
  return endpoints.filter(({ verdict, boundaries }) => verdict !== 'stay' && boundaries.after.length > most);
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
