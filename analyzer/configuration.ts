import type { CatalogueOverrides } from './catalogue/index.ts';
import type { Weights } from './estimate/index.ts';
import type { HandlerPattern } from './handlers/index.ts';

/**
 * What a project says in `migrate-async.json`, or under the key `migrate-async` of its package.json: data, never code.
 *
 * Published as a JSON Schema in docs/schema/configuration.schema.json; every key is optional.
 */
export interface Configuration {
  readonly $schema?: string;
  /** Names that wrap a sync function when they are imported, beside `syncToAsync`. */
  readonly wrappers?: readonly string[];
  /** Modules whose default export is such a wrapper. */
  readonly defaultWrappers?: readonly string[];
  /** Further operations of query sets, managers and rows with a native twin: `{ "published": "apublished" }`. */
  readonly twins?: Readonly<Record<string, string>>;
  /** Globs, relative to the project: rewrite only files that match. */
  readonly only?: readonly string[];
  /** Rewrite handlers with at least this score, 0 to 100, instead of those judged `migrate`. */
  readonly minScore?: number;
  /** Latencies of packages, calls and hosts that the catalogue does not know, or knows wrongly. Milliseconds. */
  readonly latencies?: CatalogueOverrides;
  /** How handlers are registered where no known framework is used. */
  readonly handlers?: readonly HandlerPattern[];
  /** Weights and thresholds of the verdict. */
  readonly weights?: Partial<Weights>;
}
