import type { Analysis, Boundary, Endpoint, Location } from '../analyzer/analysis.ts';
import type { MigrationPlan } from '../analyzer/plan.ts';

/**
 * Everything one run found, decided and did: the value that every report format is a function of.
 *
 * Published as a JSON Schema in docs/schema/run-report.schema.json.
 */
export interface RunReport {
  readonly schemaVersion: 1;
  readonly mode: 'dry-run' | 'check' | 'write';
  readonly analysis: Analysis;
  readonly plan: MigrationPlan;
  /** Files that changed or would change, and files that failed, by path. */
  readonly files: readonly FileReport[];
  /** What a reviewer should look at round the rewritten sites; the rewrite itself does not change it. */
  readonly hints: readonly ReviewHint[];
  readonly accounting: Accounting;
}

/** One MA2xx code with its place. */
export interface ReviewHint {
  readonly code: string;
  readonly message: string;
  readonly location: Location;
}

export type FileReport =
  | {
      readonly status: 'changed';
      readonly path: string;
      /** Unified diff against the file as it was. */
      readonly diff: string;
      /** Ids of the sites that were rewritten. */
      readonly sites: readonly string[];
      readonly written: boolean;
    }
  | { readonly status: 'failed'; readonly path: string; readonly reason: string; readonly message: string };

/** What became of every source file: scanned = prefiltered + unchanged + changed + skipped + failed. */
export interface Accounting {
  readonly scanned: number;
  /** Hold no bridge, known from their bytes alone. */
  readonly prefiltered: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly skipped: number;
  readonly failed: number;
}

/** A file that the run lost count of: a bug of this tool, never of the project it works on. */
export class AccountingError extends Error {
  override readonly name = 'AccountingError';
}

/** @throws AccountingError when the parts do not add up to the whole */
export function checkAccounting(accounting: Accounting): void {
  const { scanned, prefiltered, unchanged, changed, skipped, failed } = accounting;
  const sum = prefiltered + unchanged + changed + skipped + failed;
  if (sum === scanned) return;
  throw new AccountingError(
    `${scanned} files were scanned, but ${sum} are accounted for ` +
      `(prefiltered ${prefiltered}, unchanged ${unchanged}, changed ${changed}, skipped ${skipped}, failed ${failed}).`,
  );
}

/** The endpoints whose sites the run rewrites. */
export function migratedEndpoints({
  analysis,
  plan,
}: Pick<RunReport, 'analysis' | 'plan'>): readonly Endpoint[] {
  const ids = new Set(plan.sites.flatMap(({ endpoints }) => endpoints));
  return analysis.endpoints.filter(({ id }) => ids.has(id));
}

/** Ids of the sites that the run rewrote, or would rewrite. */
export function rewrittenSites({ files }: Pick<RunReport, 'files'>): ReadonlySet<string> {
  return new Set(files.flatMap((file) => (file.status === 'changed' ? file.sites : [])));
}

/** The boundaries of an endpoint that are left once `rewritten` is: what a partial or failed run really leaves. */
export function boundariesLeft(
  { boundaries }: Endpoint,
  rewritten: ReadonlySet<string>,
): readonly Boundary[] {
  return boundaries.now.filter(({ site }) => site === undefined || !rewritten.has(site));
}
