import { startTimer } from '../timer.ts';
import { ThreadTimeout } from './errors.ts';
import { changeThreadSettings, type ThreadSettings, threadSettings } from './settings.ts';

interface Waiter {
  admit(): void;
}

/** Lets so many in at a time; others wait for their turn, first come, first served. */
export class Gate {
  readonly #what: string;
  #inside = 0;
  readonly #waiting = new Set<Waiter>();

  /** @param what who passes it, for the message of those who wait too long */
  constructor(what: string) {
    this.#what = what;
  }
  get inside(): number {
    return this.#inside;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Enters if there is room. */
  tryEnter(): boolean {
    if (this.#inside >= threadSettings().max || this.#waiting.size > 0) return false;
    this.#inside += 1;
    return true;
  }
  /**
   * Enters, waiting where there is no room.
   *
   * @throws ThreadTimeout when there is none in time
   */
  enter(): Promise<void> {
    if (this.tryEnter()) return Promise.resolve();
    const { timeout, max } = threadSettings();
    return new Promise((resolve, reject) => {
      const waiter = {
        admit: () => {
          this.#waiting.delete(waiter);
          clearTimeout(timer);
          this.#inside += 1;
          resolve();
        },
      };
      const timer = startTimer(() => {
        this.#waiting.delete(waiter);
        reject(
          new ThreadTimeout(
            `No thread became free within ${timeout} ms for ${this.#what} ` +
              `(max ${max}, in use ${this.#inside}, waiting ${this.#waiting.size + 1}).`,
          ),
        );
      }, timeout);
      this.#waiting.add(waiter);
    });
  }
  leave(): void {
    this.#inside -= 1;
    this.admitWaiting();
  }
  /** Lets in those who wait, as far as there is room: somebody left, or the bound was raised. */
  admitWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#inside >= threadSettings().max) return;
      waiter.admit();
    }
  }
}

/** Contexts of requests: each holds a thread from its first bridged call to its end. */
export const contextGate = new Gate('a thread-sensitive context');
/** Calls that are not thread-sensitive: each holds a thread while it runs. */
export const callGate = new Gate('a call that is not thread-sensitive');

/**
 * Bounds the bridge threads; what is not named stays as it is.
 *
 * @param changes `max` and `keepIdle` in threads, `maxIdle` and `timeout` in milliseconds
 * @throws RangeError for a number that bounds nothing
 */
export function configureThreads(changes: Partial<ThreadSettings>): void {
  changeThreadSettings(changes);
  contextGate.admitWaiting();
  callGate.admitWaiting();
}
