import { ValueError } from '../errors.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import type { Field, Wire } from '../fields/field.ts';
import { ForeignObjectField } from '../fields/foreign-object.ts';
import { wireArray } from '../fields/structured.ts';
import { valueIn } from '../models/keys.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { compare, isNull, type LookupBuilder, noNull, subquery } from './comparisons.ts';
import { comparisonEncoder, isInstance, keyOfInstance } from './encode.ts';
import { never, type Operand, OutsideRange, Test } from './operand.ts';

// A key of several columns is compared as a row: `("tenant", "number") = ($1, $2)`.

/** Gives the value of one column out of those of a row; the same function each time, so that equal parameters are one. */
const items: ((row: unknown) => Wire)[] = [];
function itemAt(at: number): (row: unknown) => Wire {
  items[at] ??= (row) => (row as readonly Wire[])[at] ?? null;
  return items[at];
}

/** The columns of a value, each as a parameter. */
class RowParameter extends ResolvedNode {
  readonly #place: number;
  readonly #parts: readonly Field[];

  constructor(place: number, parts: readonly Field[]) {
    super();
    this.#place = place;
    this.#parts = parts;
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    const marks = this.#parts.map((field, at) =>
      writer.dialect.operand(writer.parameter(this.#place, itemAt(at), field), field),
    );
    return `(${marks.join(', ')})`;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** A field of several columns. */
interface Key extends Field {
  readonly parts: readonly Field[];
}
function keyOf(lhs: ExpressionNode): Key {
  return lhs.output as Key;
}
/** What stands for a row: its key, or for a relation the columns of its target that are pointed at. */
function rowOf(given: unknown, key: Key): unknown {
  if (!(key instanceof ForeignObjectField)) return keyOfInstance(given, key.model);
  keyOfInstance(given, key.target);
  return isInstance(given) ? valueIn(given, key.targetField) : given;
}

/** The right-hand side as a row. */
function row(lhs: ExpressionNode, operand: Operand, resolver: Resolver, name: string): ExpressionNode {
  const key = keyOf(lhs);
  if (operand.form === 'expression') return operand.expression;
  if (operand.form === 'subquery') return subquery(operand, resolver, 'single', lhs);
  if (operand.form !== 'list' && !(operand.form === 'value' && isInstance(operand.sample)))
    throw new ValueError(`'${name}' lookup of '${key.name}' must be a list.`);
  const encoders = key.parts.map((part) => comparisonEncoder(part));
  const place = resolver.place(operand.owner, (given) => {
    const items = rowOf(given, key);
    // A row without a value in a column that is pointed at is pointed at by none.
    if (items === null) throw new OutsideRange('above');
    return itemsOf(items, key, `'${name}' lookup of '${key.name}' must have %d elements.`).map(
      (item, at): Wire => (item === null ? null : (encoders[at]?.(item) ?? null)),
    );
  });
  return new RowParameter(place, key.parts);
}
function itemsOf(given: unknown, key: Key, message: string): readonly unknown[] {
  if (Array.isArray(given) && given.length === key.parts.length) return given;
  throw new ValueError(message.replace('%d', String(key.parts.length)));
}

function comparison(operator: string): LookupBuilder {
  return (lhs, operand, resolver, name) => {
    if (operand.form === 'outside') {
      if (operator === '=') return never;
      throw new ValueError(
        `'${name}' lookup of '${keyOf(lhs).name}' has a number that the column cannot hold.`,
      );
    }
    if (operand.form === 'null') {
      if (operator === '=') return isNull(lhs, true);
      throw noNull();
    }
    return compare(lhs, operator, row(lhs, operand, resolver, name));
  };
}

const inList: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form === 'subquery') {
    const rows = subquery(operand, resolver, 'list', lhs);
    return new Test([lhs], (writer) => `${lhs.toSql(writer)} IN ${rows.toSql(writer)}`);
  }
  const key = keyOf(lhs);
  const notLists = `'in' lookup of '${key.name}' must be a collection of lists.`;
  if (operand.form !== 'list') throw new TypeError(notLists);
  if (operand.empty) return never;
  const { parts } = key;
  const encoders = parts.map((part) => comparisonEncoder(part));
  const place = resolver.place(operand.owner, (given) => {
    const rows = [...(given as Iterable<unknown>)].flatMap((each) => {
      const items = rowOf(each, key);
      if (items === null) return [];
      if (!Array.isArray(items)) throw new ValueError(notLists);
      const row = itemsOf(items, key, `'in' lookup of '${key.name}' must have %d elements each.`);
      // Null is equal to nothing, and a number beyond the column is in none of its rows.
      return row.includes(null) ? [] : encodedRow(row, encoders);
    });
    return parts.map((_part, at) => wireArray(rows.map((each) => each[at] ?? null)));
  });
  return new Test([lhs], (writer) => {
    const marks = parts.map((part, at) => writer.list(place, part, itemAt(at)));
    return writer.dialect.amongRows(lhs.toSql(writer), marks, parts);
  });
};
function encodedRow(row: readonly unknown[], encoders: readonly ((value: unknown) => Wire)[]): Wire[][] {
  try {
    return [row.map((item, at) => encoders[at]?.(item) ?? null)];
  } catch (error) {
    if (error instanceof OutsideRange) return [];
    throw error;
  }
}

export const compositeLookups: Readonly<Record<string, LookupBuilder>> = {
  exact: comparison('='),
  gt: comparison('>'),
  gte: comparison('>='),
  lt: comparison('<'),
  lte: comparison('<='),
  in: inList,
  isNull: (lhs, operand) => {
    if (operand.form === 'boolean') return isNull(lhs, operand.value);
    throw new ValueError('The QuerySet value for an isNull lookup must be true or false.');
  },
};
