import { DatabaseError, EmptyResultSet } from '../errors.ts';
import { Column } from '../expressions/field-reference.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { Collected } from '../query/collected.ts';
import type { Combination, Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import type { Dialect } from './dialect.ts';
import type { ResolvedOrdering } from './ordering.ts';
import type { SqlWriter } from './writer.ts';

type PartCompiler = (query: Query, offset: number) => string;

/**
 * SQL of the parts with the operator between them. A part that cannot have rows is left out where that changes nothing.
 *
 * @param names columns every part returns; undefined when each returns what its own query says
 * @throws EmptyResultSet when there can be no rows
 */
export function combinedSql(
  { combinator, all, parts }: Combination,
  names: readonly string[] | undefined,
  dialect: Dialect,
  compile: PartCompiler,
): string {
  const texts: string[] = [];
  for (const [at, { query, offset }] of parts.entries()) {
    try {
      texts.push(dialect.combinable(compile(narrowed(query, names), offset)));
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

/** ORDER BY of combined rows: positions, because the columns have no table any more. */
export function combinedOrdering(
  ordering: readonly ResolvedOrdering[],
  columns: readonly { readonly expression: ExpressionNode }[],
  writer: SqlWriter,
): string[] {
  return ordering.map((term) => {
    const at = columns.findIndex(({ expression }) => term !== 'random' && same(expression, term.expression));
    if (term !== 'random' && at !== -1) return term.toSql(writer, String(at + 1));
    throw new DatabaseError('ORDER BY term does not match any column in the result set.');
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
