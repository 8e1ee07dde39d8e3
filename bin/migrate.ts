import { asJson, type RunReport, terminalReport } from '../report/index.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { prepareProject } from './load.ts';
import type { RuleOptions } from './rules.ts';
import { remembered } from './run-cache.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface MigrateOptions extends RuleOptions {
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly mark?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly transform?: string;
  /** Whether an earlier answer to the same question may be given again; what writes always works it out. */
  readonly cache?: boolean;
}

/** Rows of the ranking before the rest is only counted. */
const shownRows = 20;

/** The default command: rank the handlers, rewrite those that qualify, report. */
export async function migrate(
  paths: readonly string[],
  options: MigrateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const prepared = await prepareProject(paths, terminal);
  const mode = options.check ? 'check' : options.dryRun ? 'dry-run' : 'write';
  const work = async () => {
    const { rewriteOnce } = await import('./rewriting.ts');
    return rewriteOnce(prepared, options, mode, terminal);
  };
  const { json: _format, cache: _cache, ...what } = options;
  const asked = ['migrate', mode, what, terminal.cwd, prepared.given];
  const mayRemember = mode !== 'write' && options.cache !== false;
  const { report, interrupted } = mayRemember
    ? await remembered({ list: prepared.list, given: asked }, work)
    : await work();
  const format = options.json
    ? asJson
    : (value: RunReport) => terminalReport(value, terminalOptions(terminal, prepared.list.root, shownRows));
  terminal.print(format(report));
  return interrupted ? exitCode.interrupted : exitCodeOf(report);
}

function exitCodeOf({ mode, accounting }: RunReport): ExitCode {
  if (accounting.failed > 0) return exitCode.someFilesFailed;
  return mode === 'check' && accounting.changed > 0 ? exitCode.found : exitCode.done;
}
