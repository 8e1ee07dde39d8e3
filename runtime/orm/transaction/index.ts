import { isAsyncFunction, isGeneratorFunction } from 'node:util/types';
import { currentContext, withContext } from '../../context.ts';
import { connections } from '../connections/index.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { TransactionManagementError } from '../errors.ts';
import { controlBlocking, endBlocking } from '../operations/blocking.ts';
import { controlNative, currentBlock, endNative, inTurn, lockOf } from '../operations/native.ts';
import type { BlockOptions } from '../operations/steps.ts';
import { requireFlags, requireOptions } from '../options.ts';
import { abandon as abandonPromise, isThenable } from '../promises.ts';
import { currentLevel, type NativeBlock, TransactionBlock } from './blocks.ts';
import { aatomicBridged } from './bridged.ts';
import { runHook, runHooks } from './hooks.ts';
import * as savepoints from './savepoints.ts';
import type { CommitHook, TransactionState } from './state.ts';

export interface AtomicOptions extends BlockOptions {
  readonly using?: string;
}
export interface OnCommitOptions {
  readonly using?: string;
  /** A robust hook's failure is reported and does not keep later hooks from running. */
  readonly robust?: boolean;
}

/**
 * What sync work gives: any value that is no promise. A function that hands its own work on to `atomic` and returns
 * whatever that returns takes `() => SyncResult<T>`.
 */
export type SyncResult<T> = T &
  (0 extends 1 & T ? unknown : [Extract<T, PromiseLike<unknown>>] extends [never] ? unknown : never);

/**
 * Runs `work` in a transaction, or in a savepoint of the one that is open.
 *
 * @param options database alias; `durable` refuses to be nested; `savepoint: false` joins the surrounding block
 * @returns what `work` returns, after the commit
 * @throws whatever `work` throws, after the rollback; DatabaseError when the commit fails; TypeError for an async
 *   function, before it is called, and after the rollback when `work` gave a promise
 */
function atomic<T>(work: () => SyncResult<T>): T;
function atomic<T>(options: AtomicOptions, work: () => SyncResult<T>): T;
function atomic<T>(first: AtomicOptions | (() => T), second?: () => T): T {
  const [options, work] = parameters('atomic', first, second);
  if (isAsyncFunction(work)) throw asyncWork();
  const wrapper = connections.get(options.using);
  const { connection } = wrapper;
  controlBlocking(wrapper, connection, connection.transaction.enter(options, currentLevel(wrapper.alias)));
  let result: T;
  try {
    result = work();
    if (isThenable(result)) {
      abandonPromise(result);
      throw asyncWork();
    }
  } catch (error) {
    endBlocking(wrapper, connection, true);
    throw error;
  }
  endBlocking(wrapper, connection, false);
  return result;
}

/**
 * The native twin of `atomic`. Everything awaited inside runs on one connection, in order; nested blocks are
 * savepoints and must not overlap. `work` must await what it starts: a query that outlives its block throws.
 */
function aatomic<T>(work: () => Promise<T>): Promise<T>;
function aatomic<T>(options: AtomicOptions, work: () => Promise<T>): Promise<T>;
async function aatomic<T>(first: AtomicOptions | (() => Promise<T>), second?: () => Promise<T>): Promise<T> {
  const [options, work] = parameters('aatomic', first, second);
  const wrapper = connections.get(options.using);
  if (!wrapper.features.nativeAsync) return aatomicBridged(wrapper, options, work);
  const parent = currentBlock(wrapper.alias);
  if (parent === undefined) return outermost(wrapper, options, work);
  const { result } = await inside(wrapper, options, parent.openChild(), work);
  return result;
}

function asyncWork(): TypeError {
  return new TypeError(
    'transaction.atomic() takes a sync function; use transaction.aatomic() for async ones.',
  );
}
async function outermost<T>(
  wrapper: DatabaseWrapper,
  options: AtomicOptions,
  work: () => Promise<T>,
): Promise<T> {
  const connection = await wrapper.asyncConnection(currentContext()?.signal);
  const block: NativeBlock = new TransactionBlock(wrapper, connection);
  const leave = currentContext()?.scope?.enter({
    get progress() {
      return connection.progress;
    },
    abandon: () => abandon(block),
  });
  let ended: Ended<T>;
  try {
    ended = await inside(wrapper, options, block, work);
  } finally {
    if (leave === undefined || leave()) wrapper.pool.release(connection);
  }
  // The connection is back first: hooks that query would wait for one that is kept for them.
  await runHooks(ended.hooks);
  return ended.result;
}

/** Rolls back a transaction whose context is over; a connection that refuses is dropped by the pool. */
async function abandon(block: NativeBlock): Promise<void> {
  const { wrapper, connection } = block;
  block.close();
  await connection.lock.acquire();
  try {
    if (block.level !== undefined) await endNative(wrapper, connection, true, undefined, block.level);
  } finally {
    connection.lock.release();
    wrapper.pool.release(connection);
  }
}

/** What a block gave, and what is to be done now that it is committed: nothing where another is around it. */
interface Ended<T> {
  readonly result: T;
  readonly hooks: readonly CommitHook[];
}
async function inside<T>(
  wrapper: DatabaseWrapper,
  options: AtomicOptions,
  block: NativeBlock,
  work: () => Promise<T>,
): Promise<Ended<T>> {
  const { connection } = block;
  try {
    await inTurn(block, async () => {
      await controlNative(wrapper, connection, connection.transaction.enter(options));
      block.begun();
    });
  } catch (error) {
    block.close();
    throw error;
  }
  let result: T;
  try {
    const blocks = new Map(currentContext()?.blocks ?? []).set(wrapper.alias, block);
    result = await withContext({ mode: currentContext()?.mode ?? 'async', blocks }, work);
  } catch (error) {
    await end(wrapper, block, true);
    throw error;
  }
  return { result, hooks: await end(wrapper, block, false) };
}

/** Ends a block: queries still queued are refused, the one in flight settles, then COMMIT or ROLLBACK is sent. */
async function end(
  wrapper: DatabaseWrapper,
  block: NativeBlock,
  failed: boolean,
): Promise<readonly CommitHook[]> {
  const { connection } = block;
  block.close();
  await lockOf(block).acquire();
  try {
    return await endNative(wrapper, connection, failed, currentContext()?.signal, block.level);
  } finally {
    lockOf(block).release();
  }
}

function parameters<Work>(
  called: string,
  first: AtomicOptions | Work,
  second: Work | undefined,
): [AtomicOptions, Work] {
  const [options, work] =
    typeof first === 'function' ? [{}, first as Work] : [first as AtomicOptions, second];
  requireOptions(called, options, ['using', 'savepoint', 'durable']);
  requireFlags(called, { savepoint: options.savepoint, durable: options.durable });
  if (typeof work !== 'function') throw new TypeError(`${called}() takes a function.`);
  if (isGeneratorFunction(work)) {
    throw new TypeError(
      `${called}() takes a function that works when it is called; a generator function works when it is read, after the block.`,
    );
  }
  return [options, work];
}

/** State of the transaction the running code is in, native or blocking; async code outside a block has none. */
function stateOf(using: string | undefined): TransactionState | undefined {
  const wrapper = connections.get(using);
  const block = currentBlock(wrapper.alias);
  if (block !== undefined || currentContext()?.mode === 'async') return block?.connection.transaction;
  return wrapper.connection.transaction;
}

/**
 * Runs `hook` after the outermost block commits; at once outside any block.
 *
 * @throws TypeError when `hook` is no function
 */
function onCommit(hook: () => unknown, options: OnCommitOptions = {}): void {
  requireHook('onCommit', hook, options);
  const { using, robust = false } = options;
  const state = stateOf(using);
  if (state?.inBlock) state.addHook(hook, robust, currentLevel(connections.get(using).alias));
  else runHook({ run: hook, robust });
}
/** As `onCommit`; outside any block it waits for an async hook. */
async function aonCommit(hook: () => unknown, options: OnCommitOptions = {}): Promise<void> {
  requireHook('aonCommit', hook, options);
  const { using, robust = false } = options;
  const state = stateOf(using);
  if (state?.inBlock) state.addHook(hook, robust, currentLevel(connections.get(using).alias));
  else await runHooks([{ run: hook, robust }]);
}

function requireHook(called: string, hook: unknown, options: OnCommitOptions): void {
  if (typeof hook !== 'function') throw new TypeError("onCommit()'s callback must be a callable.");
  requireOptions(called, options, ['using', 'robust']);
  requireFlags(called, { robust: options.robust });
}

/** Marks the innermost block: it rolls back when it ends, without an error. */
function setRollback(rollback: boolean, using?: string): void {
  requireBlock(stateOf(using)).setRollback(rollback, currentLevel(connections.get(using).alias));
}
function getRollback(using?: string): boolean {
  return requireBlock(stateOf(using)).getRollback(currentLevel(connections.get(using).alias));
}
/** True outside a block, where every statement is committed by itself. */
function getAutocommit(using?: string): boolean {
  return stateOf(using)?.inBlock !== true;
}
function requireBlock(state: TransactionState | undefined): TransactionState {
  if (state?.inBlock) return state;
  throw new TransactionManagementError("The rollback flag doesn't work outside of an 'atomic' block.");
}

export const transaction = {
  atomic,
  aatomic,
  onCommit,
  aonCommit,
  setRollback,
  getRollback,
  getAutocommit,
  ...savepoints,
};
