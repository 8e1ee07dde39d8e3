import { EmptyResultSet } from '../errors.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import type { Field, Wire } from '../fields/field.ts';
import type { Query } from '../query/query.ts';
import type { Predicate } from '../query/where.ts';
import type { SqlWriter } from '../sql/writer.ts';

/** The right-hand side of a lookup, by what the SQL depends on. */
export type Operand =
  | { readonly form: 'null' }
  | { readonly form: 'boolean'; readonly value: boolean }
  | { readonly form: 'expression'; readonly expression: ExpressionNode }
  /** One value; `owner` finds its place, `sample` is the value of the first such query. */
  | { readonly form: 'value'; readonly owner: object; readonly sample: unknown }
  /** `sample` is the first value of the first such query that is not null, `values` are all of that query. */
  | {
      readonly form: 'list';
      readonly owner: object;
      readonly empty: boolean;
      readonly sample: unknown;
      readonly values: readonly unknown[];
    }
  /** A list with expressions in it. */
  | { readonly form: 'items'; readonly items: readonly Operand[] }
  /** A query set; its values start at the place of `owner`. */
  | { readonly form: 'subquery'; readonly owner: object; readonly query: Query }
  /** A number beyond what the column can hold. */
  | { readonly form: 'outside'; readonly side: 'above' | 'below' };

/** Thrown by an encoder for a number that the column cannot hold; the query is then built for that case. */
export class OutsideRange extends Error {
  readonly side: 'above' | 'below';

  constructor(side: 'above' | 'below') {
    super('the number is outside the range of the column');
    this.side = side;
  }
}

/** A parameter without a cast: the server takes its type from what it is compared with. */
export class Bare extends ResolvedNode {
  readonly #place: number;
  readonly #field: Field | undefined;
  readonly #finish: ((value: unknown) => Wire) | undefined;

  /** @param field what it is compared with; absent for plain text */
  constructor(place: number, field?: Field, finish?: (value: unknown) => Wire) {
    super();
    this.#place = place;
    this.#field = field;
    this.#finish = finish;
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    const mark = writer.parameter(this.#place, this.#finish, this.#field);
    return this.#field === undefined ? mark : writer.dialect.operand(mark, this.#field);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** A list of values as one parameter, so that the SQL does not depend on their number. */
export class ListParameter extends ResolvedNode {
  readonly #place: number;
  readonly element: Field;

  constructor(place: number, element: Field) {
    super();
    this.#place = place;
    this.element = element;
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    return writer.list(this.#place, this.element);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** `lhs` is one of the list. */
export function among(lhs: ExpressionNode, list: ListParameter): Predicate {
  return new Test([lhs], (writer) =>
    writer.dialect.among(lhs.toSql(writer), list.toSql(writer), list.element),
  );
}

/** Text put into the SQL as it is: never a value of the caller. */
export class Fixed extends ResolvedNode {
  readonly #sql: string;
  readonly output: Field | undefined;

  constructor(sql: string, output?: Field) {
    super();
    this.#sql = sql;
    this.output = output;
  }
  toSql(): string {
    return this.#sql;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** A value that is part of the SQL, because the SQL depends on it. */
export class Literal extends ResolvedNode {
  readonly output: Field;
  readonly #value: unknown;

  constructor(output: Field, value: unknown) {
    super();
    this.output = output;
    this.#value = value;
  }
  toSql({ dialect }: SqlWriter): string {
    const text = this.output.encode(this.#value);
    return dialect.literal(dialect.wire(this.output)?.(text) ?? text);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** A condition made of expressions and the text between them. */
export class Test implements Predicate {
  readonly parts: readonly ExpressionNode[];
  readonly #write: (writer: SqlWriter) => string;

  constructor(parts: readonly ExpressionNode[], write: (writer: SqlWriter) => string) {
    this.parts = parts;
    this.#write = write;
  }
  get containsAggregate(): boolean {
    return this.parts.some((part) => part.containsAggregate);
  }
  get containsWindow(): boolean {
    return this.parts.some((part) => part.containsWindow);
  }
  groupBy(): readonly ExpressionNode[] {
    return this.parts.flatMap((part) => part.groupBy());
  }
  toSql(writer: SqlWriter): string {
    return this.#write(writer);
  }
}

/** A condition that no row meets. */
export const never = new Test([], () => {
  throw new EmptyResultSet();
});
