import {
  type Accounting,
  checkAccounting,
  type FileReport,
  type RunReport,
  rewrittenSites,
} from '../report/index.ts';
import { bridgeWords, type FileResult } from '../transforms/index.ts';
import { unifiedDiff } from './diff.ts';
import { reviewHints } from './hints.ts';
import type { Project } from './project.ts';
import type { Rewriting } from './rewriting.ts';
import { unwrittenSites, withUnwritten } from './unwritten.ts';

/**
 * Puts together what a run found and did.
 * @param failures files that could not be written, from `writeProject`
 * @throws AccountingError when a file was lost count of
 */
export function runReport(
  project: Project,
  rewriting: Rewriting,
  mode: RunReport['mode'],
  failures: ReadonlyMap<string, FileReport> = new Map(),
): RunReport {
  const files: FileReport[] = project.analysis.failed.map(({ path, message, line, column }) => ({
    status: 'failed',
    path,
    reason: 'parse',
    message: `${message} at ${line}:${column}`,
  }));
  for (const [file, result] of rewriting.results) {
    const report = failures.get(file) ?? fileReport(project, file, result, mode === 'write');
    if (report !== undefined) files.push(report);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const accounting = account(project, files, rewriting.words);
  checkAccounting(accounting);
  const rewritten = rewrittenSites({ files });
  const hints = reviewHints(project, rewritten);
  return {
    schemaVersion: 1,
    mode,
    analysis: withUnwritten(project.analysis, unwrittenSites(rewriting.plan, rewritten, files)),
    plan: rewriting.plan,
    files,
    hints,
    accounting,
  };
}

function fileReport(
  { sources }: Project,
  file: string,
  result: FileResult,
  written: boolean,
): FileReport | undefined {
  switch (result.status) {
    case 'unchanged':
      return undefined;
    case 'failed':
      return { status: 'failed', path: file, reason: result.reason, message: result.message };
    case 'changed': {
      const diff = unifiedDiff(file, sources.file(file)?.text ?? '', result.text);
      return { status: 'changed', path: file, diff, sites: result.sites, written };
    }
  }
}

function account(
  { sources, transforms }: Project,
  files: readonly FileReport[],
  words: readonly string[] = [...bridgeWords, ...(transforms.wrappers ?? [])],
): Accounting {
  const reported = new Map(files.map((file) => [file.path, file.status]));
  const skippedPaths = new Set(sources.skipped.map(({ path }) => path));
  const selected = sources.files.filter((file) => sources.isSelected(file));
  const counts = { prefiltered: 0, unchanged: 0, changed: 0, skipped: skippedPaths.size, failed: 0 };
  for (const file of selected) {
    if (skippedPaths.has(file)) continue;
    const status = reported.get(file);
    if (status !== undefined) counts[status]++;
    else if (sources.mentions(file, words)) counts.unchanged++;
    else counts.prefiltered++;
  }
  const skippedOnly = [...skippedPaths].filter((path) => !sources.isSelected(path)).length;
  return { scanned: selected.length + skippedOnly, ...counts };
}
