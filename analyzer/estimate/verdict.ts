import type { Boundary, Verdict } from '../analysis.ts';
import { type Facts, scoreOf, slowCalls } from './score.ts';
import type { Weights } from './weights.ts';

/** Everything that decides about one handler. */
export interface Case extends Facts {
  readonly now: readonly Boundary[];
  readonly after: readonly Boundary[];
  /** Bridges on the path, error paths included. */
  readonly bridges: number;
  /** Renderings that read models after the asynchronous part, as a person would say them. */
  readonly lateAccesses: readonly string[];
  /** Middleware that is sync only, by name. */
  readonly adaptingMiddleware: readonly string[];
  /** Bridges that hold a lane while an external call waits. */
  readonly wholeBridge: boolean;
  /** No lane is held while external calls wait: they come before the first crossing. */
  readonly waitsUnheld: boolean;
  /** Mean time a lane is held, milliseconds: now and after the rewrite. */
  readonly hold: { readonly now: number; readonly after: number };
  /** Whether the response is read or written piece by piece. */
  readonly streams: boolean;
  /** Calls that could not be resolved. */
  readonly unknownCalls: number;
}

export type GateName =
  | 'no-external'
  | 'already-native'
  | 'low-dominance'
  | 'late-access'
  | 'sync-client'
  | 'whole-bridge';

export interface Gate {
  readonly gate: GateName;
  readonly reason: string;
}

export interface Judgement {
  readonly score: number;
  readonly verdict: Verdict;
  readonly gates: readonly Gate[];
  /** The deciding reason first. */
  readonly reasons: readonly string[];
}

/** Gates first, each with its reason; then the score, at both ends of what is known of D95. */
export function judge(given: Case, weights: Weights): Judgement {
  const score = Math.round(scoreOf(given, weights) * 10) / 10;
  const gates = gatesOf(given, weights);
  const [deciding] = gates;
  if (deciding !== undefined) {
    const verdict = deciding.gate === 'whole-bridge' ? 'migrate' : 'stay';
    return { score, verdict, gates, reasons: [...gates.map(({ reason }) => reason), ...notes(given)] };
  }
  const { verdict, reason } = byScore(given, weights, score);
  return { score, verdict, gates, reasons: [reason, ...notes(given)] };
}

function gatesOf(given: Case, weights: Weights): readonly Gate[] {
  const gates: Gate[] = [];
  const [, , high] = given.d95;
  if (given.calls.length === 0) {
    const but = given.unknownCalls > 0 ? ` (${count(given.unknownCalls, 'call')} could not be resolved)` : '';
    return [
      {
        gate: 'no-external',
        reason: `No external call on the hot path${but}: native async frees nothing here.`,
      },
    ];
  }
  if (given.now.length === 0 && given.bridges === 0) {
    const reason = 'Already native: no bridge is on its path, so nothing is left to migrate.';
    return [{ gate: 'already-native', reason }];
  }
  if (high < weights.leastDominance) {
    const reason = `External waits are at most ${percent(high)} of the slow requests, below ${percent(weights.leastDominance)}.`;
    gates.push({ gate: 'low-dominance', reason });
  }
  if (given.lateAccesses.length > 0) {
    const reason = `${given.lateAccesses.join(', ')} may query after the asynchronous part: fix the rendering first.`;
    gates.push({ gate: 'late-access', reason });
  }
  if (given.asyncShare < weights.leastAsyncShare) {
    const reason = `Only ${percent(given.asyncShare)} of the external wait is behind clients that do not block: replace the client first.`;
    gates.push({ gate: 'sync-client', reason });
  }
  const whole = given.wholeBridge && given.d95[0] >= weights.wholeBridgeDominance;
  const slow = slowCalls(given.calls, weights) >= 1;
  if (gates.length === 0 && whole && slow && given.boundariesLeft <= weights.migrateBoundaries) {
    const { now, after } = given.hold;
    const then = after < now ? `${milliseconds(after)} after` : 'which the rewrite leaves as it is';
    const reason = `A bridge holds a lane through external waits: ${milliseconds(now)} per request, ${then}.`;
    gates.push({ gate: 'whole-bridge', reason });
  }
  return gates;
}

function byScore(given: Case, weights: Weights, score: number): { verdict: Verdict; reason: string } {
  const [low, middle, high] = given.d95;
  const verdict = verdictAt(given, weights, middle);
  const ends = [low, high].map((d95) => verdictAt(given, weights, d95));
  const calls = slowCalls(given.calls, weights);
  const facts = `${percent(middle)} of slow requests is external wait on ${count(given.calls.length, 'call')} (k = ${calls}), ${count(given.boundariesLeft, 'boundary', 'boundaries')} left`;
  if (ends.some((end) => end !== verdict)) {
    const range = `${percent(low)} to ${percent(high)}`;
    return {
      verdict: 'depends',
      reason: `Score ${score}: ${facts}; D95 is only known to be ${range}, which spans two verdicts.`,
    };
  }
  if (verdict === 'depends' && score < weights.dependsFrom) {
    const reached = Math.round(scoreOf({ ...given, boundariesLeft: 0 }, weights));
    return { verdict, reason: `Score ${score}: ${facts}; without those boundaries it would be ${reached}.` };
  }
  return { verdict, reason: `Score ${score}: ${facts}.` };
}

/**
 * The verdict for one value of D95. A handler that only its leftover boundaries keep below the bar does not stay: it
 * depends on them, and they are listed.
 */
export function verdictAt(given: Facts, weights: Weights, d95: number): Verdict {
  const score = scoreOf(given, weights, d95);
  if (score >= weights.migrateFrom && given.boundariesLeft <= weights.migrateBoundaries) return 'migrate';
  const reachable = scoreOf({ ...given, boundariesLeft: 0 }, weights, d95);
  return Math.max(score, reachable) >= weights.dependsFrom ? 'depends' : 'stay';
}

/** What a reader should know besides the deciding reason. */
function notes(given: Case): readonly string[] {
  const found: string[] = [];
  if (given.streams)
    found.push(
      'Streams its response: the request is open until the last piece, so hold time counts, not latency.',
    );
  if (given.hold.now > 0 && given.calls.length > 0) {
    found.push(
      `Holds a lane ${milliseconds(given.hold.now)} per request now, ${milliseconds(given.hold.after)} after the rewrite.`,
    );
  }
  if (given.waitsUnheld) {
    found.push(
      'Its external calls come before its first crossing: no lane is held while they wait, so the rewrite frees little.',
    );
  }
  if (given.adaptingMiddleware.length > 0) {
    found.push(`Sync-only middleware forces adaptation: ${given.adaptingMiddleware.join(', ')}.`);
  }
  found.push(`Boundaries on the hot path: ${given.now.length} now, ${given.after.length} after.`);
  for (const { what, location } of given.after)
    found.push(`Left: ${what} at ${location.file}:${location.line}.`);
  return found;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function milliseconds(value: number): string {
  return value >= 1000
    ? `${(value / 1000).toFixed(1)} s`
    : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
