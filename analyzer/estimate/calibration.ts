import { percentile } from './random.ts';
import type { Runtime } from './weights.ts';

/** What crossings cost on one machine, measured there. Plain data, to be stored; milliseconds. */
export interface Calibration {
  readonly schemaVersion: 1;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: Machine;
  /** An empty crossing. */
  readonly crossing: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** What one more row in the result adds. */
  readonly perRow: number;
  /** How many crossings with work in them run at once before the others wait. */
  readonly lanes: number;
  /** Crossings with one millisecond of sync work each, so many at once: how long each took. */
  readonly contention: readonly {
    readonly concurrency: number;
    readonly p50: number;
    readonly p95: number;
    /** When the last of them was done; median over the rounds. */
    readonly last: number;
  }[];
}

/** What figures may not be carried over from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
}

/** The bridge to measure; whoever has the runtime at hand provides it. */
export interface Crossings {
  /** Crosses, does nothing, and comes back. */
  empty(): Promise<unknown>;
  /** Crosses and brings back so many rows. */
  rows(count: number): Promise<unknown>;
  /** Crosses and works for so many milliseconds without giving way. */
  work(milliseconds: number): Promise<unknown>;
}

export interface CalibrationPlan {
  /** Empty crossings to time. */
  readonly crossings: number;
  /** Rows of the payload to compare with none; the project's median, where it is known. */
  readonly rows: number;
  /** How many crossings at once, for the contention. */
  readonly concurrency: readonly number[];
  /** Rounds of each of the concurrent measurements. */
  readonly rounds: number;
}

export const defaultCalibrationPlan: CalibrationPlan = {
  crossings: 2000,
  rows: 100,
  concurrency: [1, 5, 20],
  rounds: 20,
};

/** Work of the contention measurement, long against a crossing and short against patience. Milliseconds. */
const workTime = 1;

/**
 * Measures crossing cost, payload cost and lane contention.
 * @param clock milliseconds from any fixed point, such as `performance.now`
 */
export async function calibrate(
  crossings: Crossings,
  machine: Machine,
  clock: () => number,
  today: Date,
  plan: CalibrationPlan = defaultCalibrationPlan,
): Promise<Calibration> {
  // The first crossings start threads and compile code.
  for (let warm = 0; warm < plan.crossings / 20; warm++) await crossings.empty();
  const empty = await timings(clock, plan.crossings, () => crossings.empty());
  const loaded = await timings(clock, Math.ceil(plan.crossings / 10), () => crossings.rows(plan.rows));
  const contention: Calibration['contention'][number][] = [];
  for (const concurrency of plan.concurrency) {
    const rounds: number[][] = [];
    for (let round = 0; round < plan.rounds; round++)
      rounds.push(await together(clock, concurrency, crossings));
    const all = rounds.flat();
    const last = percentile(
      rounds.map((round) => Math.max(...round)),
      0.5,
    );
    contention.push({ concurrency, p50: percentile(all, 0.5), p95: percentile(all, 0.95), last });
  }
  const p50 = percentile(empty, 0.5);
  return {
    schemaVersion: 1,
    measuredAt: today.toISOString(),
    machine,
    crossing: { p50, p95: percentile(empty, 0.95), p99: percentile(empty, 0.99) },
    perRow: Math.max(0, (percentile(loaded, 0.5) - p50) / plan.rows),
    lanes: lanesOf(contention),
    contention,
  };
}

async function timings(clock: () => number, times: number, cross: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const before = clock();
    await cross();
    taken.push(clock() - before);
  }
  return taken;
}

async function together(clock: () => number, concurrency: number, crossings: Crossings): Promise<number[]> {
  const before = clock();
  return Promise.all(
    Array.from({ length: concurrency }, async () => {
      await crossings.work(workTime);
      return clock() - before;
    }),
  );
}

/** `k` crossings at once on `c` lanes end after `k·S/c`, where `S` is what one alone takes. */
function lanesOf(contention: Calibration['contention']): number {
  const alone = contention.find(({ concurrency }) => concurrency === 1);
  const busiest = contention.at(-1);
  if (alone === undefined || busiest === undefined || busiest.last === 0) return 1;
  return Math.max(1, Math.round((busiest.concurrency * alone.p50) / busiest.last));
}

/** Why a stored calibration cannot be used here; `undefined` when it can. Figures of another machine mean nothing. */
export function calibrationMismatch(calibration: Calibration, here: Machine): string | undefined {
  const { machine } = calibration;
  const differing = (['cpu', 'cores', 'node', 'platform'] as const).filter(
    (key) => machine[key] !== here[key],
  );
  if (differing.length === 0) return undefined;
  const parts = differing.map((key) => `${key} ${machine[key]} there, ${here[key]} here`);
  return `The calibration of ${calibration.measuredAt.slice(0, 10)} was measured elsewhere (${parts.join('; ')}): run calibrate again.`;
}

/**
 * The runtime of the estimate, as measured.
 * @param rows rows a crossing brings back on average
 */
export function runtimeFrom(calibration: Calibration, rows = 1): Runtime {
  const { crossing, perRow, lanes, measuredAt } = calibration;
  return {
    crossing: { p50: crossing.p50 + rows * perRow, p95: crossing.p95 + rows * perRow },
    laneWait: 0,
    lanes,
    basis: `measured on this machine, ${measuredAt.slice(0, 10)}`,
  };
}

/** What the lanes carry. */
interface Load {
  /** Crossings per second over all endpoints. */
  readonly perSecond: number;
  /** Mean time a crossing holds its lane, milliseconds. */
  readonly hold: number;
}

/**
 * Mean wait for a free lane, by M/M/c (Erlang C). Milliseconds; infinite once the lanes cannot keep up.
 */
export function laneWait({ perSecond, hold }: Load, lanes: number): number {
  const offered = (perSecond * hold) / 1000;
  if (offered <= 0) return 0;
  if (offered >= lanes) return Number.POSITIVE_INFINITY;
  // Erlang B by its recursion, which does not overflow; Erlang C from it.
  let blocked = 1;
  for (let lane = 1; lane <= lanes; lane++) blocked = (offered * blocked) / (lane + offered * blocked);
  const waiting = blocked / (1 - (offered / lanes) * (1 - blocked));
  return (waiting * hold) / (lanes - offered);
}
