/** How long a handler takes, how much of that is external, and what follows. */
export {
  type Calibration,
  type CalibrationPlan,
  type Crossings,
  calibrate,
  calibrationMismatch,
  laneWait,
  type Machine,
  runtimeFrom,
} from './calibration.ts';
export { type ExaminedEndpoint, examineHandler, type Settings } from './examine.ts';
export { type Explained, explain, explainThrough } from './explain.ts';
export { type LaneUse, type LaneWait, laneWaitOf } from './lanes.ts';
export { percentile, randomSource } from './random.ts';
export { type Facts, type SlowCall, scoreOf } from './score.ts';
export { type Simulated, Simulation, type World } from './simulate.ts';
export { type Case, type Gate, type Judgement, judge } from './verdict.ts';
export * from './weights.ts';
export { workerCrossings } from './worker-crossings.ts';
