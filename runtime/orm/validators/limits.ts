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
/** Decimals are text, but are compared as the numbers they are. */
function comparable(value: Orderable, limit: Orderable): Orderable {
  return typeof value === 'string' && (typeof limit === 'number' || typeof limit === 'bigint')
    ? Number(value)
    : value;
}

/** Values of at least `limit`. */
export function minValue<T extends Orderable>(limit: Limit<T>, message?: string): (value: Orderable) => void {
  return (value) => {
    const least = current(limit);
    if (comparable(value, least) >= least) return;
    throw new ValidationError(message ?? 'Ensure this value is greater than or equal to %(limitValue)s.', {
      code: 'min_value',
      params: { limitValue: shown(least), showValue: value, value },
    });
  };
}
/** Values of at most `limit`. */
export function maxValue<T extends Orderable>(limit: Limit<T>, message?: string): (value: Orderable) => void {
  return (value) => {
    const most = current(limit);
    if (comparable(value, most) <= most) return;
    throw new ValidationError(message ?? 'Ensure this value is less than or equal to %(limitValue)s.', {
      code: 'max_value',
      params: { limitValue: shown(most), showValue: value, value },
    });
  };
}

/** Multiples of `step`, counted from `offset`; the digits of a fraction are taken as they are written. */
export function stepValue(
  step: number | string,
  { offset = 0, message }: { readonly offset?: number | string; readonly message?: string } = {},
): (value: number | bigint | string) => void {
  return (value) => {
    const parts = [step, offset, value].map(digitsOf);
    const places = Math.max(...parts.map(([, each]) => each));
    const [size, start, whole] = parts.map(([digits, each]) => digits * 10n ** BigInt(places - each));
    if (size === undefined || size === 0n) throw new ValueError('A step of nothing has no multiples.');
    if (((whole ?? 0n) - (start ?? 0n)) % size === 0n) return;
    const from = Number(offset) === 0 ? '' : ', starting from %(offset)s';
    throw new ValidationError(message ?? `Ensure this value is a multiple of step size %(step)s${from}.`, {
      code: 'step_size',
      params: { step, offset, value },
    });
  };
}
/** The digits of a number as a whole one, and how many of them stand behind the point. */
export function digitsOf(value: number | bigint | string): [digits: bigint, places: number] {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(String(value).trim()) ?? [];
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
