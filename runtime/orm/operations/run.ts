import { cross } from '../../bridge/sync-to-async.ts';
import { currentContext } from '../../context.ts';
import { connections } from '../connections/index.ts';
import { bridgedBlock, refusingQueued, runBridged } from './bridged.ts';
import { runNative } from './native.ts';
import type { Operation } from './steps.ts';

export { runBlocking } from './blocking.ts';
export { runBridged } from './bridged.ts';

/** Runs an a-prefixed operation: natively where the back end can, else on a bridge thread. */
export async function runAsynchronously<Result>(
  operation: Operation<Result>,
  name = 'operation',
): Promise<Result> {
  const first = operation.next();
  if (first.done) return first.value;
  if (connections.get(first.value.alias).features.nativeAsync) return runNative(operation, first);
  if (currentContext()?.running !== undefined) return runBridged(operation, first);
  const inTurn = refusingQueued(bridgedBlock(first.value.alias), () => runBridged(operation, first));
  return cross({ form: 'reference', operation: name, threadSensitive: true }, inTurn);
}
