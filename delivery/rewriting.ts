import { type MigrationPlan, type PlannedSite, type PlanScope, planMigration } from '../analyzer/plan.ts';
import type { SourceFile } from '../analyzer/sources/index.ts';
import type { FileReport } from '../report/index.ts';
import {
  type FileResult,
  type FileTransform,
  rewriteFile,
  rewriteProject as rewriteFiles,
} from '../transforms/index.ts';
import type { Project } from './project.ts';
import { type Replacement, replaceFiles } from './write.ts';

/** New contents for the files of a plan; nothing is written yet. */
export interface Rewriting {
  readonly plan: MigrationPlan;
  /** By path, for every file that the plan concerns. */
  readonly results: ReadonlyMap<string, FileResult>;
  /** Words of which a file must hold one to be looked at; those of bridges when it is left out. */
  readonly words?: readonly string[];
}

export interface RewriteOptions {
  /** Leaves out files for which it says no. */
  readonly accept?: (file: string) => boolean;
  /** Put one line above each site that is left behind. */
  readonly mark?: boolean;
  /** Leaves out sites for which it says no. */
  readonly wanted?: (site: PlannedSite) => boolean;
}

/** Works out the new contents of every file the plan names. */
export function rewriteProject(
  project: Project,
  scope: PlanScope,
  { accept = () => true, mark = false, wanted = () => true }: RewriteOptions = {},
): Rewriting {
  const isAllowed = (file: string) => project.sources.isSelected(file) && accept(file);
  const whole = planMigration(project.analysis, scope);
  const sites = whole.sites.filter((site) => isAllowed(site.file) && wanted(site));
  const planned = new Set(sites.map(({ site }) => site));
  const concerned = mark
    ? project.analysis.sites.map(({ file }) => file).filter(isAllowed)
    : sites.map(({ file }) => file);
  const files = [...new Set(concerned)].flatMap((file) => project.sources.file(file) ?? []);
  const options = { ...project.transforms, mark };
  const { files: results, units } = rewriteFiles(files, project.evaluator, planned, options);
  const landing = units.filter((unit) => unit.files.every(isAllowed));
  const blocked = new Set(units.flatMap((unit) => (landing.includes(unit) ? [] : unit.files)));
  const allowed = new Map([...results].filter(([file]) => !blocked.has(file)));
  // A file whose unit reaches beyond what may be rewritten keeps those of its sites that need no other file.
  for (const file of files.filter(({ path }) => blocked.has(path))) {
    allowed.set(file.path, rewriteFile(file, project.evaluator, planned, options));
  }
  for (const [file, result] of allowed) {
    if (result.status === 'changed' && !project.sources.isFaithful(file)) allowed.set(file, notUtf8);
  }
  return { plan: { ...whole, sites, units: landing }, results: allowed };
}

/**
 * Works out what a transform that is asked for by name makes of the files.
 * @returns the project with that transform's sites in place of bridges and handlers, and the new contents
 */
export function rewriteByName(
  project: Project,
  transform: FileTransform,
  accept: (file: string) => boolean,
): { readonly project: Project; readonly rewriting: Rewriting } {
  const { sources, evaluator } = project;
  const files = sources
    .mentioning(transform.words)
    .filter((file) => sources.isSelected(file) && accept(file))
    .flatMap((file) => sources.file(file) ?? []);
  const sites = files.flatMap((file) => transform.sites(file, evaluator));
  const results = new Map<string, FileResult>();
  for (const file of files) {
    const result = transform.rewrite(file, evaluator);
    if (result.status === 'unchanged') continue;
    const isLossy = result.status === 'changed' && !sources.isFaithful(file.path);
    results.set(file.path, isLossy ? notUtf8 : result);
  }
  const planned = sites
    .filter(({ outcome }) => outcome.kind === 'rewrite')
    .map(({ id, file }) => ({ site: id, file, transform: transform.name, endpoints: [] }));
  const plan: MigrationPlan = { schemaVersion: 1, root: sources.root, sites: planned, units: [] };
  const analysis = { ...project.analysis, endpoints: [], dynamicRegistrations: [], sites };
  return { project: { ...project, analysis }, rewriting: { plan, results, words: transform.words } };
}

const notUtf8: FileResult = {
  schemaVersion: 1,
  status: 'failed',
  reason: 'not-utf8',
  message: 'the file is not valid UTF-8',
};

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
  const absolute = (file: string) => project.sources.absolute(file);
  const replacements = changedFiles(rewriting).flatMap((file) =>
    replacement(project, project.sources.file(file), rewriting),
  );
  const units = rewriting.plan.units.map(({ files }) => files.map(absolute));
  const written = await replaceFiles(replacements, { stopped, units });
  const reports = new Map<string, FileReport>();
  for (const file of changedFiles(rewriting)) {
    const result = written.get(absolute(file));
    if (result?.status === 'written') continue;
    const failure = result ?? { reason: 'interrupted', message: 'the run was interrupted before this file' };
    reports.set(file, { status: 'failed', path: file, reason: failure.reason, message: failure.message });
  }
  return reports;
}

function replacement(project: Project, file: SourceFile | undefined, { results }: Rewriting): Replacement[] {
  const result = file && results.get(file.path);
  if (file === undefined || result?.status !== 'changed') return [];
  return [{ path: project.sources.absolute(file.path), before: file.text, after: result.text }];
}
