import { randomSource } from '../../analyzer/estimate/random.ts';

/** Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs. */
export function spearman(pairs: readonly (readonly [number, number])[]): number {
  const left = ranks(pairs.map(([value]) => value));
  const right = ranks(pairs.map(([, value]) => value));
  const middle = (pairs.length + 1) / 2;
  const sum = (one: readonly number[], other: readonly number[]) =>
    one.reduce((total, rank, index) => total + (rank - middle) * ((other[index] ?? middle) - middle), 0);
  const spread = Math.sqrt(sum(left, left) * sum(right, right));
  return spread === 0 ? 0 : sum(left, right) / spread;
}

/** 90 % interval of the correlation, from resampled pairs. */
export function correlationRange(
  pairs: readonly (readonly [number, number])[],
  resamples = 2000,
): readonly [number, number] {
  const random = randomSource(1);
  const pick = () => pairs[Math.floor(random() * pairs.length)] ?? [0, 0];
  const drawn = Array.from({ length: resamples }, () => spearman(pairs.map(pick))).sort((a, b) => a - b);
  return [drawn[Math.floor(resamples * 0.05)] ?? 0, drawn[Math.ceil(resamples * 0.95) - 1] ?? 0];
}

function ranks(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  sorted.forEach((value, index) => {
    if (!first.has(value)) first.set(value, index + 1);
    last.set(value, index + 1);
  });
  return values.map((value) => ((first.get(value) ?? 0) + (last.get(value) ?? 0)) / 2);
}
