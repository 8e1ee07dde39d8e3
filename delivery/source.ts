import type { PlanScope } from '../analyzer/plan.ts';
import { type FileResult, rewriteText } from '../transforms/index.ts';
import type { Project } from './project.ts';
import { rewriteProject } from './rewriting.ts';

/**
 * Rewrites the one selected file of a project whose text was given.
 * @param accept whether the file may be rewritten at all
 * @returns `unchanged` when the file is skipped, ignored or on the path of no handler in the scope
 */
export function rewriteSource(
  project: Project,
  file: string,
  scope: PlanScope,
  accept: (file: string) => boolean,
): FileResult {
  const { sources } = project;
  const unchanged: FileResult = { schemaVersion: 1, status: 'unchanged' };
  if (!accept(file)) return unchanged;
  if (scope.kind === 'all')
    return rewriteText(sources.absolute(file), sources.text(file), {
      ...project.transforms,
      root: sources.root,
    });
  // Nothing may have asked for the file, and a text that is broken is never handed back as if it were fine.
  sources.file(file);
  const [failure] = sources.failures;
  if (failure !== undefined) {
    const message = `${failure.message} at ${failure.line}:${failure.column}`;
    return { schemaVersion: 1, status: 'failed', reason: 'parse', message };
  }
  return rewriteProject(project, scope).results.get(file) ?? unchanged;
}
