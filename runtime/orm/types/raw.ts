import type { PrefetchLookup } from './selection.ts';

/** Columns of `extra({ select })`: only the server knows their types. */
export type Selected<E extends ExtraParts> = { [K in keyof E['select']]: unknown };
export interface RawOptions {
  /** Fields by the columns of the result that hold them, where the names differ. */
  readonly translations?: Readonly<Record<string, string>>;
  readonly using?: string;
}
/** Instances from SQL the application wrote. Lazy; the first read fills its cache. */
export interface RawQuerySet<R> extends Iterable<R>, AsyncIterable<R> {
  readonly kind: 'rawQueryset';
  /** The rows when they are loaded, else undefined; never queries. */
  readonly loaded: readonly R[] | undefined;
  using(alias: string): RawQuerySet<R>;
  /** Cancels what it waits for when `signal` is aborted. */
  abortable(signal: AbortSignal): RawQuerySet<R>;
  prefetchRelated(...lookups: (string | PrefetchLookup)[]): RawQuerySet<R>;
  prefetchRelated(clear: null): RawQuerySet<R>;
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] };
  list(): R[];
  alist(): Promise<R[]>;
  at(index: number): R;
  aat(index: number): Promise<R>;
  iterator(options?: { readonly chunkSize?: number }): Generator<R, void, undefined>;
  aiterator(options?: { readonly chunkSize?: number }): AsyncGenerator<R, void, undefined>;
}

/** SQL of the application's own; `%s` stands for the next parameter. Names and SQL must never come from a request. */
export interface ExtraParts {
  /** Further columns of each row, by the attribute they become. */
  readonly select?: Readonly<Record<string, string>>;
  /** Parameters of `select`, in the order of its placeholders. */
  readonly selectParams?: readonly unknown[];
  /** Conditions, all of which must hold. */
  readonly where?: readonly string[];
  /** Parameters of `where`, in the order of its placeholders. */
  readonly params?: readonly unknown[];
  /** Further tables, for conditions to name. */
  readonly tables?: readonly string[];
  /** Names as `orderBy` takes them, or `table.column`; in place of the ordering so far. */
  readonly orderBy?: readonly string[];
}
