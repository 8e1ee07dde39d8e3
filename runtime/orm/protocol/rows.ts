/** Bytes that hold whole DataRow messages, one behind the other, headers included. */
export interface RowRange {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
}

/** Rows as they came over the wire. Nothing is decoded until someone knows what the columns mean. */
export class WireRows {
  readonly ranges: RowRange[] = [];
  count = 0;
  #last: RowRange | undefined;

  /** Adds one DataRow; `start` and `end` are those of its body. */
  add(bytes: Buffer, start: number, end: number): void {
    const from = start - 5;
    this.count += 1;
    const last = this.#last;
    if (last !== undefined && last.bytes === bytes && last.end === from) {
      last.end = end;
      return;
    }
    this.#last = { bytes, start: from, end };
    this.ranges.push(this.#last);
  }

  /** The rows that `bytes` gave. */
  static of(bytes: Uint8Array, count: number): WireRows {
    const rows = new WireRows();
    const { buffer, byteOffset, byteLength } = bytes;
    if (count > 0)
      rows.ranges.push({ bytes: Buffer.from(buffer, byteOffset, byteLength), start: 0, end: byteLength });
    rows.count = count;
    return rows;
  }
  /** All rows in one block of their own. */
  bytes(): Uint8Array {
    const size = this.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const block = new Uint8Array(size);
    let at = 0;
    for (const { bytes, start, end } of this.ranges) {
      block.set(bytes.subarray(start, end), at);
      at += end - start;
    }
    return block;
  }

  /** The columns of every row as text. */
  text(): (string | null)[][] {
    const rows: (string | null)[][] = [];
    for (const { bytes, start, end } of this.ranges) {
      let at = start;
      while (at < end) {
        const columns = bytes.readUInt16BE(at + 5);
        at += 7;
        const row = new Array<string | null>(columns);
        for (let index = 0; index < columns; index += 1) {
          const length = bytes.readInt32BE(at);
          at += 4;
          if (length < 0) row[index] = null;
          else {
            row[index] = bytes.toString('utf8', at, at + length);
            at += length;
          }
        }
        rows.push(row);
      }
    }
    return rows;
  }
}
