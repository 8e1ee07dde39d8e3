import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { quote } from '../models/naming.ts';
import { isDeferred, isPartial } from '../models/partial.ts';
import { metaKey } from '../models/registry.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { comparisonEncoder, isInstance, keyOfInstance } from './encode.ts';

// A foreign key may be compared with rows that were read without the column that it points at. Building a query must
// not ask for it, on no path: the statement looks it up by the keys of the rows.

/**
 * What a given row, or the rows of a list, came without, as a token of the query's shape.
 *
 * @returns undefined where nothing is missing, or where not all that is given are rows
 */
export function lackingToken(given: readonly unknown[]): string | undefined {
  let names: Set<string> | undefined;
  for (const row of given) {
    if (!isInstance(row)) return undefined;
    if (!isPartial(row)) continue;
    names ??= new Set();
    for (const { attribute } of row[metaKey].fields) if (isDeferred(row, attribute)) names.add(attribute);
  }
  return names === undefined || names.size === 0 ? undefined : `lacking ${[...names].sort().join(' ')}`;
}

/** The column of a foreign key's target that one of the rows, all of them instances, came without. */
export function lackedTarget(field: Field | undefined, rows: readonly unknown[]): Field | undefined {
  if (!(field instanceof ForeignKeyField) || lackingToken(rows) === undefined) return undefined;
  const { targetField } = field;
  if (targetField.isKey || targetField.parts !== undefined) return undefined;
  if (targetField.model.primaryKey.parts !== undefined) return undefined;
  const lacks = (row: object) => isPartial(row) && isDeferred(row, targetField.attribute);
  return rows.some((row) => lacks(row as object)) ? targetField : undefined;
}

/** Encoder of rows that a foreign key to `held` is compared with, by their keys. */
export function rowEncoder(held: Field): (row: unknown) => string {
  const encode = comparisonEncoder(held.model.primaryKey);
  return (row) => encode(keyOfInstance(row, held.model));
}

/** `(SELECT "code" FROM "wing" WHERE …)`: what the rows hold in a column. */
export class HeldByRows extends ResolvedNode {
  readonly output: Field;
  readonly #test: (key: string, writer: SqlWriter) => string;

  /** @param test condition on the key column, which is given as SQL */
  constructor(output: Field, test: (key: string, writer: SqlWriter) => string) {
    super();
    this.output = output;
    this.#test = test;
  }
  toSql(writer: SqlWriter): string {
    const { column, model } = this.output;
    const test = this.#test(quote(model.primaryKey.column), writer);
    return `(SELECT ${quote(column)} FROM ${quote(model.table)} WHERE ${test})`;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}
