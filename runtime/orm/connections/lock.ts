import { TransactionManagementError } from '../errors.ts';

interface Waiter {
  start(): void;
  refuse(error: unknown): void;
}

/** First come, first served: one holder at a time. */
export class Lock {
  #held = false;
  readonly #waiting = new Set<Waiter>();

  get held(): boolean {
    return this.#held;
  }
  /** Takes the lock where it is free. */
  take(): boolean {
    if (this.#held) return false;
    this.#held = true;
    return true;
  }
  /** Resolves when it is this caller's turn; every caller must `release`. An aborted one leaves the queue. */
  acquire(signal?: AbortSignal): Promise<void> {
    if (this.take()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        start() {
          leave();
          resolve();
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      const abort = () => waiter.refuse(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#held = false;
    else next.start();
  }
  /** Turns everybody away who waits now; whoever holds it keeps it. */
  refuseWaiting(): void {
    for (const waiter of [...this.#waiting]) waiter.refuse(notSent());
  }
}

export function notSent(): TransactionManagementError {
  return new TransactionManagementError(
    'Another statement of this transaction failed while this one was waiting for its turn; it was not sent.',
  );
}
