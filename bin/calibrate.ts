import { calibrate, workerCrossings } from '../analyzer/estimate/index.ts';
import { storeCalibration, thisMachine } from './calibration-file.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** `migrate-async calibrate`: measures what a crossing costs on this machine, and keeps it for later runs. */
export async function calibrateMachine(terminal: Terminal): Promise<ExitCode> {
  const crossings = workerCrossings();
  try {
    const measured = await calibrate(crossings, thisMachine(), () => performance.now(), new Date());
    const file = storeCalibration(measured);
    const micro = (milliseconds: number) => `${(milliseconds * 1000).toFixed(1)} µs`;
    const { crossing, perRow, lanes, contention, machine } = measured;
    terminal.print(
      [
        `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${measured.measuredAt.slice(0, 10)}`,
        `an empty crossing    p50 ${micro(crossing.p50)}, p95 ${micro(crossing.p95)}, p99 ${micro(crossing.p99)}`,
        `each row it carries  ${micro(perRow)}`,
        `lanes                ${lanes}`,
        ...contention.map(
          ({ concurrency, p50, p95 }) =>
            `${String(concurrency).padStart(2)} at once, 1 ms each  p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
        ),
        `stored in ${file}`,
        '',
      ].join('\n'),
    );
    return exitCode.done;
  } finally {
    await crossings.close();
  }
}
