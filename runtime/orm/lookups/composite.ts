import { ValueError } from '../errors.ts';
import { partColumns } from '../expressions/field-reference.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { CompositeKeyField } from '../fields/composite.ts';
import type { Field, Wire } from '../fields/field.ts';
import { wireArray } from '../fields/structured.ts';
import type { Resolver } from '../query/resolver.ts';
import { WhereNode } from '../query/where.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { compare, isNull, type LookupBuilder, subquery } from './comparisons.ts';
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
class RowParameter extends ExpressionNode {
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
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): ExpressionNode {
    return this;
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

function keyOf(lhs: ExpressionNode): CompositeKeyField {
  return lhs.output as CompositeKeyField;
}

/** The right-hand side as a row. */
function row(lhs: ExpressionNode, operand: Operand, resolver: Resolver, name: string): ExpressionNode {
  if (operand.form === 'expression') return operand.expression;
  if (operand.form === 'subquery') return subquery(operand, resolver, 'single');
  if (operand.form !== 'list' && !(operand.form === 'value' && isInstance(operand.sample)))
    throw new ValueError(`'${name}' lookup of 'pk' must be a list.`);
  const key = keyOf(lhs);
  const encoders = key.parts.map((part) => comparisonEncoder(part));
  const place = resolver.place(operand.owner, (given) =>
    itemsOf(keyOfInstance(given, key.model), key, `'${name}' lookup of 'pk' must have %d elements.`).map(
      (item, at): Wire => (item === null ? null : (encoders[at]?.(item) ?? null)),
    ),
  );
  return new RowParameter(place, key.parts);
}
function itemsOf(given: unknown, key: CompositeKeyField, message: string): readonly unknown[] {
  if (Array.isArray(given) && given.length === key.parts.length) return given;
  throw new ValueError(message.replace('%d', String(key.parts.length)));
}

function comparison(operator: string): LookupBuilder {
  return (lhs, operand, resolver, name) => {
    if (operand.form === 'outside') {
      if (operator === '=') return never;
      throw new ValueError(`'${name}' lookup of 'pk' has a number that the column cannot hold.`);
    }
    if (operand.form === 'null') {
      if (operator === '=') return nullTest(lhs, true);
      throw new ValueError('Cannot use None as a query value');
    }
    return compare(lhs, operator, row(lhs, operand, resolver, name));
  };
}

const inList: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form === 'subquery') {
    const rows = subquery(operand, resolver, 'list');
    return new Test([lhs], (writer) => `${lhs.toSql(writer)} IN ${rows.toSql(writer)}`);
  }
  if (operand.form !== 'list') throw new TypeError("'in' lookup of 'pk' must be a collection of lists.");
  if (operand.empty) return never;
  const key = keyOf(lhs);
  const { parts } = key;
  const encoders = parts.map((part) => comparisonEncoder(part));
  const place = resolver.place(operand.owner, (given) => {
    const rows = [...(given as Iterable<unknown>)].flatMap((each) => {
      if (!Array.isArray(each)) throw new ValueError("'in' lookup of 'pk' must be a collection of lists.");
      const row = itemsOf(each, key, "'in' lookup of 'pk' must have %d elements each.");
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

/** As in Django, a key is null when one of its columns is. */
function nullTest(lhs: ExpressionNode, wanted: boolean): WhereNode {
  const tests = (partColumns(lhs) ?? [lhs]).map((column) => isNull(column, wanted));
  return new WhereNode(tests, wanted ? 'OR' : 'AND');
}

export const compositeLookups: Readonly<Record<string, LookupBuilder>> = {
  exact: comparison('='),
  gt: comparison('>'),
  gte: comparison('>='),
  lt: comparison('<'),
  lte: comparison('<='),
  in: inList,
  isNull: (lhs, operand) => {
    if (operand.form === 'boolean') return nullTest(lhs, operand.value);
    throw new ValueError('The QuerySet value for an isnull lookup must be True or False.');
  },
};
