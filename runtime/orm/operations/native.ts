import { currentContext } from '../../context.ts';
import { connections } from '../connections/index.ts';
import type { NativeConnection } from '../connections/native-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import type { NativeBlock } from '../transaction/blocks.ts';
import { runHooks } from '../transaction/hooks.ts';
import type { CommitHook, Control } from '../transaction/state.ts';
import { driveAsync } from './drive.ts';
import type { Operation, Step } from './steps.ts';

/** The innermost open block of the running code on a database. */
export function currentBlock(alias: string): NativeBlock | undefined {
  return currentContext()?.blocks?.get(alias) as NativeBlock | undefined;
}

/** Runs an operation over async sockets; no thread is involved. */
export function runNative<Result>(
  operation: Operation<Result>,
  first?: IteratorResult<Step, Result>,
): Promise<Result> {
  const session = new NativeSession();
  return driveAsync(operation, (step) => session.answer(step), first);
}

/** The connection one operation holds while it is inside a transaction it opened itself. */
interface Held {
  readonly connection: NativeConnection;
  /** Blocks the operation opened and has not ended. */
  depth: number;
  /** True when the connection came from the pool, false when it is that of a surrounding block. */
  readonly pooled: boolean;
}

class NativeSession {
  #held: Held | undefined;

  async answer(step: Step): Promise<unknown> {
    const wrapper = connections.get(step.alias);
    switch (step.kind) {
      case 'statement':
        return this.#statement(wrapper, step);
      case 'enter':
        return this.#enter(wrapper, step);
      case 'exit':
        return this.#exit(wrapper, step.failure !== undefined);
      case 'inBlock':
        return this.#held !== undefined || currentBlock(step.alias) !== undefined;
    }
  }

  async #statement(wrapper: DatabaseWrapper, step: Extract<Step, { kind: 'statement' }>): Promise<unknown> {
    const held = this.#held;
    if (held !== undefined) return send(wrapper, held.connection, step);
    const block = currentBlock(step.alias);
    if (block !== undefined) return inTurn(block, () => send(wrapper, block.connection, step));
    // Outside a transaction the connection is held for this one statement only.
    const connection = await wrapper.asyncConnection(currentContext()?.signal);
    try {
      return await wrapper.executeNative(connection, step.request);
    } finally {
      wrapper.pool.release(connection);
    }
  }

  async #enter(wrapper: DatabaseWrapper, step: Extract<Step, { kind: 'enter' }>): Promise<void> {
    if (this.#held === undefined) this.#held = await this.#hold(wrapper);
    const held = this.#held;
    try {
      await controlNative(wrapper, held.connection, held.connection.transaction.enter(step.options));
      held.depth += 1;
    } catch (error) {
      if (held.depth === 0) this.#letGo(wrapper);
      throw error;
    }
  }
  async #exit(wrapper: DatabaseWrapper, failed: boolean): Promise<void> {
    const held = this.#held;
    if (held === undefined) throw new Error('an operation ended a block it did not open');
    held.depth -= 1;
    let hooks: readonly CommitHook[];
    try {
      hooks = await controlNative(wrapper, held.connection, held.connection.transaction.exit(failed));
    } finally {
      if (held.depth === 0) this.#letGo(wrapper);
    }
    await runHooks(hooks);
  }
  /** Inside a surrounding block the operation keeps the turn: its savepoints must not mix with those of others. */
  async #hold(wrapper: DatabaseWrapper): Promise<Held> {
    const block = currentBlock(wrapper.alias);
    if (block === undefined) {
      const connection = await wrapper.asyncConnection(currentContext()?.signal);
      return { connection, depth: 0, pooled: true };
    }
    await takeTurn(block);
    return { connection: block.connection, depth: 0, pooled: false };
  }
  #letGo(wrapper: DatabaseWrapper): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    if (held.pooled) wrapper.pool.release(held.connection);
    else held.connection.lock.release();
  }
}

/** Sends one statement of a transaction; when it fails, whatever waits behind it is not sent. */
async function send(
  wrapper: DatabaseWrapper,
  connection: NativeConnection,
  step: Extract<Step, { kind: 'statement' }>,
): Promise<unknown> {
  const { transaction } = connection;
  transaction.check();
  try {
    return await wrapper.executeNative(connection, step.request);
  } catch (error) {
    if (step.write) transaction.writeFailed();
    connection.lock.refuseWaiting();
    throw error;
  }
}

/** Runs `work` when it is this code's turn on the connection of its transaction. */
export async function inTurn<Result>(block: NativeBlock, work: () => Promise<Result>): Promise<Result> {
  await takeTurn(block);
  try {
    return await work();
  } finally {
    block.connection.lock.release();
  }
}
async function takeTurn(block: NativeBlock): Promise<void> {
  block.requireOpen();
  const { lock } = block.connection;
  await lock.acquire();
  try {
    // The block may have ended while this code was waiting.
    block.requireOpen();
  } catch (error) {
    lock.release();
    throw error;
  }
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
