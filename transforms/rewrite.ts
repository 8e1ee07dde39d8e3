import { twins as twinTables } from '@migrate-async/runtime/twins';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import type { BridgeOptions } from '../analyzer/evidence/bridges.ts';
import {
  type Binding,
  contains,
  type Evaluator,
  type SourceFile,
  span,
  walk,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { formContext, type NamedFunction, type Rewrite } from './forms/form.ts';
import { functionEdits } from './imports.ts';
import { markEdits } from './marks.ts';
import type { FileResult } from './result.ts';
import { decide, siteId } from './site.ts';
import { rowNames } from './taken-relations.ts';
import { barrelsOf } from './twin-barrels.ts';
import { type TwinFunctions, twinFunctions, writtenTwins } from './twin-edits.ts';
import { cleanup } from './unused-names.ts';
import { verifiedResult } from './verified-result.ts';

export interface TransformOptions extends BridgeOptions {
  /** Put one line above each site that is left behind. */
  readonly mark?: boolean;
}

/** What became of the files of a project. */
export interface ProjectResult {
  /** By path; files in which nothing changes are left out. */
  readonly files: ReadonlyMap<string, FileResult>;
  /** What must be written together or not at all, for every group of more than one file. */
  readonly units: readonly Unit[];
}

export interface Unit {
  /** Ids of the sites that need it. */
  readonly sites: readonly string[];
  /** Paths, sorted. */
  readonly files: readonly string[];
}

interface RewrittenSite {
  readonly id: string;
  readonly bridge: Bridge;
  readonly rewrite: Rewrite;
  /** Paths of the files that its edits reach. */
  readonly reach: ReadonlySet<string>;
}

/**
 * Rewrites the planned sites of one file, as far as that needs no other file to change.
 * @param planned ids of the sites to rewrite; all that can be proven when it is left out
 * @returns the new text with its edits; `failed` when it did not pass verification, and then nothing is to be written
 */
export function rewriteFile(
  file: SourceFile,
  evaluator: Evaluator,
  planned?: ReadonlySet<string>,
  options: TransformOptions = {},
): FileResult {
  const sites = rewrittenSites(file, evaluator, planned, options).filter(
    ({ reach }) => reach.size === 1 && reach.has(file.path),
  );
  return (
    rewriteSites(sites, evaluator, [file], options).files.get(file.path) ?? {
      schemaVersion: 1,
      status: 'unchanged',
    }
  );
}

/**
 * Rewrites the planned sites of a project, with the async twins of project functions that they call. What one site
 * needs in several files is one unit: when one of the files fails verification, none of them changes.
 * @param planned ids of the sites to rewrite; all that can be proven when it is left out
 */
export function rewriteProject(
  files: readonly SourceFile[],
  evaluator: Evaluator,
  planned?: ReadonlySet<string>,
  options: TransformOptions = {},
): ProjectResult {
  const sites = files.flatMap((file) => rewrittenSites(file, evaluator, planned, options));
  return rewriteSites(sites, evaluator, files, options);
}

function rewrittenSites(
  file: SourceFile,
  evaluator: Evaluator,
  planned: ReadonlySet<string> | undefined,
  options: TransformOptions,
): readonly RewrittenSite[] {
  const context = formContext(evaluator, options);
  return context.bridgesOf(file).flatMap((bridge) => {
    const id = siteId(bridge);
    if (planned !== undefined && !planned.has(id)) return [];
    const decision = decide(bridge, context);
    if (decision.kind !== 'rewrite') return [];
    const rewrite = decision.form.rewrite(bridge, context);
    const reach = new Set([
      file.path,
      ...twinFunctions(evaluator, [rewrite]).flatMap(({ target }) => [
        target.file.path,
        ...barrelsOf(evaluator, target).map((barrel) => barrel.file.path),
      ]),
    ]);
    return [{ id, bridge, rewrite, reach }];
  });
}

function rewriteSites(
  sites: readonly RewrittenSite[],
  evaluator: Evaluator,
  files: readonly SourceFile[],
  options: TransformOptions,
): ProjectResult {
  const written = writtenTwins(
    evaluator,
    sites.map(({ rewrite }) => rewrite),
  );
  const marked = options.mark === true ? files.map((file) => file.path) : [];
  const paths = new Set([...sites.flatMap(({ reach }) => [...reach]), ...marked]);
  const units = unitsOf(sites);
  const results = new Map<string, FileResult>();
  for (const path of paths) {
    const file = evaluator.sources.file(path);
    if (file === undefined) continue;
    const own = sites.filter(({ bridge }) => bridge.file.path === path);
    const marks = options.mark === true ? markEdits(file, evaluator, options) : [];
    results.set(path, rewriteOne(file, own, written, marks));
  }
  for (const unit of units) failTogether(unit, results);
  return { files: results, units };
}

function rewriteOne(
  file: SourceFile,
  sites: readonly RewrittenSite[],
  written: TwinFunctions,
  marks: readonly Edit[],
): FileResult {
  const twin = written.inFile(file);
  const functions: NamedFunction[] = [
    ...sites.flatMap(({ rewrite }) => rewrite.functions.filter((named) => !written.isConverted(named))),
    ...twin.functions,
  ];
  const edits: Edit[] = [...marks, ...sites.flatMap(({ rewrite }) => rewrite.edits), ...twin.edits];
  edits.push(...functionEdits(file, functions, twin.imports));
  const bridges = sites.map(({ bridge }) => bridge);
  edits.push(...cleanup(file, touchedNames(file, bridges, edits), edits));
  const names = new Set([...madeUpNames, ...written.names, ...twinsIn(bridges), ...twin.names]);
  return verifiedResult(file, edits, { sites: sites.map(({ id }) => id), names, copied: twin.copied });
}

/** Joins the files that sites reach together. */
function unitsOf(sites: readonly RewrittenSite[]): readonly Unit[] {
  let units: Set<string>[] = [];
  for (const { reach } of sites) {
    if (reach.size < 2) continue;
    const joined = new Set(reach);
    const apart: Set<string>[] = [];
    for (const unit of units) {
      if ([...unit].some((path) => joined.has(path))) for (const path of unit) joined.add(path);
      else apart.push(unit);
    }
    units = [...apart, joined];
  }
  return units.map((unit) => ({
    sites: sites
      .filter(({ reach }) => reach.size > 1 && [...reach].some((path) => unit.has(path)))
      .map(({ id }) => id),
    files: [...unit].sort(),
  }));
}

function failTogether({ files: unit }: Unit, results: Map<string, FileResult>): void {
  const failed = unit.find((path) => results.get(path)?.status === 'failed');
  if (failed === undefined) return;
  for (const path of unit) {
    if (results.get(path)?.status !== 'changed') continue;
    const message = `it belongs together with ${failed}, which failed`;
    results.set(path, { schemaVersion: 1, status: 'failed', reason: 'unit', message });
  }
}

/** Every name that stands in text an edit removes. */
function touchedNames(
  file: SourceFile,
  bridges: readonly Bridge[],
  edits: readonly Edit[],
): ReadonlySet<Binding> {
  const found = new Set<Binding>();
  for (const { wrap, application } of bridges) {
    // A cast of what the wrapper gives goes with it.
    walk(application?.callee ?? wrap, (node) => {
      const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
      const { start, end } = span(node);
      const isRemoved = edits.some((edit) => edit.start <= start && end <= edit.end && edit.end > edit.start);
      // What a closure declares stays in it.
      if (binding && isRemoved && !contains(wrap, binding.identifier)) found.add(binding);
      return true;
    });
  }
  return found;
}

/** Names the forms may write that need not stand in the file: the twins, and words of the language. */
const madeUpNames: ReadonlySet<string> = new Set([
  ...Object.values(twinTables).flatMap((table) => Object.values(table)),
  ...rowNames,
  'as',
  'async',
  'const',
  'await',
  'bind',
  'Promise',
  'boolean',
  'void',
]);

function twinsIn(bridges: readonly Bridge[]): readonly string[] {
  return bridges.flatMap(({ operations }) => operations.flatMap(({ twin }) => twin ?? []));
}
