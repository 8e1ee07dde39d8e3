import type { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { JsonField, wireArray } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type { Predicate } from '../query/where.ts';
import type { JsonDialect } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import {
  equalityLookups,
  type LookupBuilder,
  noNull,
  orderingLookups,
  requireComparable,
  side,
} from './comparisons.ts';
import { Bare, ListParameter, never, Test } from './operand.ts';
import { textLookups, textOf } from './text.ts';
import { Transform } from './transforms.ts';

const json = new JsonField();
const text = new TextField();

/** The value at a key or index of a JSON value: `meta__k__0`. */
export class JsonKey extends Transform {
  readonly #keys: readonly string[];
  readonly #root: ExpressionNode;

  constructor(inner: ExpressionNode, key: string, output: Field = json) {
    super(key, inner, output, (sql) => sql);
    this.#root = inner instanceof JsonKey ? inner.#root : inner;
    this.#keys = inner instanceof JsonKey ? [...inner.#keys, key] : [key];
  }
  /** The way from the column. */
  get keys(): readonly string[] {
    return this.#keys;
  }
  /** The same value as text, for lookups on text. */
  asText(): JsonKey {
    const [first = '', ...others] = this.#keys;
    let key = new JsonKey(this.#root, first, others.length === 0 ? text : json);
    for (const [at, name] of others.entries()) {
      key = new JsonKey(key, name, at === others.length - 1 ? text : json);
    }
    return key;
  }
  override toSql(writer: SqlWriter): string {
    const form = this.output === text ? 'text' : 'json';
    return writer.dialect.json.at(this.#root.toSql(writer), this.#keys, form);
  }
}

/** A JSON value as text: a string without its quotes. */
export function jsonAsText(value: ExpressionNode): ExpressionNode {
  return new Transform('text', value, text, (sql, dialect) => dialect.json.at(sql, [], 'text'));
}

type JsonTest = (json: JsonDialect, left: string, right: string) => string;

function jsonTest(lhs: ExpressionNode, rhs: ExpressionNode | null, write: JsonTest): Predicate {
  return new Test(rhs === null ? [lhs] : [lhs, rhs], (writer) => {
    const { json: dialect } = writer.dialect;
    const column = lhs instanceof JsonKey ? lhs.toSql(writer) : dialect.column(lhs.toSql(writer));
    if (rhs === null) return write(dialect, column, dialect.null);
    requireComparable(writer.dialect, lhs, rhs);
    const sql = rhs.toSql(writer);
    return write(dialect, column, rhs instanceof Bare ? dialect.operand(sql) : sql);
  });
}

/** JSON null is a value, SQL null the lack of one: `exact` looks for the first, `isNull` for the second. */
const exact: LookupBuilder = (lhs, operand, resolver) =>
  jsonTest(lhs, operand.form === 'null' ? null : side(lhs, operand, resolver), (dialect, left, right) =>
    dialect.compare(left, '=', right),
  );

function ordering(operator: '>' | '>=' | '<' | '<='): LookupBuilder {
  return (lhs, operand, resolver) =>
    jsonTest(lhs, side(lhs, operand, resolver), (dialect, left, right) =>
      dialect.compare(left, operator, right),
    );
}

function containment(test: 'contains' | 'containedBy'): LookupBuilder {
  return (lhs, operand, resolver) => {
    if (operand.form === 'null') throw noNull();
    return jsonTest(lhs, side(lhs, operand, resolver), (dialect, left, right) => dialect[test](left, right));
  };
}

const hasKey: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form === 'expression') return hasKeyOf(lhs, operand.expression);
  if (operand.form !== 'value')
    throw new TypeError('The value of a hasKey lookup must be a key or an expression.');
  const key = new Bare(resolver.place(operand.owner, textOf));
  return new Test([lhs], (writer) => writer.dialect.json.hasKey(lhs.toSql(writer), key.toSql(writer)));
};
/** A key of JSON stands for its own way, from the column that is asked; any other expression for the key's name. */
function hasKeyOf(lhs: ExpressionNode, expression: ExpressionNode): Predicate {
  if (!(expression instanceof JsonKey)) {
    return new Test([lhs, expression], (writer) => {
      const { dialect } = writer;
      return dialect.json.hasKey(lhs.toSql(writer), dialect.asText(`(${expression.toSql(writer)})`));
    });
  }
  const keys = [...expression.keys];
  const last = keys.pop() as string;
  const held = keys.reduce((inner: ExpressionNode, key) => new JsonKey(inner, key), lhs);
  return new Test([held], (writer) =>
    writer.dialect.json.hasKey(held.toSql(writer), writer.dialect.literal(last)),
  );
}
function hasSeveral(all: boolean, name: string): LookupBuilder {
  return (lhs, operand, resolver) => {
    if (operand.form !== 'list') throw new TypeError(`The value of a ${name} lookup must be a list of keys.`);
    if (operand.empty && !all) return never;
    const encode = (keys: unknown) => wireArray([...(keys as Iterable<unknown>)].map(textOf));
    const list = new ListParameter(resolver.place(operand.owner, encode), text);
    return new Test([lhs], (writer) =>
      writer.dialect.json.hasKeys(lhs.toSql(writer), list.toSql(writer), all),
    );
  };
}

/** Text lookups read what is at a key as text: a string without its quotes. */
function onText(builder: LookupBuilder): LookupBuilder {
  return (lhs, operand, resolver, name) =>
    builder(lhs instanceof JsonKey ? lhs.asText() : lhs, operand, resolver, name);
}

/** What is at a key is compared with the null of JSON, which is a value. */
const iexact: LookupBuilder = (lhs, operand, resolver, name) =>
  operand.form === 'null' && lhs instanceof JsonKey
    ? exact(lhs, operand, resolver, name)
    : onText(textLookups.iexact as LookupBuilder)(lhs, operand, resolver, name);

/** Lookups of JSON columns and of what is inside them. */
export const jsonLookups: Readonly<Record<string, LookupBuilder>> = {
  ...orderingLookups,
  ...Object.fromEntries(Object.entries(textLookups).map(([name, builder]) => [name, onText(builder)])),
  ...equalityLookups,
  exact,
  iexact,
  gt: ordering('>'),
  gte: ordering('>='),
  lt: ordering('<'),
  lte: ordering('<='),
  contains: containment('contains'),
  containedBy: containment('containedBy'),
  hasKey,
  hasKeys: hasSeveral(true, 'hasKeys'),
  hasAnyKeys: hasSeveral(false, 'hasAnyKeys'),
};
