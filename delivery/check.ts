import { findBridges } from '../analyzer/evidence/bridges.ts';
import { type PlanScope, planMigration } from '../analyzer/plan.ts';
import { marksOf, unusedSuppressions } from '../transforms/index.ts';
import type { Project } from './project.ts';

/** Something that a project which is kept migrated should not hold. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/**
 * Bridges that a rewrite would remove, markers left behind and suppressions that no longer hold, by file and line.
 * @param accept leaves out files for which it says no
 */
export function problemsOf(
  project: Project,
  scope: PlanScope,
  accept: (file: string) => boolean,
): readonly Problem[] {
  const isAllowed = (file: string) => project.sources.isSelected(file) && accept(file);
  const problems = [...plannedBridges(project, scope), ...leftovers(project)].filter(({ file }) =>
    isAllowed(file),
  );
  return problems.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function plannedBridges({ analysis }: Project, scope: PlanScope): Problem[] {
  const planned = new Map(planMigration(analysis, scope).sites.map((site) => [site.site, site.endpoints]));
  return analysis.sites.flatMap(({ id, file, line, what }) => {
    const owners = planned.get(id);
    if (owners === undefined) return [];
    const owner = analysis.endpoints.find((endpoint) => owners.includes(endpoint.id));
    const path = owner === undefined ? '' : ` on the path of ${owner.method} ${owner.paths[0] ?? ''}`;
    return [{ file, line, message: `${what} is bridged${path}` }];
  });
}

function leftovers({ sources, evaluator, transforms }: Project): Problem[] {
  return sources.mentioning(['migrate-async']).flatMap((file): Problem[] => {
    const parsed = sources.file(file);
    if (parsed === undefined) return [];
    const unused = unusedSuppressions(parsed, findBridges(parsed, evaluator, transforms));
    return [
      ...marksOf(parsed).map(({ code, line, reason }) => ({
        file,
        line,
        message: `marked ${code}: ${reason}`,
      })),
      ...unused.map(({ code, line }) => ({
        file,
        line,
        message: `the suppression of ${code} suppresses nothing`,
      })),
    ];
  });
}
