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

const fields = ['now', 'external', 'native', 'held', 'lane'] as const;

export function emptyClocks(requests: number): Clocks {
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

export function copyAt(target: Clocks, source: Clocks, index: number): void {
  for (const field of fields) target[field][index] = at(source[field], index);
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

export function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

export function add(values: Float64Array, index: number, amount: number): void {
  values[index] = at(values, index) + amount;
}

export function gain(after: Float64Array, before: Float64Array, index: number): number {
  return at(after, index) - at(before, index);
}
