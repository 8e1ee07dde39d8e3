import { inspect } from 'node:util';
import type { CommitHook } from './state.ts';

/** What running a hook takes. */
type Runnable = Pick<CommitHook, 'run' | 'robust'>;

/** Runs a hook; the failure of a robust one is reported and the next ones still run. An async one is not waited for. */
export function runHook({ run, robust }: Runnable): void {
  try {
    const result = run();
    if (robust) Promise.resolve(result).catch(report);
  } catch (error) {
    if (!robust) throw error;
    report(error);
  }
}

/** Runs hooks in order, waiting for each. */
export async function runHooks(hooks: readonly Runnable[]): Promise<void> {
  for (const { run, robust } of hooks) {
    try {
      await run();
    } catch (error) {
      if (!robust) throw error;
      report(error);
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : inspect(error);
}
function report(error: unknown): void {
  process.emitWarning(`A robust onCommit hook failed: ${textOf(error)}`, 'OnCommitWarning');
}
