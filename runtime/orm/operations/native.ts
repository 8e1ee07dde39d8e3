import type { DriverRequest, RawResult } from '../../bridge/messages.ts';
import { syncToAsync } from '../../bridge/sync-to-async.ts';
import { type Context, currentContext, signalFor, withContext } from '../../context.ts';
import { connections } from '../connections/index.ts';
import { Lock } from '../connections/lock.ts';
import type { NativeConnection } from '../connections/native-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { TransactionManagementError } from '../errors.ts';
import { StillWaitingError } from '../protocol/session.ts';
import { type NativeBlock, TransactionBlock } from '../transaction/blocks.ts';
import { runHooks } from '../transaction/hooks.ts';
import type { CommitHook, Control, OpenBlock } from '../transaction/state.ts';
import { driveAsync, type Reading } from './drive.ts';
import type { Operation, Step } from './steps.ts';

/** The innermost open block of the running code on a database. */
export function currentBlock(alias: string, context = currentContext()): NativeBlock | undefined {
  return context?.blocks?.get(alias) as NativeBlock | undefined;
}

/** Runs an operation over async sockets; no thread is involved. */
export function runNative<Result>(
  operation: Operation<Result>,
  first?: IteratorResult<Step, Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const session = new NativeSession(signal);
  return driveAsync(operation, (step) => session.answer(step), first);
}
/** What answers the steps of a stream, wherever it is read on. */
export function nativeAnswers(
  signal: AbortSignal | undefined,
  reading: Reading,
): (step: Step) => Promise<unknown> {
  const session = new NativeSession(signal, reading);
  return (step) => session.answer(step);
}

/** The connection one operation keeps: while it is inside a transaction it opened itself, or pinned one. */
interface Held extends Sender {
  /** Whose connection it is, whatever the alias means by the time it is given back. */
  readonly wrapper: DatabaseWrapper;
  /** Blocks the operation opened and has not ended. */
  depth: number;
}
/** Who sends a statement. */
interface Sender {
  readonly connection: NativeConnection;
  /** Where it has its turn, on the connection of a surrounding block; else the connection is from the pool. */
  readonly turn: Lock | undefined;
  /** The surrounding block. */
  readonly from: OpenBlock | undefined;
}
function senderOf(block: NativeBlock): Sender {
  return { connection: block.connection, turn: lockOf(block), from: block.level };
}

/** Answers the steps of one operation. Where it runs is decided once: a stream may be read on from elsewhere. */
class NativeSession {
  readonly #context: Context | undefined;
  readonly #signal: AbortSignal | undefined;
  #held: Held | undefined;
  /** Tells the context that the pinned connection was given back. */
  #leave: (() => boolean) | undefined;

  /** Of the stream that it answers for. */
  readonly #reading: Reading;

  constructor(signal: AbortSignal | undefined, reading: Reading = { rows: 0 }) {
    this.#reading = reading;
    this.#context = currentContext();
    this.#signal = signalFor(signal, this.#context);
  }

  answer(step: Step): Promise<unknown> {
    const wrapper = connections.get(step.alias);
    switch (step.kind) {
      case 'statement':
        return this.#statement(wrapper, step);
      case 'enter':
        return this.#enter(wrapper, step);
      case 'exit':
        return this.#exit(wrapper, step.failure !== undefined);
      case 'inBlock':
        return Promise.resolve((this.#held?.depth ?? 0) > 0 || this.#block(wrapper) !== undefined);
      case 'pin':
        return this.#pin(wrapper);
      case 'unpin':
        return this.#unpin(wrapper, step.parting);
      case 'application':
        return this.#application(wrapper, step);
    }
  }

  /** The application's own code, inside the transaction of this operation when there is one. */
  async #application(
    wrapper: DatabaseWrapper,
    { native, sync, name }: Extract<Step, { kind: 'application' }>,
  ): Promise<unknown> {
    const held = this.#held;
    const surrounding = this.#block(wrapper);
    if (native === undefined) {
      if (held === undefined && surrounding === undefined) return syncToAsync(sync)();
      throw new TransactionManagementError(
        `${name} has no native twin, so it would run outside this transaction, on a bridge thread. Override the twin too.`,
      );
    }
    if (held === undefined) return native();
    // The operation keeps its turn; what the application sends queues among itself.
    const block = new TransactionBlock(wrapper, held.connection, surrounding, new Lock());
    const blocks = new Map(currentContext()?.blocks ?? []).set(wrapper.alias, block);
    try {
      return await withContext({ mode: currentContext()?.mode ?? 'async', blocks }, native);
    } finally {
      block.close();
    }
  }

  async #statement(wrapper: DatabaseWrapper, step: Extract<Step, { kind: 'statement' }>): Promise<unknown> {
    const signal = this.#signal;
    const held = this.#held;
    if (held !== undefined) return send(wrapper, held, step, signal);
    const block = this.#block(wrapper);
    if (block !== undefined) return inTurn(block, () => send(wrapper, senderOf(block), step, signal), signal);
    // Outside a transaction the connection is held for this one statement only.
    const { pool } = wrapper;
    if (signal === undefined && wrapper.pool.mayShare(step.request)) return readShared(wrapper, step.request);
    signal?.throwIfAborted();
    const connection = pool.take() ?? (await pool.acquire(signal));
    try {
      return await wrapper.executeNative(connection, step.request, signal);
    } finally {
      pool.release(connection);
    }
  }

  async #enter(wrapper: DatabaseWrapper, step: Extract<Step, { kind: 'enter' }>): Promise<void> {
    if (this.#held === undefined) this.#held = await this.#hold(wrapper);
    const held = this.#held;
    try {
      const { transaction } = held.connection;
      await controlNative(wrapper, held.connection, transaction.enter(step.options, held.from));
      held.depth += 1;
    } catch (error) {
      if (held.depth === 0) this.#letGo();
      throw error;
    }
  }
  async #exit(wrapper: DatabaseWrapper, failed: boolean): Promise<void> {
    const held = this.#held;
    if (held === undefined) throw new Error('an operation ended a block it did not open');
    held.depth -= 1;
    let hooks: readonly CommitHook[];
    try {
      hooks = await endNative(wrapper, held.connection, failed, this.#signal);
    } finally {
      if (held.depth === 0) this.#letGo();
    }
    await runHooks(hooks);
  }

  async #pin(wrapper: DatabaseWrapper): Promise<void> {
    // A block has its connection already, and others may use it between two statements of this operation.
    if (this.#block(wrapper) !== undefined) return;
    const held = await this.#hold(wrapper);
    this.#held = held;
    const reading = this.#reading;
    this.#leave = this.#context?.scope?.enter({
      get progress() {
        const { progress } = held.connection;
        return progress === undefined ? undefined : progress + reading.rows;
      },
      async abandon() {
        held.connection.destroy();
        wrapper.pool.release(held.connection);
      },
    });
  }
  async #unpin(wrapper: DatabaseWrapper, parting: string | undefined): Promise<void> {
    const block = this.#block(wrapper);
    if (block !== undefined) {
      if (parting !== undefined) await sayParting(wrapper, block, parting);
      return;
    }
    const held = this.#held;
    // A context that ended has taken the connection away.
    if (held === undefined || this.#leave?.() === false) return;
    if (parting !== undefined) await endSession(wrapper, held.connection, parting);
    this.#letGo();
  }

  #block(wrapper: DatabaseWrapper): NativeBlock | undefined {
    return currentBlock(wrapper.alias, this.#context);
  }
  /** Inside a surrounding block the operation keeps the turn: its savepoints must not mix with those of others. */
  async #hold(wrapper: DatabaseWrapper): Promise<Held> {
    const block = this.#block(wrapper);
    if (block === undefined) {
      const connection = await wrapper.asyncConnection(this.#signal);
      return { wrapper, connection, depth: 0, turn: undefined, from: undefined };
    }
    await takeTurn(block, this.#signal);
    return { wrapper, depth: 0, ...senderOf(block) };
  }
  #letGo(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    if (held.turn === undefined) held.wrapper.pool.release(held.connection);
    else held.turn.release();
  }
}

/**
 * Sends a quick read on a connection that others may be reading on too. Several go out in one write and come back in
 * one read, and system calls are most of what a small query costs (bench/NOTES.md).
 */
async function readShared(wrapper: DatabaseWrapper, request: DriverRequest): Promise<RawResult> {
  const { pool } = wrapper;
  for (let first = true; ; first = false) {
    const connection = pool.join(request.service?.typical) ?? (await pool.acquireShared());
    const watched = wrapper.watch.statement(request.text, 'native');
    try {
      const result = await connection.execute(request);
      watched?.end();
      return result;
    } catch (error) {
      // A connection that breaks takes one statement with it, not those that waited behind.
      if (!first || !(error instanceof StillWaitingError)) throw wrapper.failed(request, watched, error);
    } finally {
      pool.leave(connection);
    }
  }
}

/** Sends one statement of a transaction; when it fails, whatever waits behind it is not sent. */
async function send(
  wrapper: DatabaseWrapper,
  { connection, turn, from }: Sender,
  step: Extract<Step, { kind: 'statement' }>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { transaction, lock } = connection;
  transaction.check(from, step.request.text);
  connection.underWay += 1;
  try {
    return await wrapper.executeNative(connection, step.request, signal);
  } catch (error) {
    // What was aborted may have been done in part, so the block must not be committed.
    if (step.write || signal?.aborted) transaction.writeFailed(error, from);
    (turn ?? lock).refuseWaiting();
    throw error;
  } finally {
    connection.underWay -= 1;
  }
}

/** Sends the last word for what a block's session still holds; it has nothing to say once the block is over. */
async function sayParting(wrapper: DatabaseWrapper, block: NativeBlock, text: string): Promise<void> {
  const { connection } = block;
  try {
    await inTurn(block, async () => {
      if (!connection.transaction.needsRollback)
        await wrapper.executeNative(connection, { text, values: [] });
    });
  } catch {
    // The transaction is over or aborted, and what it had in its session went with it.
  }
}
/** The same on a pooled connection: if it cannot be sent, nobody may get the connection with what is left in it. */
async function endSession(
  wrapper: DatabaseWrapper,
  connection: NativeConnection,
  text: string,
): Promise<void> {
  if (!connection.usable) return;
  try {
    await wrapper.executeNative(connection, { text, values: [] }, AbortSignal.timeout(partingTimeout));
  } catch {
    connection.destroy();
  }
}
/** Milliseconds to wait for the answer to a parting statement. */
const partingTimeout = 5_000;

/** Where the queries of a block take turns. */
export function lockOf(block: NativeBlock): Lock {
  return block.turns ?? block.connection.lock;
}

/** Runs `work` when it is this code's turn on the connection of its transaction. */
export async function inTurn<Result>(
  block: NativeBlock,
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  await takeTurn(block, signal);
  try {
    return await work();
  } finally {
    lockOf(block).release();
  }
}
async function takeTurn(block: NativeBlock, signal: AbortSignal | undefined): Promise<void> {
  block.requireOpen();
  const { transaction } = block.connection;
  const lock = lockOf(block);
  try {
    signal?.throwIfAborted();
    if (!lock.take()) await lock.acquire(signal);
  } catch (error) {
    // The work of the block is incomplete.
    if (signal?.aborted) transaction.writeFailed(error, block.level);
    throw error;
  }
  try {
    // The block may have ended while this code was waiting.
    block.requireOpen();
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Ends a block of a native connection, the innermost one unless it is named. The caller has the turn, or the connection for itself.
 *
 * @returns hooks to run, after the outermost commit
 * @throws the signal's reason, after the rollback, when it was aborted before the work could be committed
 */
export async function endNative(
  wrapper: DatabaseWrapper,
  connection: NativeConnection,
  failed: boolean,
  signal?: AbortSignal,
  block?: OpenBlock,
): Promise<readonly CommitHook[]> {
  const aborted = !failed && signal?.aborted === true;
  const exit = connection.transaction.exit(failed || aborted, block);
  const hooks = await controlNative(wrapper, connection, exit);
  if (aborted) throw signal.reason;
  return hooks;
}

/** Runs a transaction protocol on a native connection. The caller has the turn, or the connection for itself. */
export async function controlNative<Result>(
  wrapper: DatabaseWrapper,
  connection: NativeConnection,
  control: Control<Result>,
): Promise<Result> {
  let step = control.next();
  while (!step.done) {
    let result: Awaited<ReturnType<DatabaseWrapper['executeNative']>>;
    try {
      result = await wrapper.executeNative(connection, { text: step.value, values: [] });
    } catch (error) {
      step = control.throw(error);
      continue;
    }
    step = control.next(result);
  }
  return step.value;
}
