import type { Subqueryable } from './lookups.ts';
import type { Joined, PathCheck, RelationTarget, TypeAt, UnknownPath } from './paths.ts';
import type { Any, AnyExpression, Column, Plain } from './schema.ts';

/** Direction and place of nulls of one ordering term, as made by `F('rating').desc({ nullsLast: true })`. */
export interface OrderingTerm {
  readonly kind: 'ordering';
}
export interface NullsOptions {
  readonly nullsFirst?: boolean;
  readonly nullsLast?: boolean;
}

/**
 * A value computed by the database. `T` is its JavaScript type where the expression alone decides it, `Path` the
 * field it reads, and `Kind` how the two combine: the type of `Max('pages')` is that of `pages`, or null.
 */
export interface Expression<T = unknown, Path extends string = string, Kind extends string = string>
  extends AnyExpression {
  readonly type: T;
  readonly path: Path;
  readonly form: Kind;
  add(other: Operand): Expression<T, Path, Kind>;
  sub(other: Operand): Expression<T, Path, Kind>;
  mul(other: Operand): Expression<T, Path, Kind>;
  div(other: Operand): Expression<T, Path, Kind>;
  mod(other: Operand): Expression<T, Path, Kind>;
  pow(other: Operand): Expression<T, Path, Kind>;
  bitAnd(other: Operand): Expression<T, Path, Kind>;
  bitOr(other: Operand): Expression<T, Path, Kind>;
  bitXor(other: Operand): Expression<T, Path, Kind>;
  bitLeftShift(other: Operand): Expression<T, Path, Kind>;
  bitRightShift(other: Operand): Expression<T, Path, Kind>;
  asc(options?: NullsOptions): OrderingTerm;
  desc(options?: NullsOptions): OrderingTerm;
}
export type Operand = AnyExpression | number | bigint | string | boolean | Date | null;

/** A condition on rows, from `Q({ … })`. `Where` is what was written, checked where the condition is used. */
export interface Condition<Where = unknown> {
  readonly kind: 'condition';
  readonly where: Where;
  and(other: AnyExpression): Condition<Where>;
  and<const Other extends object>(other: Condition<Other> | Other): Condition<Where & Other>;
  or(other: AnyExpression): Condition<Where>;
  or<const Other extends object>(other: Condition<Other> | Other): Condition<Where & Other>;
  xor(other: AnyExpression): Condition<Where>;
  xor<const Other extends object>(other: Condition<Other> | Other): Condition<Where & Other>;
  not(): Condition<Where>;
}
export type AnyCondition = Condition<Any>;

/** A relation under a name of its own, from `FilteredRelation(relation, { condition })`. */
export interface FilteredRelationOf<Path extends string = string> {
  readonly kind: 'filteredRelation';
  readonly relation: Path;
}

/** Type of a result, where it is not the one that follows from the arguments. */
export interface OutputOptions<T> {
  readonly outputField?: Column<T, boolean, boolean, boolean, boolean>;
}
/** `Own` where no type was given, else an expression of that type. */
export type Typed<A, T, Own> = unknown extends T ? Own : Expression<Plain<T>, ArgumentPath<A>, 'mapped'>;

export interface AggregateOptions<T = unknown> extends OutputOptions<T> {
  readonly distinct?: boolean;
  readonly filter?: AnyCondition | Expression<boolean, Any, Any>;
  readonly default?: unknown;
}
/** An aggregate of kind `Kind`, or of the type that was given. */
export type Summary<Own, A, Kind extends string, T> = unknown extends T
  ? Expression<Own, ArgumentPath<A>, Kind>
  : Expression<Plain<T> | null, ArgumentPath<A>, `${Kind} typed`>;
export interface ListOptions<T = unknown> extends AggregateOptions<T> {
  /** Order of the values: a name, `-` in front to turn it, or terms. */
  readonly orderBy?:
    | string
    | OrderingTerm
    | AnyExpression
    | readonly (string | OrderingTerm | AnyExpression)[];
}

/** An argument of a function: a string names a field, text itself is written `Value('…')`. */
export type Argument = string | number | bigint | boolean | Date | null | AnyExpression | AnyCondition;
/** Field an argument reads. */
export type ArgumentPath<A> = A extends string ? A : A extends Expression<Any, infer P, Any> ? P : never;
/** Type of an argument that reads no field, or whose type does not depend on the field; else `never`. */
export type ArgumentType<A> = A extends string
  ? never
  : A extends Expression<infer T, Any, Any>
    ? unknown extends T
      ? never
      : T
    : A extends AnyCondition
      ? boolean
      : A extends number
        ? number
        : A extends boolean
          ? boolean
          : A extends bigint
            ? bigint
            : A;

type Nullable<T> = T | null;
type NullOf<T> = Extract<T, null>;
/** Avg of a decimal stays lossless; of anything else it is a number. */
type Average<T> = [NonNullable<T>] extends [string] ? string | null : number | null;

/** A number that may have a fraction: lossless where a decimal goes in. */
type Real<T> = ([Extract<T, string>] extends [never] ? number : string) | NullOf<T>;

/** JavaScript type of expression `E` on a model with fields `S` and annotations `A`. */
export type ExpressionType<S, A, E> =
  E extends Expression<infer T, infer P, infer Kind>
    ? Kind extends 'field'
      ? TypeAt<S, A, P>
      : Kind extends 'sum' | 'min' | 'max' | 'anyvalue' | 'bitand' | 'bitor' | 'bitxor'
        ? Nullable<T | TypeAt<S, A, P>>
        : Kind extends 'avg'
          ? Average<T | TypeAt<S, A, P>>
          : Kind extends 'real'
            ? Real<T | TypeAt<S, A, P>>
            : Kind extends 'mapped'
              ? T | NullOf<TypeAt<S, A, P>>
              : Kind extends 'coalesce'
                ? Coalesced<S, A, T, P>
                : Kind extends 'chosen'
                  ? T | ([NeverNull<S, A, P>] extends [never] ? NullOf<TypeAt<S, A, P>> : never)
                  : Kind extends 'case' | 'nullable'
                    ? T | TypeAt<S, A, P>
                    : Kind extends 'array'
                      ? TypeAt<S, A, P>[] | null
                      : T
    : E extends { readonly kind: 'condition' }
      ? boolean
      : E extends FilteredRelationOf<infer P>
        ? Joined<RelationTarget<S, A, P>>
        : E extends Subqueryable
          ? Plain<OnlyValue<E>> | null
          : never;
/** Type of the one column that rows of `values()` or `valuesList()` have. */
export type OnlyValue<Rows> =
  Rows extends Iterable<infer Row>
    ? Row extends readonly (infer Item)[]
      ? Item
      : Row extends { readonly save: unknown }
        ? unknown
        : Row extends object
          ? Row[keyof Row]
          : Row
    : unknown;
/** A value that is never null ends the search. */
type Coalesced<S, A, T, P> = [NeverNull<S, A, P>] extends [never]
  ? [T] extends [never]
    ? TypeAt<S, A, P>
    : null extends T
      ? T | TypeAt<S, A, P>
      : T | NonNullable<TypeAt<S, A, P>>
  : NonNullable<T | TypeAt<S, A, P>>;
/** Those of several paths that lead to a value for sure. */
type NeverNull<S, A, P> = P extends string ? (null extends TypeAt<S, A, P> ? never : P) : never;

/** `E` itself when the field it names exists, else a type that names the unknown path. */
export type ExpressionCheck<S, A, E> =
  E extends Expression<Any, infer P, infer Kind>
    ? string extends P
      ? E
      : [P] extends [never]
        ? E
        : Kind extends 'count'
          ? P extends '*'
            ? E
            : Checked<PathCheck<S, A, P>, P, E>
          : Checked<PathCheck<S, A, P>, P, E>
    : E extends AnyCondition
      ? E
      : E extends FilteredRelationOf<infer P>
        ? [RelationTarget<S, A, P>] extends [never]
          ? UnknownPath<P>
          : E
        : E extends Subqueryable
          ? E
          : never;
type Checked<Check, P, E> = [Check] extends [P] ? E : Check;

/** Key under which an aggregate without a name is returned: `pages__sum`. */
export type DefaultAlias<E> =
  E extends Expression<Any, infer P, infer Kind> ? `${P}__${AliasOf<Kind>}` : never;
type AliasOf<Kind extends string> = Kind extends `${infer Name} typed`
  ? AliasOf<Name>
  : Kind extends 'array'
    ? 'arrayagg'
    : Kind;
