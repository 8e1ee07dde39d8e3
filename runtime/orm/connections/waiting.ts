/** Somebody who waits for a `Thing`. */
export interface Waiter<Thing> {
  /** True when it will share what it gets with others. */
  readonly shares: boolean;
  give(thing: Thing): void;
  fail(error: unknown): void;
}

/** A first come, first served queue that its members leave by themselves: served, timed out or aborted. */
export class Waiting<Thing> {
  // Sets keep their order, and leaving from the middle costs nothing however many wait.
  readonly #waiters = new Set<Waiter<Thing>>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * @param timeout milliseconds after which the waiter fails with what `late` returns
   * @param signal makes the waiter fail with its reason
   * @param shares whether it may be given something that others use too
   */
  add(
    resolve: (thing: Thing) => void,
    reject: (error: unknown) => void,
    timeout: number,
    late: () => Error,
    signal: AbortSignal | undefined,
    shares = false,
  ): void {
    const leave = () => {
      this.#waiters.delete(waiter);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const waiter: Waiter<Thing> = {
      shares,
      give(thing) {
        leave();
        resolve(thing);
      },
      fail(error) {
        leave();
        reject(error);
      },
    };
    const timer = setTimeout(() => waiter.fail(late()), timeout);
    const abort = () => waiter.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiters.add(waiter);
  }

  /** Who waited longest. */
  next(): Waiter<Thing> | undefined {
    return this.#waiters.values().next().value;
  }
  /** Who came after `index` others. */
  at(index: number): Waiter<Thing> | undefined {
    let seen = 0;
    for (const waiter of this.#waiters) if (seen++ === index) return waiter;
    return undefined;
  }
  refuse(error: Error): void {
    for (const waiter of [...this.#waiters]) waiter.fail(error);
  }
}
