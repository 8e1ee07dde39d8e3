import { shown } from '../describe.ts';
import { DataError, ValidationError } from '../errors.ts';
import { type BinaryForm, timestampForm } from './binary.ts';
import { type Decoder, Field, textDecoder } from './field.ts';

/** The last part is how PostgreSQL writes years before the first: what was read can be written. */
const datePattern = /^(\d{4,6})-(\d{1,2})-(\d{1,2})( BC)?$/;
const timePattern = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?$/;
const dateTimePattern =
  /^(\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:Z|([+-]\d{2})(?::?(\d{2}))?)?)?$/i;

export class DateField extends Field {
  readonly typeName = 'DateField';
  readonly family = 'date';
  readonly decoder = textDecoder;

  databaseType(): string {
    return 'date';
  }
  convert(value: unknown): unknown {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return isoDate(value);
    if (typeof value !== 'string') {
      throw new ValidationError(
        `“${shown(value)}” value has an invalid date format. It must be in YYYY-MM-DD format.`,
        { code: 'invalid' },
      );
    }
    const parts = datePattern.exec(value);
    if (parts === null) {
      throw new ValidationError(
        `“${value}” value has an invalid date format. It must be in YYYY-MM-DD format.`,
        { code: 'invalid' },
      );
    }
    const year = parts[4] === undefined ? Number(parts[1]) : 1 - Number(parts[1]);
    if (Number(parts[1]) === 0 || !isRealDate(year, Number(parts[2]), Number(parts[3]))) {
      throw new ValidationError(
        `“${value}” value has the correct format (YYYY-MM-DD) but it is an invalid date.`,
        { code: 'invalid_date' },
      );
    }
    return value;
  }
  override valueForSave(current: unknown, adding: boolean): unknown {
    return this.options.autoNow || (this.options.autoNowAdd && adding) ? isoDate(new Date()) : current;
  }
  override get changesOnInsert(): boolean {
    return this.options.autoNow || this.options.autoNowAdd;
  }
  override get changesOnSave(): boolean {
    return this.options.autoNow;
  }
}

export class TimeField extends Field {
  readonly typeName = 'TimeField';
  readonly family = 'time';
  readonly decoder = textDecoder;

  databaseType(): string {
    return 'time';
  }
  convert(value: unknown): unknown {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().slice(11, 23);
    const parts = typeof value === 'string' ? timePattern.exec(value) : null;
    if (parts === null) {
      throw new ValidationError(
        `“${shown(value)}” value has an invalid format. It must be in HH:MM[:ss[.uuuuuu]] format.`,
        { code: 'invalid' },
      );
    }
    const [, hours, minutes, seconds] = parts;
    if (isRealTime(hours, minutes, seconds)) return value;
    throw new ValidationError(
      `“${value}” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an invalid time.`,
      { code: 'invalid_time' },
    );
  }
  override plainForm(value: unknown): string {
    const [, hours = '', minutes, seconds = '00', fraction = ''] = timePattern.exec(this.encode(value)) ?? [];
    return `${hours.padStart(2, '0')}:${minutes}:${seconds}.${fraction.padEnd(6, '0')}`;
  }
}

/** `timestamp with time zone`; sessions run in UTC, so text from the server is UTC. */
export class DateTimeField extends Field {
  readonly typeName = 'DateTimeField';
  readonly family = 'dateTime';
  readonly decoder: Decoder = { decode: parseTimestamp, bytes: timestampFromBytes };

  override get binary(): BinaryForm {
    return timestampForm;
  }
  databaseType(): string {
    return 'timestamp with time zone';
  }
  convert(value: unknown): unknown {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
    const parts = typeof value === 'string' ? dateTimePattern.exec(value.trim()) : null;
    if (parts === null) {
      throw new ValidationError(
        `“${shown(value)}” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format.`,
        { code: 'invalid' },
      );
    }
    return momentOf(value as string, parts);
  }
  override encode(value: unknown): string {
    return timestampText(this.convert(value) as Date);
  }
  override valueForSave(current: unknown, adding: boolean): unknown {
    return this.options.autoNow || (this.options.autoNowAdd && adding) ? new Date() : current;
  }
  override get changesOnInsert(): boolean {
    return this.options.autoNow || this.options.autoNowAdd;
  }
  override get changesOnSave(): boolean {
    return this.options.autoNow;
  }
}

const dayMilliseconds = 86_400_000;

/** Milliseconds, stored as an interval. */
export class DurationField extends Field {
  readonly typeName = 'DurationField';
  readonly family = 'duration';
  readonly decoder: Decoder = { decode: parseInterval };

  databaseType(): string {
    return 'interval';
  }
  convert(value: unknown): unknown {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new ValidationError(`“${shown(value)}” value must be a number of milliseconds.`, {
      code: 'invalid',
    });
  }
  override encode(value: unknown): string {
    const given = this.convert(value) as number;
    // Days are days, as the server keeps them apart: `EXTRACT(DAY …)` knows no others.
    const days = Math.floor(given / dayMilliseconds);
    // In digits: the server reads no exponent, and counts nothing finer than microseconds.
    return Number.isSafeInteger(days)
      ? `${days} days ${toDigits(given - days * dayMilliseconds)} milliseconds`
      : `${toDigits(given)} milliseconds`;
  }
}

/** Milliseconds of the text that a duration is written as. */
export function writtenDuration(text: string): number {
  const [, days = '0', rest = ''] = /^(?:(-?\d+) days )?(.*)$/.exec(text) ?? [];
  return Number(days) * dayMilliseconds + Number.parseFloat(rest);
}

/** A number with at most three decimal places, however large. */
function toDigits(value: number): string {
  return Math.abs(value) < 1e21 ? value.toFixed(3) : BigInt(value).toString();
}

/** The day of a moment in UTC, as PostgreSQL writes days. */
function isoDate(date: Date): string {
  const [day = ''] = timestampText(date).split('T');
  return date.getUTCFullYear() < 1 ? `${day} BC` : day;
}

function isRealDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isRealTime(hours = '0', minutes = '0', seconds = '0'): boolean {
  // As in Django there is no 24:00, and no second 60: neither would come back as it was given.
  return Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
}

/** A date without a time is its midnight; without a zone it means UTC, the active zone of every session. */
function momentOf(text: string, parts: RegExpExecArray): Date {
  const [, year, month, day, hours, minutes, seconds, fraction = '', offset, offsetMinutes = '00'] = parts;
  const dated = Number(year) > 0 && isRealDate(Number(year), Number(month), Number(day));
  if (!dated || !isRealTime(hours, minutes, seconds)) {
    const [format, what] =
      hours === undefined ? ['YYYY-MM-DD', 'date'] : ['YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]', 'date/time'];
    throw new ValidationError(
      `“${text}” value has the correct format (${format}) but it is an invalid ${what}.`,
      { code: hours === undefined ? 'invalid_date' : 'invalid_datetime' },
    );
  }
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  date.setUTCHours(Number(hours ?? 0), Number(minutes ?? 0), Number(seconds ?? 0), milliseconds);
  if (offset === undefined) return date;
  const sign = offset.startsWith('-') ? -1 : 1;
  const ahead = Math.abs(Number(offset)) * 60 + Number(offsetMinutes);
  return new Date(date.getTime() - sign * ahead * 60_000);
}

/** JavaScript writes years beyond 9999 with a sign, PostgreSQL without; neither knows the other's negative years. */
export function timestampText(date: Date): string {
  const iso = date.toISOString();
  if (iso.startsWith('+')) return iso.replace(/^\+0*/, '');
  if (!iso.startsWith('-')) return iso;
  const year = 1 - date.getUTCFullYear();
  return `${String(year).padStart(4, '0')}${iso.slice(7)} BC`;
}

/** Reads the digits themselves: a regular expression here costs four times the rest of the row. */
export function timestampFromBytes(bytes: Buffer, start: number, end: number): Date {
  const length = end - start;
  const usual =
    length >= 22 &&
    length <= 29 &&
    bytes[start + 4] === 45 &&
    bytes[end - 3] === 43 &&
    bytes[end - 2] === 48 &&
    bytes[end - 1] === 48;
  if (!usual) return unusualTimestamp(bytes.toString('latin1', start, end));
  let milliseconds = 0;
  if (length > 23) {
    milliseconds = ((bytes[start + 20] as number) - 48) * 100;
    if (length > 24) milliseconds += ((bytes[start + 21] as number) - 48) * 10;
    if (length > 25) milliseconds += (bytes[start + 22] as number) - 48;
  }
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const time = Date.UTC(
    year,
    two(bytes, start + 5) - 1,
    two(bytes, start + 8),
    two(bytes, start + 11),
    two(bytes, start + 14),
    two(bytes, start + 17),
    milliseconds,
  );
  // Date.UTC takes the years 0 to 99 for the twentieth century.
  return year < 100 ? new Date(new Date(time).setUTCFullYear(year)) : new Date(time);
}

function two(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) - 48) * 10 + (bytes[at + 1] as number) - 48;
}

export function parseTimestamp(text: string): Date {
  return timestampFromBytes(Buffer.from(text, 'latin1'), 0, text.length);
}

/** Years of five digits, years before Christ, zones other than UTC, and none at all, which is UTC. */
function unusualTimestamp(text: string): Date {
  const parts = /^(\d+)-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::?(\d\d))?)?( BC)?$/.exec(
    text,
  );
  if (parts === null) throw new DataError(`The timestamp "${text}" has no JavaScript Date.`);
  const [, digits, month, day, time, hours = '+00', minutes = '00', era] = parts;
  const year = era === undefined ? Number(digits) : 1 - Number(digits);
  const signed = `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  // Year zero may not carry a minus sign; every other year reads the same with six digits.
  const date = new Date(`${signed}-${month}-${day}T${time}${hours}:${minutes}`);
  if (Number.isNaN(date.getTime())) throw new DataError(`The timestamp "${text}" has no JavaScript Date.`);
  return date;
}

const unitMilliseconds: Readonly<Record<string, number>> = {
  year: 365 * 86_400_000,
  mon: 30 * 86_400_000,
  day: 86_400_000,
  hour: 3_600_000,
  min: 60_000,
  sec: 1_000,
};

/**
 * Milliseconds of an interval's text: `1 year 2 mons 3 days -04:05:06.7` as sessions are asked to write it, and, because
 * behind a pooler a session may not know what it was asked, the verbose form and ISO 8601. Months count 30 days, years
 * 365.
 *
 * @throws DataError for text that reads otherwise, such as that of the style `sql_standard`
 */
export function parseInterval(text: string): number {
  if (text.startsWith('P')) return parseIsoInterval(text);
  let total = 0;
  let rest = text.replace(/([+-]?\d+(?:\.\d+)?) (year|mon|day|hour|min|sec)s?/g, (_all, amount, unit) => {
    total += Number(amount) * (unitMilliseconds[unit] ?? 0);
    return '';
  });
  rest = rest.replace(/([+-])?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/, (_all, sign, hours, minutes, seconds) => {
    const time = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1e3;
    total += sign === '-' ? -time : time;
    return '';
  });
  if (text === '@ 0') return 0;
  if (!/^@?\s*(?:ago)?$/.test(rest) || rest === text) throw unreadable(text);
  return microseconds(rest.endsWith('ago') ? -total : total);
}
/** `P1Y2M3DT-4H-5M-6.7S`: the letter M says months before the T, minutes behind it. */
function parseIsoInterval(text: string): number {
  const [date = '', time = ''] = text.slice(1).split('T');
  let total = 0;
  const rest = [date, time].map((part, at) =>
    part.replace(/([+-]?\d+(?:\.\d+)?)([A-Z])/g, (all, amount, letter) => {
      const unit = isoUnits[at]?.[letter];
      if (unit === undefined) return all;
      total += Number(amount) * (unitMilliseconds[unit] ?? 0);
      return '';
    }),
  );
  if (rest.join('') !== '') throw unreadable(text);
  return microseconds(total);
}
const isoUnits: readonly Readonly<Record<string, string>>[] = [
  { Y: 'year', M: 'mon', D: 'day' },
  { H: 'hour', M: 'min', S: 'sec' },
];
/** The server counts microseconds: what is beyond them comes from adding fractions. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e3) / 1e3;
}
function unreadable(text: string): DataError {
  return new DataError(
    `The interval "${text}" is not in the style 'postgres'; set intervalstyle for the database.`,
  );
}
