import type { RawResult, RawRow } from '../../bridge/messages.ts';
import { WireRows } from './rows.ts';

/** The answer to a statement with its rows as they came over the wire; their text is made when it is asked for. */
export class WireResult implements RawResult {
  command = '';
  rowCount = 0;
  columns: readonly string[] = [];
  types: readonly number[] = [];
  wire = new WireRows();
  #rows: readonly RawRow[] | undefined;

  get rows(): readonly RawRow[] {
    this.#rows ??= this.wire.text();
    return this.#rows;
  }
}

/** A result in the form that crosses threads: what drivers give may be more than a message can carry. */
export type PackedResult =
  | RawResult
  | {
      readonly command: string;
      readonly rowCount: number;
      readonly columns: readonly string[];
      readonly types: readonly number[];
      /** DataRow messages, one behind the other. */
      readonly bytes: Uint8Array;
      readonly count: number;
    };

/** Rows cross as the bytes they came as: one block to copy instead of a string for every column. */
export function packed(result: RawResult): PackedResult {
  if (!(result instanceof WireResult)) {
    const { command, rowCount, rows, columns, types, insertId } = result;
    return { command, rowCount, rows, columns, types, insertId };
  }
  const { command, rowCount, columns, types, wire } = result;
  return { command, rowCount, columns, types, bytes: wire.bytes(), count: wire.count };
}

export function unpacked(result: PackedResult): RawResult {
  if (!('bytes' in result)) return result;
  const { command, rowCount, columns, types, bytes, count } = result;
  return Object.assign(new WireResult(), {
    command,
    rowCount,
    columns,
    types,
    wire: WireRows.of(bytes, count),
  });
}
