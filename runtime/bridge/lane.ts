import { type Context, currentContext, withContext } from '../context.ts';

/** Something a lane owns and must give up when it ends, such as a thread with its connection. */
export interface LaneResource {
  /** Called once, after the lane's last job. */
  release(): Promise<void>;
}

let created = 0;

/**
 * A queue of sync work that runs strictly in order, as on one thread. What a lane owns (connections, and through
 * them the worker thread) is made on first use and kept until the lane ends, so that everything bridged in one
 * context shares one connection and one transaction.
 */
export class Lane {
  readonly number = ++created;
  readonly #resources = new Map<unknown, LaneResource>();
  #tail: Promise<unknown> = Promise.resolve();
  #ended = false;

  /** Runs `job` when every earlier job is over, as sync code on this lane. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new Error('This thread-sensitive context is over.'));
    const inside: Partial<Context> = { mode: 'sync', running: this, lane: this, blocks: undefined };
    const result = this.#tail.then(() => withContext(inside, job));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** The resource stored under `key`, made by `create` the first time. */
  resource<R extends LaneResource>(key: unknown, create: () => R): R {
    const known = this.#resources.get(key);
    if (known !== undefined) return known as R;
    const made = create();
    this.#resources.set(key, made);
    return made;
  }

  /** Drops a resource that can no longer be used, without releasing it. */
  forget(key: unknown): void {
    this.#resources.delete(key);
  }

  /** Waits for the queued jobs, then releases what the lane owns. Later jobs are refused. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#tail;
    const resources = [...this.#resources.values()];
    this.#resources.clear();
    await Promise.allSettled(resources.map((resource) => resource.release()));
  }

  /** Releases what the lane owns and keeps it usable. */
  async reset(): Promise<void> {
    await this.run(async () => {
      const resources = [...this.#resources.values()];
      this.#resources.clear();
      await Promise.allSettled(resources.map((resource) => resource.release()));
    });
  }
}

/** Where sync code runs that no bridge started: scripts, commands, tests. */
export const mainLane = new Lane();
/** Thread-sensitive bridges outside any context share this lane, as asgiref's process-wide thread. */
export const processLane = new Lane();

/** The lane whose connections sync code uses now. */
export function runningLane(): Lane {
  return currentContext()?.running ?? mainLane;
}
