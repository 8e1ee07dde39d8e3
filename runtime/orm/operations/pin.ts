import type { ThreadConnection } from '../connections/thread-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import type { OpenBlock } from '../transaction/state.ts';

/** The blocking connection that one stream keeps, and what it needs to know to clean up in its session. */
export class SessionPin {
  #connection: ThreadConnection | undefined;
  /** The block it was opened in: what was made there is gone with it. */
  #block: OpenBlock | undefined;

  get connection(): ThreadConnection | undefined {
    return this.#connection;
  }
  open(connection: ThreadConnection): void {
    this.#connection = connection;
    connection.cursors += 1;
    this.#block = connection.transaction.innermost;
  }
  /** Says the last word on the session; a connection on which that fails is not used by anybody else. */
  close(wrapper: DatabaseWrapper, parting: string | undefined): void {
    const connection = this.#end(parting);
    if (connection === undefined || parting === undefined) return;
    try {
      wrapper.executeBlocking(connection, { text: parting, values: [] });
    } catch {
      connection.spoil();
    }
  }
  async closeAsync(wrapper: DatabaseWrapper, parting: string | undefined): Promise<void> {
    const connection = this.#end(parting);
    if (connection === undefined || parting === undefined) return;
    try {
      await wrapper.executeBridged(connection, { text: parting, values: [] });
    } catch {
      connection.spoil();
    }
  }
  /** The connection to say it on, undefined where there is nothing left to end. */
  #end(parting: string | undefined): ThreadConnection | undefined {
    const connection = this.#connection;
    const block = this.#block;
    if (connection !== undefined) connection.cursors -= 1;
    this.#connection = undefined;
    this.#block = undefined;
    if (connection === undefined || parting === undefined || !connection.isOpen) return undefined;
    const { transaction } = connection;
    if (block === undefined) return connection;
    return transaction.isOpen(block) && !transaction.needsRollback ? connection : undefined;
  }
}
