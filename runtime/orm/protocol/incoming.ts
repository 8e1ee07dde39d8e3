/** Called for every message: its type, and where its body lies. The bytes stay valid as long as someone holds them. */
export type MessageHandler = (type: number, bytes: Buffer, start: number, end: number) => void;

const headerSize = 5;

/** Cuts what a socket delivers into messages. */
export class Incoming {
  readonly #handle: MessageHandler;
  /** Pieces of a message that has not arrived whole. */
  #pieces: Buffer[] = [];
  #have = 0;
  #need = 0;

  constructor(handle: MessageHandler) {
    this.#handle = handle;
  }

  feed(chunk: Buffer): void {
    if (this.#pieces.length === 0) {
      this.#cut(chunk);
      return;
    }
    this.#pieces.push(chunk);
    this.#have += chunk.length;
    // Joined once, when it is whole: joining with every piece would copy a large message over and over.
    if (this.#have < this.#need) return;
    const joined = Buffer.concat(this.#pieces, this.#have);
    this.#pieces = [];
    this.#cut(joined);
  }

  #cut(bytes: Buffer): void {
    const { length } = bytes;
    let at = 0;
    while (length - at >= headerSize) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > length) break;
      this.#handle(bytes[at] as number, bytes, at + headerSize, end);
      at = end;
    }
    if (at === length) return;
    const rest = at === 0 ? bytes : bytes.subarray(at);
    this.#pieces = [rest];
    this.#have = rest.length;
    this.#need = rest.length >= headerSize ? 1 + rest.readUInt32BE(1) : headerSize;
  }
}
