/** A repeatable source of numbers in [0, 1): mulberry32. The same seed gives the same run on every machine. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal numbers from uniform ones: Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** z of the 95th percentile of the normal distribution. */
const z95 = 1.645;

/**
 * A lognormal quantity given by its median and 95th percentile.
 * @param normalValue standard normal draw
 */
export function lognormal(p50: number, p95: number, normalValue: number): number {
  return p50 * Math.exp((Math.log(p95 / p50) / z95) * normalValue);
}

/** A factor in [1/limit, limit], uniform on a logarithmic scale. */
export function logUniform(limit: number, random: () => number): number {
  return limit <= 1 ? 1 : limit ** (2 * random() - 1);
}

/** Percentile of unsorted values, Hyndman and Fan's type 7; 0 of none. @param share 0 to 1 */
export function percentile(values: readonly number[] | Float64Array, share: number): number {
  if (values.length === 0) return 0;
  const parted = values instanceof Float64Array ? values.slice() : Float64Array.from(values);
  const at = (parted.length - 1) * share;
  const below = partedAt(parted, Math.floor(at));
  const above = at === Math.floor(at) ? below : leastBehind(parted, Math.floor(at));
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * The value that would stand at an index if the values were in order; what is smaller stands before it afterwards, what
 * is larger behind it. Hoare's selection: sorting for one value was a sixth of an analysis.
 */
function partedAt(values: Float64Array, index: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >> 1] ?? 0;
    let left = first;
    let right = last;
    while (left <= right) {
      while ((values[left] ?? pivot) < pivot) left++;
      while ((values[right] ?? pivot) > pivot) right--;
      if (left > right) break;
      const kept = values[left] ?? 0;
      values[left++] = values[right] ?? 0;
      values[right--] = kept;
    }
    if (index <= right) last = right;
    else if (index >= left) first = left;
    else break;
  }
  return values[index] ?? 0;
}

function leastBehind(values: Float64Array, index: number): number {
  let least = values[index + 1] ?? 0;
  for (let other = index + 2; other < values.length; other++) least = Math.min(least, values[other] ?? least);
  return least;
}
