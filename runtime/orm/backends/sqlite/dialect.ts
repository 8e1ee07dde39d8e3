import { DataError, NotSupportedError, ValueError } from '../../errors.ts';
import { type Decoder, type Field, isMoment } from '../../fields/field.ts';
import { AutoField, DecimalField, FloatField, IntegerField, WideIntegerField } from '../../fields/numbers.ts';
import { wellFormed } from '../../models/naming.ts';
import {
  type AggregateParts,
  type Dialect,
  type MomentPart,
  type MomentUnit,
  operatorSymbols,
} from '../../sql/dialect.ts';
import { aggregateSql } from '../../sql/template.ts';
import { keyField, momentText, moreDecoders, scaled, storedBytes, wireFor, wireList } from '../neutral.ts';
import { standardConflict, standardReturning } from '../postgresql/dialect.ts';
import { callsOf, postgresqlAggregates, quotedLiteral, unsupported } from '../standard.ts';

// SQLite keeps moments as text in UTC, `2024-01-03 13:30:15.000000`, and what else it has no type for as Django does.

const asText = (sql: string) => `CAST(${sql} AS text)`;

/** Thursday of the ISO week: its year and its week are those of the day. */
const thursday = (sql: string) => `DATE(${sql}, '-3 days', 'weekday 4')`;
const number = (format: string, sql: string) => `CAST(STRFTIME('${format}', ${sql}) AS integer)`;

const parts: Readonly<Record<MomentPart, (sql: string) => string>> = {
  year: (sql) => number('%Y', sql),
  isoYear: (sql) => number('%Y', thursday(sql)),
  month: (sql) => number('%m', sql),
  day: (sql) => number('%d', sql),
  week: (sql) => `((${number('%j', thursday(sql))} - 1) / 7 + 1)`,
  weekDay: (sql) => `(${number('%w', sql)} + 1)`,
  isoWeekDay: (sql) => `((${number('%w', sql)} + 6) % 7 + 1)`,
  quarter: (sql) => `((${number('%m', sql)} + 2) / 3)`,
  hour: (sql) => number('%H', sql),
  minute: (sql) => number('%M', sql),
  second: (sql) => number('%S', sql),
};

const days: Readonly<Partial<Record<MomentUnit, (sql: string) => string>>> = {
  year: (sql) => `STRFTIME('%Y-01-01', ${sql})`,
  quarter: (sql) =>
    `(STRFTIME('%Y-', ${sql}) || SUBSTR('00' || ((${number('%m', sql)} - 1) / 3 * 3 + 1), -2) || '-01')`,
  month: (sql) => `STRFTIME('%Y-%m-01', ${sql})`,
  week: (sql) => `DATE(${sql}, '-6 days', 'weekday 1')`,
  day: (sql) => `DATE(${sql})`,
};
const times: Readonly<Partial<Record<MomentUnit, string>>> = {
  hour: '%Y-%m-%d %H:00:00',
  minute: '%Y-%m-%d %H:%M:00',
  second: '%Y-%m-%d %H:%M:%S',
};

const types: Readonly<Partial<Record<Field['family'], string>>> = {
  boolean: 'bool',
  date: 'date',
  time: 'time',
  dateTime: 'datetime',
  duration: 'bigint',
  uuid: 'char(32)',
  ip: 'char(39)',
  json: 'text',
  binary: 'BLOB',
};

function columnType(field: Field): string {
  const kept = keyField(field);
  if (kept instanceof AutoField) return 'integer';
  if (kept instanceof DecimalField) return 'decimal';
  if (kept instanceof FloatField) return 'real';
  if (kept.family === 'array') throw unsupported('Arrays', 'SQLite');
  return types[kept.family] ?? kept.databaseType();
}

/** What a value must be cast to so that numbers compare as numbers; undefined for what is compared as text. */
function affinity(field: Field): string | undefined {
  const kept = keyField(field);
  if (kept instanceof IntegerField || kept.family === 'boolean' || kept.family === 'duration')
    return 'integer';
  if (kept instanceof FloatField) return 'real';
  return kept.family === 'number' ? 'numeric' : undefined;
}

const decoders = moreDecoders({
  boolean: { source: "v==='1'", decode: (text) => text === '1' },
});

function decoder(field: Field): Decoder {
  const kept = keyField(field);
  if (kept instanceof DecimalField && kept.scale !== undefined) return scaled(kept.scale);
  return decoders(kept);
}

const spread = (argument: string, divisor: string) =>
  `(SUM(1.0 * ${argument} * ${argument}) - SUM(1.0 * ${argument}) * SUM(1.0 * ${argument}) / COUNT(${argument})) / ${divisor}`;
/** From sums: SQLite has no functions for them. Never below zero, which rounding could make it. */
const spreads: Readonly<Record<string, (argument: string) => string>> = {
  VAR_POP: (argument) => `MAX(0.0, ${spread(argument, `COUNT(${argument})`)})`,
  VAR_SAMP: (argument) => `MAX(0.0, ${spread(argument, `NULLIF(COUNT(${argument}) - 1, 0)`)})`,
  STDDEV_POP: (argument) => `SQRT(MAX(0.0, ${spread(argument, `COUNT(${argument})`)}))`,
  STDDEV_SAMP: (argument) => `SQRT(MAX(0.0, ${spread(argument, `NULLIF(COUNT(${argument}) - 1, 0)`)}))`,
};

function aggregate(parts: AggregateParts): string {
  const { function: name, distinct, argument, filter, order, delimiter } = parts;
  const only = filter === undefined ? '' : ` FILTER (WHERE ${filter})`;
  const spreadOf = spreads[name];
  if (spreadOf !== undefined) {
    if (distinct) throw unsupported(`${name}(DISTINCT)`, 'SQLite');
    return spreadOf(filter === undefined ? argument.sql : `(CASE WHEN ${filter} THEN ${argument.sql} END)`);
  }
  if (postgresqlAggregates.has(name)) throw unsupported(name, 'SQLite');
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  if (delimiter !== undefined) {
    if (distinct)
      throw new NotSupportedError("SQLite doesn't support DISTINCT on multiple argument aggregates.");
    return `GROUP_CONCAT(${asText(argument.sql)}, ${delimiter}${ordered})${only}`;
  }
  const date = argument.field?.family;
  if ((name === 'SUM' || name === 'AVG') && (date === 'date' || date === 'dateTime' || date === 'time')) {
    throw new NotSupportedError(
      'You cannot use Sum, Avg, StdDev, and Variance aggregations on date/time fields in sqlite3 since date/time is saved as text.',
    );
  }
  // There is no ANY_VALUE; the largest value is one of them.
  const call = name === 'ANY_VALUE' ? 'MAX' : name;
  const expressions = [argument.sql, ...parts.others].join(', ');
  const texts = { function: call, distinct: distinct ? 'DISTINCT ' : '', expressions, orderBy: ordered };
  return `${aggregateSql(parts.template, texts)}${only}`;
}

function path(keys: readonly string[]): string {
  const step = (key: string) => {
    if (/^\d+$/.test(key)) return `[${key}]`;
    return /^-\d+$/.test(key) ? `[#${key}]` : `.${JSON.stringify(wellFormed(key))}`;
  };
  return keys.map(step).join('');
}
const pathOf = (keys: readonly string[]) => quotedLiteral(`$${path(keys)}`);

/** SQLite before 3.48 finds no path to a key with a quotation mark in it; among the members it is. */
function member(object: string, key: string): string {
  const value = `CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'object' THEN value WHEN 'array' THEN value ELSE JSON_QUOTE(value) END`;
  return `(SELECT ${value} FROM JSON_EACH(${object}) WHERE key = ${quotedLiteral(key)})`;
}

const wire = wireFor({ boolean: (text) => (text === 'true' ? '1' : '0'), dateTime: momentText });
/** As Django's driver does: a cast would make another number of it, and as text it is larger than every number. */
function refuseWideInteger(text: string): never {
  throw new DataError(`SQLite has no whole numbers of more than 64 bits: ${text}.`);
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  frameExclusion: true,

  wire: (field) => (field instanceof WideIntegerField ? refuseWideInteger : wire(field)),
  list: (element) => wireList(element, sqliteDialect),
  decoder,

  // The column's affinity makes numbers of text.
  stored: storedBytes,
  operand(mark, field) {
    const type = affinity(field);
    return type === undefined ? storedBytes(mark, field) : `CAST(${mark} AS ${type})`;
  },
  cast(sql, field) {
    const type = affinity(field) ?? (field.family === 'text' ? 'text' : undefined);
    return type === undefined ? sql : `CAST(${sql} AS ${type})`;
  },
  declaredCast(sql, field) {
    if (field.family === 'date') return `DATE(${sql})`;
    return `CAST(${sql} AS ${affinity(field) ?? 'text'})`;
  },
  asText,
  literal: quotedLiteral,

  among: (sql, mark, element) =>
    `${sql} IN (SELECT ${storedBytes('value', element)} FROM JSON_EACH(${mark}))`,
  amongRows(sql, marks, elements) {
    const columns = marks.map((_mark, at) => storedBytes(`l${at}.value`, elements[at]));
    const lists = marks.map(
      (mark, at) => `JSON_EACH(${mark}) l${at}${at === 0 ? '' : ` ON l${at}.key = l0.key`}`,
    );
    return `${sql} IN (SELECT ${columns.join(', ')} FROM ${lists.join(' JOIN ')})`;
  },
  like: (sql, pattern, ignoreCase) =>
    ignoreCase
      ? `UPPER(${asText(sql)}) LIKE UPPER(${pattern}) ESCAPE '\\'`
      : `${asText(sql)} LIKE ${pattern} ESCAPE '\\'`,
  folded: (sql) => `UPPER(${sql})`,
  regex: (sql, pattern, ignoreCase) =>
    ignoreCase ? `REGEXPI(${pattern}, ${asText(sql)})` : `${asText(sql)} REGEXP ${pattern}`,
  arrayComparison: () => {
    throw unsupported('Arrays', 'SQLite');
  },
  arrayOf: () => {
    throw unsupported('Arrays', 'SQLite');
  },
  json: {
    at(root, keys, form) {
      const quoted = keys.findLastIndex((key) => key.includes('"'));
      const [before, key = '', after] = [keys.slice(0, quoted), keys[quoted], keys.slice(quoted + 1)];
      const from = quoted === -1 ? root : member(sqliteDialect.json.at(root, before, 'json'), key);
      return `(${from} ${form === 'text' ? '->>' : '->'} ${pathOf(after)})`;
    },
    operand: (mark) => `JSON(${mark})`,
    column: (sql) => `JSON(${sql})`,
    null: "JSON('null')",
    compare: (sql, operator, operand) =>
      operator === '='
        ? `${sql} = ${operand}`
        : `JSON_EXTRACT(${sql}, '$') ${operator} JSON_EXTRACT(${operand}, '$')`,
    contains: () => {
      throw new NotSupportedError('contains lookup is not supported on this database backend.');
    },
    containedBy: () => {
      throw new NotSupportedError('containedBy lookup is not supported on this database backend.');
    },
    hasKey: (sql, mark) =>
      `EXISTS(SELECT 1 FROM JSON_EACH(${sql}) WHERE JSON_TYPE(${sql}) = 'object' AND key = ${mark})`,
    hasKeys(sql, mark, all) {
      const found = `SELECT 1 FROM JSON_EACH(${sql}) AS "own" WHERE JSON_TYPE(${sql}) = 'object' AND "own".key = "wanted".value`;
      return all
        ? `NOT EXISTS(SELECT 1 FROM JSON_EACH(${mark}) AS "wanted" WHERE NOT EXISTS(${found}))`
        : `EXISTS(SELECT 1 FROM JSON_EACH(${mark}) AS "wanted" WHERE EXISTS(${found}))`;
    },
  },

  arithmetic(operator, left, right) {
    if (operator === 'pow') return `POWER(${left.sql}, ${right.sql})`;
    if (operator === 'mod') return `(${left.sql} % ${right.sql})`;
    if ([left, right].some(({ field }) => isMoment(field))) {
      throw unsupported('Arithmetic with dates and times', 'SQLite');
    }
    // There is no operator for it: the bits of either, without those of both.
    if (operator === 'bitXor') return `((${left.sql} | ${right.sql}) - (${left.sql} & ${right.sql}))`;
    return `(${left.sql} ${operatorSymbols[operator]} ${right.sql})`;
  },
  part: (part, { sql }) => parts[part](sql),
  truncate(unit, { sql, field }) {
    const format = times[unit];
    if (format !== undefined) return `STRFTIME('${format}', ${sql})`;
    const day = days[unit]?.(sql) ?? sql;
    return field?.family === 'dateTime' ? `(${day} || ' 00:00:00')` : day;
  },
  dateOf: ({ sql }) => `DATE(${sql})`,
  timeOf: ({ sql, field }) => (field?.family === 'dateTime' ? `SUBSTR(${sql}, 12)` : sql),
  call: callsOf('SQLite', asText, {
    now: () => `(STRFTIME('%Y-%m-%d %H:%M:%f', 'now') || '000')`,
    greatest: (values) => `MAX(${values.join(', ')})`,
    least: (values) => `MIN(${values.join(', ')})`,
    left: ([value, length]) => `SUBSTR(${value}, 1, ${length})`,
    right: ([value, length]) => `SUBSTR(${value}, -(${length}))`,
    repeat: ([value, times]) => `REPLACE(HEX(ZEROBLOB(${times})), '00', ${value})`,
    chr: ([value]) => `CHAR(${value})`,
    ord: ([value]) => `UNICODE(${value})`,
    // libsql has no MOD, and LOG to the base 10 only; the operator % is one of whole numbers.
    mod: ([value, by]) => `(${value} - ${by} * CAST(1.0 * ${value} / ${by} AS INTEGER))`,
    log: ([base, value]) => `(LN(${value}) / LN(${base}))`,
    // From a whole number of 64 bits with its sign.
    random: () => '(0.5 + RANDOM() / 18446744073709551616.0)',
  }),
  aggregate,

  ordered(sql, descending, { nullsFirst, nullsLast }) {
    const nulls = nullsFirst ? ' NULLS FIRST' : nullsLast ? ' NULLS LAST' : '';
    return `${sql}${descending ? ' DESC' : ' ASC'}${nulls}`;
  },
  random: 'RANDOM() ASC',
  distinctOn: () => {
    throw new NotSupportedError('DISTINCT ON fields is not supported by this database backend');
  },
  limits(start, end) {
    if (start === 0 && end === undefined) return '';
    const limit = `LIMIT ${end === undefined ? -1 : end - start}`;
    return start === 0 ? limit : `${limit} OFFSET ${start}`;
  },
  locking: () => '',
  combinable: (sql) => `SELECT * FROM (${sql})`,

  updateReturning: standardReturning,
  keysToChange: (sql) => sql,

  insert: {
    returning: standardReturning,
    fromArrays: false,
    nothing: 'DEFAULT VALUES',
    generated: 'NULL',
    onConflict: standardConflict,
  },

  explain(format, flags) {
    if (format !== undefined) throw new ValueError(`${format} is not a recognized format.`);
    if (flags.size > 0) throw new ValueError(`Unknown options: ${[...flags.keys()].sort().join(', ')}`);
    return 'EXPLAIN QUERY PLAN ';
  },
  schema: {
    columnType,
    generatedKey: () => 'integer NOT NULL PRIMARY KEY AUTOINCREMENT',
    columnCheck(field, column) {
      if (keyField(field).family !== 'json') return undefined;
      return `JSON_VALID(${column})${field.options.nullable ? ` OR ${column} IS NULL` : ''}`;
    },
    foreignKeysInline: true,
    comments: 'none',
    tableSuffix: '',
    foreignKeySuffix: ' DEFERRABLE INITIALLY DEFERRED',
    features: new Set(['condition', 'expression']),
    tableNames: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
    defaultExpression: (sql) => `(${sql})`,
    // What refers to a table goes before it; references are checked when all are gone.
    drop: (tables) => [
      'PRAGMA defer_foreign_keys = ON',
      ...[...tables].reverse().map((table) => `DROP TABLE IF EXISTS ${table}`),
    ],
  },
};
