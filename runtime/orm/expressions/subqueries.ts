import { requireOptions } from '../options.ts';
import type { AnyCondition, Expression, OnlyValue } from '../types/expressions.ts';
import type { Subqueryable } from '../types/lookups.ts';
import type { Column, Plain } from '../types/schema.ts';
import { fieldOf, requireName } from './arguments.ts';
import { ExistsTest, OuterReference, SubqueryValue } from './subquery.ts';

/** A field or annotation of the query around the one it is written in. `OuterRef(OuterRef(…))` reaches one further. */
export function OuterRef(path: string | Expression<unknown, never, 'outer'>): Outer {
  const given: unknown = path;
  if (!(given instanceof OuterReference)) requireName('OuterRef', given);
  const reference =
    given instanceof OuterReference
      ? new OuterReference(given.outer.path, given.outer.outward + 1, given.outer.slices)
      : new OuterReference(String(given), 1);
  return reference as never;
}

interface Outer extends Expression<unknown, never, 'outer'> {
  /** A part of a text or an array: the characters or elements from `start` up to `end`, that one left out. */
  slice(start?: number, end?: number): Outer;
}

/** A query set that gives one value for each row, or null: it selects one column, and mostly is sliced to one row. */
export function Subquery<Rows extends Subqueryable, T = OnlyValue<Rows>>(
  queryset: Rows,
  options: { readonly outputField?: Column<T, boolean, boolean, boolean, boolean> } = {},
): Expression<Plain<T> | null, never, 'value'> {
  requireOptions('Subquery', options, ['outputField']);
  return new SubqueryValue(queryset, fieldOf(options.outputField)) as never;
}

/**
 * The values of all rows of a query set as an array, in its order; empty where there are none. PostgreSQL has it:
 * `ArraySubquery(Book.objects.filter({ publisher: OuterRef('pk') }).orderBy('title').values('title'))`.
 */
export function ArraySubquery<Rows extends Subqueryable, T = OnlyValue<Rows>[]>(
  queryset: Rows,
  options: { readonly outputField?: Column<T, boolean, boolean, boolean, boolean> } = {},
): Expression<Plain<T>, never, 'value'> {
  requireOptions('ArraySubquery', options, ['outputField']);
  return new SubqueryValue(queryset, fieldOf(options.outputField), true) as never;
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
