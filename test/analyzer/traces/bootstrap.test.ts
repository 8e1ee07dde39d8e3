import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../../analyzer/catalogue/index.ts';
import { percentile, randomSource } from '../../../analyzer/estimate/index.ts';
import { dominanceInterval } from '../../../analyzer/traces/bootstrap.ts';
import { requestsOf, timeOf } from '../../../analyzer/traces/index.ts';
import { http, server, spansOf } from './spans.ts';

/** Requests of 100 to 219 ms with external waits of all sizes; every third stands for `weight` of its kind. */
function sample(count: number, weight = 1) {
  return Array.from({ length: count }, (_, index) => {
    const spans = [server('/', 100 + ((index * 53) % 120)), http('a', 'a.io', 1, (index * 29) % 95)];
    const [request] = requestsOf(spansOf(`t${index}`, spans), new Catalogue()).requests;
    if (request === undefined) throw new Error('No request.');
    return { time: timeOf(request), weight: index % 3 === 0 ? weight : 1 };
  });
}

describe('the interval round D95', () => {
  it('is what 400 resamples, each drawn, sorted and cut off at its own p95, give', () => {
    const timed = sample(75).sort((left, right) => left.time.total - right.time.total);
    const random = randomSource(timed.length);
    const shares = Array.from({ length: 400 }, () => {
      const drawn = timed.flatMap(() => timed[Math.floor(random() * timed.length)] ?? []);
      const limit = percentile(
        drawn.map(({ time }) => time.total),
        0.95,
      );
      const tail = drawn.filter(({ time }) => time.total >= limit);
      const sum = (of: (each: (typeof tail)[number]) => number) =>
        tail.reduce((before, each) => before + of(each), 0);
      return sum(({ time }) => time.externalCritical) / sum(({ time }) => time.total);
    });
    const [low, high] = dominanceInterval(timed, 0.95);
    expect(low).toBeCloseTo(percentile(shares, 0.05), 9);
    expect(high).toBeCloseTo(percentile(shares, 0.95), 9);
    expect(high).toBeGreaterThan(low);
  });

  it('goes by the weights where sampling gave some', () => {
    const [low, high] = dominanceInterval(sample(75, 20), 0.95);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    expect([low, high]).not.toEqual(dominanceInterval(sample(75), 0.95));
  });

  it('is the same each time', () => {
    expect(dominanceInterval(sample(50), 0.95)).toEqual(dominanceInterval(sample(50), 0.95));
  });
});
