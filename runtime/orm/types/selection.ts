import type {
  AnyCondition,
  Condition,
  DefaultAlias,
  Expression,
  ExpressionCheck,
  ExpressionType,
  FilteredRelationOf,
} from './expressions.ts';
import type { AnnotatedLookup, Subqueryable, Suggested } from './lookups.ts';
import type { ColumnCheck, Flat, PathCheck, PathType, SuggestedPath, TypeAt, UnknownPath } from './paths.ts';
import type { Any, ColumnName, PrimaryKeyName, SchemaOf } from './schema.ts';

// What parts of a query are taken as, and what rows they give.

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

export type CheckedAggregates<S, A, E> = {
  [I in keyof E]: E[I] extends AnyFormOfExpression
    ? ExpressionCheck<S, A, E[I]>
    : CheckedExpressions<S, A, E[I]>;
};
/** Aggregates by their default names, and those of objects by the names given there. */
export type Aggregated<S, A, E extends readonly unknown[]> = E extends readonly [infer First, ...infer Rest]
  ? (First extends AnyFormOfExpression
      ? { -readonly [K in DefaultAlias<First>]: ExpressionType<S, A, First> }
      : Annotations<S, A, First>) &
      Aggregated<S, A, Rest>
  : unknown;

/** Lookups of model `T` with annotations `A`, checked as they are written. */
export type Where<T, A, K extends string> = { [P in K]?: AnnotatedLookup<SchemaOf<T>, A, P> } & Suggested<
  SchemaOf<T>
>;
export type WhereOrCondition<T, A, K extends string> =
  | Where<T, A, K>
  | Condition<{ [P in K]: AnnotatedLookup<SchemaOf<T>, A, P> }>
  | AnyFormOfExpression;
/** What may follow a leading condition; each holds some of the lookups `L`. */
export type MoreConditions<T, A, L extends string> =
  | ({ [P in L]?: AnnotatedLookup<SchemaOf<T>, A, P> } & Suggested<SchemaOf<T>>)
  | Condition<{ [P in L]?: AnnotatedLookup<SchemaOf<T>, A, P> }>
  | AnyFormOfExpression;

/** What an editor offers where rows are put in order, and any other text for `Ordering` to look at. */
export type OrderingName<S, A> =
  | SuggestedPath<S>
  | `-${SuggestedPath<S>}`
  | (keyof A & string)
  | (string & {});
export type Ordering<S, A, P> = { [I in keyof P]: OrderingCheck<S, A, P[I]> };
/** One name at a time: a program may choose among several. */
type OrderingCheck<S, A, P> = P extends string
  ? P extends '?'
    ? P
    : P extends `-${infer Name}`
      ? PathCheck<S, A, Name> extends UnknownPath<Any>
        ? UnknownPath<Name>
        : P
      : PathCheck<S, A, P>
  : P;
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
/** A prefetch with a query set of its own, made by `Prefetch(lookup, { queryset, toAttr })`. */
export interface PrefetchLookup {
  readonly kind: 'prefetch';
}
