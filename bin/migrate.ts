import {
  changedFiles,
  dirtyFiles,
  type Project,
  type Rewriting,
  rewriteByName,
  rewriteProject,
  runReport,
  writeProject,
} from '../delivery/index.ts';
import { asJson, type RunReport, terminalReport } from '../report/index.ts';
import { fileTransforms } from '../transforms/index.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { type Loaded, loadProject } from './load.ts';
import { type RuleOptions, rulesOf } from './rules.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface MigrateOptions extends RuleOptions {
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly mark?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly transform?: string;
}

/** Rows of the ranking before the rest is only counted. */
const shownRows = 20;

/** The default command: rank the handlers, rewrite those that qualify, report. */
export async function migrate(
  paths: readonly string[],
  options: MigrateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = await loadProject(paths, terminal);
  const { project, rewriting } = rewritingOf(loaded, options, terminal);
  const mode = options.check ? 'check' : options.dryRun ? 'dry-run' : 'write';
  if (mode === 'write' && !options.force) refuseDirtyFiles(project, rewriting);
  if (mode === 'write') warnWithoutHistory(project, rewriting, terminal);
  const interruption = mode === 'write' ? watchInterruption() : undefined;
  const failures = interruption && (await writeProject(project, rewriting, interruption.happened));
  const report = runReport(project, rewriting, mode, failures);
  const format = options.json
    ? asJson
    : (value: RunReport) => terminalReport(value, terminalOptions(terminal, project.sources.root, shownRows));
  terminal.print(format(report));
  interruption?.stopWatching();
  return interruption?.happened() ? exitCode.interrupted : exitCodeOf(report);
}

/** What the named transform makes of the project; `native-orm` when none is named. */
function rewritingOf(
  loaded: Loaded,
  options: MigrateOptions,
  terminal: Terminal,
): { readonly project: Project; readonly rewriting: Rewriting } {
  const { project } = loaded;
  const { scope, accept } = rulesOf(options, loaded, terminal.cwd);
  const { transform = 'native-orm', mark = false } = options;
  const byFile = fileTransforms.find(({ name }) => name === transform);
  if (byFile !== undefined) return rewriteByName(project, byFile, accept);
  if (transform === 'native-orm')
    return { project, rewriting: rewriteProject(project, scope, { accept, mark }) };
  const calls = new Set(
    project.analysis.sites
      .filter(({ outcome }) => outcome.kind === 'rewrite' && outcome.form === 'function-call')
      .map(({ id }) => id),
  );
  return {
    project,
    rewriting: rewriteProject(project, scope, { accept, mark, wanted: ({ site }) => calls.has(site) }),
  };
}

/** Nothing but git could bring the old files back: say so before they are gone. */
function warnWithoutHistory({ repository }: Project, rewriting: Rewriting, terminal: Terminal): void {
  if (repository.kind !== 'none' || changedFiles(rewriting).length === 0) return;
  terminal.complain('this is not a git repository: nothing but a backup can bring the old files back.');
}

function refuseDirtyFiles(project: Project, rewriting: Rewriting): void {
  if (changedFiles(rewriting).length === 0 || project.repository.kind === 'none') return;
  if (project.repository.kind === 'refused') {
    throw new UsageError(
      `git cannot say whether there are uncommitted changes: ${project.repository.message}. ` +
        'Mend that, or pass --force. Nothing was written.',
      exitCode.dirtyWorkingTree,
    );
  }
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

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C, and being told to end, lets the file that is being replaced finish and starts no other. */
function watchInterruption(): { happened: () => boolean; stopWatching: () => void } {
  let interrupted = false;
  const note = () => {
    interrupted = true;
  };
  for (const signal of interruptions) process.on(signal, note);
  return {
    happened: () => interrupted,
    stopWatching: () => {
      for (const signal of interruptions) process.removeListener(signal, note);
    },
  };
}
