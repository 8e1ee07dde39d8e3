import { cross } from '../../bridge/sync-to-async.ts';
import { signalFor } from '../../context.ts';
import { connections } from '../connections/index.ts';
import { type BridgedBlock, bridgedAnswers, bridgedBlock, refusingQueued, runBridged } from './bridged.ts';
import { driveRowsAsync, type Reading } from './drive.ts';
import { nativeAnswers, runNative } from './native.ts';
import type { Operation, Step, Streaming } from './steps.ts';

export { runBlocking, streamBlocking } from './blocking.ts';
export { runBridged } from './bridged.ts';

/**
 * Runs an a-prefixed operation: natively where the back end can, else on a bridge thread.
 *
 * @param signal cancels it, besides that of the context
 */
export function runAsynchronously<Result>(
  operation: Operation<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    const first = operation.next();
    if (first.done) return Promise.resolve(first.value);
    if (isNative(first.value)) return runNative(operation, first, signal);
    const block = bridgedBlock(first.value.alias);
    const inTurn = refusingQueued(block, () => runBridged(operation, first, 'native'));
    const crossing = { form: 'reference', operation: 'operation', threadSensitive: true } as const;
    const outcome = cross(crossing, inTurn, signal);
    return block === undefined ? outcome : unlessGivenUp(outcome, block, signalFor(signal));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What was given up inside a transaction may still be done on its thread, so the block must not be committed. */
async function unlessGivenUp<Result>(
  outcome: Promise<Result>,
  { connection, level }: BridgedBlock,
  signal: AbortSignal | undefined,
): Promise<Result> {
  try {
    return await outcome;
  } catch (error) {
    const { transaction } = connection;
    if (signal?.aborted && level !== undefined && transaction.isOpen(level))
      transaction.writeFailed(error, level);
    throw error;
  }
}

/** Hands out the rows of a streaming operation the same way. It starts when the first row is asked for. */
export function streamAsynchronously(
  streaming: Streaming,
  signal?: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  let answer: ((step: Step) => Promise<unknown>) | undefined;
  const reading: Reading = { rows: 0 };
  const answered = (step: Step) => {
    answer ??= isNative(step) ? nativeAnswers(signal, reading) : bridgedAnswers(signal);
    return answer(step);
  };
  return driveRowsAsync(streaming, answered, reading);
}

function isNative(step: Step): boolean {
  return connections.get(step.alias).features.nativeAsync;
}
