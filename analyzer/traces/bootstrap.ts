import { percentile, randomSource } from '../estimate/random.ts';
import type { RequestTime } from './timeline.ts';

/** A request's time, and how many requests it stands for. */
export interface Timed {
  readonly time: RequestTime;
  readonly weight: number;
}

const resamples = 400;

/**
 * 90 % interval of the external share of the slowest requests, by resampling requests with replacement. Requests are
 * put in order once, and a resample is how often each of them was drawn: a day of traffic is too much to sort 400 times.
 * @param share which requests are the slowest, such as 0.95
 */
export function dominanceInterval(timed: readonly Timed[], share: number): readonly [number, number] {
  const sorted = [...timed].sort((left, right) => left.time.total - right.time.total);
  const even = sorted.every(({ weight }) => weight === sorted[0]?.weight);
  const random = randomSource(sorted.length);
  const drawn = new Uint32Array(sorted.length);
  const shares = Array.from({ length: resamples }, () => {
    drawn.fill(0);
    for (let draw = 0; draw < sorted.length; draw++) {
      const index = Math.floor(random() * sorted.length);
      drawn[index] = (drawn[index] ?? 0) + 1;
    }
    return shareAbove(
      sorted,
      drawn,
      even ? evenLimit(sorted, drawn, share) : weighedLimit(sorted, drawn, share),
    );
  });
  return [percentile(shares, 0.05), percentile(shares, 0.95)];
}

function shareAbove(sorted: readonly Timed[], drawn: Uint32Array, limit: number): number {
  let [external, total] = [0, 0];
  for (let index = sorted.length - 1; index >= 0; index--) {
    const own = sorted[index];
    if (own === undefined || own.time.total < limit) break;
    const times = (drawn[index] ?? 0) * own.weight;
    external += own.time.externalCritical * times;
    total += own.time.total * times;
  }
  return total === 0 ? 0 : external / total;
}

/** Type 7, counted from the slowest, which is the nearer end. */
function evenLimit(sorted: readonly Timed[], drawn: Uint32Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const [aboveRank, belowRank] = [Math.ceil(at), Math.floor(at)].map((rank) => sorted.length - 1 - rank);
  let passed = 0;
  let above: number | undefined;
  for (let index = sorted.length - 1; index >= 0; index--) {
    passed += drawn[index] ?? 0;
    const total = sorted[index]?.time.total ?? 0;
    if (above === undefined && passed > (aboveRank ?? 0)) above = total;
    if (above !== undefined && passed > (belowRank ?? 0))
      return total + (above - total) * (at - Math.floor(at));
  }
  return 0;
}

function weighedLimit(sorted: readonly Timed[], drawn: Uint32Array, share: number): number {
  const weights = sorted.reduce((sum, { weight }, index) => sum + weight * (drawn[index] ?? 0), 0);
  let passed = 0;
  for (const [index, { time, weight }] of sorted.entries()) {
    passed += weight * (drawn[index] ?? 0);
    if (passed >= share * weights) return time.total;
  }
  return 0;
}
