import { Lane } from '../../bridge/lane.ts';
import { currentContext, withContext } from '../../context.ts';
import type { ThreadConnection } from '../connections/thread-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { bridgedBlock, controlBridged, endBridged, refusingQueued } from '../operations/bridged.ts';
import type { BlockOptions } from '../operations/steps.ts';
import { TransactionBlock } from './blocks.ts';
import type { Control, TransactionState } from './state.ts';

type BridgedBlock = TransactionBlock<ThreadConnection>;

/**
 * `aatomic` of a back end without a native path: the block belongs to the thread of the surrounding context, and
 * everything bridged there while it is open takes part in it. Outside any context it gets a thread of its own, as it
 * would get a connection of its own: the thread that all such code shares would let others into the transaction.
 */
export async function aatomicBridged<T>(
  wrapper: DatabaseWrapper,
  options: BlockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const parent = bridgedBlock(wrapper.alias);
  const lane = currentContext()?.lane;
  if (parent !== undefined && lane !== undefined) return inside(lane, parent.openChild(), options, work);
  if (lane !== undefined) return outermost(wrapper, lane, options, work);
  const own = new Lane();
  try {
    return await outermost(wrapper, own, options, work);
  } finally {
    own.end().catch(() => undefined);
  }
}
async function outermost<T>(
  wrapper: DatabaseWrapper,
  lane: Lane,
  options: BlockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const connection = wrapper.connectionOf(lane);
  const block: BridgedBlock = new TransactionBlock(wrapper, connection);
  const leave = currentContext()?.scope?.enter({
    get progress() {
      return connection.progress;
    },
    abandon: () => abandon(lane, block),
  });
  try {
    return await inside(lane, block, options, work);
  } finally {
    leave?.();
  }
}
/** Rolls back a transaction whose context is over. */
async function abandon(lane: Lane, block: BridgedBlock): Promise<void> {
  block.close();
  await lane.run(async () => {
    if (block.level !== undefined) await endBridged(block.wrapper, block.connection, true, block.level);
  });
}

async function inside<T>(
  lane: Lane,
  block: BridgedBlock,
  options: BlockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { wrapper, connection } = block;
  try {
    await lane.run(() => controlBridged(wrapper, connection, connection.transaction.enter(options)));
    block.begun();
  } catch (error) {
    block.close();
    throw error;
  }
  let result: T;
  try {
    const blocks = new Map(currentContext()?.blocks ?? []).set(wrapper.alias, block);
    result = await withContext({ mode: currentContext()?.mode ?? 'async', lane, blocks }, work);
  } catch (error) {
    await end(lane, block, true);
    throw error;
  }
  await end(lane, block, false);
  return result;
}

/**
 * Ends a block: queries of it still queued are refused when their turn comes, then COMMIT or ROLLBACK is sent.
 *
 * @throws the signal's reason, after the rollback, when it was aborted before the work could be committed
 */
async function end(lane: Lane, block: BridgedBlock, failed: boolean): Promise<void> {
  const signal = currentContext()?.signal;
  block.close();
  await lane.run(async () => {
    const aborted = !failed && signal?.aborted === true;
    await endBridged(block.wrapper, block.connection, failed || aborted, block.level);
    if (aborted) throw signal.reason;
  });
}

/** Runs part of the transaction protocol in the open block of a lane; `outside` where there is none. */
export async function controlInBlock<Result>(
  wrapper: DatabaseWrapper,
  control: (state: TransactionState) => Control<Result>,
  outside: Result,
): Promise<Result> {
  const block = bridgedBlock(wrapper.alias);
  const lane = currentContext()?.lane;
  if (block === undefined || lane === undefined) return outside;
  const { connection } = block;
  return lane.run(
    refusingQueued(block, async () => {
      connection.transaction.requireInnermost(block.level);
      return controlBridged(wrapper, connection, control(connection.transaction));
    }),
  );
}
