/** How a report value becomes text: one pure function per format. */
import type { Analysis } from '../analyzer/analysis.ts';
import { asJson } from './json.ts';
import { analysisTable } from './ranking.ts';
import type { TerminalOptions } from './style.ts';

export { explanationText, siteExplanationText } from './explanation.ts';
export { asJson } from './json.ts';
export {
  type Accounting,
  checkAccounting,
  type FileReport,
  type ReviewHint,
  type RunReport,
  rewrittenSites,
} from './run-report.ts';
export type { TerminalOptions } from './style.ts';
export { terminalReport } from './terminal.ts';

export type AnalysisReport = (analysis: Analysis, options: TerminalOptions) => string;

/** The formats of `analyze`; a new one is a file and a line here. */
export const analysisReports: ReadonlyMap<string, AnalysisReport> = new Map([
  ['table', analysisTable],
  ['json', asJson],
]);
