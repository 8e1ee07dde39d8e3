import type { RegisteredTransforms } from './registered.ts';
import type {
  Any,
  ColumnName,
  ForwardRelation,
  GenericForeignKey,
  KeyedRelation,
  KeyOf,
  ManyRelation,
  OrNull,
  Plain,
  PrimaryKey,
  SchemaOf,
} from './schema.ts';

/** What a wrong path becomes, so that the compiler's message names it. */
export interface UnknownPath<Path> {
  readonly 'unknown field or lookup': Path;
}

/** JavaScript type of the column at `P` (`title`, `author__name`, `authorId`), `never` when there is none. */
export type PathType<S, P> = P extends 'pk'
  ? PrimaryKey<S>
  : P extends keyof S
    ? OwnPathType<S[P]>
    : P extends `${infer Head}__${infer Rest}`
      ? Head extends keyof S
        ? ThroughRelation<S[Head], Rest>
        : never
      : P extends `${infer Head}Id`
        ? Head extends keyof S
          ? S[Head] extends KeyedRelation<infer T, infer N>
            ? OrNull<KeyOf<T>, N>
            : never
          : never
        : never;
type OwnPathType<F> = F extends {
  readonly kind: 'column';
  readonly stored: infer T;
  readonly nullable: infer N;
}
  ? OrNull<Plain<T>, N>
  : F extends ForwardRelation<infer T, infer N>
    ? OrNull<KeyOf<T>, N>
    : F extends ManyRelation<infer T>
      ? KeyOf<T> | null
      : never;
type ThroughRelation<F, Rest> =
  F extends ForwardRelation<infer T, infer N>
    ? OrNone<PathType<SchemaOf<T>, Rest>, N>
    : F extends ManyRelation<infer T>
      ? OrNone<PathType<SchemaOf<T>, Rest>, true>
      : F extends { readonly kind: 'column'; readonly stored: infer T }
        ? TransformedType<T, Rest>
        : never;
/** Null where the relation may lead nowhere; an unknown path stays unknown. */
type OrNone<T, N> = [T] extends [never] ? never : OrNull<T, N>;
/** `published__year` and JSON key paths are values too. */
type TransformedType<T, Rest> = [T] extends [{ readonly storedAs: 'json' }]
  ? unknown
  : Rest extends 'year' | 'isoYear' | 'month' | 'day' | 'week' | 'weekDay' | 'isoWeekDay' | 'quarter'
    ? number
    : Rest extends 'hour' | 'minute' | 'second' | 'len'
      ? number
      : Rest extends 'date' | 'time'
        ? string
        : Rest extends keyof RegisteredTransforms
          ? RegisteredTransforms[Rest]
          : never;

/** What a filtered relation is among the annotations: no value, but a way to the rows of `T`. */
export interface Joined<T> {
  readonly joined: T;
}
/** Type of what a path that starts with an annotation leads to; `never` when it starts with none. */
type AnnotatedType<A, P> = P extends `${infer Head}__${infer Rest}`
  ? Head extends keyof A
    ? A[Head] extends Joined<infer T>
      ? PathType<SchemaOf<T>, Rest> | null
      : unknown
    : never
  : never;
/** Type of the column, annotation or transform at `P`. */
export type TypeAt<S, A, P> = P extends keyof A
  ? A[P] extends Joined<infer T>
    ? KeyOf<T> | null
    : A[P]
  : [PathType<S, P>] extends [never]
    ? AnnotatedType<A, P>
    : PathType<S, P>;

/** `P` when it names a column, a relation or an annotation, else a type that says which path is unknown. */
export type PathCheck<S, A, P> = P extends keyof A
  ? P
  : [PathType<S, P>] extends [never]
    ? [AnnotatedType<A, P>] extends [never | null]
      ? UnknownPath<P>
      : P
    : P;
/** Model a path of relations leads to; `A` may start it with a filtered relation. */
export type RelationTarget<S, A, P> = P extends keyof S
  ? S[P] extends ForwardRelation<infer T, Any> | ManyRelation<infer T>
    ? T
    : never
  : P extends keyof A
    ? A[P] extends Joined<infer T>
      ? T
      : never
    : P extends `${infer Head}__${infer Rest}`
      ? RelationTarget<SchemaOf<RelationTarget<S, A, Head>>, object, Rest>
      : never;

/** Relations along `P`, for selectRelated and prefetchRelated. */
export type RelationCheck<S, P, Whole = P> = P extends keyof S
  ? S[P] extends ForwardRelation | ManyRelation | GenericForeignKey
    ? Whole
    : UnknownPath<Whole>
  : P extends `${infer Head}__${infer Rest}`
    ? Head extends keyof S
      ? S[Head] extends ForwardRelation<infer T, Any> | ManyRelation<infer T>
        ? RelationCheck<SchemaOf<T>, Rest, Whole>
        : // What lies behind a generic foreign key is known only when it is followed.
          S[Head] extends GenericForeignKey
          ? Whole
          : UnknownPath<Whole>
      : UnknownPath<Whole>
    : UnknownPath<Whole>;

/** True when `Via` of `T` is a one-to-one, whose reverse side is one instance. */
export type IsSingle<T, Via> = Via extends keyof SchemaOf<T>
  ? SchemaOf<T>[Via] extends { readonly kind: 'oneToOne' }
    ? true
    : false
  : false;
/** Model of a relation that leads to one row at most; `never` for other fields. */
type SingleTarget<F> =
  F extends ForwardRelation<infer T, Any>
    ? T
    : F extends { readonly kind: 'reverse'; readonly target: infer T; readonly via: infer Via }
      ? // Which field a reverse relation belongs to need not be said.
        [Via] extends [never]
        ? T
        : IsSingle<T, Via> extends true
          ? T
          : never
      : never;
type SingleCheck<S, P, Whole = P> = P extends keyof S
  ? [SingleTarget<S[P]>] extends [never]
    ? UnknownPath<Whole>
    : Whole
  : P extends `${infer Head}__${infer Rest}`
    ? Head extends keyof S
      ? SingleCheck<SchemaOf<SingleTarget<S[Head]>>, Rest, Whole>
      : UnknownPath<Whole>
    : UnknownPath<Whole>;

/** `P` when it names a column, or one behind relations that lead to one row each, for only and defer. */
export type ColumnCheck<S, P, Whole = P> = P extends 'pk' | keyof S
  ? Whole
  : P extends `${infer Head}__${infer Rest}`
    ? Head extends keyof S
      ? [SingleTarget<S[Head]>] extends [never]
        ? UnknownPath<Whole>
        : ColumnCheck<SchemaOf<SingleTarget<S[Head]>>, Rest, Whole>
      : UnknownPath<Whole>
    : [PathType<S, P>] extends [never]
      ? UnknownPath<Whole>
      : Whole;

/** Relations along `P` that can be joined, for selectRelated: each leads to one row, or is filtered (`A`). */
export type JoinableCheck<S, A, P> = P extends keyof A
  ? P
  : P extends `${infer Head}__${infer Rest}`
    ? Head extends keyof A
      ? A[Head] extends Joined<infer T>
        ? SingleCheck<SchemaOf<T>, Rest, P>
        : UnknownPath<P>
      : SingleCheck<S, P>
    : SingleCheck<S, P>;

/** Completion list: own fields, plus one hop of plain columns. Deeper paths are checked, not listed. */
export type SuggestedPath<S> = (keyof S & string) | Hop<S>;
export type Hop<S> = {
  [K in keyof S & string]: S[K] extends { readonly target: infer T }
    ? `${K}__${ColumnName<SchemaOf<T>>}`
    : never;
}[keyof S & string];

export type Flat<T> = { [K in keyof T]: T[K] };
