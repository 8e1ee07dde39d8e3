import type { Traced } from '../analysis.ts';
import { laneWait } from './calibration.ts';
import type { Runtime } from './weights.ts';

/** What the traced requests of one handler ask of the lanes. */
export interface LaneUse {
  readonly traced: Pick<Traced, 'requests' | 'laneWait' | 'crossings' | 'perSecond'> | undefined;
  /** Mean time a request holds a lane as the code is, milliseconds. */
  readonly hold: number;
}

/** How long a crossing waits for its lane where the traces were taken, and how that is known. */
export interface LaneWait {
  /** Mean, milliseconds. */
  readonly wait: number;
  readonly basis: string;
  /** Share of the time that the lanes are held, 0 to 1; absent where the wait was measured. */
  readonly utilisation?: number;
}

/**
 * The wait for a lane under the traced traffic: as the spans of the bridges measured it, else by M/M/c from the traced
 * rates and how long each handler holds a lane.
 * @param processes that answered the traced requests, between which the traffic is shared
 * @returns `undefined` without traffic, or when the lanes could not have kept up with it, so that more of them must exist
 */
export function laneWaitOf(
  uses: readonly LaneUse[],
  { lanes }: Runtime,
  processes: number,
): LaneWait | undefined {
  const measured = uses.flatMap(({ traced }) => traced ?? []);
  const crossings = measured.reduce((sum, each) => sum + (each.crossings ?? 0) * each.requests, 0);
  if (crossings > 0) {
    const waited = measured.reduce((sum, each) => sum + each.laneWait * each.requests, 0);
    return { wait: waited / crossings, basis: 'lane wait from the spans of the bridges' };
  }
  const loads = uses.map(({ traced, hold }) => ({ perSecond: traced?.perSecond ?? 0, hold }));
  const perSecond = loads.reduce((sum, load) => sum + load.perSecond, 0) / Math.max(1, processes);
  const busy = loads.reduce((sum, load) => sum + load.perSecond * load.hold, 0) / Math.max(1, processes);
  if (busy <= 0) return undefined;
  const wait = laneWait({ perSecond, hold: busy / perSecond }, lanes);
  if (!Number.isFinite(wait)) return undefined;
  const utilisation = busy / 1000 / lanes;
  return { wait, utilisation, basis: `lane wait by M/M/${lanes} at the traced rate` };
}
