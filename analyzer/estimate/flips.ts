import type { Boundary, Verdict } from '../analysis.ts';
import { scoreOf } from './score.ts';
import { type Case, judge, milliseconds, percent } from './verdict.ts';
import type { Weights } from './weights.ts';

/** One fact that could be otherwise, and what the case would then be. */
interface Fact {
  readonly says: string;
  apply(given: Case): Case;
}

const rank: Readonly<Record<Verdict, number>> = { stay: 0, depends: 1, migrate: 2 };

/**
 * The shortest list of facts that would change the verdict: towards migrating for a handler that stays or depends, away
 * from it for one that migrates. Each is checked by judging the case again with the fact in place.
 */
export function flipsOf(given: Case, weights: Weights): readonly string[] {
  const { verdict } = judge(given, weights);
  if (given.calls.length > 0 && given.now.length === 0 && given.bridges === 0) return [];
  const candidates = verdict === 'migrate' ? against(given, weights) : towards(given, weights);
  for (let size = 1; size <= Math.min(3, candidates.length); size++) {
    const found = combinations(candidates, size).flatMap((facts) => {
      const changed = facts.reduce((changing, fact) => fact.apply(changing), given);
      const then = judge(changed, weights);
      const flips =
        verdict === 'migrate' ? rank[then.verdict] < rank[verdict] : rank[then.verdict] > rank[verdict];
      return flips ? [describe(facts, then.verdict, scoreOf(changed, weights))] : [];
    });
    if (found.length > 0) return found.slice(0, 3);
  }
  return [];
}

function describe(facts: readonly Fact[], verdict: Verdict, score: number): string {
  return `${facts.map(({ says }) => says).join(' and ')}: ${verdict}, score ${Math.round(score)}`;
}

function towards(given: Case, weights: Weights): readonly Fact[] {
  const facts: Fact[] = [];
  if (given.adapting) {
    facts.push({
      says: `make ${given.adaptingMiddleware.join(' and ') || 'the sync middleware'} native`,
      apply: (changing) => ({
        ...changing,
        adapting: false,
        adaptingMiddleware: [],
        after: changing.after.filter(({ kind }) => kind !== 'sync-middleware'),
        boundariesLeft: changing.after.filter(({ kind }) => kind !== 'sync-middleware').length,
      }),
    });
  }
  for (const boundary of given.after) {
    if (boundary.kind !== 'sync-middleware')
      facts.push({ says: removal(boundary), apply: (changing) => without(changing, boundary) });
  }
  if (given.lateAccesses.length > 0) {
    facts.push({
      says: `load what ${given.lateAccesses.join(' and ')} reads before it renders`,
      apply: (changing) => ({ ...changing, lateAccesses: [] }),
    });
  }
  if (given.asyncShare < weights.leastAsyncShare) {
    facts.push({
      says: 'replace the blocking client by an async one',
      apply: (changing) => ({ ...changing, asyncShare: 1 }),
    });
  }
  const [slowest] = [...given.calls].sort((one, other) => other.p95 - one.p95);
  if (slowest !== undefined && slowest.p95 < weights.verySlowCall) {
    const least = slowest.p95 < weights.slowCall ? weights.slowCall : weights.verySlowCall;
    facts.push({
      says: `${slowest.name} takes ${milliseconds(least)} or more at p95 (a trace or a configured figure would tell)`,
      apply: (changing) => ({
        ...changing,
        // A call that slow is most of the request.
        d95: [
          Math.max(changing.d95[0], 0.9),
          Math.max(changing.d95[1], 0.95),
          Math.max(changing.d95[2], 0.95),
        ],
        calls: changing.calls.map((call) => (call === slowest ? { ...call, p95: least } : call)),
      }),
    });
  }
  if (given.d95[0] < given.d95[1] && given.calls.length > 0) {
    const [, , high] = given.d95;
    facts.push({
      says: `a trace shows D95 at ${percent(high)}, the upper end of its range`,
      apply: (changing) => ({ ...changing, d95: [high, high, high] }),
    });
  }
  if (given.calls.length === 0) {
    facts.push({
      says:
        given.unknownCalls > 0
          ? 'one of the unresolved calls is a slow external call (name it in the configuration)'
          : 'it gets a slow external call',
      apply: (changing) => ({
        ...changing,
        d95: [0.9, 0.95, 0.97],
        calls: [{ name: 'a call', p95: weights.slowCall, rounds: 1 }],
      }),
    });
  }
  return facts;
}

function against(given: Case, weights: Weights): readonly Fact[] {
  const needed = neededDominance(given, weights);
  const facts: Fact[] = [
    {
      says: `a trace shows D95 below ${percent(needed)}`,
      apply: (changing) => ({ ...changing, d95: [needed - 0.01, needed - 0.01, needed - 0.01] }),
    },
  ];
  // Calls of one name go to one place: what is learnt of one holds for all.
  for (const name of new Set(given.calls.map((call) => call.name))) {
    facts.push({
      says: `${name} takes less than ${milliseconds(weights.slowCall)} at p95`,
      apply: (changing) => ({
        ...changing,
        calls: changing.calls.map((own) => (own.name === name ? { ...own, p95: 0 } : own)),
      }),
    });
  }
  facts.push({
    says: 'one more boundary stays on the hot path',
    apply: (changing) => ({ ...changing, boundariesLeft: changing.boundariesLeft + 1 }),
  });
  return facts;
}

/** The D95 at which the score falls below the bar. */
function neededDominance(given: Case, weights: Weights): number {
  const whole = scoreOf(given, weights, 1);
  return whole === 0 ? 0 : Math.max(weights.leastDominance, weights.migrateFrom / whole);
}

function without(given: Case, boundary: Boundary): Case {
  const after = given.after.filter((other) => other !== boundary);
  return { ...given, after, boundariesLeft: after.length };
}

/** How a boundary is removed, by its kind. */
function removal({ kind, what, location }: Boundary): string {
  const place = `${location.file}:${location.line}`;
  switch (kind) {
    case 'cache':
      return `use an async client for ${what} at ${place}`;
    case 'lazy-relation':
      return `load the relation of ${what} with its query (${place})`;
    case 'late-access':
      return `load what ${what} reads before it renders (${place})`;
    case 'blocking-call':
      return `replace the blocking ${what} at ${place}`;
    case 'bridge':
    case 'sync-middleware':
      return `remove the bridge round ${what} at ${place}`;
  }
}

function combinations<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) =>
    combinations(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]),
  );
}
