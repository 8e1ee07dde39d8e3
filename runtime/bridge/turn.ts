import type { Lane } from './lane.ts';

/** Work in order: each piece starts when the one before it is over, at once when there is none. */
export class Line {
  #last: Promise<unknown> | undefined;

  enqueue<T>(start: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let over: () => void = nothing;
    const last = new Promise<void>((resolve) => {
      over = resolve;
    });
    this.#last = last;
    return perform(before, start, () => {
      if (this.#last === last) this.#last = undefined;
      over();
    });
  }
  /** True while there is something to do. */
  get busy(): boolean {
    return this.#last !== undefined;
  }
  /** Resolves when nothing is left to do; by the time its caller goes on there may be, so look at `busy`. */
  async idle(): Promise<void> {
    while (this.#last !== undefined) await this.#last;
  }
}
function nothing(): void {}

/** Awaited by the caller and by nobody else, so that stacks of errors lead on to the caller. */
async function perform<T>(
  before: Promise<unknown> | undefined,
  start: () => Promise<T>,
  over: () => void,
): Promise<T> {
  if (before !== undefined) await before;
  try {
    return await start();
  } finally {
    over();
  }
}

/**
 * One job's time on a lane. Async work inside it that needs the lane again is taken in here, in order: behind the job
 * it would wait for the job, which waits for it. (asgiref solves the same by coming back to the blocked thread.)
 */
export class Turn {
  readonly lane: Lane;
  readonly line = new Line();
  readonly #around: Turn | undefined;
  #takesIn: boolean;
  #over = false;

  /** @param closure the job is a plain function: it cannot wait, so what it starts can only come after it */
  constructor(lane: Lane, around: Turn | undefined, closure: boolean) {
    this.lane = lane;
    this.#around = around;
    this.#takesIn = !closure;
  }

  /** The innermost turn of `lane`, of this one and those around it, that is not over and takes work in. */
  within(lane: Lane): Turn | undefined {
    if (this.#takesIn && this.lane === lane) return this;
    return this.#around?.within(lane);
  }
  /** True for code that outlived the job: what a closure started, running on the event loop now. */
  get over(): boolean {
    return this.#over;
  }
  /** Ends the turn; what was taken in is waited for. */
  async close(): Promise<void> {
    if (!this.#takesIn) this.#over = true;
    do await this.line.idle();
    while (this.line.busy);
    this.#takesIn = false;
    this.#over = true;
  }
}
