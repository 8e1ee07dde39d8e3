import { processLane, runningLane } from '../../bridge/lane.ts';
import { cross } from '../../bridge/sync-to-async.ts';
import { currentContext, withContext } from '../../context.ts';
import { connections } from '../connections/index.ts';
import { notSent } from '../connections/lock.ts';
import type { ThreadConnection } from '../connections/thread-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { OperationalError } from '../errors.ts';
import { currentLevel, type TransactionBlock } from '../transaction/blocks.ts';
import { runHooks } from '../transaction/hooks.ts';
import type { CommitHook, Control, OpenBlock } from '../transaction/state.ts';
import { driveAsync } from './drive.ts';
import { SessionPin } from './pin.ts';
import type { Operation, Step } from './steps.ts';

export type BridgedBlock = TransactionBlock<ThreadConnection>;

/** The innermost open block of the running code on a database without a native path. */
export function bridgedBlock(alias: string): BridgedBlock | undefined {
  return currentContext()?.blocks?.get(alias) as BridgedBlock | undefined;
}

/**
 * Wraps work of a transaction that waits for its turn on the lane: as on the native path it is refused, unsent, when
 * the block is over by then or another statement of it failed meanwhile.
 */
export function refusingQueued<Result>(
  block: BridgedBlock | undefined,
  work: () => Promise<Result>,
): () => Promise<Result> {
  if (block === undefined) return work;
  block.requireOpen();
  const { connection } = block;
  const failures = connection.failures;
  return async () => {
    block.requireOpen();
    if (connection.failures !== failures) throw notSent();
    return work();
  };
}

/**
 * Runs an operation on the running lane's thread; its waits leave the event loop free.
 *
 * @param form which form of the operation was called: code of the application is run in the same one
 */
export function runBridged<Result>(
  operation: Operation<Result>,
  first?: IteratorResult<Step, Result>,
  form: 'sync' | 'native' = 'sync',
): Promise<Result> {
  const lane = runningLane();
  return driveAsync(
    operation,
    (step) => {
      // What the application queries in its async form finds this lane running, and stays on it.
      if (step.kind === 'application' && form === 'native' && step.native !== undefined) return step.native();
      const wrapper = connections.get(step.alias);
      return answerBridged(wrapper, wrapper.connectionOf(lane), step);
    },
    first,
  );
}

/** What answers the steps of a stream: each is a passage to the thread of the context it was started in. */
export function bridgedAnswers(signal: AbortSignal | undefined): (step: Step) => Promise<unknown> {
  const { lane = processLane, blocks } = currentContext() ?? {};
  const block = (alias: string) => blocks?.get(alias) as BridgedBlock | undefined;
  const pin = new SessionPin();
  return async (step) => {
    if (step.kind === 'statement') signal?.throwIfAborted();
    const wrapper = connections.get(step.alias);
    const connection = wrapper.connectionOf(lane);
    const answer = () => answerBridged(wrapper, connection, step, pin);
    const crossing = { form: 'reference', operation: 'aiterator', threadSensitive: true } as const;
    // What is still open in the session is closed, whoever gave the stream up.
    if (step.kind === 'unpin') return withContext({ lane, signal: undefined }, () => cross(crossing, answer));
    // Its thread went back when its context was over, and what the session held with it.
    if (pin.connection !== undefined && pin.connection !== connection) throw lostSession();
    return withContext({ lane }, () => cross(crossing, refusingQueued(block(step.alias), answer), signal));
  };
}

function lostSession(): OperationalError {
  return new OperationalError('The context that this stream was opened in is over, and its cursor closed.');
}

async function answerBridged(
  wrapper: DatabaseWrapper,
  connection: ThreadConnection,
  step: Step,
  pin = new SessionPin(),
): Promise<unknown> {
  const { transaction } = connection;
  const from = currentLevel(step.alias);
  switch (step.kind) {
    case 'statement':
      transaction.check(from, step.request.text);
      try {
        return await wrapper.executeBridged(connection, step.request);
      } catch (error) {
        if (step.write) transaction.writeFailed(error, from);
        connection.failures += 1;
        throw error;
      }
    case 'enter':
      return controlBridged(wrapper, connection, transaction.enter(step.options, from));
    case 'exit':
      return endBridged(wrapper, connection, step.failure !== undefined);
    case 'inBlock':
      return transaction.inBlock;
    case 'pin':
      pin.open(connection);
      return;
    case 'unpin':
      await pin.closeAsync(wrapper, step.parting);
      return;
    case 'application':
      // A function of the application cannot leave this thread: its queries block, on the lane's connection.
      return step.sync();
  }
}

/** Runs a transaction protocol on a lane's connection. */
export async function controlBridged<Result>(
  wrapper: DatabaseWrapper,
  connection: ThreadConnection,
  control: Control<Result>,
): Promise<Result> {
  let step = control.next();
  while (!step.done) {
    let result: Awaited<ReturnType<DatabaseWrapper['executeBridged']>>;
    try {
      result = await wrapper.executeBridged(connection, { text: step.value, values: [] });
    } catch (error) {
      step = control.throw(error);
      continue;
    }
    step = control.next(result);
  }
  return step.value;
}

/** Ends the innermost block of a lane's connection and runs the hooks of a commit. */
export async function endBridged(
  wrapper: DatabaseWrapper,
  connection: ThreadConnection,
  failed: boolean,
  block?: OpenBlock,
): Promise<void> {
  let hooks: readonly CommitHook[];
  try {
    hooks = await controlBridged(wrapper, connection, connection.transaction.exit(failed, block));
  } finally {
    if (connection.transaction.broken) await connection.closeAsync();
  }
  await runHooks(hooks);
}
