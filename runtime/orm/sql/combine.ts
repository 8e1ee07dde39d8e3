import { DatabaseError, EmptyResultSet, FieldError, ProgrammingError } from '../errors.ts';
import { wider } from '../expressions/beside.ts';
import { Column } from '../expressions/column.ts';
import type { ExpressionNode, OrderingTerm } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { ArrayField } from '../fields/structured.ts';
import { Collected } from '../query/collected.ts';
import type { Combination, Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import type { Dialect } from './dialect.ts';
import type { NamedTerm, OrderingSource, ResolvedOrdering } from './ordering.ts';
import type { ColumnShape, RowShape } from './shape.ts';
import type { SqlWriter } from './writer.ts';

/** The statement of one part, and what its columns are. */
export interface CompiledPart {
  readonly sql: string;
  readonly columns: readonly ExpressionNode[];
}
type PartCompiler = (query: Query, offset: number) => CompiledPart;

/** What the parts return: the columns of each, and the statement they make together. */
export interface CombinedParts {
  readonly sql: string;
  readonly columns: readonly (readonly ExpressionNode[])[];
}

/**
 * SQL of the parts with the operator between them. A part that cannot have rows is left out where that changes nothing.
 *
 * @param names columns every part returns; undefined when each returns what its own query says
 * @param added what every part returns besides, to be ordered by
 * @throws EmptyResultSet when there can be no rows
 */
export function combinedParts(
  { combinator, all, parts }: Combination,
  names: readonly string[] | undefined,
  added: readonly OrderingSource[],
  dialect: Dialect,
  compile: PartCompiler,
): CombinedParts {
  const compiled: CompiledPart[] = [];
  const kept = keptPositions(parts[0]?.query, names);
  for (const [at, { query, offset }] of parts.entries()) {
    try {
      compiled.push(compile(narrowed(query, { names, kept, added, offset }), offset));
    } catch (error) {
      if (!(error instanceof EmptyResultSet)) throw error;
      if (combinator === 'intersection' || (combinator === 'difference' && at === 0)) throw error;
    }
  }
  if (compiled.length === 0) throw new EmptyResultSet();
  const operator = { union: 'UNION', intersection: 'INTERSECT', difference: 'EXCEPT' }[combinator];
  const columns = compiled.map((part) => part.columns);
  if (columns.some(({ length }) => length !== columns[0]?.length)) {
    // In PostgreSQL's words, before a statement that fails could spoil a transaction.
    throw new ProgrammingError(`each ${operator} query must have the same number of columns`);
  }
  const sql = compiled.map((part) => dialect.combinable(part.sql)).join(` ${operator}${all ? ' ALL' : ''} `);
  return { sql, columns };
}

interface Narrowing {
  readonly names: readonly string[] | undefined;
  /** Which columns stay of a part that says what it returns; undefined when all do. */
  readonly kept: readonly number[] | undefined;
  readonly added: readonly OrderingSource[];
  readonly offset: number;
}

/** values() after a combination narrows every part; ordering widens those again that return whole rows. */
function narrowed(given: Query, { names, kept, added, offset }: Narrowing): Query {
  const query = given.copy();
  const whole = query.rows.form === 'instances';
  // A part that says what it returns cannot return more.
  if (added.length > 0 && !whole) throw new DatabaseError(unmatched);
  const resolver = new Resolver(query, new Places(0, new Collected()));
  if (names !== undefined && whole) {
    const selected = names.map((name) => [name, query.annotations.get(name) ?? resolver.path(name)] as const);
    query.selected = new Map(selected);
    query.rows = { form: 'tuples', names };
    query.related = undefined;
  }
  const { rows } = given;
  if (kept !== undefined && rows.form !== 'instances') {
    query.rows = { form: 'tuples', names: kept.flatMap((at) => rows.names[at] ?? []) };
  }
  for (const [at, source] of added.entries()) {
    const found =
      typeof source === 'string'
        ? resolver.path(source)
        : source.term.expression.resolve(new Resolver(query, source.places.seenFrom(offset)));
    query.addSelected(orderingName(at), found);
  }
  return query;
}

/** Positions of `names` among what the first part returns, where it says so and they are not all of it. */
function keptPositions(
  first: Query | undefined,
  names: readonly string[] | undefined,
): readonly number[] | undefined {
  if (names === undefined || first === undefined || first.rows.form === 'instances') return undefined;
  const own = first.rows.names;
  if (own.length === names.length && own.every((name, at) => name === names[at])) return undefined;
  const unknown = names.find((name) => !own.includes(name));
  if (unknown !== undefined) {
    throw new FieldError(`Combined rows have no '${unknown}'. Choices are: ${own.join(', ')}`);
  }
  return names.map((name) => own.indexOf(name));
}

const unmatched = 'ORDER BY term does not match any column in the result set.';
function orderingName(at: number): string {
  return `__orderbycol${at + 1}`;
}

/** Columns of combined rows, with what they are ordered by and do not return yet added: what the parts are to add. */
export function addedByOrdering(
  ordering: readonly NamedTerm[],
  columns: readonly { readonly expression: ExpressionNode }[],
  add: (expression: ExpressionNode, name: string) => void,
): OrderingSource[] {
  const added: OrderingSource[] = [];
  for (const { term, source } of ordering) {
    if (term === 'random' || source === undefined) continue;
    if (isReturned(term, columns)) continue;
    add(term.expression, orderingName(added.length));
    added.push(source);
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
/** Whether combined rows have what a term orders by. */
export function isReturned(
  { expression }: OrderingTerm,
  columns: readonly { readonly expression: ExpressionNode }[],
): boolean {
  return columns.some((column) => same(column.expression, expression));
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

/** The row as the first part reads it, but for columns that are of another type in another part. */
export function combinedRow(row: RowShape, parts: CombinedParts['columns'], dialect: Dialect): RowShape {
  const known = (columns: readonly ColumnShape[]) =>
    columns.map((column) => {
      const outputs = parts.map((part) => part[column.at]?.output);
      if (outputs.every((output) => readAlike(output, outputs[0]))) return column;
      const wide = widest(outputs);
      // Unless they are numbers the server says what it made of them.
      return { ...column, decoder: wide === undefined ? undefined : dialect.decoder(wide) };
    });
  if (row.form !== 'instances') return { ...row, columns: known(row.columns) };
  const instance = { ...row.instance, columns: known(row.instance.columns) };
  return { ...row, instance, annotations: known(row.annotations) };
}
function readAlike(left: Field | undefined, right: Field | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left instanceof ArrayField && right instanceof ArrayField)
    return readAlike(left.element, right.element);
  return left.decoder === right.decoder || left.constructor === right.constructor;
}
/** The type that holds the numbers of all columns; undefined when some are none. */
function widest(outputs: readonly (Field | undefined)[]): Field | undefined {
  return outputs.reduce((wide, output) =>
    wide?.family === 'number' && output?.family === 'number' ? wider(wide, output) : undefined,
  );
}
