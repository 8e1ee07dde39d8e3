import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import { Evaluator, Sources } from '../../../analyzer/sources/index.ts';
import { rewriteProject, siteMatcher } from '../../../transforms/index.ts';

export const fixtureRoot = path.resolve(import.meta.dirname, '../../../fixtures/transforms');

/** Text of every file, by path: `input.ts`, or whatever an `input` folder holds. */
export type Files = ReadonlyMap<string, string>;

export interface FixtureReport {
  /** In source order: `<file>:<line> <form or code>`. */
  readonly sites: readonly string[];
  /** Why the case is not type-checked. */
  readonly untyped?: string;
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
  readonly failures: readonly string[];
}

/** Rewrites every site that can be proven, in every file. */
export function rewriteAll(files: Files): Rewritten {
  const { sources, evaluator } = projectOf(files);
  const matcher = siteMatcher(evaluator);
  const rewritten = new Map(files);
  const sites: string[] = [];
  const failures: string[] = [];
  for (const name of [...files.keys()].sort()) {
    const file = sources.file(name);
    if (file === undefined) {
      failures.push(`${name}: ${sources.failures.map(({ message }) => message).join()}`);
      continue;
    }
    for (const site of findBridges(file, evaluator).map(matcher)) {
      const { outcome } = site;
      sites.push(`${name}:${site.line} ${outcome.kind === 'rewrite' ? outcome.form : outcome.code}`);
    }
  }
  const parsed = [...files.keys()].flatMap((name) => sources.file(name) ?? []);
  for (const [name, result] of rewriteProject(parsed, evaluator).files) {
    if (result.status === 'changed') rewritten.set(name, result.text);
    if (result.status === 'failed') failures.push(`${name}: ${result.reason}: ${result.message}`);
  }
  return { files: rewritten, sites, failures };
}
