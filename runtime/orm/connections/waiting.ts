import { performance } from 'node:perf_hooks';
import { startTimer } from '../../timer.ts';

/** Somebody who waits for a `Thing`; in line between those who came before and after. */
export class Waiter<Thing> {
  /** True when it will share what it gets with others. */
  readonly shares: boolean;
  /** When its time is over, in milliseconds as of `performance.now`. */
  readonly deadline: number;
  readonly #resolve: (thing: Thing) => void;
  readonly #reject: (error: unknown) => void;
  before: Waiter<Thing> | undefined;
  after: Waiter<Thing> | undefined;
  line: Waiting<Thing> | undefined;
  /** Undoes what was set up for its leaving early. */
  whenLeft: (() => void) | undefined;

  constructor(
    resolve: (thing: Thing) => void,
    reject: (error: unknown) => void,
    deadline: number,
    shares: boolean,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.deadline = deadline;
    this.shares = shares;
  }

  give(thing: Thing): void {
    this.line?.remove(this);
    this.#resolve(thing);
  }
  fail(error: unknown): void {
    this.line?.remove(this);
    this.#reject(error);
  }
}

/**
 * A first come, first served queue that its members leave by themselves: served, timed out or aborted. Hundreds come and
 * go with every turn of the event loop, so one timer watches over all of them: who came first is late first.
 */
export class Waiting<Thing> {
  readonly #timeout: number;
  readonly #late: () => Error;
  #first: Waiter<Thing> | undefined;
  #last: Waiter<Thing> | undefined;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param timeout milliseconds after which a member fails with what `late` returns
   * @param late the error of a member that nobody served in time
   */
  constructor(timeout: number, late: () => Error) {
    this.#timeout = timeout;
    this.#late = late;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * @param signal makes the waiter fail with its reason
   * @param shares whether it may be given something that others use too
   */
  add(
    resolve: (thing: Thing) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
    shares: boolean,
  ): void {
    const waiter = new Waiter(resolve, reject, performance.now() + this.#timeout, shares);
    waiter.line = this;
    waiter.before = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.after = waiter;
    this.#last = waiter;
    this.#size += 1;
    // Whoever waits keeps the program alive; a queue that was left has no timer.
    this.#timer ??= startTimer(() => this.#turnAway(), this.#timeout);
    if (signal === undefined) return;
    const abort = () => waiter.fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    waiter.whenLeft = () => signal.removeEventListener('abort', abort);
  }

  /** Who waited longest. */
  next(): Waiter<Thing> | undefined {
    return this.#first;
  }
  /** Who came after `index` others. */
  at(index: number): Waiter<Thing> | undefined {
    let waiter = this.#first;
    for (let seen = 0; seen < index; seen += 1) waiter = waiter?.after;
    return waiter;
  }
  refuse(error: Error): void {
    while (this.#first !== undefined) this.#first.fail(error);
  }

  /** Not meant to be called from outside: takes a member out of the line. */
  remove(waiter: Waiter<Thing>): void {
    const { before, after } = waiter;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    waiter.line = undefined;
    waiter.before = undefined;
    waiter.after = undefined;
    waiter.whenLeft?.();
    this.#size -= 1;
    if (this.#size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #turnAway(): void {
    // Timers may be early by a fraction of a millisecond.
    const now = performance.now() + 1;
    while (this.#first !== undefined && this.#first.deadline <= now) this.#first.fail(this.#late());
    this.#timer =
      this.#first === undefined
        ? undefined
        : startTimer(() => this.#turnAway(), Math.max(1, this.#first.deadline - now));
  }
}
