import type { NativeConnection } from './native-connection.ts';

/**
 * Quick reads that one connection may carry at once. Each waits for those before it, so this bounds what sharing can
 * cost one of them: this many times `quickRead` milliseconds.
 */
export const mostShared = 16;
/** Milliseconds that a read may wait for others on a connection that it joins because they are sent together. */
const gatheredFor = 1;

/** When what was sent is written, or just before; see the session. */
const whenWritten = setImmediate;
function dispatch(sharing: Sharing): void {
  sharing.dispatched();
}

/** Which of a pool's connections carry quick reads, and how many each. */
export class Sharing {
  readonly #carried = new Map<NativeConnection, number>();
  /** The connection that what was sent in this turn of the event loop goes out on; joining it costs no further write. */
  #gathering: NativeConnection | undefined;

  has(connection: NativeConnection): boolean {
    return this.#carried.has(connection);
  }
  /** Notes how many reads a connection carries now. */
  carry(connection: NativeConnection, count: number): void {
    if (count > 0) this.#carried.set(connection, count);
    else this.#carried.delete(connection);
  }
  /** Notes that a read is over, and returns how many are left on its connection. */
  leave(connection: NativeConnection): number {
    const rest = (this.#carried.get(connection) ?? 1) - 1;
    this.carry(connection, rest);
    return rest;
  }

  /**
   * Joins what is about to be written anyway, as long as waiting for it costs little.
   *
   * @param typical milliseconds the server takes for such a read
   */
  joinGathering(typical: number): NativeConnection | undefined {
    const gathering = this.#gathering;
    if (!gathering?.usable) return undefined;
    const count = this.#carried.get(gathering) ?? mostShared;
    if (count >= mostShared || count * typical >= gatheredFor) return undefined;
    this.#carried.set(gathering, count + 1);
    return gathering;
  }
  /** Joins the connection that carries fewest, where one has room. */
  joinLeast(): NativeConnection | undefined {
    let chosen: NativeConnection | undefined;
    let least = mostShared;
    for (const [connection, count] of this.#carried) {
      if (count >= least || !connection.usable) continue;
      chosen = connection;
      least = count;
    }
    if (chosen !== undefined) this.#carried.set(chosen, least + 1);
    return chosen;
  }
  /** Makes a connection the one to join until what is sent in this turn is written. */
  gatherOn(connection: NativeConnection): void {
    if (this.#gathering === undefined) whenWritten(dispatch, this);
    this.#gathering = connection;
  }
  /** Not meant to be called from outside: what was gathered is about to be written. */
  dispatched(): void {
    this.#gathering = undefined;
  }
}
