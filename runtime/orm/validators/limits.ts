import { ValidationError, ValueError } from '../errors.ts';

// Checks of how large, how long and how exact a value is.

/** A limit, or a function that gives one each time. */
export type Limit<T> = T | (() => T);
/** What has an order in JavaScript: dates and times as text have it, too. */
export type Orderable = number | bigint | string | Date;

function current<T>(limit: Limit<T>): T {
  return typeof limit === 'function' ? (limit as () => T)() : limit;
}
function shown(limit: Orderable): string {
  return limit instanceof Date ? limit.toISOString() : String(limit);
}
/** Decimals are text, and whole numbers may be large: numbers of any kind are compared digit by digit. */
function isAtLeast(value: Orderable, least: Orderable): boolean {
  if (typeof value === typeof least && typeof value !== 'string') return value >= least;
  if (!isNumeric(value) && !isNumeric(least)) return value >= least;
  if (!isNumeric(value) || !isNumeric(least)) return false;
  const [size, limit] = aligned([value, least]);
  return (size as bigint) >= (limit as bigint);
}
function isNumeric(value: Orderable): value is number | bigint | string {
  if (typeof value === 'string') return /\d/.test(value) && plainNumber.test(value.trim());
  return typeof value === 'bigint' || Number.isFinite(value);
}

/**
 * Values of at least `limit`; decimals as numbers, dates and times that are text as text.
 *
 * @param limit the smallest one, or a function that tells it at each check
 * @param message in place of the usual one; `%(limitValue)s` and `%(value)s` stand for the two
 * @returns a check that throws ValidationError with the code `min_value`
 */
export function minValue<T extends Orderable>(limit: Limit<T>, message?: string): (value: Orderable) => void {
  return (value) => {
    const least = current(limit);
    if (isAtLeast(value, least)) return;
    throw new ValidationError(message ?? 'Ensure this value is greater than or equal to %(limitValue)s.', {
      code: 'min_value',
      params: { limitValue: shown(least), showValue: value, value },
    });
  };
}
/**
 * Values of at most `limit`, as `minValue` compares them.
 *
 * @returns a check that throws ValidationError with the code `max_value`
 */
export function maxValue<T extends Orderable>(limit: Limit<T>, message?: string): (value: Orderable) => void {
  return (value) => {
    const most = current(limit);
    if (isAtLeast(most, value)) return;
    throw new ValidationError(message ?? 'Ensure this value is less than or equal to %(limitValue)s.', {
      code: 'max_value',
      params: { limitValue: shown(most), showValue: value, value },
    });
  };
}

/**
 * Multiples of `step`, counted from `offset`; the digits of a fraction are taken as they are written.
 *
 * @returns a check that throws ValidationError with the code `step_size`
 * @throws ValueError from the check, for a step of 0
 */
export function stepValue(
  step: number | string,
  { offset = 0, message }: { readonly offset?: number | string; readonly message?: string } = {},
): (value: number | bigint | string) => void {
  return (value) => {
    const [size, start, whole] = aligned([step, offset, value]);
    if (size === undefined || size === 0n) throw new ValueError('A step of nothing has no multiples.');
    if (((whole ?? 0n) - (start ?? 0n)) % size === 0n) return;
    const from = Number(offset) === 0 ? '' : ', starting from %(offset)s';
    throw new ValidationError(message ?? `Ensure this value is a multiple of step size %(step)s${from}.`, {
      code: 'step_size',
      params: { step, offset, value },
    });
  };
}
const plainNumber = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,5}))?$/i;
/** Numbers as whole ones, all in the same fraction of 1. */
function aligned(values: readonly (number | bigint | string)[]): readonly bigint[] {
  const parts = values.map(digitsOf);
  const places = Math.max(...parts.map(([, each]) => each));
  return parts.map(([digits, each]) => digits * 10n ** BigInt(places - each));
}
/** The digits of a number as a whole one, and how many of them stand behind the point. */
export function digitsOf(value: number | bigint | string): [digits: bigint, places: number] {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    plainNumber.exec(String(value).trim()) ?? [];
  if (whole === '' && fraction === '') throw new ValidationError('Enter a number.', { code: 'invalid' });
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}${'0'.repeat(Math.max(0, shift))}`);
  return [digits, Math.max(0, -shift)];
}

interface Sized {
  readonly length: number;
}
/** Characters of a text, items of a list, bytes of a buffer. */
function sizeOf(value: Sized | string): number {
  return typeof value === 'string' ? [...value].length : value.length;
}
function characters(count: number): string {
  return `${count} character${count === 1 ? '' : 's'}`;
}
/**
 * Texts of at least `limit` characters, lists of as many items, buffers of as many bytes.
 *
 * @returns a check that throws ValidationError with the code `min_length`
 */
export function minLength(limit: Limit<number>, message?: string): (value: Sized | string) => void {
  return (value) => {
    const least = current(limit);
    const size = sizeOf(value);
    if (size >= least) return;
    const text = message ?? `Ensure this value has at least ${characters(least)} (it has ${size}).`;
    throw new ValidationError(text, {
      code: 'min_length',
      params: { limitValue: least, showValue: size, value },
    });
  };
}
/**
 * Texts of at most `limit` characters, lists of as many items, buffers of as many bytes.
 *
 * @returns a check that throws ValidationError with the code `max_length`
 */
export function maxLength(limit: Limit<number>, message?: string): (value: Sized | string) => void {
  return (value) => {
    const most = current(limit);
    const size = sizeOf(value);
    if (size <= most) return;
    const text = message ?? `Ensure this value has at most ${characters(most)} (it has ${size}).`;
    throw new ValidationError(text, {
      code: 'max_length',
      params: { limitValue: most, showValue: size, value },
    });
  };
}
