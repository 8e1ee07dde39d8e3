import type { Analysis } from '../analyzer/analysis.ts';
import { analyze } from '../analyzer/analyze.ts';
import type { Configuration } from '../analyzer/configuration.ts';
import { findBridges } from '../analyzer/evidence/bridges.ts';
import { discoverHandlers } from '../analyzer/handlers/index.ts';
import { type MigrationPlan, type PlanScope, planMigration } from '../analyzer/plan.ts';
import { Evaluator, type FileList, type SourceFile, Sources } from '../analyzer/sources/index.ts';
import { type Accounting, checkAccounting, type FileReport, type RunReport } from '../report/index.ts';
import {
  bridgeWords,
  type FileResult,
  rewriteFile,
  siteMatcher,
  type TransformOptions,
} from '../transforms/index.ts';
import { unifiedDiff } from './diff.ts';
import { type Replacement, replaceFiles } from './write.ts';

/** A project that was read and analysed, ready to be planned and rewritten. */
export interface Project {
  readonly sources: Sources;
  readonly evaluator: Evaluator;
  readonly analysis: Analysis;
  readonly transforms: TransformOptions;
  /** Whether git keeps the project's history. */
  readonly repository: boolean;
}

/** New contents for the files of a plan; nothing is written yet. */
export interface Rewriting {
  readonly plan: MigrationPlan;
  readonly results: ReadonlyMap<string, FileResult>;
}

/**
 * Reads and analyses the files of a list.
 * @param version of this tool, for the report
 * @param texts contents that stand in for what is on disk, by path: an editor's buffer, standard input
 */
export function readProject(
  list: FileList,
  configuration: Configuration,
  version: string,
  texts: ReadonlyMap<string, string> = new Map(),
): Project {
  const sources = new Sources(list, texts);
  const evaluator = new Evaluator(sources);
  const transforms = transformOptions(configuration);
  const { latencies, weights } = configuration;
  const analysis = analyze({
    sources,
    evaluator,
    discovery: discoverHandlers(sources, evaluator),
    bridges: (file: SourceFile) => findBridges(file, evaluator, transforms),
    matcher: siteMatcher(evaluator, transforms),
    options: {
      version,
      ...(latencies === undefined ? {} : { catalogue: latencies }),
      ...(weights === undefined ? {} : { weights }),
    },
  });
  return {
    sources,
    evaluator,
    analysis: selection(analysis, sources),
    transforms,
    repository: list.repository,
  };
}

/** The part of an analysis that concerns the selected files: handlers that stand in them or lead to a site in them. */
function selection(analysis: Analysis, sources: Sources): Analysis {
  const fileOf = new Map(analysis.sites.map(({ id, file }) => [id, file]));
  const isSelected = (file: string | undefined) => file !== undefined && sources.isSelected(file);
  const endpoints = analysis.endpoints.filter(
    ({ location, handler, sites }) =>
      isSelected(location.file) ||
      isSelected(handler?.file) ||
      sites.some((id) => isSelected(fileOf.get(id))),
  );
  const onPaths = new Set(endpoints.flatMap(({ sites }) => sites));
  const sites = analysis.sites.filter(({ id, file }) => isSelected(file) || onPaths.has(id));
  const dynamicRegistrations = analysis.dynamicRegistrations.filter(({ location }) =>
    isSelected(location.file),
  );
  return { ...analysis, endpoints, sites, dynamicRegistrations };
}

/** What the configuration says to the transforms. */
export function transformOptions({ wrappers, defaultWrappers }: Configuration): TransformOptions {
  return {
    ...(wrappers === undefined ? {} : { wrappers }),
    ...(defaultWrappers === undefined ? {} : { defaultWrappers }),
  };
}

/**
 * Works out the new contents of every file the plan names.
 * @param accept leaves out files for which it says no
 */
export function rewriteProject(
  project: Project,
  scope: PlanScope,
  accept: (file: string) => boolean = () => true,
): Rewriting {
  const whole = planMigration(project.analysis, scope);
  const plan = {
    ...whole,
    sites: whole.sites.filter(({ file }) => accept(file) && project.sources.isSelected(file)),
  };
  const planned = new Map<string, Set<string>>();
  for (const { file, site } of plan.sites) planned.set(file, (planned.get(file) ?? new Set()).add(site));
  const results = new Map<string, FileResult>();
  for (const [file, sites] of planned) {
    const parsed = project.sources.file(file);
    if (parsed !== undefined)
      results.set(file, rewriteFile(parsed, project.evaluator, sites, project.transforms));
  }
  return { plan, results };
}

/** The files a rewriting changes, relative to the project's root. */
export function changedFiles({ results }: Rewriting): readonly string[] {
  return [...results].filter(([, result]) => result.status === 'changed').map(([file]) => file);
}

/**
 * Writes what a rewriting changed.
 * @param stopped asked before each file; once true, no further file is replaced
 * @returns for each file that could not be written, why
 */
export async function writeProject(
  project: Project,
  rewriting: Rewriting,
  stopped: () => boolean,
): Promise<ReadonlyMap<string, FileReport>> {
  const replacements = changedFiles(rewriting).map((file) => replacement(project, file, rewriting));
  const written = await replaceFiles(replacements, stopped);
  const reports = new Map<string, FileReport>();
  for (const file of changedFiles(rewriting)) {
    const result = written.get(project.sources.absolute(file));
    if (result?.status === 'written') continue;
    const failure = result ?? { reason: 'interrupted', message: 'the run was interrupted before this file' };
    reports.set(file, { status: 'failed', path: file, reason: failure.reason, message: failure.message });
  }
  return reports;
}

function replacement(project: Project, file: string, { results }: Rewriting): Replacement {
  const result = results.get(file);
  const before = project.sources.file(file)?.text ?? '';
  return {
    path: project.sources.absolute(file),
    before,
    after: result?.status === 'changed' ? result.text : before,
  };
}

/**
 * Puts together what a run found and did.
 * @param failures files that could not be written, from `writeProject`
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
  const accounting = account(project, files);
  checkAccounting(accounting);
  return { schemaVersion: 1, mode, analysis: project.analysis, plan: rewriting.plan, files, accounting };
}

function fileReport(
  project: Project,
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
      const before = project.sources.file(file)?.text ?? '';
      return {
        status: 'changed',
        path: file,
        diff: unifiedDiff(file, before, result.text),
        sites: result.sites,
        written,
      };
    }
  }
}

function account({ sources, transforms }: Project, files: readonly FileReport[]): Accounting {
  const reported = new Map(files.map((file) => [file.path, file.status]));
  const skippedPaths = new Set(sources.skipped.map(({ path }) => path));
  const counts = { prefiltered: 0, unchanged: 0, changed: 0, skipped: skippedPaths.size, failed: 0 };
  const selected = sources.files.filter((file) => sources.isSelected(file));
  for (const file of selected) {
    if (skippedPaths.has(file)) continue;
    const status = reported.get(file);
    if (status !== undefined) counts[status]++;
    else if (sources.mentions(file, [...bridgeWords, ...(transforms.wrappers ?? [])])) counts.unchanged++;
    else counts.prefiltered++;
  }
  const skippedOnly = [...skippedPaths].filter((path) => !sources.isSelected(path)).length;
  return { scanned: selected.length + skippedOnly, ...counts };
}
