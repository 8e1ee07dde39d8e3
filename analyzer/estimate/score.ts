import type { Range } from '../analysis.ts';
import type { Weights } from './weights.ts';

/** One external call on the hot path, as the score sees it. */
export interface SlowCall {
  readonly name: string;
  /** Milliseconds. */
  readonly p95: number;
  /** How often it runs per request; the median where only run time knows. */
  readonly rounds: number;
}

/** What the score is made of. */
export interface Facts {
  readonly d95: Range;
  /** Share of external time behind clients that do not block, 0 to 1. */
  readonly asyncShare: number;
  readonly calls: readonly SlowCall[];
  /** Boundaries that the rewrite leaves. */
  readonly boundariesLeft: number;
  /** Whether sync-only middleware forces adaptation. */
  readonly adapting: boolean;
}

/** Slow external calls, the very slow ones twice, those in loops as often as they run. */
export function slowCalls(calls: readonly SlowCall[], weights: Weights): number {
  return calls.reduce((sum, { p95, rounds }) => {
    const weight = p95 >= weights.verySlowCall ? 2 : p95 >= weights.slowCall ? 1 : 0;
    return sum + weight * Math.max(1, Math.min(Math.round(rounds), weights.mostLoopCalls));
  }, 0);
}

/** `G`: what the boundaries left after the rewrite take off. */
export function boundaryFactor(boundaries: number, { boundaryFactors }: Weights): number {
  return boundaryFactors[Math.min(boundaries, boundaryFactors.length - 1)] ?? 1;
}

/**
 * `100 · D95 · A · (1 − 2^−k) · H · G(B)`, 0 to 100.
 * @param d95 which value of the range to score
 */
export function scoreOf(facts: Facts, weights: Weights, d95: number = facts.d95[1]): number {
  const calls = 1 - 2 ** -slowCalls(facts.calls, weights);
  const middleware = facts.adapting ? weights.adaptingMiddleware : 1;
  const left = boundaryFactor(facts.boundariesLeft, weights);
  return 100 * d95 * facts.asyncShare * calls * middleware * left;
}
