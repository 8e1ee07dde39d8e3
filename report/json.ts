import type { Analysis } from '../analyzer/analysis.ts';
import type { RunReport } from './run-report.ts';

/** The whole report of a run as JSON, in the form its published schema describes. */
export function jsonReport(report: RunReport): string {
  return asJson(report);
}

/** The analysis alone as JSON. */
export function analysisJson(analysis: Analysis): string {
  return asJson(analysis);
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
