import type {
  Expression,
  Condition as TypedCondition,
  AggregateOptions as TypedOptions,
} from '../types/expressions.ts';
import { Aggregate, type AggregateKind, type AggregateOptions, aggregateKinds } from './aggregates.ts';
import { Condition } from './condition.ts';
import { FieldReference, Star, WrittenValue } from './field-reference.ts';
import { ExpressionNode } from './node.ts';

/** The field, relation path or annotation of that name, as a value the database computes with. */
export function F<const P extends string>(path: P): Expression<unknown, P, 'field'> {
  return new FieldReference(path) as unknown as Expression<unknown, P, 'field'>;
}

/** Conditions to combine with `and`, `or`, `xor` and `not` before they are given to `filter`. */
export function Q<const W extends object>(where?: W): TypedCondition<W> {
  return Condition.of(where === undefined ? {} : where) as unknown as TypedCondition<W>;
}

/** A JavaScript value as an expression. */
export function Value<T>(value: T): Expression<T, never, 'value'> {
  return new WrittenValue(value) as unknown as Expression<T, never, 'value'>;
}

/** Number of rows, or of rows where `path` is not null. */
export function Count<const P extends string>(
  path: P,
  options?: TypedOptions,
): Expression<number, P, 'count'> {
  return aggregate(aggregateKinds.count, path, options) as Expression<number, P, 'count'>;
}
/** Sum of the values that are not null; null where there are none. */
export function Sum<const P extends string>(path: P, options?: TypedOptions): Expression<unknown, P, 'sum'> {
  return aggregate(aggregateKinds.sum, path, options) as Expression<unknown, P, 'sum'>;
}
/** Mean; exact for decimals. */
export function Avg<const P extends string>(path: P, options?: TypedOptions): Expression<unknown, P, 'avg'> {
  return aggregate(aggregateKinds.avg, path, options) as Expression<unknown, P, 'avg'>;
}
/** The smallest value; null where there are none. */
export function Min<const P extends string>(path: P, options?: TypedOptions): Expression<unknown, P, 'min'> {
  return aggregate(aggregateKinds.min, path, options) as Expression<unknown, P, 'min'>;
}
/** The largest value; null where there are none. */
export function Max<const P extends string>(path: P, options?: TypedOptions): Expression<unknown, P, 'max'> {
  return aggregate(aggregateKinds.max, path, options) as Expression<unknown, P, 'max'>;
}

function aggregate(kind: AggregateKind, path: string | ExpressionNode, options?: TypedOptions): unknown {
  return new Aggregate(kind, argument(path), (options ?? {}) as unknown as AggregateOptions);
}
function argument(path: string | ExpressionNode): ExpressionNode {
  if (path instanceof ExpressionNode) return path;
  return path === '*' ? new Star() : new FieldReference(path);
}
