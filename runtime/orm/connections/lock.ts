import { TransactionManagementError } from '../errors.ts';

interface Waiter {
  start(): void;
  refuse(error: Error): void;
}

/** First come, first served: one holder at a time. */
export class Lock {
  #held = false;
  #waiting: Waiter[] = [];

  /** Resolves when it is this caller's turn; every caller must `release`. */
  acquire(): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ start: resolve, refuse: reject });
    });
  }
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next.start();
  }
  /** Turns everybody away who waits now; whoever holds it keeps it. */
  refuseWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.refuse(notSent());
  }
}

export function notSent(): TransactionManagementError {
  return new TransactionManagementError(
    'Another statement of this transaction failed while this one was waiting for its turn; it was not sent.',
  );
}
