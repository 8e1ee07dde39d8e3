import { ValueError } from '../errors.ts';
import { partColumns } from '../expressions/column.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { Fixed, Test } from '../lookups/operand.ts';
import type { OuterBindings } from '../query/outer.ts';
import type { Query } from '../query/query.ts';
import type { Predicate } from '../query/where.ts';
import { SelectCompiler } from './select.ts';
import type { SqlWriter } from './writer.ts';

/** The rows of a query used as a value. */
export class SubqueryExpression extends ResolvedNode {
  readonly #query: Query;
  readonly #offset: number;
  readonly #columns: readonly ExpressionNode[];
  readonly #outer: OuterBindings;

  constructor(query: Query, offset: number, columns: readonly ExpressionNode[], outer: OuterBindings) {
    super();
    this.#outer = outer;
    this.#query = query;
    this.#offset = offset;
    this.#columns = columns;
  }
  get output(): Field | undefined {
    return this.#columns[0]?.output;
  }
  toSql(writer: SqlWriter): string {
    const compiler = new SelectCompiler(this.#query, writer.nested(this.#offset, this.#outer));
    const expressions = this.#columns.map((expression) => ({ expression }));
    return `(${compiler.compile({ ordered: keepsOrder(this.#query), expressions }).sql})`;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** True where the order decides which rows there are. */
function keepsOrder(query: Query): boolean {
  return query.sliced || query.distinctFields.length > 0;
}

/**
 * A query set as the right-hand side of a lookup.
 *
 * @param offset place of the subquery's first value among those of the query around it
 * @param outer what names of the query around it mean there
 * @param use `single` for a comparison with one row, `list` for `in`
 * @param width how many columns it is compared with: several for a key that has them
 */
export function compileSubquery(
  query: Query,
  offset: number,
  use: 'single' | 'list',
  outer: OuterBindings,
  width = 1,
): ExpressionNode {
  if (use === 'single' && query.end !== query.start + 1) {
    throw new ValueError(
      'The QuerySet value for an exact lookup must be limited to one result using slicing.',
    );
  }
  return new SubqueryExpression(query, offset, selectedColumns(query, use, width), outer);
}

/** The one column a query used as a value selects. */
export function onlyColumn(query: Query, use: 'single' | 'list'): ExpressionNode {
  return selectedColumns(query, use, 1)[0] as ExpressionNode;
}

/** What a query used as a value selects: as many columns as it is compared with. */
function selectedColumns(query: Query, use: 'single' | 'list', width: number): readonly ExpressionNode[] {
  const columns =
    query.rows.form === 'instances'
      ? [query.keyColumn()]
      : query.rows.names.map((name) => query.selected?.get(name) ?? query.annotations.get(name));
  const known = columns.filter((column) => column !== undefined);
  const received = known.reduce((count, column) => count + (partColumns(column)?.length ?? 1), 0);
  if (known.length === columns.length && received === width) return known;
  const lookup = use === 'list' ? "'in'" : 'exact';
  throw new ValueError(
    `The QuerySet value for the ${lookup} lookup must have ${width} selected fields (received ${received})`,
  );
}

/** `EXISTS (SELECT 1 …)`. */
export function existsSubquery(query: Query, offset = 0, outer?: OuterBindings): Predicate {
  return new Test([], (writer) => {
    const compiler = new SelectCompiler(query, writer.nested(offset, outer));
    const { sql } = compiler.compile({
      ordered: false,
      expressions: [{ expression: new Fixed('1'), name: 'a' }],
    });
    return `EXISTS(${sql})`;
  });
}
