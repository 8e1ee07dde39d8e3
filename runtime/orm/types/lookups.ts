import type { Hop, Joined, UnknownPath } from './paths.ts';
import type { RegisteredLookups, RegisteredTransforms } from './registered.ts';
import type {
  Accepted,
  Any,
  AnyExpression,
  CompositeKey,
  ForwardRelation,
  KeyOf,
  ManyRelation,
  OrNull,
  PrimaryKey,
  SchemaOf,
} from './schema.ts';

/** A query set or manager used as a value: it becomes a subquery. */
export interface Subqueryable {
  readonly kind: 'queryset' | 'manager';
}
type Many<T> = readonly (T | AnyExpression)[] | ReadonlySet<T> | Subqueryable;

interface Equality<T> {
  exact: T;
  in: Many<T | null>;
  isNull: boolean;
}
interface Ordered<T> extends Equality<T> {
  gt: T;
  gte: T;
  lt: T;
  lte: T;
  range: readonly [T | AnyExpression, T | AnyExpression];
}
interface Text<T> extends Ordered<T> {
  iexact: string | null;
  contains: string;
  icontains: string;
  startsWith: string;
  istartsWith: string;
  endsWith: string;
  iendsWith: string;
  regex: string;
  iregex: string;
}
interface DateParts {
  year: number;
  isoYear: number;
  month: number;
  day: number;
  week: number;
  weekDay: number;
  isoWeekDay: number;
  quarter: number;
}
interface TimeParts {
  hour: number;
  minute: number;
  second: number;
}
interface DateTimeParts extends DateParts, TimeParts {
  date: string | Date;
  time: string;
}
interface DateLookups extends Ordered<string | Date>, DateParts {}
interface TimeLookups extends Ordered<string>, TimeParts {}
interface DateTimeLookups extends Ordered<Date>, DateTimeParts {}
interface ArrayLookups<E> extends Equality<readonly E[]> {
  contains: readonly E[];
  containedBy: readonly E[];
  overlap: readonly E[] | Subqueryable;
  len: number;
}
interface JsonLookups {
  exact: unknown;
  contains: unknown;
  containedBy: unknown;
  /** A key; an expression is one, too: a key of JSON stands for its own way, from the column that is asked. */
  hasKey: string;
  hasKeys: readonly string[];
  hasAnyKeys: readonly string[];
  isNull: boolean;
  in: readonly unknown[];
}

/** Lookups offered by a column of storage type `T`. */
export type LookupsOf<T> = [T] extends [{ readonly storedAs: infer Kind }]
  ? Kind extends 'date'
    ? DateLookups
    : Kind extends 'time'
      ? TimeLookups
      : Kind extends 'json'
        ? JsonLookups
        : Text<string | number>
  : [T] extends [string]
    ? Text<string>
    : [T] extends [boolean]
      ? Equality<boolean>
      : [T] extends [number]
        ? Ordered<number>
        : [T] extends [bigint]
          ? Ordered<bigint | number>
          : [T] extends [Date]
            ? DateTimeLookups
            : [T] extends [Uint8Array]
              ? Equality<T>
              : [T] extends [readonly (infer E)[]]
                ? ArrayLookups<E>
                : Ordered<T>;

/** Parts of a date that take lookups of their own: `published__year__gte`. */
type PartsOf<T> = [T] extends [{ readonly storedAs: 'date' }]
  ? DateParts
  : [T] extends [{ readonly storedAs: 'time' }]
    ? TimeParts
    : [T] extends [Date]
      ? DateTimeParts
      : [T] extends [readonly unknown[]]
        ? { len: number }
        : object;

type IsJson<T> = [T] extends [{ readonly storedAs: 'json' }] ? true : false;
type IsArray<T> = [T] extends [readonly unknown[]] ? true : false;

/** Value taken by the lookup `Rest` (`gte`, `year__gte`, a JSON key path) on a column of storage type `T`. */
type LookupValue<T, Rest, Whole> = Rest extends keyof LookupsOf<T>
  ? LookupsOf<T>[Rest] | AnyExpression
  : IsJson<T> extends true
    ? unknown
    : Rest extends keyof RegisteredLookups<Any> | keyof RegisteredTransforms
      ? Registered<T, Rest> | AnyExpression
      : DeeperLookupValue<T, Rest, Whole>;
/** What a lookup, or a transform without one, of an application's own takes. */
type Registered<T, Rest> = Rest extends keyof RegisteredLookups<Any>
  ? RegisteredLookups<Accepted<T>>[Rest]
  : Rest extends keyof RegisteredTransforms
    ? RegisteredTransforms[Rest]
    : never;
type DeeperLookupValue<T, Rest, Whole> = Rest extends `${infer Head}__${infer Tail}`
  ? Head extends keyof PartsOf<T>
    ? LookupValue<PartType<PartsOf<T>[Head]>, Tail, Whole>
    : Head extends keyof RegisteredTransforms
      ? LookupValue<RegisteredTransforms[Head], Tail, Whole>
      : IsArray<T> extends true
        ? unknown
        : UnknownPath<Whole>
  : IsArray<T> extends true
    ? Rest extends `${number}` | `${number}_${number}`
      ? unknown
      : UnknownPath<Whole>
    : UnknownPath<Whole>;
/** `date` yields a date, so that `at__date__year` works. */
type PartType<P> = [P] extends [number]
  ? number
  : [P] extends [string]
    ? { readonly storedAs: 'time'; readonly value: string }
    : { readonly storedAs: 'date'; readonly value: string };

/** Type of the right-hand side of lookup path `P`. Work is proportional to the length of the path as written. */
export type Lookup<S, P, Whole = P> = P extends 'pk'
  ? PrimaryKey<S> | AnyExpression | null
  : P extends keyof S
    ? ExactValue<S[P]>
    : P extends `${infer Head}__${infer Rest}`
      ? Head extends 'pk'
        ? KeyLookup<S, Rest, Whole>
        : Head extends keyof S
          ? LookupThrough<S[Head], Rest, Whole>
          : Head extends `${infer Relation}Id`
            ? Relation extends keyof S
              ? S[Relation] extends ForwardRelation<infer T>
                ? LookupValue<KeyOf<T>, Rest, Whole>
                : UnknownPath<Whole>
              : UnknownPath<Whole>
            : UnknownPath<Whole>
      : P extends `${infer Head}Id`
        ? Head extends keyof S
          ? S[Head] extends ForwardRelation<infer T, infer N>
            ? OrNull<KeyOf<T>, N> | AnyExpression
            : UnknownPath<Whole>
          : UnknownPath<Whole>
        : UnknownPath<Whole>;
type KeyLookup<S, Rest, Whole> = S extends { readonly pk: CompositeKey }
  ? Rest extends Exclude<keyof Ordered<unknown>, 'range'>
    ? Ordered<PrimaryKey<S>>[Rest] | AnyExpression
    : UnknownPath<Whole>
  : LookupValue<PrimaryKey<S>, Rest, Whole>;
type ExactValue<F> = F extends {
  readonly kind: 'column';
  readonly stored: infer T;
  readonly nullable: infer N;
}
  ? OrNull<Accepted<T>, N> | AnyExpression
  : F extends ForwardRelation<infer T, infer N>
    ? OrNull<T | KeyOf<T>, N> | AnyExpression
    : F extends ManyRelation<infer T>
      ? T | KeyOf<T> | AnyExpression | null
      : never;
type LookupThrough<F, Rest, Whole> = F extends { readonly kind: 'column'; readonly stored: infer T }
  ? LookupValue<T, Rest, Whole>
  : F extends ForwardRelation<infer T, Any> | ManyRelation<infer T>
    ? RelationLookup<T, Rest, Whole>
    : UnknownPath<Whole>;
type RelationLookup<T, Rest, Whole> = Rest extends 'in'
  ? Many<T | KeyOf<T> | null> | AnyExpression
  : Rest extends 'isNull'
    ? boolean
    : Rest extends 'exact' | 'gt' | 'gte' | 'lt' | 'lte'
      ? T | KeyOf<T> | AnyExpression
      : Lookup<SchemaOf<T>, Rest, Whole>;

/** `Lookup` that also knows the annotations `A`. */
export type AnnotatedLookup<S, A, P> = P extends keyof A
  ? A[P] extends Joined<infer T>
    ? T | KeyOf<T> | AnyExpression | null
    : A[P] | AnyExpression
  : P extends `${infer Head}__${infer Rest}`
    ? Head extends keyof A
      ? A[Head] extends Joined<infer T>
        ? RelationLookup<T, Rest, P>
        : LookupValue<NonNullable<A[Head]>, Rest, P>
      : Lookup<S, P>
    : Lookup<S, P>;

/** Completion list of a filter; values are checked by `Lookup`. */
export type Suggested<S> = { [P in OwnLookup<S> | Hop<S>]?: unknown };
type OwnLookup<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'column'; readonly stored: infer T }
    ? K | `${K}__${keyof LookupsOf<T> & string}`
    : S[K] extends ForwardRelation
      ? K | `${K}Id` | `${K}__in` | `${K}__isNull`
      : K;
}[keyof S & string];
