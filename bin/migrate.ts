import path from 'node:path';
import picomatch from 'picomatch';
import type { Configuration } from '../analyzer/configuration.ts';
import type { PlanScope } from '../analyzer/plan.ts';
import { toPosix } from '../analyzer/sources/index.ts';
import type { Project } from '../delivery/project.ts';
import { changedFiles, type Rewriting, rewriteProject, writeProject } from '../delivery/rewriting.ts';
import { runReport } from '../delivery/run.ts';
import { dirtyFiles } from '../delivery/working-tree.ts';
import { jsonReport, type RunReport, terminalReport } from '../report/index.ts';
import type { Configured } from './configuration.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { loadProject } from './load.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface MigrateOptions {
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly all?: boolean;
  readonly minScore?: number;
  readonly only?: readonly string[];
  readonly mark?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Rows of the ranking before the rest is only counted. */
const shownRows = 20;

/** The default command: rank the handlers, rewrite those that qualify, report. */
export async function migrate(
  paths: readonly string[],
  options: MigrateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { project, configured } = await loadProject(paths, terminal);
  const scope = scopeOf(options, configured.configuration);
  const accept = onlyMatching(project, options, configured, terminal.cwd);
  const rewriting = rewriteProject(project, scope, { accept, mark: options.mark === true });
  const mode = options.check ? 'check' : options.dryRun ? 'dry-run' : 'write';
  if (mode === 'write' && !options.force) refuseDirtyFiles(project, rewriting);
  const interruption = mode === 'write' ? watchInterruption() : undefined;
  const failures = interruption && (await writeProject(project, rewriting, interruption.happened));
  interruption?.stopWatching();
  const report = runReport(project, rewriting, mode, failures);
  const format = options.json
    ? jsonReport
    : (value: RunReport) => terminalReport(value, terminalOptions(terminal, project.sources.root, shownRows));
  terminal.print(format(report));
  if (mode === 'write' && !project.repository && report.accounting.changed > 0) {
    terminal.complain('this is not a git repository: nothing but a backup can bring the old files back.');
  }
  return interruption?.happened() ? exitCode.interrupted : exitCodeOf(report);
}

/** Globs of the command line count from the current folder, those of the configuration from the folder it is in. */
function onlyMatching(
  { sources }: Project,
  { only = [] }: MigrateOptions,
  { configuration, folder }: Configured,
  cwd: string,
): (file: string) => boolean {
  const [base, globs] = only.length > 0 ? [cwd, only] : [folder, configuration.only ?? []];
  if (globs.length === 0) return () => true;
  const matches = picomatch([...globs], { dot: true });
  return (file) => matches(toPosix(path.relative(base, sources.absolute(file))));
}

function scopeOf({ all, minScore: given }: MigrateOptions, configuration: Configuration): PlanScope {
  if (all && given !== undefined) throw new UsageError('--all and --min-score exclude each other.');
  if (all) return { kind: 'all' };
  const minScore = given ?? configuration.minScore;
  return minScore === undefined ? { kind: 'qualifying' } : { kind: 'score', least: minScore };
}

function refuseDirtyFiles(project: Project, rewriting: Rewriting): void {
  if (!project.repository) return;
  const dirty = dirtyFiles(project.sources.root, changedFiles(rewriting));
  if (dirty.length === 0) return;
  const shown = dirty.slice(0, 5).join(', ') + (dirty.length > 5 ? ` and ${dirty.length - 5} more` : '');
  throw new UsageError(
    `uncommitted changes in files to rewrite: ${shown}. Commit or stash them, or pass --force. Nothing was written.`,
    exitCode.dirtyWorkingTree,
  );
}

function exitCodeOf({ mode, accounting }: RunReport): ExitCode {
  if (accounting.failed > 0) return exitCode.someFilesFailed;
  return mode === 'check' && accounting.changed > 0 ? exitCode.found : exitCode.done;
}

/** Ctrl-C while files are being replaced lets the current one finish and starts no other. */
function watchInterruption(): { happened: () => boolean; stopWatching: () => void } {
  let interrupted = false;
  const note = () => {
    interrupted = true;
  };
  process.once('SIGINT', note);
  return { happened: () => interrupted, stopWatching: () => void process.removeListener('SIGINT', note) };
}
