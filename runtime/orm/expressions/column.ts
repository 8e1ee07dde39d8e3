import type { Field } from '../fields/field.ts';
import type { TableAlias } from '../query/joins.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { type ExpressionNode, ResolvedNode } from './node.ts';

// What names stand for in a query, once they are resolved.

/** A column of one joined table. */
export class Column extends ResolvedNode {
  readonly alias: TableAlias;
  readonly field: Field;
  readonly output: Field;

  /** @param output field whose type and lookups apply, where it is not `field`: a key stands in for a relation */
  constructor(alias: TableAlias, field: Field, output: Field = field) {
    super();
    this.alias = alias;
    this.field = field;
    this.output = output;
  }
  toSql(writer: SqlWriter): string {
    return writer.column(this.alias, this.field);
  }
}

/** The columns that a key of several is made of; undefined for any other expression. */
export function partColumns(expression: ExpressionNode): readonly Column[] | undefined {
  if (!(expression instanceof Column)) return undefined;
  return expression.field.parts?.map((part) => new Column(expression.alias, part));
}

/** What COUNT counts of a key of several columns: one of them tells, unless several may be null on their own. */
export function countable(columns: readonly Column[]): ExpressionNode {
  const nullable = columns.filter(({ field }) => field.options.nullable);
  const [telling] = nullable.length === 0 ? columns : nullable;
  return nullable.length > 1 || telling === undefined ? new WholeRow(columns) : telling;
}

/** A value where all columns of a row have one, else null. */
class WholeRow extends ResolvedNode {
  readonly #columns: readonly Column[];

  constructor(columns: readonly Column[]) {
    super();
    this.#columns = columns;
  }
  override get children(): readonly ExpressionNode[] {
    return this.#columns;
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    const whole = this.#columns.map((column) => `${column.toSql(writer)} IS NOT NULL`).join(' AND ');
    return `CASE WHEN ${whole} THEN 1 END`;
  }
}

/** An annotation named in an outer query: the inner one computes it. */
export class AnnotationReference extends ResolvedNode {
  readonly name: string;
  readonly source: ExpressionNode;

  constructor(name: string, source: ExpressionNode) {
    super();
    this.name = name;
    this.source = source;
  }
  get output(): Field | undefined {
    return this.source.output;
  }
  override get containsAggregate(): boolean {
    return false;
  }
  toSql(writer: SqlWriter): string {
    return writer.outputName(this.name);
  }
}
