import { DatabaseError, EmptyResultSet } from '../errors.ts';
import { Column } from '../expressions/field-reference.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { Collected } from '../query/collected.ts';
import type { Combination, Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import type { Dialect } from './dialect.ts';
import type { PathedTerm, ResolvedOrdering } from './ordering.ts';
import type { SqlWriter } from './writer.ts';

type PartCompiler = (query: Query, offset: number) => string;

/**
 * SQL of the parts with the operator between them. A part that cannot have rows is left out where that changes nothing.
 *
 * @param names columns every part returns; undefined when each returns what its own query says
 * @param added paths every part returns besides, to be ordered by
 * @throws EmptyResultSet when there can be no rows
 */
export function combinedSql(
  { combinator, all, parts }: Combination,
  names: readonly string[] | undefined,
  added: readonly string[],
  dialect: Dialect,
  compile: PartCompiler,
): string {
  const texts: string[] = [];
  for (const [at, { query, offset }] of parts.entries()) {
    try {
      texts.push(dialect.combinable(compile(widened(narrowed(query, names), added), offset)));
    } catch (error) {
      if (!(error instanceof EmptyResultSet)) throw error;
      if (combinator === 'intersection' || (combinator === 'difference' && at === 0)) throw error;
    }
  }
  if (texts.length === 0) throw new EmptyResultSet();
  const operator = { union: 'UNION', intersection: 'INTERSECT', difference: 'EXCEPT' }[combinator];
  return texts.join(` ${operator}${all ? ' ALL' : ''} `);
}

/** values() after a combination narrows every part that returns whole rows. */
function narrowed(given: Query, names: readonly string[] | undefined): Query {
  const query = given.copy();
  if (names === undefined || query.rows.form !== 'instances') return query;
  const resolver = new Resolver(query, new Places(0, new Collected()));
  const selected = names.map((name) => [name, query.annotations.get(name) ?? resolver.path(name)] as const);
  query.selected = new Map(selected);
  query.rows = { form: 'tuples', names };
  query.related = undefined;
  return query;
}

function widened(query: Query, added: readonly string[]): Query {
  // A part that says what it returns cannot return more.
  if (added.length > 0 && query.rows.form !== 'instances') throw new DatabaseError(unmatched);
  const resolver = new Resolver(query, new Places(0, new Collected()));
  for (const [at, path] of added.entries()) query.addAnnotation(orderingName(at), resolver.path(path), true);
  return query;
}
const unmatched = 'ORDER BY term does not match any column in the result set.';
function orderingName(at: number): string {
  return `__orderbycol${at + 1}`;
}

/** Columns of combined rows, with what they are ordered by and do not return yet added: paths for the parts. */
export function addedByOrdering(
  ordering: readonly PathedTerm[],
  columns: readonly { readonly expression: ExpressionNode }[],
  add: (expression: ExpressionNode, name: string) => void,
): string[] {
  const added: string[] = [];
  for (const { term, path } of ordering) {
    if (term === 'random' || path === undefined) continue;
    if (columns.some(({ expression }) => same(expression, term.expression))) continue;
    add(term.expression, orderingName(added.length));
    added.push(path);
  }
  return added;
}

/** ORDER BY of combined rows: positions, because the columns have no table any more. */
export function combinedOrdering(
  ordering: readonly ResolvedOrdering[],
  columns: readonly { readonly expression: ExpressionNode }[],
  writer: SqlWriter,
): string[] {
  return ordering.map((term) => {
    const at = columns.findIndex(({ expression }) => term !== 'random' && same(expression, term.expression));
    if (term !== 'random' && at !== -1) return term.toSql(writer, String(at + 1));
    throw new DatabaseError(unmatched);
  });
}
function same(left: ExpressionNode, right: ExpressionNode): boolean {
  if (left === right) return true;
  return (
    left instanceof Column &&
    right instanceof Column &&
    left.alias === right.alias &&
    left.field === right.field
  );
}
