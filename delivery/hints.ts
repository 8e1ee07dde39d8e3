import type { ReviewHint } from '../report/index.ts';
import { hintsOf, mockHints } from '../transforms/index.ts';
import type { Project } from './project.ts';

/** Words without which a file replaces nothing by a mock. */
const mockWords = ['spyOn', 'sinon', '.stub(', '.mock(', '.replace('];

/**
 * What a reviewer should look at: code round rewritten sites, and tests that replace an operation which is no longer
 * called under that name.
 * @param rewritten ids of the sites
 */
export function reviewHints(project: Project, rewritten: ReadonlySet<string>): readonly ReviewHint[] {
  const { sources, evaluator, analysis, transforms } = project;
  const sites = analysis.sites.filter(({ id }) => rewritten.has(id));
  if (sites.length === 0) return [];
  const files = [...new Set(sites.map(({ file }) => file))].flatMap((file) => sources.file(file) ?? []);
  const own = files.flatMap((file) =>
    hintsOf(file, evaluator, transforms).filter(({ site }) => rewritten.has(site)),
  );
  const operations = new Set(sites.flatMap((site) => site.operations.map(({ name }) => name)));
  const tests = sources.mentioning(mockWords).flatMap((file) => sources.file(file) ?? []);
  const mocks = tests.flatMap((file) => mockHints(file, operations));
  return [...own, ...mocks].map(({ code, message, location }) => ({ code, message, location }));
}
