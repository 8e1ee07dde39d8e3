import { storable } from '../models/naming.ts';
import { ColumnBytes } from '../protocol/columns.ts';

/** How the values of one type are written as elements of a binary array. */
export interface BinaryForm {
  /** The element's type by PostgreSQL's number (OID). The server takes no other for the array's type. */
  readonly type: number;
  /** Writes a value that is not null; false when it is of a kind that only its text can say. */
  write(column: ColumnBytes, value: unknown): boolean;
}

/** One attribute of many rows as a binary array; undefined when a value is not of the kind that the form writes. */
export function binaryArray(
  form: BinaryForm,
  rows: readonly Readonly<Record<string, unknown>>[],
  attribute: string,
): Uint8Array | undefined {
  const column = new ColumnBytes();
  for (let at = 0; at < rows.length; at += 1) {
    const value = rows[at]?.[attribute];
    if (value === null || value === undefined) column.null();
    else if (!form.write(column, value)) return undefined;
  }
  return column.array(form.type, rows.length);
}

export const booleanForm: BinaryForm = {
  type: 16,
  write(column, value) {
    if (typeof value !== 'boolean') return false;
    column.boolean(value);
    return true;
  },
};
export const int16Form: BinaryForm = {
  type: 21,
  write(column, value) {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) return false;
    column.int16(value);
    return true;
  },
};
export const int32Form: BinaryForm = {
  type: 23,
  write(column, value) {
    // What is beyond the column's range is for the server to refuse, with its own words.
    if (typeof value !== 'number' || (value | 0) !== value) return false;
    column.int32(value);
    return true;
  },
};
export const int64Form: BinaryForm = {
  type: 20,
  write(column, value) {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return false;
      const low = value >>> 0;
      column.int64((value - low) / 2 ** 32, low);
      return true;
    }
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false;
    column.int64(Number(value >> 32n), Number(value & 0xffffffffn));
    return true;
  },
};
export const float64Form: BinaryForm = {
  type: 701,
  write(column, value) {
    if (typeof value !== 'number') return false;
    column.float64(value);
    return true;
  },
};
/** Microseconds since 2000, in two halves: beyond the year 2255 a number does not hold them exactly. */
export const timestampForm: BinaryForm = {
  type: 1184,
  write(column, value) {
    if (!(value instanceof Date)) return false;
    const milliseconds = value.getTime() - epoch;
    if (Number.isNaN(milliseconds)) return false;
    const upper = Math.floor(milliseconds / 2 ** 32);
    const lower = (milliseconds - upper * 2 ** 32) * 1000;
    const low = lower >>> 0;
    column.int64(upper * 1000 + (lower - low) / 2 ** 32, low);
    return true;
  },
};
const epoch = Date.UTC(2000, 0, 1);

function textForm(type: number): BinaryForm {
  return {
    type,
    write(column, value) {
      if (typeof value !== 'string') return false;
      column.text(storable(value));
      return true;
    },
  };
}
export const textualForm = textForm(25);
export const varcharForm = textForm(1043);
