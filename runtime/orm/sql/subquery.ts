import { ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { Fixed, Test } from '../lookups/operand.ts';
import type { OuterBindings } from '../query/outer.ts';
import type { Query } from '../query/query.ts';
import type { Predicate } from '../query/where.ts';
import { SelectCompiler } from './select.ts';
import type { SqlWriter } from './writer.ts';

/** The rows of a query used as a value. */
export class SubqueryExpression extends ExpressionNode {
  readonly #query: Query;
  readonly #offset: number;
  readonly #column: ExpressionNode;
  readonly #outer: OuterBindings;

  constructor(query: Query, offset: number, column: ExpressionNode, outer: OuterBindings) {
    super();
    this.#outer = outer;
    this.#query = query;
    this.#offset = offset;
    this.#column = column;
  }
  get output(): Field | undefined {
    return this.#column.output;
  }
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): ExpressionNode {
    return this;
  }
  toSql(writer: SqlWriter): string {
    const compiler = new SelectCompiler(this.#query, writer.nested(this.#offset, this.#outer));
    const expressions = [{ expression: this.#column }];
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
 */
export function compileSubquery(
  query: Query,
  offset: number,
  use: 'single' | 'list',
  outer: OuterBindings,
): ExpressionNode {
  if (use === 'single' && query.end !== query.start + 1) {
    throw new ValueError(
      'The QuerySet value for an exact lookup must be limited to one result using slicing.',
    );
  }
  return new SubqueryExpression(query, offset, onlyColumn(query, use), outer);
}

/** The one column a query used as a value selects. */
export function onlyColumn(query: Query, use: 'single' | 'list'): ExpressionNode {
  if (query.rows.form === 'instances') return query.keyColumn();
  const [name, ...others] = query.rows.names;
  const column = name === undefined ? undefined : (query.selected?.get(name) ?? query.annotations.get(name));
  if (column === undefined || others.length > 0) {
    throw new ValueError(
      use === 'list'
        ? `The QuerySet value for the 'in' lookup must have 1 selected fields (received ${query.rows.names.length})`
        : `The QuerySet value for the exact lookup must have 1 selected fields (received ${query.rows.names.length})`,
    );
  }
  return column;
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
