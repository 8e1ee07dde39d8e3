import type { CommitHook } from './state.ts';

/** Runs a hook; the failure of a robust one is reported and the next ones still run. */
export function runHook({ run, robust }: CommitHook): void {
  try {
    run();
  } catch (error) {
    if (!robust) throw error;
    report(error);
  }
}

/** Runs hooks in order, waiting for each. */
export async function runHooks(hooks: readonly CommitHook[]): Promise<void> {
  for (const { run, robust } of hooks) {
    try {
      await run();
    } catch (error) {
      if (!robust) throw error;
      report(error);
    }
  }
}

function report(error: unknown): void {
  process.emitWarning(
    `A robust onCommit hook failed: ${(error as Error)?.stack ?? error}`,
    'OnCommitWarning',
  );
}
