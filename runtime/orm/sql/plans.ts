import { EmptyResultSet } from '../errors.ts';
import { OrderingTerm } from '../expressions/node.ts';
import { Fixed } from '../lookups/operand.ts';
import type { Query } from '../query/query.ts';
import type { QueryShape } from '../query/shapes.ts';
import type { Dialect } from './dialect.ts';
import { Plan } from './plan.ts';
import { rowReader } from './reader.ts';
import { SelectCompiler, type SelectOptions } from './select.ts';
import { hasUntyped } from './shape.ts';
import { SqlWriter } from './writer.ts';

/** get() asks for one row more than the twenty it would count in its message. */
export const getLimit = 21;

/** How each terminal operation changes the query before it is compiled. */
const variants = {
  all: (_query: Query) => {},
  get: (query: Query) => {
    if (!query.sliced) {
      if (query.distinctFields.length === 0) query.ordering = [];
      query.end = getLimit;
    }
  },
  first: (query: Query) => {
    query.slice(0, 1);
  },
  firstByKey: (query: Query) => {
    orderByKey(query, false);
    query.slice(0, 1);
  },
  last: (query: Query) => {
    query.reversed = !query.reversed;
    query.slice(0, 1);
  },
  lastByKey: (query: Query) => {
    orderByKey(query, true);
    query.slice(0, 1);
  },
} as const;
export type RowsVariant = keyof typeof variants;

function orderByKey(query: Query, descending: boolean): void {
  // What reverse() said of an order that was not known yet holds for this one.
  query.ordering = [{ form: 'term', term: new OrderingTerm(query.keyColumn(), descending) }];
}

/** The statement that reads rows; undefined when there can be none. */
export function rowsPlan(shape: QueryShape, variant: RowsVariant, dialect: Dialect): Plan | undefined {
  return shape.plan(`${dialect.name} ${variant}`, () => {
    const query = shape.query.copy();
    variants[variant](query);
    return compileSelect(query, dialect, { ordered: true });
  });
}

/** The statement that computes aggregates over no rows, where they cannot be known without. */
export function summaryOfNothingPlan(shape: QueryShape, dialect: Dialect): Plan {
  return shape.plan(`${dialect.name} nothing`, () => {
    const plan = compileSelect(shape.query.copy(), dialect, { ordered: false, evenIfEmpty: true });
    if (plan === undefined) throw new Error('a summary always has a row');
    return plan;
  });
}

/** `SELECT 1 AS "a" … LIMIT 1` */
export function existsPlan(shape: QueryShape, dialect: Dialect): Plan | undefined {
  return shape.plan(`${dialect.name} exists`, () => {
    const query = shape.query.copy();
    if (query.distinct && query.sliced) return compileSelect(query, dialect, { ordered: true });
    query.distinct = false;
    query.ordering = [];
    query.slice(0, 1);
    const expressions = [{ expression: new Fixed('1'), name: 'a' }];
    return compileSelect(query, dialect, { ordered: false, expressions });
  });
}

export function compileSelect(query: Query, dialect: Dialect, options: SelectOptions): Plan | undefined {
  const writer = new SqlWriter(dialect);
  try {
    const { sql, row } = new SelectCompiler(query, writer).compile(options);
    const finished = writer.finish(sql);
    const reads = query.locking === undefined;
    return new Plan(finished.sql, finished.sources, rowReader(row), { describe: hasUntyped(row), reads });
  } catch (error) {
    if (error instanceof EmptyResultSet) return undefined;
    throw error;
  }
}
