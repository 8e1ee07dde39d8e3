import { describe, expect, it } from 'vitest';
import {
  type Calibration,
  calibrate,
  calibrationMismatch,
  laneWait,
  type Machine,
  runtimeFrom,
  workerCrossings,
} from '../../../analyzer/estimate/index.ts';

const here: Machine = { cpu: 'Some CPU', cores: 4, node: 'v22.0.0', platform: 'linux x64' };
const today = new Date('2026-01-05T12:00:00Z');

/** A bridge of known cost on a clock of its own: lanes that each do one crossing at a time. */
function simulatedBridge(lanes: number, crossing: number, perRow: number) {
  let now = 0;
  let pending: { readonly ends: number; readonly resolve: () => void }[] = [];
  const free = Array.from({ length: lanes }, () => 0);
  const cross = (hold: number) =>
    new Promise<void>((resolve) => {
      const lane = free.indexOf(Math.min(...free));
      const starts = Math.max(now, free[lane] ?? 0);
      const ends = starts + crossing + hold;
      free[lane] = ends;
      pending.push({ ends, resolve });
      setImmediate(advance);
    });
  const advance = () => {
    const [first] = [...pending].sort((left, right) => left.ends - right.ends);
    if (first === undefined) return;
    pending = pending.filter((each) => each !== first);
    now = Math.max(now, first.ends);
    first.resolve();
  };
  return {
    clock: () => now,
    crossings: {
      empty: () => cross(0),
      rows: (count: number) => cross(count * perRow),
      work: (milliseconds: number) => cross(milliseconds),
    },
  };
}

describe('calibrate', () => {
  it.each([1, 2, 4])('finds the cost of a crossing, of a row, and %i lanes', async (lanes) => {
    const { clock, crossings } = simulatedBridge(lanes, 0.05, 0.002);
    const plan = { crossings: 100, rows: 50, concurrency: [1, 5, 20], rounds: 5 };
    const found = await calibrate(crossings, here, clock, today, plan);
    expect(found.crossing.p50).toBeCloseTo(0.05, 6);
    expect(found.perRow).toBeCloseTo(0.002, 6);
    expect(found.lanes).toBe(lanes);
    expect(found).toMatchObject({ measuredAt: '2026-01-05T12:00:00.000Z', machine: here });
  });

  it('measures a real worker thread', async () => {
    const bridge = workerCrossings();
    const plan = { crossings: 200, rows: 100, concurrency: [1, 8], rounds: 5 };
    const found = await calibrate(bridge, here, () => performance.now(), today, plan).finally(() =>
      bridge.close(),
    );
    expect(found.crossing.p50).toBeGreaterThan(0);
    expect(found.crossing.p99).toBeGreaterThanOrEqual(found.crossing.p50);
    // How many lanes it looks like depends on how busy the machine is; the simulated bridges hold that to account.
    expect(found.lanes).toBeGreaterThanOrEqual(1);
  });
});

describe('a stored calibration', () => {
  const stored: Calibration = {
    schemaVersion: 1,
    measuredAt: today.toISOString(),
    machine: here,
    crossing: { p50: 0.03, p95: 0.05, p99: 0.1 },
    perRow: 0.002,
    lanes: 1,
    contention: [],
  };

  it('is used where it was measured, and refused elsewhere with what differs', () => {
    expect(calibrationMismatch(stored, here)).toBeUndefined();
    expect(calibrationMismatch(stored, { ...here, node: 'v24.0.0' })).toMatch(
      /2026-01-05 .*node v22\.0\.0 there, v24\.0\.0 here/,
    );
  });

  it('becomes the runtime of the estimate, dated', () => {
    const runtime = runtimeFrom(stored, 10);
    expect(runtime.crossing.p50).toBeCloseTo(0.05);
    expect(runtime).toMatchObject({ laneWait: 0, basis: 'measured on this machine, 2026-01-05' });
  });

  it('waits for lanes as M/M/c says', () => {
    // One server at 50 %: the wait equals the service time. At capacity it never ends.
    expect(laneWait({ perSecond: 50, hold: 10 }, 1)).toBeCloseTo(10);
    expect(laneWait({ perSecond: 100, hold: 10 }, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(laneWait({ perSecond: 100, hold: 10 }, 2)).toBeCloseTo(10 / 3);
    expect(laneWait({ perSecond: 0, hold: 10 }, 1)).toBe(0);
  });
});
