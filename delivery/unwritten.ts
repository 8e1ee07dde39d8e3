import type { Analysis, Boundary, Site } from '../analyzer/analysis.ts';
import type { MigrationPlan } from '../analyzer/plan.ts';
import type { FileReport } from '../report/index.ts';

/** What is said of a site whose rewrite is proven and was not done. */
const code = 'MA126';

/**
 * The planned sites that stay as they are after all: their file failed, or they need one that is not to be changed.
 * @param rewritten ids of the sites that were rewritten
 * @returns the reason by site id
 */
export function unwrittenSites(
  { sites }: Pick<MigrationPlan, 'sites'>,
  rewritten: ReadonlySet<string>,
  files: readonly FileReport[],
): ReadonlyMap<string, string> {
  const failures = new Map(
    files.flatMap((file) =>
      file.status === 'failed' ? [[file.path, `${file.reason}: ${file.message}`]] : [],
    ),
  );
  const left = sites.filter(({ site }) => !rewritten.has(site));
  return new Map(
    left.map(({ site, file }) => {
      const failure = failures.get(file);
      return [
        site,
        failure === undefined
          ? 'it needs changes in files that this run may not write'
          : `nothing in ${file} was changed: ${failure}`,
      ];
    }),
  );
}

/** The analysis with such sites listed as left, and their boundaries as boundaries that stay. */
export function withUnwritten(analysis: Analysis, reasons: ReadonlyMap<string, string>): Analysis {
  if (reasons.size === 0) return analysis;
  const listed = (site: Site): Site => {
    const reason = reasons.get(site.id);
    return reason === undefined ? site : { ...site, outcome: { kind: 'leave', code, reason } };
  };
  const marked = (boundary: Boundary): Boundary =>
    boundary.site !== undefined && reasons.has(boundary.site) ? { ...boundary, code } : boundary;
  return {
    ...analysis,
    sites: analysis.sites.map(listed),
    endpoints: analysis.endpoints.map((endpoint) => ({
      ...endpoint,
      boundaries: { ...endpoint.boundaries, now: endpoint.boundaries.now.map(marked) },
    })),
  };
}
