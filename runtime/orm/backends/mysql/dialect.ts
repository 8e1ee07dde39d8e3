import { DataError, NotSupportedError, ValueError } from '../../errors.ts';
import { type Decoder, type Field, isMoment } from '../../fields/field.ts';
import { AutoField, DecimalField, FloatField, IntegerField, WideIntegerField } from '../../fields/numbers.ts';
import { CharField } from '../../fields/text.ts';
import { wellFormed, writable } from '../../models/naming.ts';
import {
  type AggregateParts,
  type Dialect,
  type MomentPart,
  operatorSymbols,
  type TypedSql,
} from '../../sql/dialect.ts';
import { aggregateSql } from '../../sql/template.ts';
import { keyField, momentText, moreDecoders, scaled, storedBytes, wireFor, wireList } from '../neutral.ts';
import { callsOf, postgresqlAggregates, unsupported } from '../standard.ts';

const asText = (sql: string) => `CAST(${sql} AS char)`;
function literal(text: string): string {
  return `'${writable(text).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

const parts: Readonly<Record<MomentPart, (sql: string) => string>> = {
  year: (sql) => `YEAR(${sql})`,
  isoYear: (sql) => `(YEARWEEK(${sql}, 3) DIV 100)`,
  month: (sql) => `MONTH(${sql})`,
  day: (sql) => `DAYOFMONTH(${sql})`,
  week: (sql) => `WEEK(${sql}, 3)`,
  weekDay: (sql) => `DAYOFWEEK(${sql})`,
  isoWeekDay: (sql) => `(WEEKDAY(${sql}) + 1)`,
  quarter: (sql) => `QUARTER(${sql})`,
  hour: (sql) => `HOUR(${sql})`,
  minute: (sql) => `MINUTE(${sql})`,
  second: (sql) => `SECOND(${sql})`,
};

const types: Readonly<Partial<Record<Field['family'], string>>> = {
  boolean: 'bool',
  dateTime: 'datetime(6)',
  time: 'time(6)',
  duration: 'bigint',
  uuid: 'char(32)',
  ip: 'char(39)',
  json: 'json',
  binary: 'longblob',
};
function columnType(field: Field): string {
  const kept = keyField(field);
  if (kept instanceof AutoField) return kept.type;
  if (kept instanceof FloatField) return 'double precision';
  if (kept.family === 'array') throw unsupported('Arrays', 'MySQL');
  if (kept.family === 'text' && !(kept instanceof CharField && kept.maxLength !== undefined))
    return 'longtext';
  return types[kept.family] ?? kept.databaseType();
}

/** Type a value is cast to; undefined for what needs no cast. */
function castType(field: Field): string | undefined {
  const kept = keyField(field);
  if (kept instanceof IntegerField || kept.family === 'duration' || kept.family === 'boolean')
    return 'signed';
  if (kept instanceof FloatField) return 'double';
  if (kept instanceof DecimalField) return `decimal(65, ${kept.scale ?? 30})`;
  if (kept.family === 'text') return 'char';
  if (kept.family === 'date') return 'date';
  if (kept.family === 'time') return 'time(6)';
  return kept.family === 'dateTime' ? 'datetime(6)' : undefined;
}
function listType(field: Field | undefined): string {
  const kept = field === undefined ? undefined : keyField(field);
  if (kept instanceof IntegerField || kept?.family === 'duration' || kept?.family === 'boolean')
    return 'bigint';
  if (kept instanceof FloatField) return 'double';
  return kept instanceof DecimalField ? 'decimal(65, 30)' : 'longtext';
}

const decoders = moreDecoders({
  boolean: { source: "v==='1'", decode: (text) => text === '1' },
  time: { decode: withoutEmptyFraction },
});
function decoder(field: Field): Decoder {
  const kept = keyField(field);
  if (kept instanceof DecimalField) return kept.scale === undefined ? plainDecimal : scaled(kept.scale);
  return decoders(kept);
}
/** A cast to a decimal of any size fills up with zeros. */
const plainDecimal: Decoder = { decode: (text) => withoutEmptyFraction(text.replace(/(\.\d*?)0+$/, '$1')) };
function withoutEmptyFraction(text: string): string {
  return text.replace(/\.0*$/, '');
}

function aggregate(parts: AggregateParts): string {
  const { function: name, distinct, argument, filter, order, delimiter, template } = parts;
  if (postgresqlAggregates.has(name)) throw unsupported(name, 'MySQL');
  // There is no FILTER: rows that are not meant count as null.
  const all = argument.sql === '*' ? '1' : argument.sql;
  const value = filter === undefined ? argument.sql : `CASE WHEN ${filter} THEN ${all} END`;
  const only = distinct ? 'DISTINCT ' : '';
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  if (delimiter === undefined) {
    const first = isMean(name, argument) ? `1e0 * ${value}` : value;
    const expressions = [first, ...parts.others].join(', ');
    return aggregateSql(template, { function: name, distinct: only, expressions, orderBy: ordered });
  }
  // The separator can be no parameter.
  return `REPLACE(GROUP_CONCAT(${only}${asText(value)}${ordered} SEPARATOR '\u001f'), '\u001f', ${delimiter})`;
}

/** Of whole numbers the server gives a decimal with four digits behind the point; of fractions as many as there are. */
function isMean(name: string, { field }: TypedSql): boolean {
  return /^(?:AVG|STDDEV|VAR)/.test(name) && !(field instanceof DecimalField) && !isMoment(field);
}

function step(key: string): string {
  if (/^\d+$/.test(key)) return `[${key}]`;
  if (key === '-1') return '[last]';
  // Half a surrogate pair would be written as an escape.
  return /^-\d+$/.test(key) ? `[last-${Number(key.slice(1)) - 1}]` : `.${JSON.stringify(wellFormed(key))}`;
}
const pathOf = (keys: readonly string[]) => literal(`$${keys.map(step).join('')}`);
const ownPath = (key: string) => `CONCAT('$.', JSON_QUOTE(${key}))`;
const table = (mark: string, type: string, name: string) =>
  `JSON_TABLE(${mark}, '$[*]' COLUMNS ("value" ${type} PATH '$')) AS "${name}"`;
/** As `table`, with the place of each item. */
const numberedTable = (mark: string, type: string, name: string) =>
  `JSON_TABLE(${mark}, '$[*]' COLUMNS ("place" FOR ORDINALITY, "value" ${type} PATH '$')) AS "${name}"`;

/**
 * MariaDB keeps JSON as text, MySQL compares it as what it is; each leaves out what is meant for the other.
 * MariaDB's JSON_EQUALS finds everything equal to null that comes out of JSON, hence the CASE.
 */
function equalJson(left: string, right: string): string {
  const equal = `/*M!100700 JSON_EQUALS(*/ /*!80000 CAST(*/ ${left} /*M!100700 ,*/ /*!80000 AS JSON) = CAST(*/ ${right} /*M!100700 )*/ /*!80000 AS JSON)*/`;
  return `(CASE WHEN ${left} IS NOT NULL AND ${right} IS NOT NULL THEN ${equal} END)`;
}

const symbols = { ...operatorSymbols, bitXor: '^' };

const wire = wireFor({ boolean: (text) => (text === 'true' ? '1' : '0'), dateTime: momentText });
/** The server would make the largest number it has of one with more digits. */
function wideInteger(text: string): string {
  if (text.replace('-', '').length > 65)
    throw new DataError(`MySQL has no whole numbers of more than 65 digits: ${text}.`);
  return text;
}

export const mysqlDialect: Dialect = {
  name: 'mysql',

  wire: (field) => (field instanceof WideIntegerField ? wideInteger : wire(field)),
  list: (element) => wireList(element, mysqlDialect),
  decoder,

  operand(mark, field) {
    const type = keyField(field).family === 'number' ? castType(field) : undefined;
    return type === undefined ? storedBytes(mark, field) : `CAST(${mark} AS ${type})`;
  },
  stored: storedBytes,
  cast(sql, field) {
    const type = castType(field);
    return type === undefined ? sql : `CAST(${sql} AS ${type})`;
  },
  // LIMIT and OFFSET, FETCH FIRST, ROWS EXAMINED.
  onlyParameterAfter: /\b(?:limit|offset|fetch\s+(?:first|next)|examined|limit\s+\S+\s*,)\s*$/i,
  declaredCast(sql, field) {
    const kept = keyField(field);
    if (kept instanceof CharField && kept.maxLength !== undefined)
      return `CAST(${sql} AS char(${kept.maxLength}))`;
    return mysqlDialect.cast(sql, field);
  },
  asText,
  literal,

  among: (sql, mark, element) =>
    `${sql} IN (SELECT ${storedBytes('"value"', element)} FROM ${table(mark, listType(element), 'list')})`,
  amongRows(sql, marks, elements) {
    const columns = marks.map((_mark, at) => storedBytes(`"l${at}"."value"`, elements[at]));
    const lists = marks.map((mark, at) => {
      const list = numberedTable(mark, listType(elements[at]), `l${at}`);
      return at === 0 ? list : `${list} ON "l${at}"."place" = "l0"."place"`;
    });
    return `${sql} IN (SELECT ${columns.join(', ')} FROM ${lists.join(' JOIN ')})`;
  },
  like: (sql, pattern, ignoreCase) =>
    ignoreCase ? `UPPER(${asText(sql)}) LIKE UPPER(${pattern})` : `${asText(sql)} LIKE BINARY ${pattern}`,
  folded: (sql) => `UPPER(${sql})`,
  regex: (sql, pattern, ignoreCase) =>
    `${asText(sql)} REGEXP CONCAT('(?${ignoreCase ? '' : '-'}i)', ${pattern})`,
  arrayComparison: () => {
    throw unsupported('Arrays', 'MySQL');
  },
  arrayOf: () => {
    throw unsupported('Arrays', 'MySQL');
  },
  json: {
    at(root, keys, form) {
      const extracted = `JSON_EXTRACT(${root}, ${pathOf(keys)})`;
      return form === 'text' ? `JSON_UNQUOTE(${extracted})` : extracted;
    },
    operand: (mark) => mark,
    column: (sql) => sql,
    null: "'null'",
    compare: (sql, operator, operand) =>
      operator === '='
        ? equalJson(sql, operand)
        : `JSON_VALUE(${sql}, '$') + 0 ${operator} JSON_VALUE(${operand}, '$') + 0`,
    contains: (sql, operand) => `JSON_CONTAINS(${sql}, ${operand})`,
    containedBy: (sql, operand) => `JSON_CONTAINS(${operand}, ${sql})`,
    hasKey: (sql, mark) => `JSON_CONTAINS_PATH(${sql}, 'one', ${ownPath(mark)})`,
    hasKeys(sql, mark, all) {
      const found = `JSON_CONTAINS_PATH(${sql}, 'one', ${ownPath('"wanted"."value"')})`;
      const wanted = `SELECT 1 FROM ${table(mark, 'longtext', 'wanted')} WHERE`;
      return all
        ? `(${sql} IS NOT NULL AND NOT EXISTS(${wanted} NOT ${found}))`
        : `EXISTS(${wanted} ${found})`;
    },
  },

  arithmetic(operator, left, right) {
    if (operator === 'pow') return `POWER(${left.sql}, ${right.sql})`;
    if (operator === 'add' || operator === 'sub') {
      const moved = movedMoment(operator, left, right);
      if (moved !== undefined) return moved;
    }
    if (operator === 'div') {
      const whole = left.field instanceof IntegerField && right.field instanceof IntegerField;
      return `(${left.sql} ${whole ? 'DIV' : '/'} ${right.sql})`;
    }
    const sql =
      operator === 'bitRightShift'
        ? shiftedRight(left, right)
        : `(${left.sql} ${symbols[operator]} ${right.sql})`;
    // Operators on bits give numbers without a sign.
    return operator.startsWith('bit') ? `CAST(${sql} AS signed)` : sql;
  },
  part: (part, { sql }) => parts[part](sql),
  truncate(unit, { sql, field }) {
    const type = field?.family === 'dateTime' ? 'datetime(6)' : 'date';
    const cut = {
      year: `DATE_FORMAT(${sql}, '%Y-01-01')`,
      quarter: `(MAKEDATE(YEAR(${sql}), 1) + INTERVAL QUARTER(${sql}) QUARTER - INTERVAL 1 QUARTER)`,
      month: `DATE_FORMAT(${sql}, '%Y-%m-01')`,
      week: `(DATE(${sql}) - INTERVAL WEEKDAY(${sql}) DAY)`,
      day: `DATE(${sql})`,
      hour: `DATE_FORMAT(${sql}, '%Y-%m-%d %H:00:00')`,
      minute: `DATE_FORMAT(${sql}, '%Y-%m-%d %H:%i:00')`,
      second: `DATE_FORMAT(${sql}, '%Y-%m-%d %H:%i:%s')`,
    }[unit];
    return `CAST(${cut} AS ${type})`;
  },
  dateOf: ({ sql }) => `DATE(${sql})`,
  timeOf: ({ sql }) => `TIME(${sql})`,
  call: callsOf('MySQL', asText, {
    now: () => 'CURRENT_TIMESTAMP(6)',
    length: ([value = '']) => `CHAR_LENGTH(${asText(value)})`,
    left: (values) => `LEFT(${values.join(', ')})`,
    right: (values) => `RIGHT(${values.join(', ')})`,
    lpad: (values) => `LPAD(${values.join(', ')})`,
    rpad: (values) => `RPAD(${values.join(', ')})`,
    repeat: (values) => `REPEAT(${values.join(', ')})`,
    reverse: ([value]) => `REVERSE(${value})`,
    chr: ([value]) => `CHAR(${value} USING utf32)`,
    ord: ([value]) => `ORD(CONVERT(${value} USING utf32))`,
    md5: ([value]) => `MD5(${value})`,
    sha1: ([value]) => `SHA1(${value})`,
    sha224: ([value]) => `SHA2(${value}, 224)`,
    sha256: ([value]) => `SHA2(${value}, 256)`,
    sha384: ([value]) => `SHA2(${value}, 384)`,
    sha512: ([value]) => `SHA2(${value}, 512)`,
    random: () => 'RAND()',
  }),
  aggregate,
  havingNeedsColumns: true,

  ordered(sql, descending, { nullsFirst, nullsLast }) {
    const term = `${sql}${descending ? ' DESC' : ' ASC'}`;
    if (nullsFirst) return `${sql} IS NULL DESC, ${term}`;
    return nullsLast ? `${sql} IS NULL ASC, ${term}` : term;
  },
  random: 'RAND() ASC',
  distinctOn: () => {
    throw new NotSupportedError('DISTINCT ON fields is not supported by this database backend');
  },
  limits(start, end) {
    if (start === 0 && end === undefined) return '';
    const limit = `LIMIT ${end === undefined ? '18446744073709551615' : end - start}`;
    return start === 0 ? limit : `${limit} OFFSET ${start}`;
  },
  locking({ tables, nowait, skipLocked, noKey }) {
    if (tables.length > 0)
      throw new NotSupportedError('FOR UPDATE OF is not supported on this database backend.');
    if (noKey) throw new NotSupportedError('FOR NO KEY UPDATE is not supported on this database backend.');
    return `FOR UPDATE${nowait ? ' NOWAIT' : skipLocked ? ' SKIP LOCKED' : ''}`;
  },
  combinable: (sql) => `(${sql})`,
  updateReturning: () => '',
  // A statement may not read the table it changes, unless the rows were gathered before.
  keysToChange: (sql) => `SELECT * FROM (${sql}) AS "rows"`,

  insert: {
    fromArrays: false,
    // MariaDB gives back what it wrote; to MySQL it is a comment, and the key comes with the answer.
    returning(columns) {
      const list = columns.join(', ');
      // A name that ends the comment would go on as SQL behind it.
      return list.includes('*/') ? '' : `/*M!100500 RETURNING ${list}*/`;
    },
    nothing: '() VALUES ()',
    generated: 'DEFAULT',
    onConflict(conflict, quote, key) {
      if (conflict === undefined) return '';
      // INSERT IGNORE would also let go of rows whose foreign keys are wrong, and cut texts that are too long.
      if (conflict.rule === 'ignore') return `ON DUPLICATE KEY UPDATE ${key} = ${key}`;
      const sets = conflict.update.map((field) => `${quote(field.column)} = VALUES(${quote(field.column)})`);
      return `ON DUPLICATE KEY UPDATE ${sets.join(', ')}`;
    },
  },

  explain(format, flags) {
    if (format !== undefined && format !== 'JSON' && format !== 'TRADITIONAL') {
      throw new ValueError(`${format} is not a recognized format. Allowed formats: JSON, TRADITIONAL`);
    }
    const [unknown] = flags.keys();
    if (unknown !== undefined) throw new ValueError(`Unknown options: ${unknown.toLowerCase()}`);
    return `EXPLAIN ${format === 'JSON' ? 'FORMAT=JSON ' : ''}`;
  },
  schema: {
    columnType,
    generatedKey: (field) => `${columnType(field)} NOT NULL AUTO_INCREMENT PRIMARY KEY`,
    columnCheck: () => undefined,
    foreignKeysInline: false,
    foreignKeySuffix: '',
    // Text is compared as it is, case included, as elsewhere.
    comments: 'inline',
    tableSuffix: ' CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    features: new Set(),
    tableNames: 'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()',
    defaultExpression: (sql) => `(${sql})`,
    drop: (tables) => [
      'SET SESSION foreign_key_checks = 0',
      `DROP TABLE IF EXISTS ${tables.join(', ')}`,
      'SET SESSION foreign_key_checks = 1',
    ],
  },
};

/** The server's own shift takes the sign for a number. */
function shiftedRight({ sql }: TypedSql, { sql: bits }: TypedSql): string {
  return `IF(${sql} < 0, ~(~${sql} >> ${bits}), ${sql} >> ${bits})`;
}

/** A moment and a duration, or the time between two moments; undefined for numbers. Durations are microseconds. */
function movedMoment(operator: 'add' | 'sub', left: TypedSql, right: TypedSql): string | undefined {
  const sign = operator === 'add' ? '+' : '-';
  if (isMoment(left.field) && right.field?.family === 'duration') {
    return `(${left.sql} ${sign} INTERVAL ${right.sql} MICROSECOND)`;
  }
  if (left.field?.family === 'duration' && isMoment(right.field) && operator === 'add') {
    return `(${right.sql} + INTERVAL ${left.sql} MICROSECOND)`;
  }
  if (isMoment(left.field) && isMoment(right.field) && operator === 'sub') {
    return `TIMESTAMPDIFF(MICROSECOND, ${right.sql}, ${left.sql})`;
  }
  return undefined;
}
