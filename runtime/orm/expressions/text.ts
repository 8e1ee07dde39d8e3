import { ValueError } from '../errors.ts';
import { IntegerField } from '../fields/numbers.ts';
import { TextField } from '../fields/text.ts';
import { nameTransform } from '../lookups/registered.ts';
import type { FunctionName } from '../sql/dialect.ts';
import type { Argument, ArgumentPath, Expression, OutputOptions, Typed } from '../types/expressions.ts';
import type { Plain } from '../types/schema.ts';
import { callWith, type FunctionKind, own, several } from './functions.ts';
import { Value } from './value.ts';

// Functions of text. What is no text is taken as the text it prints as.

const text = new TextField();
const integer = new IntegerField('integer', 'IntegerField');

type Text<A, T = unknown> = Typed<A, T, Expression<string, ArgumentPath<A>, 'mapped'>>;
type Whole<A, T = unknown> = Typed<A, T, Expression<number, ArgumentPath<A>, 'mapped'>>;

const kinds = {
  length: own('length', () => integer),
  concat: own('concat', () => text),
  strIndex: own('strIndex', () => integer),
  ord: own('ord', () => integer),
};
/** Functions that are called as dialects call them, but for capitals. */
type SameName<Called extends string> = Lowercase<Called> extends FunctionName ? Called : never;
function textCall<Called extends string>(
  called: SameName<Called>,
  given: readonly unknown[],
  options: unknown,
): never {
  const of = own(called.toLowerCase() as FunctionName, () => text);
  return callWith(of, called, given, options) as never;
}
function textOf<Called extends string>(called: SameName<Called>) {
  return <const A extends Argument, T = unknown>(value: A, options?: OutputOptions<T>): Text<A, T> =>
    textCall<Called>(called, [value], options);
}
function whole(called: string, of: FunctionKind) {
  return <const A extends Argument, T = unknown>(value: A, options?: OutputOptions<T>): Whole<A, T> =>
    callWith(of, called, [value], options) as never;
}

/** A number of characters: a whole one, or an expression. */
type Count = number | Expression;

/** @throws ValueError for a number below `least` */
function requireAtLeast(least: 0 | 1, name: string, given: unknown, than: string): void {
  if (typeof given !== 'number') return;
  if (!Number.isInteger(given) || given < least) {
    throw new ValueError(`'${name}' must be greater ${than} 0.`);
  }
}

/** The text in lower case. */
export const Lower = textOf('Lower');
/** The text in upper case. */
export const Upper = textOf('Upper');
/** Number of characters. */
export const Length = whole('Length', kinds.length);
/** The arguments as one text; null counts as empty. */
export function Concat<const A extends readonly Argument[]>(
  ...values: A
): Expression<string, ArgumentPath<A[number]>, 'value'>;
export function Concat<const A extends readonly Argument[], T>(
  ...given: [...values: A, options: OutputOptions<T>]
): Expression<Plain<T>, ArgumentPath<A[number]>, 'value'>;
export function Concat(...given: readonly unknown[]): unknown {
  return several(kinds.concat, 'Concat', given);
}
/** The first `length` characters. */
export function Left<const A extends Argument, T = unknown>(
  value: A,
  length: Count,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(1, 'length', length, 'than');
  return textCall('Left', [value, length], options);
}
/** The last `length` characters. */
export function Right<const A extends Argument, T = unknown>(
  value: A,
  length: Count,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(1, 'length', length, 'than');
  return textCall('Right', [value, length], options);
}
/** The text filled up on the left with `fill`, a space when absent, to `length` characters; cut when it is longer. */
export function LPad<const A extends Argument, T = unknown>(
  value: A,
  length: Count,
  fill: Argument = new Value(' ') as never,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(0, 'length', length, 'or equal to');
  return textCall('LPad', [value, length, fill], options);
}
/** The text filled up on the right with `fill`, a space when absent, to `length` characters; cut when it is longer. */
export function RPad<const A extends Argument, T = unknown>(
  value: A,
  length: Count,
  fill: Argument = new Value(' ') as never,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(0, 'length', length, 'or equal to');
  return textCall('RPad', [value, length, fill], options);
}
/** The text without spaces at its ends. */
export const Trim = textOf('Trim');
/** The text without spaces at its start. */
export const LTrim = textOf('LTrim');
/** The text without spaces at its end. */
export const RTrim = textOf('RTrim');
/** The text `times` times over. */
export function Repeat<const A extends Argument, T = unknown>(
  value: A,
  times: Count,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(0, 'number', times, 'or equal to');
  return textCall('Repeat', [value, times], options);
}
/** The text with every `search` in it replaced; taken out when `replacement` is absent. */
export function Replace<const A extends Argument, const B extends Argument, T = unknown>(
  value: A,
  search: B,
  replacement: Argument = new Value('') as never,
  options?: OutputOptions<T>,
): Text<A | B, T> {
  return textCall('Replace', [value, search, replacement], options);
}
/** The characters from last to first. */
export const Reverse = textOf('Reverse');
/** Place of the first `search` in the text, from 1; 0 where there is none. */
export function StrIndex<const A extends Argument, const B extends Argument, T = unknown>(
  value: A,
  search: B,
  options?: OutputOptions<T>,
): Whole<A | B, T> {
  return callWith(kinds.strIndex, 'StrIndex', [value, search], options) as never;
}
/** The characters from place `start`, which counts from 1: `length` of them, or all that follow. */
export function Substr<const A extends Argument, T = unknown>(
  value: A,
  start: Count,
  length?: Count,
  options?: OutputOptions<T>,
): Text<A, T> {
  requireAtLeast(1, 'pos', start, 'than');
  return textCall('Substr', length === undefined ? [value, start] : [value, start, length], options);
}
/** The character with a number in Unicode. */
export const Chr = textOf('Chr');
/** Number of the first character in Unicode. */
export const Ord = whole('Ord', kinds.ord);
/** MD5 of the text, as hexadecimal digits. */
export const MD5 = textOf('MD5');
/** SHA-1 of the text, as hexadecimal digits; on PostgreSQL it needs the extension pgcrypto. */
export const SHA1 = textOf('SHA1');
/** SHA-224 of the text, as hexadecimal digits. */
export const SHA224 = textOf('SHA224');
/** SHA-256 of the text, as hexadecimal digits. */
export const SHA256 = textOf('SHA256');
/** SHA-384 of the text, as hexadecimal digits. */
export const SHA384 = textOf('SHA384');
/** SHA-512 of the text, as hexadecimal digits. */
export const SHA512 = textOf('SHA512');

// What they are called when they are registered as transforms, as in Django.
for (const [name, made] of Object.entries({
  lower: Lower,
  upper: Upper,
  length: Length,
  trim: Trim,
  ltrim: LTrim,
  rtrim: RTrim,
  reverse: Reverse,
  chr: Chr,
  ord: Ord,
  md5: MD5,
  sha1: SHA1,
  sha224: SHA224,
  sha256: SHA256,
  sha384: SHA384,
  sha512: SHA512,
})) {
  nameTransform(made, name);
}
