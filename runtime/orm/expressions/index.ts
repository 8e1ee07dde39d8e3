import { JsonField } from '../fields/structured.ts';
import { requireOptions } from '../options.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  Summary,
  Condition as TypedCondition,
  AggregateOptions as TypedOptions,
} from '../types/expressions.ts';
import type { Column, Plain } from '../types/schema.ts';
import { Aggregate, type AggregateKind, aggregateKinds, aggregateOptions } from './aggregates.ts';
import { argument, fieldOf, requireName } from './arguments.ts';
import type { PlainOf } from './comparison.ts';
import { conditionOf } from './condition.ts';
import { FieldReference, Star, WrittenValue } from './field-reference.ts';

/** The field, relation path or annotation of that name, as a value the database computes with. */
export function F<const P extends string>(path: P): Reference<P> {
  requireName('F', path);
  return new FieldReference(path) as unknown as Reference<P>;
}
interface Reference<P extends string> extends Expression<unknown, P, 'field'> {
  /** A part of a text or an array: the characters or elements from `start` up to `end`, that one left out. */
  slice(start?: number, end?: number): Reference<P>;
}

/** What a written condition says: one made of an expression names no lookups. */
type Stated<W> =
  W extends TypedCondition<infer Where> ? Where : W extends { readonly kind: 'expression' } ? object : W;

/** Conditions to combine with `and`, `or`, `xor` and `not` before they are given to `filter`; both must hold. */
export function Q<const W extends object>(where?: W): TypedCondition<Stated<W>>;
export function Q<const W extends object, const M extends object>(
  where: W,
  more: M,
): TypedCondition<Stated<W> & Stated<M>>;
export function Q(...parts: object[]): unknown {
  return conditionOf(parts);
}

/**
 * A JavaScript value as an expression.
 *
 * @param options `outputField` where the value's own type will not do: `Value('7.50', { outputField: fields.decimal(6, 2) })`
 */
export function Value<T>(
  value: unknown,
  options: { readonly outputField: Column<T, boolean, boolean, boolean, boolean> },
): Expression<PlainOf<T>, never, 'value'>;
export function Value<T>(value: T): Expression<T, never, 'value'>;
export function Value(value: unknown, options: { readonly outputField?: unknown } = {}): unknown {
  requireOptions('Value', options, ['outputField']);
  return new WrittenValue(value, fieldOf(options.outputField));
}

/** The null of JSON as a value: a JSON column that is given null itself holds none. */
export function JSONNull<T = Expression<null, never, 'value'>>(): T & {} {
  return new WrittenValue(null, new JsonField()) as never;
}

/** Number of rows (`'*'`), or of rows where the value is not null. */
export function Count<const A extends Argument, T = unknown>(
  value: A,
  options?: TypedOptions<T>,
): unknown extends T
  ? Expression<number, ArgumentPath<A>, 'count'>
  : Expression<Plain<T>, ArgumentPath<A>, 'count'> {
  return aggregate(aggregateKinds.count, value, options);
}
/** Sum of the values that are not null; null where there are none. */
export function Sum<const A extends Argument, T = unknown>(
  value: A,
  options?: TypedOptions<T>,
): Summary<ArgumentType<A>, A, 'sum', T> {
  return aggregate(aggregateKinds.sum, value, options);
}
/** Mean; exact for decimals. */
export function Avg<const A extends Argument, T = unknown>(
  value: A,
  options?: TypedOptions<T>,
): Summary<ArgumentType<A>, A, 'avg', T> {
  return aggregate(aggregateKinds.avg, value, options);
}
/** The smallest value; null where there are none. */
export function Min<const A extends Argument, T = unknown>(
  value: A,
  options?: TypedOptions<T>,
): Summary<ArgumentType<A>, A, 'min', T> {
  return aggregate(aggregateKinds.min, value, options);
}
/** The largest value; null where there are none. */
export function Max<const A extends Argument, T = unknown>(
  value: A,
  options?: TypedOptions<T>,
): Summary<ArgumentType<A>, A, 'max', T> {
  return aggregate(aggregateKinds.max, value, options);
}

function aggregate(kind: AggregateKind, value: unknown, options?: object): never {
  const of = value === '*' ? new Star() : argument(value);
  return new Aggregate(kind, of, aggregateOptions(kind.name, options)) as never;
}
