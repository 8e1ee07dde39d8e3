import { Column, partColumns } from '../expressions/column.ts';
import { call, own } from '../expressions/functions.ts';
import { type ExpressionNode, OrderingTerm } from '../expressions/node.ts';
import { WindowExpression, WindowFunction } from '../expressions/window.ts';
import type { Field } from '../fields/field.ts';
import { IntegerField } from '../fields/numbers.ts';
import { Test } from '../lookups/operand.ts';
import type { Query } from '../query/query.ts';
import { orderingOf } from '../sql/ordering.ts';
import { filterStep } from './chain.ts';
import type { QuerySet } from './queryset.ts';

/** As each database writes it. */
const chance = call(
  own('random', () => undefined),
  [],
);
const count = new IntegerField('bigint', 'BigIntegerField');

/**
 * Turns a slice into one per owner: rows are numbered within those that share a value of `owner`, and kept by their
 * number. A plain LIMIT would count the rows of all owners together.
 */
export function slicePerOwner(query: Query, owner: ExpressionNode): void {
  if (!query.sliced) return;
  const { start, end } = query;
  query.start = 0;
  query.end = undefined;
  const order = orderingOf(query).map((term) => (term === 'random' ? new OrderingTerm(chance, false) : term));
  const number = new WindowExpression({
    expression: new WindowFunction('ROW_NUMBER', [], count),
    partitionBy: partColumns(owner) ?? [owner],
    order,
    frame: undefined,
  });
  const keep = (operator: string, bound: number) => {
    query.where = query.where.and(
      new Test([number], (writer) => `${number.toSql(writer)} ${operator} ${bound}`),
    );
  };
  if (start > 0) keep('>', start);
  if (end !== undefined) keep('<=', end);
}

/** The query set with its slice taken per value of a column of its model. */
export function limitPerOwner(queryset: QuerySet, owner: Field): QuerySet {
  if (!queryset.query.sliced) return queryset;
  return queryset.step({
    describe: (sink) => sink.token(`slice per ${owner.attribute}`),
    build: (query) => {
      const table = query.joins.toOwner(query.base, query.model, owner.parts?.[0] ?? owner);
      slicePerOwner(query, new Column(table, owner));
    },
  });
}

/** The rows of one owner. A query set that is sliced is narrowed before its slice, which is then one of those rows. */
export function ofOwner(queryset: QuerySet, where: object): QuerySet {
  const step = queryset.query.sliced ? filterStep([where], false) : undefined;
  if (step === undefined) return queryset.filter(where);
  return queryset.step({
    describe: (sink) => {
      sink.token('before the slice');
      step.describe(sink);
    },
    build: (query, resolver) => {
      const { start, end } = query;
      query.start = 0;
      query.end = undefined;
      step.build(query, resolver);
      query.start = start;
      query.end = end;
    },
  });
}
