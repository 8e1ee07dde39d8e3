import { requireOptions } from '../options.ts';
import type { AnyCondition, Expression, OnlyValue } from '../types/expressions.ts';
import type { Subqueryable } from '../types/lookups.ts';
import type { Column, Plain } from '../types/schema.ts';
import { fieldOf, requireName } from './arguments.ts';
import { ExistsTest, OuterReference, SubqueryArray, SubqueryValue } from './subquery.ts';

/** A field or annotation of the query around the one it is written in. `OuterRef(OuterRef(…))` reaches one further. */
export function OuterRef(
  path: string | Expression<unknown, never, 'outer'>,
): Expression<unknown, never, 'outer'> {
  const given: unknown = path;
  if (!(given instanceof OuterReference)) requireName('OuterRef', given);
  const reference =
    given instanceof OuterReference
      ? new OuterReference(given.outer.path, given.outer.outward + 1)
      : new OuterReference(String(given), 1);
  return reference as never;
}

/** A query set that gives one value for each row, or null: it selects one column, and mostly is sliced to one row. */
export function Subquery<Rows extends Subqueryable, T = OnlyValue<Rows>>(
  queryset: Rows,
  options: { readonly outputField?: Column<T, boolean, boolean, boolean> } = {},
): Expression<Plain<T> | null, never, 'value'> {
  requireOptions('Subquery', options, ['outputField']);
  return new SubqueryValue(queryset, fieldOf(options.outputField)) as never;
}

/** All values of a query set that selects one column, as an array in its order; an empty one where there are none. */
export function ArraySubquery<Rows extends Subqueryable>(
  queryset: Rows,
): Expression<Plain<OnlyValue<Rows>>[], never, 'value'> {
  return new SubqueryArray(queryset) as never;
}

/** A test whether a query set has a row. */
export interface ExistsExpression extends Expression<boolean, never, 'value'> {
  /** True for rows the query set has no row for. */
  not(): ExistsExpression;
  and(other: AnyCondition | ExistsExpression): AnyCondition;
  or(other: AnyCondition | ExistsExpression): AnyCondition;
  xor(other: AnyCondition | ExistsExpression): AnyCondition;
}
/** True for rows that `queryset` has a row for. */
export function Exists(queryset: Subqueryable): ExistsExpression {
  return new ExistsTest(queryset) as never;
}
