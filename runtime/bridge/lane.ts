import { currentContext, withContext } from '../context.ts';
import type { Gate } from './gate.ts';
import { Line, Turn } from './turn.ts';

/** Something a lane owns and must give up when it ends, such as a thread with its connection. */
export interface LaneResource {
  /** Called once, when the lane gives it up. */
  release(): Promise<void>;
  /** True while jobs that are still to come depend on it, as on a connection inside a transaction. */
  readonly busy: boolean;
}

export interface JobOptions {
  /** The job is a plain function: it is over when it returns, whatever it started. */
  readonly closure?: boolean;
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
  readonly #line = new Line();
  readonly gate: Gate | undefined;
  #admitted = false;
  #ended = false;

  /** @param gate bounds how many such lanes there are at a time; the lane passes it with its first job */
  constructor(gate?: Gate) {
    this.gate = gate;
  }

  /**
   * Runs `job` as sync code on this lane when every earlier job is over; at once, before this returns, when there is
   * none. Async work inside a job that needs its lane again runs within that job.
   */
  run<T>(job: () => T | Promise<T>, { closure = false }: JobOptions = {}): Promise<T> {
    const around = currentContext()?.turn?.within(this);
    const line = around?.line ?? this.#line;
    return line.enqueue(() => this.#perform(job, new Turn(this, around, closure)));
  }
  async #perform<T>(job: () => T | Promise<T>, turn: Turn): Promise<T> {
    if (!this.#admitted) {
      // Without waiting where there is room: values that the job leaves in the caller's context then stay there.
      if (this.gate?.tryEnter() === false) await this.gate.enter();
      this.#admitted = true;
    }
    try {
      const context = currentContext();
      const surrounding = context?.blocks ?? context?.surrounding;
      return await withContext({ mode: 'sync', turn, lane: this, blocks: undefined, surrounding }, job);
    } finally {
      await turn.close();
      if (this.#ended) queueMicrotask(() => this.#giveUp());
    }
  }

  /** The resource stored under `key`, made by `create` the first time. */
  resource<R extends LaneResource>(key: unknown, create: () => R): R {
    const known = this.#resources.get(key);
    if (known !== undefined) return known as R;
    const made = create();
    this.#resources.set(key, made);
    return made;
  }

  /**
   * Gives up what the lane owns as soon as no job is left. A job that comes later, of code that outlived its context,
   * gets it anew and gives it up again.
   */
  end(): Promise<void> {
    this.#ended = true;
    return this.#giveUp();
  }
  async #giveUp(): Promise<void> {
    do await this.#line.idle();
    while (this.#line.busy);
    if (!this.#admitted) return;
    // The end of a transaction is a job; it comes back here.
    for (const resource of this.#resources.values()) if (resource.busy) return;
    this.#admitted = false;
    await this.#releaseAll();
    this.gate?.leave();
  }

  /** Releases what the lane owns and keeps it usable. */
  reset(): Promise<void> {
    return this.run(() => this.#releaseAll());
  }
  async #releaseAll(): Promise<void> {
    const resources = [...this.#resources.values()];
    this.#resources.clear();
    await Promise.allSettled(resources.map((resource) => resource.release()));
  }
}

/** Where sync code runs that no bridge started: scripts, commands, tests. */
export const mainLane = new Lane();
/** Thread-sensitive bridges outside any context share this lane, as asgiref's process-wide thread. */
export const processLane = new Lane();

/** The lane whose connections sync code uses now. */
export function runningLane(): Lane {
  return currentContext()?.turn?.lane ?? mainLane;
}
