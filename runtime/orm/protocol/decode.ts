// Values read straight from the bytes of a row. Making a string first costs more than most conversions
// (bench/NOTES.md), so what can be read from digits is.

/** How the bytes of one column become a value; null never reaches it. */
export type ByteDecoder = (bytes: Buffer, start: number, end: number) => unknown;

/** Undocumented methods that `toString` ends up in; without them a short string costs twice as much. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** Text beyond this many bytes is not searched for other characters than ASCII first. */
const searched = 64;
/** Cutting fewer characters than this out of a string copies them; more would keep the whole string alive. */
const copied = 13;

/** All of `bytes` from `start` to `end` with one character per byte, for `textFromBytes` to cut from. */
export function charactersOf(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Slices).latin1Slice(start, end);
}

/**
 * @param characters what `charactersOf` gave for the surrounding bytes
 * @param offset where those begin
 */
export function textFromBytes(
  bytes: Buffer,
  start: number,
  end: number,
  characters: string,
  offset: number,
): string {
  const length = end - start;
  const slices = bytes as unknown as Slices;
  if (length > searched) return slices.utf8Slice(start, end);
  for (let at = start; at < end; at += 1) {
    if ((bytes[at] as number) > 0x7f) return slices.utf8Slice(start, end);
  }
  if (length < copied) return characters.substring(start - offset, end - offset);
  return slices.latin1Slice(start, end);
}

/** Text of one column, when nothing of its surroundings was read. */
export function plainText(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Slices).utf8Slice(start, end);
}

/** A whole number; exact as long as the number itself can be. */
export function integerFromBytes(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 45;
  const first = negative ? start + 1 : start;
  // Sums of more than fifteen digits would be rounded more than once.
  if (end - first > 15) return Number(plainText(bytes, start, end));
  let value = 0;
  let seen = 0;
  for (let at = first; at < end; at += 1) {
    const digit = (bytes[at] as number) - 48;
    seen |= digit;
    value = value * 10 + digit;
  }
  // What was said to be a whole number may come with a point, as seconds do; digits need four bits.
  if ((seen & ~15) !== 0) return Number(plainText(bytes, start, end));
  return negative ? -value : value;
}

const powersOfTen = Array.from({ length: 16 }, (_each, power) => 10 ** power);

/**
 * A double. Up to fifteen digits and their power of ten are exact, so one division rounds once, as the standard asks
 * for (W. D. Clinger, "How to read floating point numbers accurately", 1990); anything else is left to `Number`.
 */
export function floatFromBytes(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 45;
  const first = negative ? start + 1 : start;
  if (end - first > 16) return Number(plainText(bytes, start, end));
  let value = 0;
  let point = -1;
  for (let at = first; at < end; at += 1) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === -2 && point === -1) point = at;
    else return Number(plainText(bytes, start, end));
  }
  if (point === -1) {
    if (end - first > 15) return Number(plainText(bytes, start, end));
  } else value /= powersOfTen[end - point - 1] as number;
  return negative ? -value : value;
}

export function booleanFromBytes(bytes: Buffer, start: number): boolean {
  return bytes[start] === 116;
}
