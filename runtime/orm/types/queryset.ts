import type { FetchMode } from '../models/fetch-modes.ts';
import type { AnyCondition, OrderingTerm } from './expressions.ts';
import type { Flat, JoinableCheck, PathCheck, PathType, RelationCheck, TypeAt } from './paths.ts';
import type { ExtraParts, RawOptions, RawQuerySet, Selected } from './raw.ts';
import type {
  Any,
  AnyExpression,
  ColumnName,
  CreateValues,
  KeyOf,
  SchemaOf,
  UpdateValues,
} from './schema.ts';
import type {
  Aggregated,
  AllValues,
  AnnotationMap,
  Annotations,
  AnyFormOfExpression,
  CheckedAggregates,
  CheckedColumns,
  CheckedExpressions,
  CheckedPaths,
  ExpressionMap,
  ListedRow,
  Loadable,
  LoadedOnly,
  MoreConditions,
  NamedByDefault,
  NamedRow,
  Ordering,
  OrderingName,
  Paths,
  PrefetchLookup,
  Returned,
  Selectable,
  SelectableCheck,
  SelectedType,
  Where,
  WhereOrCondition,
} from './selection.ts';

export interface BulkCreateOptions<S> {
  readonly batchSize?: number;
  readonly ignoreConflicts?: boolean;
  readonly updateConflicts?: boolean;
  readonly updateFields?: readonly (keyof S & string)[];
  readonly uniqueFields?: readonly ((keyof S & string) | 'pk')[];
}
export interface LockOptions {
  readonly nowait?: boolean;
  readonly skipLocked?: boolean;
  readonly of?: readonly string[];
  readonly noKey?: boolean;
}
export interface ExplainOptions {
  readonly format?: 'text' | 'json' | 'xml' | 'yaml' | 'TEXT' | 'JSON' | 'XML' | 'YAML';
  readonly [option: string]: boolean | string | undefined;
}
/** Total number of rows deleted, and how many of each model. */
export type Deleted = [total: number, byModel: Record<string, number>];
/** Values for a new row, of which the database may compute some. */
type NewRow<S> = CreateValues<S, AnyExpression>;
type Defaults<T> = {
  [K in keyof UpdateValues<SchemaOf<T>>]?: UpdateValues<SchemaOf<T>>[K] | (() => unknown);
};

/**
 * A lazy query. Chaining clones it; the first full read fills its cache. `R` is what a row is read as, `A` the
 * annotations so far.
 */
export interface QuerySet<T, R = T, A = object> extends Operations<T, R, A>, Iterable<R>, AsyncIterable<R> {
  readonly kind: 'queryset';
  /** The rows when they are loaded, else undefined; never queries. */
  readonly loaded: readonly R[] | undefined;
  readonly ordered: boolean;
  /** Whether no two rows can be in the same place of the order: it has columns that are never null and unique together. */
  readonly totallyOrdered: boolean;
  /** SQL text and encoded parameters, for inspection. */
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] };
  delete(): Deleted;
  adelete(): Promise<Deleted>;
}
/** What reads rows without naming anything of their model. */
interface Reads<R> {
  list(): R[];
  alist(): Promise<R[]>;
  at(index: number): R;
  aat(index: number): Promise<R>;
  first(): R | null;
  afirst(): Promise<R | null>;
  last(): R | null;
  alast(): Promise<R | null>;
  count(): number;
  acount(): Promise<number>;
  exists(): boolean;
  aexists(): Promise<boolean>;
  iterator(options?: { readonly chunkSize?: number }): Generator<R, void, undefined>;
  aiterator(options?: { readonly chunkSize?: number }): AsyncGenerator<R, void, undefined>;
}
/**
 * Any query set or manager whose rows are read as `R`, for functions that take one: `<R>(rows: Rows<R>) => R[]`. What
 * narrows or annotates depends on the model and is not part of it.
 */
export interface Rows<R> extends Reads<R> {
  slice(start: number | null, end?: number | null, step?: number | null): Rows<R>;
}
/** What a manager offers of it. Steps that change nothing about a row keep the class of the query set. */
interface Operations<T, R, A, S = SchemaOf<T>> extends Terminals<T, R, A, S> {
  all(): this;
  none(): this;
  // One signature each, however many forms the arguments take: a bridge keeps the type parameters of a method
  // reference (`syncToAsync(Post.objects.get)`) only when it is not overloaded.
  filter<K extends string = never, L extends string = never>(
    where?: WhereOrCondition<T, A, K>,
    ...more: MoreConditions<T, A, L>[]
  ): this;
  exclude<K extends string = never, L extends string = never>(
    where?: WhereOrCondition<T, A, K>,
    ...more: MoreConditions<T, A, L>[]
  ): this;
  annotate<const E extends AnnotationMap>(
    expressions: CheckedExpressions<S, A, E> & E,
  ): QuerySet<T, R & Returned<S, A, E>, A & Annotations<S, A, E>>;
  annotate<const E extends readonly AnyFormOfExpression[]>(
    ...expressions: CheckedExpressions<S, A, E> & E
  ): QuerySet<T, R & NamedByDefault<S, A, E>, A & NamedByDefault<S, A, E>>;
  alias<const E extends AnnotationMap>(
    expressions: CheckedExpressions<S, A, E> & E,
  ): QuerySet<T, R, A & Annotations<S, A, E>>;
  orderBy<
    const P extends readonly (OrderingName<S, A> | OrderingTerm | AnyFormOfExpression | AnyCondition)[],
  >(...terms: Ordering<S, A, P>): this;
  reverse(): this;
  distinct<const P extends Paths<S, A>>(...fields: CheckedPaths<S, A, P>): this;
  values(): QuerySet<T, AllValues<S, A>, A>;
  values<const P extends Paths<S, A>>(
    ...paths: CheckedPaths<S, A, P>
  ): QuerySet<T, Flat<{ [K in P[number]]: TypeAt<S, A, K> }>, A>;
  values<const E extends ExpressionMap, const P extends Paths<S, A>>(
    expressions: CheckedExpressions<S, A, E> & E,
    ...paths: CheckedPaths<S, A, P>
  ): QuerySet<
    T,
    Flat<{ [K in P[number]]: TypeAt<S, A, K> } & Annotations<S, A, E>>,
    A & Annotations<S, A, E>
  >;
  valuesList<const P extends Selectable<S, A>>(
    part: SelectableCheck<S, A, P>,
    options: { readonly flat: true },
  ): QuerySet<T, SelectedType<S, A, P>, A>;
  valuesList<const P extends readonly Selectable<S, A>[]>(
    ...parts: [...{ [I in keyof P]: SelectableCheck<S, A, P[I]> }, options: { readonly named: true }]
  ): QuerySet<T, NamedRow<S, A, P>, A>;
  valuesList<const P extends readonly Selectable<S, A>[]>(
    ...parts: { [I in keyof P]: SelectableCheck<S, A, P[I]> }
  ): QuerySet<T, ListedRow<S, A, P>, A>;
  dates<const P extends string>(
    field: PathCheck<S, A, P>,
    kind: 'year' | 'month' | 'week' | 'day',
    order?: 'ASC' | 'DESC',
  ): QuerySet<T, string, A>;
  datetimes<const P extends string>(
    field: PathCheck<S, A, P>,
    kind: 'year' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second',
    order?: 'ASC' | 'DESC',
    options?: { readonly timeZone?: string },
  ): QuerySet<T, Date, A>;
  union(...others: (QuerySet<Any, Any, Any> | { readonly all: boolean })[]): this;
  intersection(...others: QuerySet<Any, Any, Any>[]): this;
  difference(...others: QuerySet<Any, Any, Any>[]): this;
  selectRelated<const P extends readonly string[]>(
    ...paths: { [I in keyof P]: JoinableCheck<S, A, P[I]> }
  ): this;
  selectRelated(clear: null): this;
  prefetchRelated<const P extends readonly (string | PrefetchLookup)[]>(
    ...lookups: { [I in keyof P]: P[I] extends string ? RelationCheck<S, P[I]> : P[I] }
  ): this;
  prefetchRelated(clear: null): this;
  selectForUpdate(options?: LockOptions): this;
  only<const P extends readonly Loadable<S>[]>(
    ...fields: CheckedColumns<S, P>
  ): QuerySet<T, LoadedOnly<T, A, P>, A>;
  defer<const P extends readonly Loadable<S>[]>(
    ...fields: CheckedColumns<S, P>
  ): QuerySet<T, Omit<T, P[number]> & A, A>;
  defer(clear: null): QuerySet<T, T & A, A>;
  using(alias: string): this;
  /**
   * What reading a relation or a deferred field that is not loaded does: FETCH_ONE (the default) fetches it, FETCH_PEERS
   * for all instances of the query at once, FETCH_RAISE throws FieldFetchBlocked.
   */
  fetchMode(mode: FetchMode): this;
  /** Cancels what this query set waits for when `signal` is aborted. */
  abortable(signal: AbortSignal): this;
  /** Instances from SQL; `X` are the columns beside those of the model. */
  raw<X extends object = object>(
    sql: string,
    parameters?: readonly unknown[] | Readonly<Record<string, unknown>>,
    options?: RawOptions,
  ): RawQuerySet<T & X>;
  extra<const E extends ExtraParts>(parts: E): QuerySet<T, R & Selected<E>, A & Selected<E>>;
  /** Rows `start` to `end`, or every `step`-th of them; lazy, like the rest. */
  slice(start: number | null, end?: number | null, step?: number | null): this;
}
/** What runs a query. */
interface Terminals<T, R, A, S = SchemaOf<T>> extends Reads<R> {
  get<K extends string = never, L extends string = never>(
    where?: WhereOrCondition<T, A, K>,
    ...more: MoreConditions<T, A, L>[]
  ): R;
  aget<K extends string = never, L extends string = never>(
    where?: WhereOrCondition<T, A, K>,
    ...more: MoreConditions<T, A, L>[]
  ): Promise<R>;
  afilter<K extends string = never, L extends string = never>(
    where?: WhereOrCondition<T, A, K>,
    ...more: MoreConditions<T, A, L>[]
  ): Promise<R[]>;
  create(values: NewRow<S>): T;
  acreate(values: NewRow<S>): Promise<T>;
  getOrCreate<K extends string = never>(
    where?: Where<T, A, K>,
    options?: { readonly defaults?: Defaults<T> },
  ): [instance: T, created: boolean];
  agetOrCreate<K extends string = never>(
    where?: Where<T, A, K>,
    options?: { readonly defaults?: Defaults<T> },
  ): Promise<[instance: T, created: boolean]>;
  updateOrCreate<K extends string = never>(
    where?: Where<T, A, K>,
    options?: { readonly defaults?: Defaults<T>; readonly createDefaults?: Defaults<T> },
  ): [instance: T, created: boolean];
  aupdateOrCreate<K extends string = never>(
    where?: Where<T, A, K>,
    options?: { readonly defaults?: Defaults<T>; readonly createDefaults?: Defaults<T> },
  ): Promise<[instance: T, created: boolean]>;
  bulkCreate(objects: Iterable<T | NewRow<S>>, options?: BulkCreateOptions<S>): T[];
  abulkCreate(objects: Iterable<T | NewRow<S>>, options?: BulkCreateOptions<S>): Promise<T[]>;
  bulkUpdate(
    objects: Iterable<T>,
    fieldNames: readonly (keyof S & string)[],
    options?: { readonly batchSize?: number },
  ): number;
  abulkUpdate(
    objects: Iterable<T>,
    fieldNames: readonly (keyof S & string)[],
    options?: { readonly batchSize?: number },
  ): Promise<number>;
  contains(instance: object): boolean;
  acontains(instance: object): Promise<boolean>;
  latest<const P extends readonly OrderingName<S, A>[]>(...fields: Ordering<S, A, P>): R;
  alatest<const P extends readonly OrderingName<S, A>[]>(...fields: Ordering<S, A, P>): Promise<R>;
  earliest<const P extends readonly OrderingName<S, A>[]>(...fields: Ordering<S, A, P>): R;
  aearliest<const P extends readonly OrderingName<S, A>[]>(...fields: Ordering<S, A, P>): Promise<R>;
  inBulk<P extends ColumnName<S> | 'pk' = 'pk'>(
    keys?: Iterable<PathType<S, P>> | null,
    options?: { readonly fieldName?: P },
  ): Map<PathType<S, P>, R>;
  ainBulk<P extends ColumnName<S> | 'pk' = 'pk'>(
    keys?: Iterable<PathType<S, P>> | null,
    options?: { readonly fieldName?: P },
  ): Promise<Map<PathType<S, P>, R>>;
  aggregate<const E extends readonly (AnyFormOfExpression | ExpressionMap)[]>(
    ...expressions: CheckedAggregates<S, A, E> & E
  ): Flat<Aggregated<S, A, E>>;
  aaggregate<const E extends readonly (AnyFormOfExpression | ExpressionMap)[]>(
    ...expressions: CheckedAggregates<S, A, E> & E
  ): Promise<Flat<Aggregated<S, A, E>>>;
  update(values: UpdateValues<S>): number;
  aupdate(values: UpdateValues<S>): Promise<number>;
  explain(options?: ExplainOptions): string;
  aexplain(options?: ExplainOptions): Promise<string>;
}

/** What only query sets have: deleting everything must be asked for with `all()`. */
export type NotOfManagers =
  | 'kind'
  | 'loaded'
  | 'ordered'
  | 'totallyOrdered'
  | 'toSql'
  | 'delete'
  | 'adelete'
  | typeof Symbol.iterator
  | typeof Symbol.asyncIterator;
/** The door to a model's rows: `static objects = new Manager(this)`. */
export interface Manager<T>
  extends Omit<QuerySet<T>, NotOfManagers | keyof Terminals<T, T, object>>,
    // By itself, so that its members are methods, which a class may override.
    Terminals<T, T, object> {
  readonly kind: 'manager';
  /** The query set every operation starts from; override it to narrow the manager. */
  getQuerySet(): QuerySet<T>;
}

type Ref<T> = T | KeyOf<T>;
/** Any manager of rows of `T`, by what it reads. */
interface ManagerOfRows<T> {
  readonly kind: 'manager';
  first(): T | null;
}
/** What a class of managers adds to what all have. */
type AddedMethods<M> = Omit<M, keyof Manager<Any>>;
/** The many side of a relation, bound to one instance. */
export interface RelatedManager<T, Via extends string = never>
  extends Omit<
    Manager<T>,
    'create' | 'acreate' | 'getOrCreate' | 'agetOrCreate' | 'updateOrCreate' | 'aupdateOrCreate'
  > {
  /**
   * The same rows as another manager of their model offers them, with its methods: `blog.posts.manager(Post.live)`.
   *
   * @param manager manager, or its name, which the types know no methods of
   */
  manager<M extends ManagerOfRows<T>>(manager: M): RelatedManager<T, Via> & AddedMethods<M>;
  manager(name: string): RelatedManager<T, Via>;
  create(values: RelatedValues<T, Via>, options?: ThroughOptions): T;
  acreate(values: RelatedValues<T, Via>, options?: ThroughOptions): Promise<T>;
  getOrCreate<K extends string = never>(
    where?: Where<T, object, K>,
    options?: { readonly defaults?: Defaults<T> } & ThroughOptions,
  ): [instance: T, created: boolean];
  agetOrCreate<K extends string = never>(
    where?: Where<T, object, K>,
    options?: { readonly defaults?: Defaults<T> } & ThroughOptions,
  ): Promise<[instance: T, created: boolean]>;
  updateOrCreate<K extends string = never>(
    where?: Where<T, object, K>,
    options?: RelatedUpsertOptions<T>,
  ): [instance: T, created: boolean];
  aupdateOrCreate<K extends string = never>(
    where?: Where<T, object, K>,
    options?: RelatedUpsertOptions<T>,
  ): Promise<[instance: T, created: boolean]>;
  add(...objects: (Ref<T> | RelatedOptions)[]): void;
  aadd(...objects: (Ref<T> | RelatedOptions)[]): Promise<void>;
  remove(...objects: (Ref<T> | RelatedOptions)[]): void;
  aremove(...objects: (Ref<T> | RelatedOptions)[]): Promise<void>;
  clear(options?: RelatedOptions): void;
  aclear(options?: RelatedOptions): Promise<void>;
  set(objects: Iterable<Ref<T>>, options?: RelatedOptions & { readonly clear?: boolean }): void;
  aset(objects: Iterable<Ref<T>>, options?: RelatedOptions & { readonly clear?: boolean }): Promise<void>;
}
interface ThroughOptions {
  readonly throughDefaults?: object;
}
type RelatedUpsertOptions<T> = {
  readonly defaults?: Defaults<T>;
  readonly createDefaults?: Defaults<T>;
} & ThroughOptions;
/** `bulk: false` saves each object instead of one UPDATE; `throughDefaults` fills the rows of the through table. */
export interface RelatedOptions extends ThroughOptions {
  readonly bulk?: boolean;
}
type RelatedValues<T, Via extends string> = [Via] extends [never]
  ? NewRow<SchemaOf<T>>
  : NewRow<Omit<SchemaOf<T>, Via | FilledBy<SchemaOf<T>, Via>>>;
/** Columns that a foreign object is made of: its manager fills them. */
type FilledBy<S, Via> = Via extends keyof S
  ? S[Via] extends { readonly kind: 'foreignObject'; readonly from: infer From }
    ? From & string
    : never
  : never;
