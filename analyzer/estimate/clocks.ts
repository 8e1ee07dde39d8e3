/** Where the simulated requests are: one value per request, milliseconds. */
export interface Clocks {
  /** Time since the start. */
  readonly now: Float64Array;
  /** External waits on the way that was critical. */
  readonly external: Float64Array;
  /** Those of them behind clients that do not block. */
  readonly native: Float64Array;
  /** Time a lane was held, on whatever way. */
  readonly held: Float64Array;
  /** The part of it on the request's one thread-sensitive lane, which does not overlap with itself. */
  readonly lane: Float64Array;
}

function emptyClocks(requests: number): Clocks {
  const empty = () => new Float64Array(requests);
  return { now: empty(), external: empty(), native: empty(), held: empty(), lane: empty() };
}

export function copyClocks({ now, external, native, held, lane }: Clocks): Clocks {
  return {
    now: now.slice(),
    external: external.slice(),
    native: native.slice(),
    held: held.slice(),
    lane: lane.slice(),
  };
}

/** Copies that are done with, to be filled again: allocating them was half the time of simulating many branches. */
export class SpareClocks {
  private readonly requests: number;
  private readonly spare: Clocks[] = [];

  constructor(requests: number) {
    this.requests = requests;
  }

  /** Clocks that stand at the start of every request. */
  empty(): Clocks {
    const clocks = this.spare.pop();
    if (clocks === undefined) return emptyClocks(this.requests);
    for (const column of [clocks.now, clocks.external, clocks.native, clocks.held, clocks.lane])
      column.fill(0);
    return clocks;
  }

  copyOf(clocks: Clocks): Clocks {
    const copy = this.spare.pop();
    if (copy === undefined) return copyClocks(clocks);
    copy.now.set(clocks.now);
    copy.external.set(clocks.external);
    copy.native.set(clocks.native);
    copy.held.set(clocks.held);
    copy.lane.set(clocks.lane);
    return copy;
  }

  giveBack(...clocks: readonly Clocks[]): void {
    this.spare.push(...clocks);
  }
}

function copyAt(target: Clocks, source: Clocks, index: number): void {
  target.now[index] = at(source.now, index);
  target.external[index] = at(source.external, index);
  target.native[index] = at(source.native, index);
  target.held[index] = at(source.held, index);
  target.lane[index] = at(source.lane, index);
}

/**
 * Waits for the slowest arm, or for the lane when the arms' bridges queue on it for longer: thread-sensitive bridges
 * of one request share one thread, so they do not overlap with each other.
 */
export function waitForAll(clocks: Clocks, arms: readonly Clocks[], before: Clocks): void {
  for (let index = 0; index < before.now.length; index++) {
    let slowest = arms[0] ?? before;
    let queue = 0;
    let held = 0;
    for (const arm of arms) {
      if (at(arm.now, index) > at(slowest.now, index)) slowest = arm;
      queue += gain(arm.lane, before.lane, index);
      held += gain(arm.held, before.held, index);
    }
    const latest = at(slowest.now, index);
    const queued = at(before.now, index) + queue;
    copyAt(clocks, queued > latest ? before : slowest, index);
    clocks.now[index] = Math.max(latest, queued);
    clocks.lane[index] = at(before.lane, index) + queue;
    clocks.held[index] = at(before.held, index) + held;
  }
}

/** Waits for the fastest arm. */
export function waitForFirst(clocks: Clocks, arms: readonly Clocks[]): void {
  for (let index = 0; index < clocks.now.length; index++) {
    let fastest = arms[0];
    for (const arm of arms) if (fastest && at(arm.now, index) < at(fastest.now, index)) fastest = arm;
    if (fastest) copyAt(clocks, fastest, index);
  }
}

/** Waits for work that began at `begun` and would end at `ended`, if it has not ended yet. */
export function waitForStarted(clocks: Clocks, begun: Clocks, ended: Clocks): void {
  for (let index = 0; index < clocks.now.length; index++) {
    const held = at(clocks.held, index) + gain(ended.held, begun.held, index);
    const lane = at(clocks.lane, index) + gain(ended.lane, begun.lane, index);
    if (at(ended.now, index) > at(clocks.now, index)) copyAt(clocks, ended, index);
    clocks.held[index] = held;
    clocks.lane[index] = lane;
  }
}

/** What a wait counts as, besides time. */
export interface WaitKind {
  readonly external: boolean;
  readonly native: boolean;
  readonly held: boolean;
  readonly lane: boolean;
}

/**
 * Adds one wait to every request. All arithmetic on whole columns is in this file: a call per element and field, across
 * modules, was half the time of an analysis.
 * @param factor how much longer than drawn the wait is in this world
 */
export function addWait(clocks: Clocks, durations: Float64Array, factor: number, kind: WaitKind): void {
  for (let index = 0; index < durations.length; index++) {
    const duration = factor * at(durations, index);
    add(clocks.now, index, duration);
    if (kind.external) add(clocks.external, index, duration);
    if (kind.native) add(clocks.native, index, duration);
    if (kind.held) add(clocks.held, index, duration);
    if (kind.lane) add(clocks.lane, index, duration);
  }
}

/**
 * Runs a loop whose body took every request from `before` to `after`. The bodies of other requests stand for further
 * rounds: the draws are independent.
 * @param rounds how often it runs, per request
 * @param width how many rounds run at once
 */
export function addRounds(
  clocks: Clocks,
  before: Clocks,
  after: Clocks,
  rounds: Float64Array,
  width: number,
): void {
  for (let index = 0; index < rounds.length; index++) {
    for (let done = 0; done < at(rounds, index); done += width) {
      addBatch(clocks, before, after, index, done, Math.min(width, at(rounds, index) - done));
    }
  }
}

/** How far apart the requests are that stand for the rounds of one: a prime, so that they do not repeat soon. */
const stride = 37;

function addBatch(
  clocks: Clocks,
  before: Clocks,
  after: Clocks,
  index: number,
  done: number,
  size: number,
): void {
  const requests = clocks.now.length;
  let slowest = (index + done * stride) % requests;
  let lane = 0;
  let held = 0;
  for (let member = 0; member < size; member++) {
    const other = (index + (done + member) * stride) % requests;
    if (gain(after.now, before.now, other) > gain(after.now, before.now, slowest)) slowest = other;
    lane += gain(after.lane, before.lane, other);
    held += gain(after.held, before.held, other);
  }
  add(clocks.now, index, Math.max(gain(after.now, before.now, slowest), lane));
  add(clocks.external, index, gain(after.external, before.external, slowest));
  add(clocks.native, index, gain(after.native, before.native, slowest));
  add(clocks.lane, index, lane);
  add(clocks.held, index, held);
}

/** Every request goes on along the arm that was drawn for it. */
export function choose(
  clocks: Clocks,
  arms: readonly Clocks[],
  shares: readonly number[],
  drawn: Float64Array,
): void {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const limits = shares.map(
    (_, index) => shares.slice(0, index + 1).reduce((sum, share) => sum + share, 0) / total,
  );
  for (let index = 0; index < drawn.length; index++) {
    const value = drawn[index] ?? 0;
    let arm = 0;
    while (arm < limits.length - 1 && value >= (limits[arm] ?? 1)) arm++;
    const chosen = arms[arm];
    if (chosen) copyAt(clocks, chosen, index);
  }
}

/** The tail of the requests, summed up: a ratio of sums, not of percentiles, which would mix different requests. */
export function tailOf({ now, external, native }: Clocks, p95: number) {
  let total = 0;
  let waited = 0;
  let waitedNatively = 0;
  for (let index = 0; index < now.length; index++) {
    if (at(now, index) < p95) continue;
    total += at(now, index);
    waited += at(external, index);
    waitedNatively += at(native, index);
  }
  return {
    d95: total === 0 ? 0 : waited / total,
    asyncShare: waited === 0 ? 1 : waitedNatively / waited,
  };
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += at(values, index);
  return sum / Math.max(1, values.length);
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = (values[index] ?? 0) + amount;
}

function gain(after: Float64Array, before: Float64Array, index: number): number {
  return (after[index] ?? 0) - (before[index] ?? 0);
}
