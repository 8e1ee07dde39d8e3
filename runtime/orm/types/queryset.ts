import type { FetchMode } from '../models/fetch-modes.ts';
import type {
  AnyCondition,
  Condition,
  DefaultAlias,
  Expression,
  ExpressionCheck,
  ExpressionType,
  FilteredRelationOf,
  OrderingTerm,
} from './expressions.ts';
import type { AnnotatedLookup, Subqueryable, Suggested } from './lookups.ts';
import type {
  ColumnCheck,
  Flat,
  JoinableCheck,
  PathCheck,
  PathType,
  RelationCheck,
  SuggestedPath,
  TypeAt,
  UnknownPath,
} from './paths.ts';
import type {
  Any,
  AnyExpression,
  ColumnName,
  CreateValues,
  KeyOf,
  PrimaryKeyName,
  SchemaOf,
  UpdateValues,
} from './schema.ts';

export type AnyFormOfExpression = Expression<Any, Any, Any>;
/** What stands for a value of each row: an expression, a condition, or a query set that gives one value. */
type AnyValue = AnyFormOfExpression | AnyCondition | Subqueryable;
export type ExpressionMap = Readonly<Record<string, AnyValue>>;
export type AnnotationMap = Readonly<Record<string, AnyValue | FilteredRelationOf>>;
/** Expressions given together may name each other, later ones the earlier. */
export type CheckedExpressions<S, A, E> = { [K in keyof E]: ExpressionCheck<S, A & Names<E>, E[K]> };
type Names<E> = { [K in keyof E]: unknown };
export type Annotations<S, A, E> = { -readonly [K in keyof E]: ExpressionType<S, A, E[K]> };
/** What annotations add to a row: a filtered relation adds nothing. */
export type Returned<S, A, E> = {
  -readonly [K in keyof E as E[K] extends { readonly kind: 'filteredRelation' } ? never : K]: ExpressionType<
    S,
    A,
    E[K]
  >;
};
export type NamedByDefault<S, A, E extends readonly unknown[]> = {
  -readonly [I in keyof E as I extends `${number}` ? DefaultAlias<E[I]> : never]: ExpressionType<S, A, E[I]>;
};

type CheckedAggregates<S, A, E> = {
  [I in keyof E]: E[I] extends AnyFormOfExpression
    ? ExpressionCheck<S, A, E[I]>
    : CheckedExpressions<S, A, E[I]>;
};
/** Aggregates by their default names, and those of objects by the names given there. */
type Aggregated<S, A, E extends readonly unknown[]> = E extends readonly [infer First, ...infer Rest]
  ? (First extends AnyFormOfExpression
      ? { -readonly [K in DefaultAlias<First>]: ExpressionType<S, A, First> }
      : Annotations<S, A, First>) &
      Aggregated<S, A, Rest>
  : unknown;

/** Lookups of model `T` with annotations `A`, checked as they are written. */
export type Where<T, A, K extends string> = { [P in K]: AnnotatedLookup<SchemaOf<T>, A, P> } & Suggested<
  SchemaOf<T>
>;
type WhereOrCondition<T, A, K extends string> =
  | Where<T, A, K>
  | Condition<{ [P in K]: AnnotatedLookup<SchemaOf<T>, A, P> }>
  | AnyFormOfExpression;
/** What may follow a leading condition; each holds some of the lookups `L`. */
type MoreConditions<T, A, L extends string> =
  | ({ [P in L]?: AnnotatedLookup<SchemaOf<T>, A, P> } & Suggested<SchemaOf<T>>)
  | Condition<{ [P in L]?: AnnotatedLookup<SchemaOf<T>, A, P> }>
  | AnyFormOfExpression;

type Ordering<S, A, P> = {
  [I in keyof P]: P[I] extends string
    ? P[I] extends '?' | OrderingTerm
      ? P[I]
      : P[I] extends `-${infer Name}`
        ? PathCheck<S, A, Name> extends UnknownPath<Any>
          ? UnknownPath<Name>
          : P[I]
        : PathCheck<S, A, P[I]>
    : P[I];
};
export type Paths<S, A> = readonly (SuggestedPath<S> | (keyof A & string) | (string & {}))[];
export type CheckedPaths<S, A, P> = { [I in keyof P]: PathCheck<S, A, P[I]> };
/** What `valuesList` takes: paths, and expressions without a name. */
export type Selectable<S, A> = SuggestedPath<S> | (keyof A & string) | (string & {}) | AnyValue;
export type SelectableCheck<S, A, P> = P extends string ? PathCheck<S, A, P> : ExpressionCheck<S, A, P>;
export type SelectedType<S, A, P> = P extends string ? TypeAt<S, A, P> : ExpressionType<S, A, P>;
/** An array of what was asked for: of every column, in no order that is known here, where nothing was. */
export type ListedRow<S, A, P extends readonly unknown[]> = P extends readonly []
  ? AllValues<S, A>[keyof AllValues<S, A>][]
  : { -readonly [I in keyof P]: SelectedType<S, A, P[I]> };
/** An array whose values can be read by name, too. */
export type NamedRow<S, A, P extends readonly unknown[]> = P extends readonly []
  ? Readonly<ListedRow<S, A, P>> & Readonly<AllValues<S, A>>
  : { readonly [I in keyof P]: SelectedType<S, A, P[I]> } & {
      readonly [K in P[number] & string]: SelectedType<S, A, K>;
    };
/** Columns as `only` and `defer` name them, behind single relations too. */
export type Loadable<S> = SuggestedPath<S> | (string & {});
export type CheckedColumns<S, P> = { [I in keyof P]: ColumnCheck<S, P[I]> };
/** A row of which only the columns `P` are loaded, and what was annotated. */
export type LoadedOnly<T, A, P extends readonly string[]> = P extends readonly []
  ? T & A
  : Omit<T, Exclude<ColumnName<SchemaOf<T>>, P[number] | PrimaryKeyName<SchemaOf<T>>>> & A;
export type AllValues<S, A> = Flat<
  { [K in ColumnName<S>]: PathType<S, K> } & {
    [K in keyof S & string as S[K] extends { kind: 'foreignKey' | 'oneToOne' } ? `${K}Id` : never]: PathType<
      S,
      K
    >;
  } & A
>;

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
  /** SQL text and encoded parameters, for inspection. */
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] };
  delete(): Deleted;
  adelete(): Promise<Deleted>;
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
    const P extends readonly (
      | SuggestedPath<S>
      | `-${SuggestedPath<S>}`
      | (keyof A & string)
      | (string & {})
      | OrderingTerm
      | AnyFormOfExpression
      | AnyCondition
    )[],
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
interface Terminals<T, R, A, S = SchemaOf<T>> {
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
  count(): number;
  acount(): Promise<number>;
  exists(): boolean;
  aexists(): Promise<boolean>;
  contains(instance: object): boolean;
  acontains(instance: object): Promise<boolean>;
  first(): R | null;
  afirst(): Promise<R | null>;
  last(): R | null;
  alast(): Promise<R | null>;
  latest(...fields: string[]): R;
  alatest(...fields: string[]): Promise<R>;
  earliest(...fields: string[]): R;
  aearliest(...fields: string[]): Promise<R>;
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
  iterator(options?: { readonly chunkSize?: number }): Generator<R, void, undefined>;
  aiterator(options?: { readonly chunkSize?: number }): AsyncGenerator<R, void, undefined>;
  list(): R[];
  alist(): Promise<R[]>;
  at(index: number): R;
  aat(index: number): Promise<R>;
  explain(options?: ExplainOptions): string;
  aexplain(options?: ExplainOptions): Promise<string>;
}

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
/** A prefetch with a query set of its own, made by `Prefetch(lookup, { queryset, toAttr })`. */
export interface PrefetchLookup {
  readonly kind: 'prefetch';
}

/** What only query sets have: deleting everything must be asked for with `all()`. */
export type NotOfManagers =
  | 'kind'
  | 'loaded'
  | 'ordered'
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
/** The many side of a relation, bound to one instance. */
export interface RelatedManager<T, Via extends string = never>
  extends Omit<
    Manager<T>,
    'create' | 'acreate' | 'getOrCreate' | 'agetOrCreate' | 'updateOrCreate' | 'aupdateOrCreate'
  > {
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
