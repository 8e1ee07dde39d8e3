import type { Analysis } from '../analyzer/analysis.ts';
import type { RunReport } from './run-report.ts';

/** A report or an analysis as JSON, in the form its published schema describes. */
export function asJson(value: Analysis | RunReport): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
