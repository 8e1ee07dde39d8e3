import { parseTimestamp, writtenDuration } from '../fields/dates.ts';
import type { Decoder, Family, Field, Wire } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { textsOfArray } from '../fields/structured.ts';
import type { Dialect } from '../sql/dialect.ts';

// Values on their way to and from databases that lack PostgreSQL's types. Fields write PostgreSQL's text; these turn it
// into what Django keeps in such databases, and back.

type Conversion = (text: string) => string;

/** The field whose values a column holds: for a foreign key, the key it points at. */
export function keyField(field: Field): Field {
  let kept = field;
  while (kept instanceof ForeignKeyField) kept = kept.targetField;
  return kept;
}

/** Bytes travel as PostgreSQL's text for them, hexadecimal digits. @param sql a value of the field's as it travels */
export function storedBytes(sql: string, field: Field | undefined): string {
  return field !== undefined && keyField(field).family === 'binary' ? `UNHEX(SUBSTR(${sql}, 3))` : sql;
}

/** `2024-01-03T13:30:15.5Z` as `2024-01-03 13:30:15.500000`; a whole second has no fraction. */
export function momentText(text: string): string {
  const [, day, time, fraction = ''] = /^(.{10,12})[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(text) ?? [];
  if (day === undefined) return text;
  const digits = fraction.padEnd(6, '0').slice(0, 6);
  return digits === '000000' ? `${day} ${time}` : `${day} ${time}.${digits}`;
}

const conversions: Readonly<Partial<Record<Family, Conversion>>> = {
  // Microseconds.
  duration: (text) => String(Math.round(writtenDuration(text) * 1000)),
  time: (text) => (/^\d{1,2}:\d\d$/.test(text) ? `${text}:00` : text),
  uuid: (text) => text.replaceAll('-', '').toLowerCase(),
};

/** Conversions of a database: the shared ones and its own. */
export function wireFor(
  own: Readonly<Partial<Record<Family, Conversion>>>,
): (field: Field) => Conversion | undefined {
  const all: Readonly<Partial<Record<Family, Conversion>>> = { ...conversions, ...own };
  return (field) => all[keyField(field).family];
}

const lists = new WeakMap<object, Map<string, Conversion>>();

/** A list as JSON, numbers as numbers; the same function for the same kind of element, as writers compare them. */
export function wireList(element: Field, dialect: Dialect): Conversion {
  let known = lists.get(dialect);
  if (known === undefined) {
    known = new Map();
    lists.set(dialect, known);
  }
  const { family } = keyField(element);
  let made = known.get(family);
  if (made === undefined) {
    const convert = dialect.wire(element);
    const plain = family === 'number' || family === 'boolean' || family === 'duration';
    made = (text) => jsonList(textsOfArray(text), convert, plain);
    known.set(family, made);
  }
  return made;
}
function jsonList(
  texts: readonly (string | null)[],
  convert: ((text: string) => Wire) | undefined,
  plain: boolean,
): string {
  const parts = texts.map((text) => {
    const sent = text === null ? null : (convert?.(text) ?? text);
    return plain && sent !== null && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(sent) ? sent : JSON.stringify(sent);
  });
  return `[${parts.join(',')}]`;
}

const shared: Readonly<Partial<Record<Family, Decoder>>> = {
  // Where dates and moments are texts, an expression of both may give a date.
  dateTime: { decode: (text) => parseTimestamp(text.length === 10 ? `${text} 00:00:00+00` : `${text}+00`) },
  duration: { decode: (text) => Number(text) / 1000 },
  uuid: {
    decode: (text) => text.replace(/^(.{8})-?(.{4})-?(.{4})-?(.{4})-?(.{12})$/, '$1-$2-$3-$4-$5'),
  },
};

/** Decoders of a database: the shared ones and its own, else the field's. */
export function moreDecoders(own: Readonly<Partial<Record<Family, Decoder>>>): (field: Field) => Decoder {
  const all: Readonly<Partial<Record<Family, Decoder>>> = { ...shared, ...own };
  return (field) => all[field.family] ?? field.decoder;
}

const scales = new Map<number, Decoder>();

/** A decimal with all its digits behind the point, where the database keeps only those that count. */
export function scaled(scale: number): Decoder {
  let made = scales.get(scale);
  if (made === undefined) {
    made = { decode: (text) => withScale(text, scale) };
    scales.set(scale, made);
  }
  return made;
}
function withScale(text: string, scale: number): string {
  if (/e/i.test(text)) return Number(text).toFixed(scale);
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length > scale) return Number(text).toFixed(scale);
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}
