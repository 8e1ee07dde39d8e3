import { cross } from '../../bridge/sync-to-async.ts';
import { connections } from '../connections/index.ts';
import { bridgedAnswers, bridgedBlock, refusingQueued, runBridged } from './bridged.ts';
import { driveRowsAsync } from './drive.ts';
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
    const inTurn = refusingQueued(bridgedBlock(first.value.alias), () =>
      runBridged(operation, first, 'native'),
    );
    return cross({ form: 'reference', operation: 'operation', threadSensitive: true }, inTurn, signal);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Hands out the rows of a streaming operation the same way. It starts when the first row is asked for. */
export function streamAsynchronously(
  streaming: Streaming,
  signal?: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  let answer: ((step: Step) => Promise<unknown>) | undefined;
  return driveRowsAsync(streaming, (step) => {
    answer ??= isNative(step) ? nativeAnswers(signal) : bridgedAnswers(signal);
    return answer(step);
  });
}

function isNative(step: Step): boolean {
  return connections.get(step.alias).features.nativeAsync;
}
