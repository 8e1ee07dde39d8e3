import { describe, expect, it } from 'vitest';
import { defaultRuntime, defaultWeights, laneWaitOf, weightsFor } from '../../../analyzer/estimate/index.ts';
import { application, examinedOf } from '../evidence/project.ts';
import { http, server, spansOf, type TestSpan } from '../traces/spans.ts';

const traced = { requests: 100, laneWait: 0 };

describe('the wait for a lane', () => {
  it('under a traced rate is what M/M/c gives for what all handlers hold together', () => {
    // 20 and 10 requests a second that hold 15 and 20 ms: a lane held half of the time, 30 crossings of 16.7 ms.
    const uses = [
      { traced: { ...traced, perSecond: 20 }, hold: 15 },
      { traced: { ...traced, perSecond: 10 }, hold: 20 },
      { traced: undefined, hold: 500 },
    ];
    const found = laneWaitOf(uses, defaultRuntime, 1);
    // One server: wait = ρ / (1 − ρ) · service.
    expect(found?.wait).toBeCloseTo(500 / 30, 6);
    expect(found?.utilisation).toBeCloseTo(0.5, 9);
  });

  it('is shared between the processes that answered, and unknown when the lanes could not have kept up', () => {
    const uses = [{ traced: { ...traced, perSecond: 100 }, hold: 15 }];
    expect(laneWaitOf(uses, defaultRuntime, 1)).toBeUndefined();
    const four = laneWaitOf(uses, defaultRuntime, 4);
    expect(four?.utilisation).toBeCloseTo(0.375, 9);
    expect(four?.wait).toBeCloseTo((0.375 / 0.625) * 15, 6);
    expect(laneWaitOf(uses, { ...defaultRuntime, lanes: 8 }, 1)?.wait).toBeLessThan(0.1);
  });

  it('is the measured one where spans of bridges tell it, over all their crossings', () => {
    const uses = [
      { traced: { requests: 10, laneWait: 6, crossings: 2, perSecond: 1000 }, hold: 900 },
      { traced: { requests: 30, laneWait: 0, crossings: 2 }, hold: 1 },
    ];
    // 60 ms in all over 80 crossings.
    expect(laneWaitOf(uses, defaultRuntime, 1)?.wait).toBeCloseTo(0.75, 9);
  });

  it('is nothing without traffic', () => {
    expect(laneWaitOf([{ traced: undefined, hold: 10 }], defaultRuntime, 1)).toBeUndefined();
    expect(laneWaitOf([{ traced: { ...traced, perSecond: 5 }, hold: 0 }], defaultRuntime, 1)).toBeUndefined();
  });
});

describe('a slow call', () => {
  it('is slow against 20 ms, and against ten crossings with their wait', () => {
    expect(weightsFor(defaultWeights, defaultRuntime).slowCall).toBe(20);
    const busy = { ...defaultRuntime, crossing: { p50: 1, p95: 1.5 }, laneWait: 4 };
    expect(weightsFor(defaultWeights, busy).slowCall).toBe(50);
  });

  it('counts nothing where crossings cost as much', () => {
    const files = application(`
      const post = await syncToAsync(Post.objects.get)({ id: 1 });
      await fetch('https://partner.io/x');
      res.json(post);`);
    const options = { catalogue: { hosts: { 'partner.io': { p50: 30, p95: 45 } } } };
    const score = (runtime = defaultRuntime) => examinedOf(files, { ...options, runtime }).endpoint.score;
    expect(score()).toBeGreaterThan(30);
    expect(score({ ...defaultRuntime, crossing: { p50: 5, p95: 6 } })).toBe(0);
  });
});

describe('traced traffic', () => {
  const files = application(`
    const post = await syncToAsync(Post.objects.get)({ id: 1 });
    await fetch('https://partner.io/x');
    res.json(post);`);

  /** Two hundred requests, so many a second. */
  function traffic(perSecond: number, more: readonly TestSpan[] = []) {
    return Array.from({ length: 200 }, (_, index) =>
      spansOf(
        `t${index}`,
        [server('/', 120), http('a', 'partner.io', 20, 90), ...more],
        (index * 1000) / perSecond,
      ),
    ).flat();
  }

  it('makes crossings wait as long as its rate says, and explains so', () => {
    const idle = examinedOf(files, { traces: traffic(1) });
    const busy = examinedOf(files, { traces: traffic(250) });
    expect(idle.endpoint.traced?.perSecond).toBeCloseTo(1, 1);
    expect(busy.endpoint.traced?.perSecond).toBeGreaterThan(200);
    // The measured p95 is the same; what a rewrite takes off it is more where crossings wait.
    const gain = ({ endpoint }: typeof idle) => endpoint.estimate.p95[1] - endpoint.estimate.p95After[1];
    expect(gain(busy)).toBeGreaterThan(gain(idle) + 1);
  });

  it('gives the hold that its bridges measured', () => {
    const bridge: TestSpan = {
      id: 'bridge',
      parent: 'server',
      at: 2,
      for: 15,
      attributes: { 'migrate_async.bridge': 'reference', 'migrate_async.queued_ms': 3 },
    };
    const { endpoint } = examinedOf(files, { traces: traffic(1, [bridge]) });
    expect(endpoint.traced).toMatchObject({ hold: 12, laneWait: 3, crossings: 1 });
    expect(endpoint.estimate.hold).toEqual({ now: 12, after: 0 });
  });
});
