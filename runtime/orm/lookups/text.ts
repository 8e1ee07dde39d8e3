import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import { storable } from '../models/naming.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { compare, isNull, type LookupBuilder, noNull } from './comparisons.ts';
import { Bare, never, type Operand, Test } from './operand.ts';

interface Pattern {
  readonly before: '' | '%';
  readonly after: '' | '%';
  readonly ignoreCase: boolean;
}

/** A value as the text a column is compared with. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return storable(value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new ValueError(`A text lookup takes a string, not ${describe(value)}.`);
}

/** The value as a LIKE pattern; its own `%`, `_` and `\` stand for themselves. */
function escaped(value: unknown): string {
  return textOf(value).replace(/[\\%_]/g, '\\$&');
}
function escapedSql(sql: string, { asText, literal }: Dialect): string {
  const marked = ['\\', '%', '_'].reduce(
    (text, mark) => `REPLACE(${text}, ${literal(mark)}, ${literal(`\\${mark}`)})`,
    asText(`(${sql})`),
  );
  return marked;
}

function like({ before, after, ignoreCase }: Pattern): LookupBuilder {
  return (lhs, operand, resolver) => {
    if (operand.form === 'null') throw noNull();
    if (operand.form === 'outside') return never;
    const right = pattern(operand, resolver, before, after);
    return new Test([lhs, ...right.parts], (writer) =>
      writer.dialect.like(lhs.toSql(writer), right.toSql(writer), ignoreCase),
    );
  };
}

function pattern(operand: Operand, resolver: Resolver, before: string, after: string) {
  if (operand.form === 'value') {
    const place = resolver.place(operand.owner, (value) => before + escaped(value) + after);
    const parameter = new Bare(place);
    return { parts: [parameter], toSql: (writer: SqlWriter) => parameter.toSql(writer) };
  }
  if (operand.form !== 'expression') throw new TypeError('A text lookup takes a string or an expression.');
  const { expression } = operand;
  const around = (sql: string) => `${before && "'%' || "}${sql}${after && " || '%'"}`;
  return {
    parts: [expression],
    toSql: (writer: SqlWriter) => around(escapedSql(expression.toSql(writer), writer.dialect)),
  };
}

/** `UPPER(x::text)`, for comparisons that ignore case. */
class Folded extends ResolvedNode {
  readonly inner: ExpressionNode;
  /** True for what is text already. */
  readonly #text: boolean;

  constructor(inner: ExpressionNode, text = false) {
    super();
    this.inner = inner;
    this.#text = text;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.inner];
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    const sql = this.inner.toSql(writer);
    return writer.dialect.folded(this.#text ? sql : writer.dialect.asText(sql));
  }
}

const iexact: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form === 'null') return isNull(lhs, true);
  return compare(new Folded(lhs), '=', new Folded(textSide(operand, resolver), true));
};

function textSide(operand: Operand, resolver: Resolver): ExpressionNode {
  if (operand.form === 'expression') return operand.expression;
  if (operand.form === 'null') throw noNull();
  if (operand.form !== 'value') throw new TypeError('A text lookup takes a string or an expression.');
  return new Bare(resolver.place(operand.owner, textOf));
}

function regularExpression(ignoreCase: boolean): LookupBuilder {
  return (lhs, operand, resolver) => {
    const right = textSide(operand, resolver);
    return new Test([lhs, right], (writer) =>
      writer.dialect.regex(lhs.toSql(writer), right.toSql(writer), ignoreCase),
    );
  };
}

export const textLookups: Readonly<Record<string, LookupBuilder>> = {
  iexact,
  contains: like({ before: '%', after: '%', ignoreCase: false }),
  icontains: like({ before: '%', after: '%', ignoreCase: true }),
  startsWith: like({ before: '', after: '%', ignoreCase: false }),
  istartsWith: like({ before: '', after: '%', ignoreCase: true }),
  endsWith: like({ before: '%', after: '', ignoreCase: false }),
  iendsWith: like({ before: '%', after: '', ignoreCase: true }),
  regex: regularExpression(false),
  iregex: regularExpression(true),
};
