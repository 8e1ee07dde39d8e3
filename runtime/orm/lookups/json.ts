import { ValueError } from '../errors.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import { literal } from '../models/naming.ts';
import { wireArray } from '../sql/write.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { compare, equalityLookups, type LookupBuilder, orderingLookups, side } from './comparisons.ts';
import { Bare, Fixed, never } from './operand.ts';
import { textLookups } from './text.ts';
import { Transform } from './transforms.ts';

const json = new JsonField();
const text = new TextField();

/** The value at a key or index of a JSON value: `meta__k__0`. */
export class JsonKey extends Transform {
  readonly #keys: readonly string[];
  readonly #root: ExpressionNode;

  constructor(inner: ExpressionNode, key: string, output: Field = json) {
    super(key, inner, output, String);
    this.#root = inner instanceof JsonKey ? inner.#root : inner;
    this.#keys = inner instanceof JsonKey ? [...inner.#keys, key] : [key];
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
    const last = this.output === text ? '>' : '';
    const root = this.#root.toSql(writer);
    const [only = ''] = this.#keys;
    // Keys are part of the path, so the SQL depends on them; a whole number is an index, as in Django.
    if (this.#keys.length > 1) return `(${root} #>${last} ${literal(wireArray(this.#keys.map(named)))})`;
    return `(${root} ->${last} ${/^-?\d{1,9}$/.test(only) ? only : literal(named(only))})`;
  }
}

/** A key as it may stand in a literal. */
function named(key: string): string {
  if (/[\0\uE000\uE001]/.test(key)) throw new ValueError('A JSON key cannot contain control characters.');
  return key;
}

/** JSON null is a value, SQL null the lack of one: `exact` looks for the first, `isNull` for the second. */
const exact: LookupBuilder = (lhs, operand, resolver) =>
  compare(lhs, '=', operand.form === 'null' ? new Fixed("'null'::jsonb") : side(lhs, operand, resolver));

function containment(operator: '@>' | '<@'): LookupBuilder {
  return (lhs, operand, resolver) => {
    const rhs = operand.form === 'null' ? new Fixed("'null'::jsonb") : side(lhs, operand, resolver);
    return compare(lhs, operator, rhs);
  };
}

const hasKey: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form !== 'value') throw new TypeError('The value of a hasKey lookup must be a key.');
  return compare(lhs, '?', new Bare(resolver.place(operand.owner, String)));
};
function hasSeveral(operator: '?&' | '?|', name: string): LookupBuilder {
  return (lhs, operand, resolver) => {
    if (operand.form !== 'list') throw new TypeError(`The value of a ${name} lookup must be a list of keys.`);
    if (operand.empty && operator === '?|') return never;
    const encode = (keys: unknown) => wireArray([...(keys as Iterable<unknown>)].map(String));
    return compare(lhs, operator, new Bare(resolver.place(operand.owner, encode)));
  };
}

/** Text lookups read what is at a key as text: a string without its quotes. */
function onText(builder: LookupBuilder): LookupBuilder {
  return (lhs, operand, resolver, name) =>
    builder(lhs instanceof JsonKey ? lhs.asText() : lhs, operand, resolver, name);
}

/** Lookups of JSON columns and of what is inside them. */
export const jsonLookups: Readonly<Record<string, LookupBuilder>> = {
  ...orderingLookups,
  ...Object.fromEntries(Object.entries(textLookups).map(([name, builder]) => [name, onText(builder)])),
  ...equalityLookups,
  exact,
  contains: containment('@>'),
  containedBy: containment('<@'),
  hasKey,
  hasKeys: hasSeveral('?&', 'hasKeys'),
  hasAnyKeys: hasSeveral('?|', 'hasAnyKeys'),
};
