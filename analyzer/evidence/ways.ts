import type { Way } from './path.ts';

/** Something on a handler's path, with the ways it is on. */
export interface OnWay {
  readonly ways: readonly Way[];
  /** What it weighs against what is on the other ways. */
  readonly weight: number;
}

/**
 * What one request can meet: of ways that exclude each other, the heaviest. `if (fast) await a(); else await b();` is one
 * call per request, not two.
 */
export function onOneWay<T extends OnWay>(all: readonly T[], depth = 0): readonly T[] {
  const groups = new Map<Way['of'], Map<number, T[]>>();
  for (const each of all) {
    const way = each.ways[depth];
    if (way === undefined) continue;
    const arms = groups.get(way.of) ?? new Map<number, T[]>();
    groups.set(way.of, arms);
    arms.set(way.arm, [...(arms.get(way.arm) ?? []), each]);
  }
  const taken = new Set(all.filter(({ ways }) => ways[depth] === undefined));
  for (const arms of groups.values()) {
    const options = [...arms.values()].map((arm) => onOneWay(arm, depth + 1));
    const heaviest = options.reduce((best, option) => (weigh(option) > weigh(best) ? option : best), []);
    for (const each of heaviest) taken.add(each);
  }
  return all.filter((each) => taken.has(each));
}

function weigh(list: readonly OnWay[]): number {
  return list.reduce((sum, { weight }) => sum + weight, 0);
}
