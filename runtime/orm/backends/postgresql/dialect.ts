import { ValueError } from '../../errors.ts';
import type { NullsOrder } from '../../expressions/node.ts';
import { FloatField } from '../../fields/numbers.ts';
import { ArrayField, wireArray } from '../../fields/structured.ts';
import { literal } from '../../models/naming.ts';
import { optimises } from '../../optimisations.ts';
import {
  type AggregateParts,
  type ConflictRule,
  type Dialect,
  type LockingParts,
  type MomentPart,
  type MomentUnit,
  operatorSymbols,
  type TypedSql,
} from '../../sql/dialect.ts';
import { aggregateSql } from '../../sql/template.ts';
import { postgresqlFunctions } from './functions.ts';

const parts: Readonly<Record<Exclude<MomentPart, 'second'>, readonly [name: string, after: string]>> = {
  year: ['YEAR', ''],
  isoYear: ['ISOYEAR', ''],
  month: ['MONTH', ''],
  day: ['DAY', ''],
  week: ['WEEK', ''],
  weekDay: ['DOW', ' + 1'],
  isoWeekDay: ['ISODOW', ''],
  quarter: ['QUARTER', ''],
  hour: ['HOUR', ''],
  minute: ['MINUTE', ''],
};

const asText = (sql: string) => `${sql}::text`;

/** Parts are taken in the active zone, UTC, or the given one; dates and times have no zone. */
function zoned({ sql, field, zone = 'UTC' }: TypedSql): string {
  return field?.family === 'dateTime' ? `${sql} AT TIME ZONE ${literal(zone)}` : sql;
}

/** The moment a date begins at, whatever the time zone of the session; anything else as it is. */
function startOfDate({ sql, field }: TypedSql): string {
  return field?.family === 'date' ? `(${sql}::timestamp AT TIME ZONE 'UTC')` : sql;
}
/** The server has no remainder of floating point. */
function remainder(left: TypedSql, right: TypedSql): string {
  const floating = [left, right].some(({ field }) => field instanceof FloatField);
  if (!floating) return `(${left.sql} % ${right.sql})`;
  const [from, by] = [left, right].map(({ sql }) => `(${sql})::numeric`);
  return `(${from} % ${by})::double precision`;
}

export const postgresqlDialect: Dialect = {
  name: 'postgresql',
  timeZones: true,
  frameExclusion: true,

  wire: () => undefined,
  list: () => undefined,
  decoder: (field) => field.decoder,

  operand: (mark) => mark,
  stored: (mark) => mark,
  cast: (sql, field) => `${sql}::${field.castType()}`,
  // OFFSET … ROWS, FETCH FIRST.
  onlyParameterAfter: /\b(?:offset|fetch\s+(?:first|next))\s*$/i,
  declaredCast: (sql, field) => `${sql}::${field.databaseType()}`,
  asText,
  literal,

  // One array parameter, so that the SQL does not depend on the number of values. The server knows no arrays of arrays,
  // only arrays of more dimensions: items that are arrays go as text.
  among: (sql, mark, element) =>
    element instanceof ArrayField
      ? `${sql} IN (SELECT "item"::${element.castType()} FROM UNNEST(${mark}::text[]) "item")`
      : `${sql} = ANY(${mark})`,
  amongRows: (sql, marks, elements) =>
    `${sql} IN (SELECT * FROM UNNEST(${marks.map((mark, at) => `${mark}::${elements[at]?.castType()}[]`).join(', ')}))`,
  like: (sql, pattern, ignoreCase) =>
    ignoreCase ? `UPPER(${asText(sql)}) LIKE UPPER(${pattern})` : `${asText(sql)} LIKE ${pattern}`,
  folded: (sql) => `UPPER(${sql})`,
  regex: (sql, pattern, ignoreCase) => `${asText(sql)} ${ignoreCase ? '~*' : '~'} ${pattern}`,
  arrayComparison: (operator, left, right) => `${left} ${operator} ${right}`,
  arrayOf: (content, type) => `ARRAY${content}${type === undefined ? '' : `::${type}`}`,
  json: {
    at(root, keys, form) {
      const last = form === 'text' ? '>' : '';
      const [only = ''] = keys;
      // Keys are part of the path, so the SQL depends on them; a whole number is an index, as in Django.
      if (keys.length !== 1) return `(${root} #>${last} ${literal(wireArray(keys))})`;
      return `(${root} ->${last} ${/^-?\d{1,9}$/.test(only) ? only : literal(only)})`;
    },
    operand: (mark) => mark,
    column: (sql) => sql,
    ownType: true,
    null: "'null'::jsonb",
    compare: (sql, operator, operand) => `${sql} ${operator} ${operand}`,
    contains: (sql, operand) => `${sql} @> ${operand}`,
    containedBy: (sql, operand) => `${sql} <@ ${operand}`,
    hasKey: (sql, mark) => `${sql} ? ${mark}`,
    hasKeys: (sql, mark, all) => `${sql} ${all ? '?&' : '?|'} ${mark}`,
  },

  arithmetic(operator, left, right) {
    const plain = `(${left.sql} ${operatorSymbols[operator]} ${right.sql})`;
    // The number of places is an integer whatever is shifted.
    if (operator.endsWith('Shift'))
      return `(${left.sql} ${operatorSymbols[operator]} (${right.sql})::integer)`;
    if (operator === 'mod') return remainder(left, right);
    const families = [left.field?.family, right.field?.family];
    if (!families.includes('date')) return plain;
    // The server counts days between dates, and gives a moment without a zone for a date and a duration.
    if (families.every((family) => family === 'date')) return `(INTERVAL '1 day' * ${plain})`;
    if (families.includes('duration')) return `(${plain} AT TIME ZONE 'UTC')`;
    const [from, to] = [left, right].map(startOfDate);
    return `(${from} ${operatorSymbols[operator]} ${to})`;
  },
  part(part, value) {
    // The whole second: EXTRACT would keep the fraction.
    if (part === 'second') return `EXTRACT(SECOND FROM DATE_TRUNC('second', ${zoned(value)}))`;
    const [name, after] = parts[part];
    return `EXTRACT(${name} FROM ${zoned(value)})${after}`;
  },
  // Back to the column's own type, so that its decoder and lookups go on to hold.
  truncate(unit: MomentUnit, value) {
    const { sql, field, zone = 'UTC' } = value;
    if (field?.family === 'time') return `DATE_TRUNC('${unit}', ${sql})::time`;
    return field?.family === 'dateTime'
      ? `(DATE_TRUNC('${unit}', ${zoned(value)}) AT TIME ZONE ${literal(zone)})`
      : `DATE_TRUNC('${unit}', ${sql})::date`;
  },
  dateOf: (value) => `(${zoned(value)})::date`,
  timeOf: (value) => `(${zoned(value)})::time`,
  call: (name, values) => postgresqlFunctions[name](values),
  aggregate(parts: AggregateParts) {
    const { function: name, distinct, argument, filter, order, delimiter, others, template } = parts;
    // A cast that is not needed would make ORDER BY name another expression than DISTINCT.
    const cast = argument.field?.family === 'text' ? '' : '::text';
    const between = delimiter === undefined ? '' : `${cast}, ${delimiter}`;
    const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
    const only = filter === undefined ? '' : ` FILTER (WHERE ${filter})`;
    const expressions = `${[argument.sql, ...others].join(', ')}${between}`;
    const texts = { function: name, distinct: distinct ? 'DISTINCT ' : '', expressions, orderBy: ordered };
    return `${aggregateSql(template, texts)}${only}`;
  },

  ordered(sql, descending, { nullsFirst, nullsLast }: NullsOrder) {
    const nulls = nullsFirst ? ' NULLS FIRST' : nullsLast ? ' NULLS LAST' : '';
    return `${sql}${descending ? ' DESC' : ' ASC'}${nulls}`;
  },
  random: 'RANDOM() ASC',
  distinctOn: (columns) => `DISTINCT ON (${columns.join(', ')}) `,
  limits(start, end) {
    const parts = [
      ...(end === undefined ? [] : [`LIMIT ${end - start}`]),
      ...(start === 0 ? [] : [`OFFSET ${start}`]),
    ];
    return parts.join(' ');
  },
  locking({ tables, nowait, skipLocked, noKey }: LockingParts) {
    const of = tables.length === 0 ? '' : ` OF ${tables.join(', ')}`;
    const wait = nowait ? ' NOWAIT' : skipLocked ? ' SKIP LOCKED' : '';
    return `FOR ${noKey ? 'NO KEY ' : ''}UPDATE${of}${wait}`;
  },
  combinable: (sql) => `(${sql})`,

  updateReturning: standardReturning,
  keysToChange: (sql) => sql,

  insert: {
    returning: standardReturning,
    fromArrays: optimises('column-arrays'),
    nothing: 'DEFAULT VALUES',
    generated: 'DEFAULT',
    onConflict: standardConflict,
  },

  explain(format, flags) {
    if (format !== undefined && !explainFormats.includes(format)) {
      throw new ValueError(
        `${format} is not a recognized format. Allowed formats: ${explainFormats.join(', ')}`,
      );
    }
    const settings = format === undefined ? [] : [`FORMAT ${format}`];
    const unknown = [...flags.keys()].filter((name) => !explainFlags.includes(name.toUpperCase()));
    if (unknown.length > 0) throw new ValueError(`Unknown options: ${unknown.sort().join(', ')}`);
    for (const [name, value] of flags) settings.push(explainSetting(name.toUpperCase(), value));
    return `EXPLAIN ${settings.length > 0 ? `(${settings.join(', ')}) ` : ''}`;
  },
  schema: {
    columnType: (field) => field.databaseType(),
    generatedKey: () => undefined,
    columnCheck: () => undefined,
    foreignKeysInline: false,
    comments: 'statements',
    tableSuffix: '',
    foreignKeySuffix: ' DEFERRABLE INITIALLY DEFERRED',
    features: new Set(['condition', 'expression', 'nullsDistinct', 'deferrable', 'exclusion', 'tuning']),
    tableNames:
      "select relname::text from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and pg_table_is_visible(oid)",
    defaultExpression: (sql) => sql,
    // One statement: the server sorts out what depends on what.
    drop: (tables) => [`DROP TABLE IF EXISTS ${tables.join(', ')} CASCADE`],
  },
};

const explainFormats = ['JSON', 'TEXT', 'XML', 'YAML'];
/** Options that are on or off. */
const explainFlags = [
  ...['ANALYZE', 'BUFFERS', 'COSTS', 'GENERIC_PLAN', 'MEMORY', 'SERIALIZE', 'SETTINGS', 'SUMMARY', 'TIMING'],
  ...['VERBOSE', 'WAL'],
];

/** @throws ValueError for a word that the option does not take */
function explainSetting(name: string, value: boolean | string): string {
  if (typeof value === 'boolean') return `${name} ${value}`;
  const word = value.toUpperCase();
  const words = name === 'SERIALIZE' ? ['TEXT', 'BINARY', 'NONE'] : [];
  if (words.includes(word)) return `${name} ${word}`;
  const allowed = ['true', 'false', ...words.map((each) => `'${each.toLowerCase()}'`)].join(', ');
  throw new ValueError(`'${value}' is not a value of the option ${name}. Allowed values: ${allowed}`);
}

/** `RETURNING`, as PostgreSQL and SQLite have it. */
export function standardReturning(columns: readonly string[]): string {
  return `RETURNING ${columns.join(', ')}`;
}

/** `ON CONFLICT`, as PostgreSQL and SQLite have it. */
export function standardConflict(
  conflict: ConflictRule | undefined,
  quote: (name: string) => string,
): string {
  if (conflict === undefined) return '';
  if (conflict.rule === 'ignore') return 'ON CONFLICT DO NOTHING';
  const target = conflict.unique.map((field) => quote(field.column)).join(', ');
  const sets = conflict.update.map((field) => `${quote(field.column)} = EXCLUDED.${quote(field.column)}`);
  return `ON CONFLICT (${target}) DO UPDATE SET ${sets.join(', ')}`;
}
