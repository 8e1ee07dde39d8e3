// Columns of values as arrays in PostgreSQL's binary form (`array_recv` and the receive functions of the element types
// in the server's source): how many rows are written without making text of every value first.

/** Header: dimensions (1, or 0 for an empty array), whether there are nulls, element type, length, lower bound. */
const headerSize = 20;
const nullLength = 0xffffffff;

/** Where columns are put together, one after the other: memory outside the heap is dear to ask for and to give back. */
let workspace = Buffer.allocUnsafeSlow(2 ** 16);
/** A larger one is not kept. */
const largestKept = 2 ** 20;

/** Collects the elements of one binary array. One at a time: they share their workspace. */
export class ColumnBytes {
  #bytes = workspace;
  #at = headerSize;
  #nulls = false;

  null(): void {
    this.#nulls = true;
    this.#int(nullLength, 4);
  }
  boolean(value: boolean): void {
    this.#int(1, 5);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }
  int16(value: number): void {
    this.#int(2, 6);
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }
  int32(value: number): void {
    this.#int(4, 8);
    this.#int(value, 0);
  }
  /** @param high the upper half, with the sign @param low the lower half */
  int64(high: number, low: number): void {
    this.#int(8, 12);
    this.#int(high, 0);
    this.#int(low, 0);
  }
  float64(value: number): void {
    this.#int(8, 12);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }
  text(value: string): void {
    const { length } = value;
    const start = this.#at;
    // UTF-8 takes three bytes at most for what a string counts as one.
    this.#int(0, 4 + 3 * length);
    const bytes = this.#bytes;
    const first = this.#at;
    // Short ASCII is cheaper to write here than by a call into native code.
    let index = 0;
    if (length <= 32) {
      for (; index < length; index += 1) {
        const unit = value.charCodeAt(index);
        if (unit > 0x7f) break;
        bytes[first + index] = unit;
      }
    }
    let written = length;
    if (index < length) written = bytes.write(value, first, 'utf8');
    this.#at = start;
    this.#int(written, 0);
    this.#at = first + written;
  }

  /** The array, complete. */
  array(type: number, length: number): Uint8Array {
    const end = this.#at;
    this.#at = 0;
    this.#int(length === 0 ? 0 : 1, 0);
    this.#int(this.#nulls ? 1 : 0, 0);
    this.#int(type, 0);
    if (length === 0) return Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#int(length, 0);
    this.#int(1, 0);
    return Buffer.from(this.#bytes.subarray(0, end));
  }

  /** Four bytes, after making sure of `room` from where they begin. */
  #int(value: number, room: number): void {
    if (this.#at + room > this.#bytes.length) this.#grow(room);
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#at = at + 4;
  }
  #grow(room: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length + room);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    if (larger.length <= largestKept) workspace = larger;
  }
}
