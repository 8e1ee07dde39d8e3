import { currentContext } from '../../context.ts';
import type { Lock } from '../connections/lock.ts';
import type { NativeConnection } from '../connections/native-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { TransactionManagementError } from '../errors.ts';
import type { OpenBlock, TransactionState } from './state.ts';

/**
 * One open `aatomic` block. The innermost one is kept in the context of the code inside it, so that every query there
 * finds the connection of its transaction, native or a bridge thread's.
 */
export class TransactionBlock<Connection extends { readonly transaction: TransactionState }> {
  readonly wrapper: DatabaseWrapper;
  readonly connection: Connection;
  readonly parent: TransactionBlock<Connection> | undefined;
  /** Where its queries take turns, when that is not on the connection. */
  readonly turns: Lock | undefined;
  #child: TransactionBlock<Connection> | undefined;
  #over = false;
  #level: OpenBlock | undefined;

  constructor(
    wrapper: DatabaseWrapper,
    connection: Connection,
    parent?: TransactionBlock<Connection>,
    turns?: Lock,
  ) {
    this.wrapper = wrapper;
    this.connection = connection;
    this.parent = parent;
    this.turns = turns;
  }

  /** Notes an inner block; savepoints end in the reverse order of their making, so there is one at a time. */
  openChild(): TransactionBlock<Connection> {
    this.requireOpen();
    if (this.#child !== undefined) {
      throw new TransactionManagementError(
        'Two atomic blocks cannot be open side by side in one transaction: their savepoints would end in the wrong order. Await one before starting the other.',
      );
    }
    this.#child = new TransactionBlock(this.wrapper, this.connection, this, this.turns);
    return this.#child;
  }
  /** Notes that it was begun on the server. */
  begun(): void {
    this.#level = this.connection.transaction.innermost;
    if (this.#level !== undefined) this.#level.lasting = true;
  }
  /** Where it stands among the open blocks of its connection. */
  get level(): OpenBlock | undefined {
    return this.#level;
  }
  close(): void {
    this.#over = true;
    if (this.parent !== undefined && this.parent.#child === this) this.parent.#child = undefined;
  }
  /** Refuses queries of code that outlived its block: they would run in autocommit, outside the transaction. */
  requireOpen(): void {
    if (this.#over || this.parent?.isOver === true) {
      throw new TransactionManagementError(
        'The atomic block this query belongs to is over. Await every query before the block ends.',
      );
    }
  }
  get isOver(): boolean {
    return this.#over || this.parent?.isOver === true;
  }
}

/** Where the running code stands in its transaction: its own block, or the one it was bridged from as sync code. */
export function currentLevel(alias: string): OpenBlock | undefined {
  const { blocks, surrounding } = currentContext() ?? {};
  return ((blocks ?? surrounding)?.get(alias) as { readonly level?: OpenBlock } | undefined)?.level;
}

export type NativeBlock = TransactionBlock<NativeConnection>;
