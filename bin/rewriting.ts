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
import type { RunReport } from '../report/index.ts';
import { fileTransforms } from '../transforms/index.ts';
import { exitCode, UsageError } from './exit-code.ts';
import type { Loaded, Prepared } from './load.ts';
import type { MigrateOptions } from './migrate.ts';
import { rulesOf } from './rules.ts';
import type { Terminal } from './terminal.ts';

/** What a run of the default command found, and whether somebody stopped it. */
export interface Outcome {
  readonly report: RunReport;
  readonly interrupted: boolean;
}

/** Ranks the handlers and rewrites those that qualify; writes only in the mode that says so. */
export async function rewriteOnce(
  prepared: Prepared,
  options: MigrateOptions,
  mode: RunReport['mode'],
  terminal: Terminal,
): Promise<Outcome> {
  const loaded = await prepared.read();
  const { project, rewriting } = rewritingOf(loaded, options, terminal);
  if (mode !== 'write') return { report: runReport(project, rewriting, mode), interrupted: false };
  if (!options.force) refuseDirtyFiles(project, rewriting);
  warnWithoutHistory(project, rewriting, terminal);
  const interruption = watchInterruption();
  const failures = await writeProject(project, rewriting, interruption.happened);
  const report = runReport(project, rewriting, mode, failures);
  interruption.stopWatching();
  return { report, interrupted: interruption.happened() };
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
