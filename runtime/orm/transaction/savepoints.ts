import { connections } from '../connections/index.ts';
import { NotSupportedError, TransactionManagementError } from '../errors.ts';
import { controlBlocking } from '../operations/blocking.ts';
import { controlNative, currentBlock, inTurn } from '../operations/native.ts';
import { currentLevel } from './blocks.ts';
import { controlInBlock } from './bridged.ts';
import type { Control, TransactionState } from './state.ts';

/** Runs part of the transaction protocol on the running code's blocking connection. */
function blocking<Result>(
  using: string | undefined,
  control: (state: TransactionState) => Control<Result>,
): Result {
  const wrapper = connections.get(using);
  const { connection } = wrapper;
  connection.transaction.requireInnermost(currentLevel(wrapper.alias));
  return controlBlocking(wrapper, connection, control(connection.transaction));
}
/** The same on the connection of the surrounding `aatomic` block; `outside` where there is none. */
async function native<Result>(
  using: string | undefined,
  control: (state: TransactionState) => Control<Result>,
  outside: Result,
): Promise<Result> {
  const wrapper = connections.get(using);
  if (!wrapper.features.nativeAsync) return controlInBlock(wrapper, control, outside);
  const block = currentBlock(wrapper.alias);
  if (block === undefined) return outside;
  const { connection } = block;
  return inTurn(block, async () => {
    connection.transaction.requireInnermost(block.level);
    return controlNative(wrapper, connection, control(connection.transaction));
  });
}

/**
 * Makes a savepoint by hand.
 *
 * @returns its name, null outside a block
 */
export function savepoint(using?: string): string | null {
  return blocking(using, (state) => state.savepoint());
}
export function asavepoint(using?: string): Promise<string | null> {
  return native(using, (state) => state.savepoint(), null);
}
/** Undoes what happened since the savepoint; hooks added since are dropped. Outside a block there is nothing to undo. */
export function savepointRollback(name: string, using?: string): void {
  blocking(using, (state) => state.savepointRollback(name));
}
export function asavepointRollback(name: string, using?: string): Promise<void> {
  return native<void>(using, (state) => state.savepointRollback(name), undefined);
}
/** Gives the savepoint up; what happened since stays. */
export function savepointCommit(name: string, using?: string): void {
  blocking(using, (state) => state.savepointCommit(name));
}
export function asavepointCommit(name: string, using?: string): Promise<void> {
  return native<void>(using, (state) => state.savepointCommit(name), undefined);
}

/**
 * Commits by hand. Every statement outside a block is committed by itself, so there is nothing to do.
 *
 * @throws TransactionManagementError inside a block
 */
export function commit(using?: string): void {
  requireOutside(connections.get(using).connection.transaction);
}
export async function acommit(using?: string): Promise<void> {
  requireOutside(currentBlock(connections.get(using).alias)?.connection.transaction);
}
/** As `commit`: outside a block there is nothing to undo, inside one it is forbidden. */
export function rollback(using?: string): void {
  commit(using);
}
export function arollback(using?: string): Promise<void> {
  return acommit(using);
}
function requireOutside(state: TransactionState | undefined): void {
  if (state?.inBlock)
    throw new TransactionManagementError("This is forbidden when an 'atomic' block is active.");
}

/**
 * Says whether every statement outside a block is committed by itself. It is, and that cannot be changed: a transaction
 * that any statement begins and any code may end belongs to nobody. `atomic` says where it begins and ends.
 *
 * @throws TransactionManagementError inside a block; NotSupportedError for false
 */
export function setAutocommit(autocommit: boolean, using?: string): void {
  commit(using);
  requireAutocommit(autocommit);
}
export async function asetAutocommit(autocommit: boolean, using?: string): Promise<void> {
  await acommit(using);
  requireAutocommit(autocommit);
}
function requireAutocommit(autocommit: boolean): void {
  if (autocommit) return;
  throw new NotSupportedError('Autocommit cannot be turned off; use transaction.atomic() or aatomic().');
}
