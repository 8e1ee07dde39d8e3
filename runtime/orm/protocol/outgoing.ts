// Messages of the client in PostgreSQL's protocol 3.0 (PostgreSQL manual, 54.7 "Message Formats").

const code = {
  bind: 0x42,
  close: 0x43,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  parse: 0x50,
  query: 0x51,
  sync: 0x53,
} as const;
const statement = 0x53;
const portal = 0x50;

/** A parameter as it is sent: text, bytes, or null. */
export type WireValue = string | Uint8Array | null;

const firstSize = 4096;
/** A buffer beyond this is not kept for later messages. */
const largestKept = 2 ** 20;

/** Collects messages for one write to the socket. */
export class Outgoing {
  #buffer = Buffer.allocUnsafeSlow(firstSize);
  #at = 0;

  /** How much was collected; `rewind` goes back to it. */
  get length(): number {
    return this.#at;
  }
  rewind(length: number): void {
    this.#at = length;
  }

  /** Everything collected so far, ready to be written. It is overwritten by what is collected next, unless `giveAway`. */
  take(): Buffer {
    const filled = this.#buffer.subarray(0, this.#at);
    this.#at = 0;
    if (this.#buffer.length > largestKept) this.#buffer = Buffer.allocUnsafeSlow(firstSize);
    return filled;
  }
  /** Leaves what was taken to whoever still holds it. */
  giveAway(): void {
    this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
  }

  parse(name: string, text: string): void {
    const start = this.#begin(code.parse, 8 + 3 * (name.length + text.length));
    this.#text(name);
    this.#text(text);
    this.#int16(0);
    this.#end(start);
  }
  /** All parameters and results as text, except parameters that are bytes. */
  bind(name: string, values: readonly WireValue[]): void {
    const start = this.#begin(code.bind, 16 + 3 * name.length + 6 * values.length);
    this.#buffer[this.#at++] = 0;
    this.#text(name);
    if (values.some(isBytes)) {
      this.#int16(values.length);
      for (const value of values) this.#int16(isBytes(value) ? 1 : 0);
    } else this.#int16(0);
    this.#int16(values.length);
    for (const value of values) this.#value(value);
    // A long value leaves no room behind it, and what is written beyond a buffer's end is silently lost.
    this.#reserve(2);
    this.#int16(0);
    this.#end(start);
  }
  describePortal(): void {
    const start = this.#begin(code.describe, 8);
    this.#buffer[this.#at++] = portal;
    this.#text('');
    this.#end(start);
  }
  execute(): void {
    const start = this.#begin(code.execute, 12);
    this.#text('');
    this.#int32(0);
    this.#end(start);
  }
  sync(): void {
    this.#end(this.#begin(code.sync, 8));
  }
  closeStatement(name: string): void {
    const start = this.#begin(code.close, 8 + 3 * name.length);
    this.#buffer[this.#at++] = statement;
    this.#text(name);
    this.#end(start);
  }
  query(text: string): void {
    const start = this.#begin(code.query, 8 + 3 * text.length);
    this.#text(text);
    this.#end(start);
  }
  copyFail(reason: string): void {
    const start = this.#begin(code.copyFail, 8 + 3 * reason.length);
    this.#text(reason);
    this.#end(start);
  }

  #value(value: WireValue): void {
    if (value === null) {
      this.#reserve(4);
      this.#int32(-1);
      return;
    }
    const typed = typeof value !== 'string';
    this.#reserve(4 + (typed ? value.byteLength : 3 * value.length));
    const lengthAt = this.#at;
    this.#at += 4;
    if (typed) {
      this.#buffer.set(value, this.#at);
      this.#at += value.byteLength;
    } else this.#characters(value);
    this.#buffer.writeInt32BE(this.#at - lengthAt - 4, lengthAt);
  }
  /** Text of up to some dozen ASCII characters is cheaper to write here than by a call into native code. */
  #characters(text: string): void {
    const buffer = this.#buffer;
    const { length } = text;
    if (length > 32) {
      this.#at += buffer.write(text, this.#at, 'utf8');
      return;
    }
    const start = this.#at;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.#at = start + buffer.write(text, start, 'utf8');
        return;
      }
      buffer[start + index] = unit;
    }
    this.#at = start + length;
  }
  #text(text: string): void {
    this.#characters(text);
    this.#buffer[this.#at++] = 0;
  }
  #int16(value: number): void {
    this.#buffer[this.#at++] = value >>> 8;
    this.#buffer[this.#at++] = value;
  }
  #int32(value: number): void {
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }
  #begin(type: number, atMost: number): number {
    this.#reserve(5 + atMost);
    this.#buffer[this.#at] = type;
    this.#at += 5;
    return this.#at - 4;
  }
  #end(start: number): void {
    this.#buffer.writeInt32BE(this.#at - start, start);
  }
  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

function isBytes(value: WireValue): value is Uint8Array {
  return value !== null && typeof value !== 'string';
}
