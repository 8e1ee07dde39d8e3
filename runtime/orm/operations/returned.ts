import type { RawResult, RawRow } from '../../bridge/messages.ts';
import type { Field } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Dialect } from '../sql/dialect.ts';
import { type RowReader, rowReader } from '../sql/reader.ts';

/** Takes over what the server made up for one row. */
export function takeReturned(
  instance: ModelInstance,
  fields: readonly Field[],
  row: RawRow | undefined,
  dialect: Dialect,
): void {
  if (row === undefined) return;
  for (const [at, field] of fields.entries()) {
    const text = row[at] ?? null;
    instance[field.attribute] = text === null ? null : (dialect.decoder(field).decode(text) ?? null);
  }
}

/** Columns that one statement gave back for many rows. */
export interface Returned {
  readonly meta: ModelMeta;
  readonly fields: readonly Field[];
  readonly result: RawResult;
  readonly dialect: Dialect;
  readonly alias: string;
}

/** The same for many rows, in the order of the instances; nothing where the server left some out. */
export function takeAllReturned(
  instances: readonly ModelInstance[],
  { meta, fields, result, dialect, alias }: Returned,
): void {
  const count = result.wire?.count ?? result.rows.length;
  if (count !== instances.length) return;
  const rows = readerFor(meta, fields, dialect)(result, alias);
  const [only] = fields;
  if (only !== undefined && fields.length === 1) {
    // Nearly always it is the key.
    const { attribute } = only;
    for (let at = 0; at < count; at += 1) (instances[at] as ModelInstance)[attribute] = rows[at] ?? null;
    return;
  }
  for (const [place, { attribute }] of fields.entries()) {
    for (let at = 0; at < count; at += 1) {
      const instance = instances[at] as ModelInstance;
      instance[attribute] = (rows[at] as unknown[] | undefined)?.[place] ?? null;
    }
  }
}

const readers = new WeakMap<ModelMeta, Map<string, RowReader>>();

/** Readers are made once for each set of columns. */
function readerFor(meta: ModelMeta, fields: readonly Field[], dialect: Dialect): RowReader {
  const known = readers.get(meta) ?? new Map<string, RowReader>();
  readers.set(meta, known);
  const key = [dialect.name, ...fields.map((field) => field.attribute)].join();
  let reader = known.get(key);
  if (reader === undefined) {
    const columns = fields.map((field, at) => ({
      name: field.attribute,
      at,
      decoder: dialect.decoder(field),
    }));
    reader = rowReader({ form: columns.length === 1 ? 'scalars' : 'tuples', columns });
    known.set(key, reader);
  }
  return reader;
}
