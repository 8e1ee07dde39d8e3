import type { RunReport } from './run-report.ts';

/** The whole report as JSON, in the form its published schema describes. */
export function jsonReport(report: RunReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
