import clients from './clients.json' with { type: 'json' };
import latencies from './latency.json' with { type: 'json' };

/** One client of the catalogue, as written in clients.json. */
export interface ClientEntry {
  readonly package: string;
  readonly name?: string;
  readonly category: string;
  readonly async: 'native' | 'callback' | 'sync' | 'mixed';
  readonly latency: string;
  readonly shapes: readonly string[];
  readonly perCall?: Readonly<Record<string, string>>;
  readonly generated?: readonly string[];
  readonly lazy?: true;
  readonly streaming?: readonly string[];
  readonly paged?: readonly string[];
  readonly blocking?: readonly string[];
  readonly local?: readonly string[];
  readonly middleware?: true;
  readonly longLived?: true;
  readonly batching?: true;
  readonly heuristic?: true;
  readonly commands?: readonly string[];
  readonly lazyRelation?: string;
  readonly otel?: string;
  readonly note?: string;
}

/** How long a class of calls takes, and why that is believed. Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly basis: 'assumption' | 'sourced' | 'configured' | 'traced';
  /** The basis in words, for people: what was measured, or what is assumed. */
  readonly why: string;
}

/** How a category counts. */
export type Weight = 'external' | 'shared' | 'database' | 'local';

// The JSON modules are typed by their present contents, which is narrower than what the schema allows.
export const clientEntries = clients.clients as unknown as readonly ClientEntry[];
const categories: Readonly<Record<Weight, readonly string[]>> = clients.categories;
const classes: Readonly<
  Record<string, Omit<Latency, 'basis'> & { basis: string; sources: readonly string[] }>
> = latencies.classes;

/** Where a sourced figure comes from, by the key that latency.json uses. */
export const latencySources: Readonly<Record<string, { readonly what: string; readonly url: string }>> =
  latencies.sources;

/**
 * The prior of a latency class of latency.json, in milliseconds.
 * @throws RangeError when there is no such class
 */
export function latencyOf(name: string): Latency {
  const known = classes[name];
  if (known === undefined) throw new RangeError(`There is no latency class ${name}.`);
  const sources = known.sources.map((source) => latencySources[source]?.what ?? source);
  return {
    p50: known.p50,
    p95: known.p95,
    basis: known.basis === 'sourced' ? 'sourced' : 'assumption',
    why: [`${name}: ${known.why}`, ...sources].join('; '),
  };
}

export const latencyClasses: readonly string[] = Object.keys(classes);

/** How a category counts: a wait on others, shared infrastructure, the database, or no I/O. */
export function weightOf(category: string): Weight {
  for (const weight of ['external', 'shared', 'database'] as const) {
    if (categories[weight].includes(category)) return weight;
  }
  return 'local';
}

export const knownCategories: readonly string[] = Object.values(categories).flat();
