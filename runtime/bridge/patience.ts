import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

/**
 * Milliseconds a waiting thread looks for its answer before it goes to sleep. A query by key on the same machine or in
 * the same rack is answered within it; what takes longer loses less than a tenth to being woken up.
 */
const longestLook = 0.25;
/** Looks between two looks at the clock, which costs as much as ten of them. */
const looksAtOnce = 50;
/** With a single core the answer cannot come while this thread keeps it. */
const worthLooking = availableParallelism() > 1;

/** Most waits that are slept through after looks that were in vain, as they are when others need the processor. */
const longestSleepiness = 64;

/**
 * How one thread waits for another. Being woken up by the system takes as long as a short query, so a thread that may
 * expect a quick answer stays awake for a moment, as adaptive mutexes do (glibc's PTHREAD_MUTEX_ADAPTIVE_NP): it
 * expects what it saw before. Each look in vain doubles the number of waits until the next one.
 */
export class Patience {
  /** Waits to sleep through before it looks again. */
  #asleep = 0;
  #penalty = 1;

  /**
   * Returns when the counter is no longer what it was, or after a time.
   *
   * @param counter shared with the thread that is waited for, which changes its first cell and notifies
   * @param seen what the cell held before
   * @param longest milliseconds to wait
   * @returns false when the cell still held it by then
   */
  wait(counter: Int32Array<SharedArrayBuffer>, seen: number, longest: number): boolean {
    if (worthLooking && this.#asleep === 0) {
      if (changesSoon(counter, seen, performance.now() + longestLook)) {
        this.#penalty = 1;
        return true;
      }
      this.#asleep = this.#penalty;
      this.#penalty = Math.min(longestSleepiness, 2 * this.#penalty);
    } else if (this.#asleep > 0) this.#asleep -= 1;
    return Atomics.wait(counter, 0, seen, longest) !== 'timed-out';
  }
}

function changesSoon(counter: Int32Array<SharedArrayBuffer>, seen: number, until: number): boolean {
  do {
    for (let look = 0; look < looksAtOnce; look += 1) if (Atomics.load(counter, 0) !== seen) return true;
  } while (performance.now() < until);
  return false;
}
