import type { Analysis, Endpoint, Site } from './analysis.ts';

/**
 * The sites to rewrite, each with the handlers it belongs to: plain data, serialisable, versioned.
 *
 * Published as a JSON Schema in docs/schema/plan.schema.json.
 */
export interface MigrationPlan {
  readonly schemaVersion: 1;
  readonly root: string;
  readonly sites: readonly PlannedSite[];
  /** Sites whose edits reach several files: all of a unit lands, or none of it. A site stands in one at most. */
  readonly units: readonly PlannedUnit[];
}

/** Edits that must land together, such as a call of a twin and the twin in another file. */
export interface PlannedUnit {
  /** Ids, as in `sites`. */
  readonly sites: readonly string[];
  /** Every file that changes, sorted; those of the sites among them. */
  readonly files: readonly string[];
}

export interface PlannedSite {
  /** `path:start`, as in the analysis. */
  readonly site: string;
  readonly file: string;
  readonly transform: string;
  /** Ids of the qualifying endpoints whose path the site is on; empty when it was planned by `all`. */
  readonly endpoints: readonly string[];
}

export type PlanScope =
  /** Sites on the path of handlers whose verdict is `migrate`. */
  | { readonly kind: 'qualifying' }
  /** Sites on the path of handlers with at least this score, 0 to 100. */
  | { readonly kind: 'score'; readonly least: number }
  /** Every site that can be proven, inside handlers and outside. */
  | { readonly kind: 'all' };

/** Chooses which of the analysis's sites to rewrite; which of them belong together shows when their edits are made. */
export function planMigration(analysis: Analysis, scope: PlanScope): Omit<MigrationPlan, 'units'> {
  const chosen = analysis.endpoints.filter((endpoint) => qualifies(endpoint, scope));
  const owners = new Map<string, string[]>();
  for (const endpoint of chosen) {
    for (const site of endpoint.sites) owners.set(site, [...(owners.get(site) ?? []), endpoint.id]);
  }
  const sites = analysis.sites.filter(
    (site) => site.outcome.kind === 'rewrite' && (scope.kind === 'all' || owners.has(site.id)),
  );
  return {
    schemaVersion: 1,
    root: analysis.root,
    sites: sites.map((site) => planned(site, owners.get(site.id) ?? [])),
  };
}

function planned(site: Site, endpoints: readonly string[]): PlannedSite {
  return { site: site.id, file: site.file, transform: site.transform, endpoints };
}

function qualifies(endpoint: Endpoint, scope: PlanScope): boolean {
  switch (scope.kind) {
    case 'qualifying':
      return endpoint.verdict === 'migrate';
    case 'score':
      return endpoint.score >= scope.least;
    case 'all':
      return true;
  }
}
