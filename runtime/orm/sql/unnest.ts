import type { DriverRequest } from '../../bridge/messages.ts';
import { binaryArray } from '../fields/binary.ts';
import type { Field } from '../fields/field.ts';
import { wireArray } from '../fields/structured.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { optimises } from '../optimisations.ts';
import type { WireValue } from '../protocol/outgoing.ts';
import { namedRequest } from './named.ts';

/** Rows that come as one array per column, so that the text does not depend on how many there are. */
export interface Unnested {
  /** `UNNEST(…) AS source(…)` */
  readonly source: string;
  /** The columns of a row, in the order of the fields. */
  readonly columns: readonly string[];
  /** True when none of the columns needs a cast. */
  readonly direct: boolean;
}

/**
 * Casts are to unbounded types: a bounded one would cut a string that is too long instead of refusing it. UNNEST takes
 * arrays of arrays apart altogether, and composite types into columns, so that those come as text.
 *
 * @param marks a parameter for each field
 */
export function unnest(fields: readonly Field[], marks: readonly string[]): Unnested {
  const asText = (field: Field) => field.family === 'array' || field.serverType !== undefined;
  const arrays = fields.map((field, at) => `${marks[at]}::${asText(field) ? 'text' : field.castType()}[]`);
  const names = fields.map((_field, at) => `v${at}`);
  return {
    direct: !fields.some(asText),
    source: `UNNEST(${arrays.join(', ')}) AS source(${names.join(', ')})`,
    columns: fields.map((field, at) =>
      asText(field) ? `source.v${at}::${field.castType()}` : `source.v${at}`,
    ),
  };
}

/** Rows by attribute. */
export type ColumnRows = readonly Readonly<Record<string, unknown>>[];

/** The values of one column as an array; as bytes where that is cheaper and every value has such a form. */
export function columnParameter(field: Field, rows: ColumnRows): WireValue {
  return binaryColumn(field, rows) ?? textColumn(field, rows);
}
/** The values of one column as the bytes of an array; undefined when one of them, such as an expression, has none. */
export function binaryColumn(field: Field, rows: ColumnRows): Uint8Array | undefined {
  // Bytes must be those of the very type.
  const plain = field.serverType === undefined && optimises('binary-columns');
  const form = plain ? field.binary : undefined;
  return form === undefined ? undefined : binaryArray(form, rows, field.attribute);
}
export function textColumn(field: Field, rows: ColumnRows): WireValue {
  return wireArray(rows.map((row) => field.toWire(row[field.attribute])));
}

/** `UPDATE … FROM UNNEST(…)`: some fields of many instances, each row once. */
export function updateFromArrays(
  model: ModelMeta,
  instances: readonly ModelInstance[],
  fields: readonly Field[],
): DriverRequest {
  const keys = model.keyFields;
  const written = [...keys, ...fields];
  const { source, columns } = unnest(
    written,
    written.map((_field, at) => `$${at + 1}`),
  );
  const table = quote(model.table);
  const sets = fields.map((field, at) => `${quote(field.column)} = ${columns[keys.length + at]}`);
  const same = keys.map((field, at) => `${table}.${quote(field.column)} = ${columns[at]}`);
  const text = `UPDATE ${table} SET ${sets.join(', ')} FROM ${source} WHERE ${same.join(' AND ')}`;
  return namedRequest(
    text,
    written.map((field) => columnParameter(field, instances)),
  );
}
