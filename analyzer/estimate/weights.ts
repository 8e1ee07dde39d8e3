/**
 * Every number that is a choice, in one place. All can be set in the configuration; latencies of clients are not here
 * but in the catalogue. Milliseconds unless the name says otherwise.
 *
 * The defaults are policy, not physics: boundaries cost concurrency, which a ratio of latencies would hide.
 */
export interface Weights {
  /** Score from which a handler is migrated, 0 to 100. */
  readonly migrateFrom: number;
  /** Score from which it depends, 0 to 100. */
  readonly dependsFrom: number;
  /** Most boundaries that may be left for `migrate`. */
  readonly migrateBoundaries: number;
  /** `G`: the factor for 0, 1, 2 … boundaries left; the last one holds for more. */
  readonly boundaryFactors: readonly number[];
  /** An external call at least this slow at p95 counts 2. */
  readonly verySlowCall: number;
  /** An external call at least this slow at p95 counts 1. */
  readonly slowCall: number;
  /** And at least as slow as this many crossings, the wait for a lane included: below that, there is nothing to gain. */
  readonly slowCrossings: number;
  /** `H` where sync-only middleware forces adaptation. */
  readonly adaptingMiddleware: number;
  /** Below this upper bound of D95 a handler stays, 0 to 1. */
  readonly leastDominance: number;
  /** Below this share of external time behind async-native clients a handler stays, 0 to 1. */
  readonly leastAsyncShare: number;
  /** D95 from which a handler bridged whole is migrated for its hold time, 0 to 1. */
  readonly wholeBridgeDominance: number;
  /** A call in a loop counts its median rounds, up to this many. */
  readonly mostLoopCalls: number;
  /** Product of edge confidences below which the evidence is `low`, 0 to 1. */
  readonly leastConfidence: number;
  /** What one unresolved call takes off the confidence, as a factor. */
  readonly unknownCallConfidence: number;
}

export const defaultWeights: Weights = {
  migrateFrom: 60,
  dependsFrom: 30,
  migrateBoundaries: 1,
  boundaryFactors: [1, 0.7, 0.45, 0.3, 0.2],
  verySlowCall: 1000,
  slowCall: 20,
  slowCrossings: 10,
  adaptingMiddleware: 0.25,
  leastDominance: 0.3,
  leastAsyncShare: 0.5,
  wholeBridgeDominance: 0.6,
  mostLoopCalls: 5,
  leastConfidence: 0.5,
  unknownCallConfidence: 0.93,
};

/** The priors that no catalogue entry gives, milliseconds: `p50` and `p95` of a lognormal. */
export interface Priors {
  /** One ORM operation: an indexed query in the same zone. */
  readonly orm: Prior;
  /** The handler's own JavaScript, frameworks and serialisation included. */
  readonly handler: Prior;
  /** A call that stops the event loop and is in no catalogue. */
  readonly blocking: Prior;
  /** Queries of a template that was not looked at: as many as this, at most. */
  readonly lateReads: number;
  /** Rounds of a loop whose length only run time knows. */
  readonly unboundedRounds: { readonly low: number; readonly median: number; readonly high: number };
  /**
   * Rounds in all of loops of unknown length that stand in each other, at most: their lengths rarely multiply freely,
   * as lists of lists are short where they are many.
   */
  readonly mostUnknownRounds: number;
  /**
   * How long a loop of unknown length takes at most, milliseconds. That a handler is in use tells something about its
   * lists: proxies give a request up after a minute (nginx `proxy_read_timeout`, AWS load balancers), and a loop that
   * often took longer would have been moved to a queue.
   */
  readonly longestLoop: number;
}

export interface Prior {
  readonly p50: number;
  readonly p95: number;
}

export const defaultPriors: Priors = {
  orm: { p50: 2, p95: 10 },
  handler: { p50: 2, p95: 6 },
  blocking: { p50: 1, p95: 10 },
  lateReads: 3,
  unboundedRounds: { low: 1, median: 5, high: 20 },
  mostUnknownRounds: 100,
  longestLoop: 60_000,
};

/** The runtime on this machine: what a crossing costs. Milliseconds. */
export interface Runtime {
  /** An empty crossing. */
  readonly crossing: Prior;
  /** Waiting for a lane that others hold; mean. */
  readonly laneWait: number;
  /** Crossings with work in them that run at once before the others wait. */
  readonly lanes: number;
  /** Where the figures come from: `assumption` until `calibrate` has measured them. */
  readonly basis: string;
}

/** A worker-thread round trip with one row: 24-27 µs at p50, 32-38 µs at p95; idle lane. */
export const defaultRuntime: Runtime = {
  crossing: { p50: 0.026, p95: 0.036 },
  laneWait: 0,
  lanes: 1,
  basis: 'assumption: worker thread round trip, idle lane',
};

/** The weights where a crossing costs what it does: a call is slow against 20 ms, and against ten crossings. */
export function weightsFor(weights: Weights, { crossing, laneWait }: Runtime): Weights {
  const crossings = weights.slowCrossings * (crossing.p50 + laneWait);
  return { ...weights, slowCall: Math.max(weights.slowCall, crossings) };
}

/** How far the median of a class may be off, as a factor either way, by where the figure comes from. */
export const uncertainty: Readonly<Record<string, number>> = {
  assumption: 3,
  sourced: 1.5,
  configured: 1,
  traced: 1,
};

/** Simulated requests, and draws of what is not known about them: 12,000 requests in all, 2,000 being enough for 5 %. */
export interface Draws {
  readonly requests: number;
  readonly worlds: number;
  readonly seed: number;
}

export const defaultDraws: Draws = { requests: 300, worlds: 40, seed: 20_201 };
