import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Site } from '../../../analyzer/analysis.ts';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import type { SourceFile } from '../../../analyzer/sources/index.ts';
import { Evaluator, Sources } from '../../../analyzer/sources/index.ts';
import {
  type FileResult,
  type FileTransform,
  fileTransforms,
  hintsOf,
  mockHints,
  rewriteProject,
  siteMatcher,
  type TransformOptions,
} from '../../../transforms/index.ts';

export const fixtureRoot = path.resolve(import.meta.dirname, '../../../fixtures/transforms');

/** Text of every file, by path: `input.ts`, or whatever an `input` folder holds. */
export type Files = ReadonlyMap<string, string>;

export interface FixtureReport {
  /** What of fixtures/transforms/cases.json it shows. */
  readonly cases?: readonly string[];
  /** In source order: `<file>:<line> <form or code>`. */
  readonly sites: readonly string[];
  /** What a reviewer is told, in source order: `<file>:<line> <code>`; none when it is left out. */
  readonly hints?: readonly string[];
  /** The transform that is run; `native-orm` when it is left out. */
  readonly transform?: string;
  readonly options?: TransformOptions;
  /** The case is about a whole run: files that are no source, failures, exit codes. Checked by runs.test.ts. */
  readonly run?: RunExpectation;
  /** Why the case is not type-checked. */
  readonly untyped?: string;
}

/** What `migrate-async --all --json` says of a folder besides the files it changes. */
export interface RunExpectation {
  readonly exit: number;
  /** `<file> <reason>`. */
  readonly skipped?: readonly string[];
  /** `<file> <reason>`. */
  readonly failed?: readonly string[];
  /** Further arguments; `--all` when they are left out. */
  readonly arguments?: readonly string[];
  /** What `check` complains of, each a part of its output. */
  readonly complaints?: readonly string[];
}

export interface Fixture {
  readonly name: string;
  readonly input: Files;
  readonly expected: Files;
  readonly report: FixtureReport;
}

export function fixtures(): readonly Fixture[] {
  return readdirSync(fixtureRoot)
    .filter((name) => statSync(path.join(fixtureRoot, name)).isDirectory())
    .map((name) => ({
      name,
      input: side(name, 'input'),
      expected: side(name, 'expected'),
      report: JSON.parse(readFileSync(path.join(fixtureRoot, name, 'report.json'), 'utf8')),
    }));
}

function side(fixture: string, which: 'input' | 'expected'): Files {
  const folder = path.join(fixtureRoot, fixture);
  const found = readdirSync(folder).find((name) => name === which || name.startsWith(`${which}.`));
  if (found === undefined) throw new Error(`${fixture} has no ${which}.`);
  const target = path.join(folder, found);
  if (!statSync(target).isDirectory())
    return new Map([[found.replace(which, 'input'), readFileSync(target, 'utf8')]]);
  const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(target, name)).isFile(),
  );
  return new Map(files.map((name) => [name, readFileSync(path.join(target, name), 'utf8')]));
}

/** The models that fixtures import as `./models`. */
const models = readFileSync(path.join(fixtureRoot, 'models.ts'), 'utf8');

export interface Project {
  readonly sources: Sources;
  readonly evaluator: Evaluator;
}

/** A project of these files and nothing else. */
export function projectOf(files: Files): Project {
  const texts = new Map([['models.ts', models], ...files]);
  const sources = new Sources(
    { root: fixtureRoot, files: [...texts.keys()].sort(), manifests: [], skipped: [], repository: false },
    texts,
  );
  return { sources, evaluator: new Evaluator(sources) };
}

export interface Rewritten {
  readonly files: Files;
  readonly sites: readonly string[];
  readonly hints: readonly string[];
  readonly failures: readonly string[];
}

type Behaviour = Pick<FixtureReport, 'transform' | 'options'>;

/** Rewrites every site that can be proven, in every file. */
export function rewriteAll(files: Files, { transform = 'native-orm', options }: Behaviour = {}): Rewritten {
  const project = projectOf(files);
  const { sources } = project;
  const rewritten = new Map(files);
  const failures: string[] = [];
  const parsed: SourceFile[] = [];
  for (const name of [...files.keys()].sort()) {
    const file = sources.file(name);
    if (file === undefined)
      failures.push(`${name}: ${sources.failures.map(({ message }) => message).join()}`);
    else parsed.push(file);
  }
  const own = fileTransforms.find(({ name }) => name === transform);
  const { sites, hints, results } =
    own === undefined ? bridgesOf(project, parsed, options) : sitesOf(own, project, parsed);
  for (const [name, result] of results) {
    if (result.status === 'changed') rewritten.set(name, result.text);
    if (result.status === 'failed') failures.push(`${name}: ${result.reason}: ${result.message}`);
  }
  return { files: rewritten, sites: sites.map(shown), hints, failures };
}

interface Outcome {
  readonly sites: readonly Site[];
  readonly hints: readonly string[];
  readonly results: Iterable<readonly [string, FileResult]>;
}

function bridgesOf(
  { evaluator }: Project,
  files: readonly SourceFile[],
  options: TransformOptions | undefined,
): Outcome {
  const matcher = siteMatcher(evaluator, options);
  const sites = files.flatMap((file) => findBridges(file, evaluator, options).map(matcher));
  const rewritten = sites.filter(({ outcome }) => outcome.kind === 'rewrite');
  const operations = new Set(rewritten.flatMap((site) => site.operations.map(({ name }) => name)));
  const hints = files.flatMap((file) => [
    ...hintsOf(file, evaluator, options),
    ...(operations.size > 0 ? mockHints(file, operations) : []),
  ]);
  return {
    sites,
    hints: hints.map(({ location, code }) => `${location.file}:${location.line} ${code}`),
    results: rewriteProject(files, evaluator, undefined, options).files,
  };
}

function sitesOf(transform: FileTransform, { evaluator }: Project, files: readonly SourceFile[]): Outcome {
  return {
    sites: files.flatMap((file) => transform.sites(file, evaluator)),
    hints: [],
    results: files.map((file) => [file.path, transform.rewrite(file, evaluator)]),
  };
}

function shown({ file, line, outcome }: Site): string {
  return `${file}:${line} ${outcome.kind === 'rewrite' ? outcome.form : outcome.code}`;
}
