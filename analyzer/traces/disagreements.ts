import type { ExternalCall } from '../analysis.ts';
import type { Simulated } from '../estimate/simulate.ts';
import { milliseconds, percent } from '../estimate/verdict.ts';
import type { Measured } from './measure.ts';

/** How far outside the range of the estimate a share must be to be worth a word, 0 to 1. */
const shareTolerance = 0.1;
/** How far outside its range a duration must be, as a factor. */
const durationTolerance = 1.5;

/** Where the estimate from the source and what was measured contradict each other. */
export function disagreementsOf(
  measured: Measured,
  estimated: Simulated,
  externals: readonly ExternalCall[],
): readonly string[] {
  const found: string[] = [];
  const [low, , high] = estimated.d95;
  const [, share] = measured.d95;
  if (share < low - shareTolerance || share > high + shareTolerance) {
    found.push(
      `The estimate puts D95 at ${percent(low)} to ${percent(high)}; the traces show ${percent(share)}.`,
    );
  }
  const [least, , most] = estimated.p95;
  if (measured.p95 * durationTolerance < least || measured.p95 > most * durationTolerance) {
    const range = `${milliseconds(least)} to ${milliseconds(most)}`;
    found.push(`The estimate puts p95 at ${range}; the traces show ${milliseconds(measured.p95)}.`);
  }
  if (externals.length === 0 && measured.calls.length > 0) {
    const names = measured.calls.map(({ name }) => name).join(', ');
    found.push(`The source shows no external call; the traces show ${names}.`);
  }
  if (externals.length > 0 && measured.calls.length === 0) {
    const names = [...new Set(externals.map(({ client, host }) => host ?? client))].join(', ');
    found.push(
      `The source calls ${names}; no trace shows it, so its spans may be missing or the way not taken.`,
    );
  }
  return found;
}
