import { type Lane, processLane } from '../../bridge/lane.ts';
import { currentContext } from '../../context.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { controlBridged, endBridged } from '../operations/bridged.ts';
import type { BlockOptions } from '../operations/steps.ts';

/**
 * `aatomic` of a back end without a native path: the block belongs to the thread of the surrounding context, and
 * everything bridged there while it is open takes part in it.
 */
export async function aatomicBridged<T>(
  wrapper: DatabaseWrapper,
  options: BlockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lane: Lane = currentContext()?.lane ?? processLane;
  const connection = wrapper.connectionOf(lane);
  await lane.run(() => controlBridged(wrapper, connection, connection.transaction.enter(options)));
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await lane.run(() => endBridged(wrapper, connection, true));
    throw error;
  }
  await lane.run(() => endBridged(wrapper, connection, false));
  return result;
}
