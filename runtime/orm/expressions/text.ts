import { ValueError } from '../errors.ts';
import { IntegerField } from '../fields/numbers.ts';
import { TextField } from '../fields/text.ts';
import { nameTransform } from '../lookups/registered.ts';
import type { FunctionName } from '../sql/dialect.ts';
import type { Argument, ArgumentPath, Expression } from '../types/expressions.ts';
import { call, own, several } from './functions.ts';
import { Value } from './value.ts';

// Functions of text. What is no text is taken as the text it prints as.

const text = new TextField();
const integer = new IntegerField('integer', 'IntegerField');

type Text<A> = Expression<string, ArgumentPath<A>, 'mapped'>;
type Whole<A> = Expression<number, ArgumentPath<A>, 'mapped'>;

const kinds = {
  lower: own('lower', () => text),
  upper: own('upper', () => text),
  length: own('length', () => integer),
  concat: own('concat', () => text),
  strIndex: own('strIndex', () => integer),
  ord: own('ord', () => integer),
};
function textCall(name: FunctionName, ...given: unknown[]): never {
  return call(
    own(name, () => text),
    given,
  ) as never;
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
export function Lower<const A extends Argument>(value: A): Text<A> {
  return call(kinds.lower, [value]) as never;
}
/** The text in upper case. */
export function Upper<const A extends Argument>(value: A): Text<A> {
  return call(kinds.upper, [value]) as never;
}
/** Number of characters. */
export function Length<const A extends Argument>(value: A): Whole<A> {
  return call(kinds.length, [value]) as never;
}
/** The arguments as one text; null counts as empty. */
export function Concat<const A extends readonly Argument[]>(
  ...values: A
): Expression<string, ArgumentPath<A[number]>, 'value'> {
  return several(kinds.concat, 'Concat', values) as never;
}
/** The first `length` characters. */
export function Left<const A extends Argument>(value: A, length: Count): Text<A> {
  requireAtLeast(1, 'length', length, 'than');
  return textCall('left', value, length);
}
/** The last `length` characters. */
export function Right<const A extends Argument>(value: A, length: Count): Text<A> {
  requireAtLeast(1, 'length', length, 'than');
  return textCall('right', value, length);
}
/** The text filled up on the left with `fill`, a space when absent, to `length` characters; cut when it is longer. */
export function LPad<const A extends Argument>(
  value: A,
  length: Count,
  fill: Argument = new Value(' ') as never,
): Text<A> {
  requireAtLeast(0, 'length', length, 'or equal to');
  return textCall('lpad', value, length, fill);
}
/** The text filled up on the right with `fill`, a space when absent, to `length` characters; cut when it is longer. */
export function RPad<const A extends Argument>(
  value: A,
  length: Count,
  fill: Argument = new Value(' ') as never,
): Text<A> {
  requireAtLeast(0, 'length', length, 'or equal to');
  return textCall('rpad', value, length, fill);
}
/** The text without spaces at its ends. */
export function Trim<const A extends Argument>(value: A): Text<A> {
  return textCall('trim', value);
}
/** The text without spaces at its start. */
export function LTrim<const A extends Argument>(value: A): Text<A> {
  return textCall('ltrim', value);
}
/** The text without spaces at its end. */
export function RTrim<const A extends Argument>(value: A): Text<A> {
  return textCall('rtrim', value);
}
/** The text `times` times over. */
export function Repeat<const A extends Argument>(value: A, times: Count): Text<A> {
  requireAtLeast(0, 'number', times, 'or equal to');
  return textCall('repeat', value, times);
}
/** The text with every `search` in it replaced; taken out when `replacement` is absent. */
export function Replace<const A extends Argument, const B extends Argument>(
  value: A,
  search: B,
  replacement: Argument = new Value('') as never,
): Text<A | B> {
  return textCall('replace', value, search, replacement);
}
/** The characters from last to first. */
export function Reverse<const A extends Argument>(value: A): Text<A> {
  return textCall('reverse', value);
}
/** Place of the first `search` in the text, from 1; 0 where there is none. */
export function StrIndex<const A extends Argument, const B extends Argument>(
  value: A,
  search: B,
): Whole<A | B> {
  return call(kinds.strIndex, [value, search]) as never;
}
/** The characters from place `start`, which counts from 1: `length` of them, or all that follow. */
export function Substr<const A extends Argument>(value: A, start: Count, length?: Count): Text<A> {
  requireAtLeast(1, 'pos', start, 'than');
  return length === undefined ? textCall('substr', value, start) : textCall('substr', value, start, length);
}
/** The character with a number in Unicode. */
export function Chr<const A extends Argument>(value: A): Text<A> {
  return textCall('chr', value);
}
/** Number of the first character in Unicode. */
export function Ord<const A extends Argument>(value: A): Whole<A> {
  return call(kinds.ord, [value]) as never;
}
/** MD5 of the text, as hexadecimal digits. */
export function MD5<const A extends Argument>(value: A): Text<A> {
  return textCall('md5', value);
}
/** SHA-1 of the text, as hexadecimal digits; on PostgreSQL it needs the extension pgcrypto. */
export function SHA1<const A extends Argument>(value: A): Text<A> {
  return textCall('sha1', value);
}
/** SHA-224 of the text, as hexadecimal digits. */
export function SHA224<const A extends Argument>(value: A): Text<A> {
  return textCall('sha224', value);
}
/** SHA-256 of the text, as hexadecimal digits. */
export function SHA256<const A extends Argument>(value: A): Text<A> {
  return textCall('sha256', value);
}
/** SHA-384 of the text, as hexadecimal digits. */
export function SHA384<const A extends Argument>(value: A): Text<A> {
  return textCall('sha384', value);
}
/** SHA-512 of the text, as hexadecimal digits. */
export function SHA512<const A extends Argument>(value: A): Text<A> {
  return textCall('sha512', value);
}

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
