import type { ColumnDescription } from './catalog.ts';

/** Source of one field and what a reader should know about it. */
export interface FieldSource {
  readonly source: string;
  readonly note?: string | undefined;
}

type Written = string | { readonly source: string; readonly note: string };

/** Types by the name SQL gives them, without length; the length is passed on. */
const types: Readonly<Record<string, (length: readonly string[]) => Written>> = {
  'character varying': ([length]) => (length === undefined ? 'char()' : `char(${length})`),
  character: ([length]) => ({
    source: `char(${length ?? ''}).databaseType('character(${length ?? 1})')`,
    note: 'padded with blanks',
  }),
  text: () => 'text()',
  integer: () => 'integer()',
  smallint: () => 'smallInteger()',
  bigint: () => 'bigInteger()',
  'double precision': () => 'float()',
  real: () => "float().databaseType('real')",
  numeric: ([precision, scale]) =>
    precision === undefined
      ? 'decimal()'
      : Number(scale ?? 0) > Number(precision)
        ? `decimal().databaseType('numeric(${precision}, ${scale})')`
        : `decimal(${precision}, ${scale ?? 0})`,
  boolean: () => 'boolean()',
  date: () => 'date()',
  'time without time zone': () => 'time()',
  'timestamp with time zone': () => 'dateTime()',
  'timestamp without time zone': () => ({
    source: "dateTime().databaseType('timestamp')",
    note: 'no time zone: read and written as UTC',
  }),
  interval: () => 'duration()',
  uuid: () => 'uuid()',
  jsonb: () => 'json()',
  json: () => "json().databaseType('json')",
  bytea: () => 'binary()',
  inet: () => 'ip()',
};

/** `fields.char(50)` for a column, without what is chained to it. */
export function fieldSource(column: ColumnDescription, quoted: (text: string) => string): FieldSource {
  if (column.labels !== null) {
    const choices = `fields.choice(${column.labels.map(quoted).join(', ')})`;
    return { source: `${choices}.databaseType(${quoted(column.type)})` };
  }
  return ofType(column.type, quoted);
}

function ofType(type: string, quoted: (text: string) => string): FieldSource {
  if (type.endsWith('[]')) {
    const element = ofType(type.slice(0, -2), quoted);
    return { source: `fields.array(${element.source})`, note: element.note };
  }
  // The length stands inside: `timestamp(3) without time zone`, `numeric(6,2)`.
  const length = /\(([\d,]+)\)/.exec(type);
  const written = types[type.replace(/\([\d,]+\)/, '')]?.(length?.[1]?.split(',') ?? []);
  if (written === undefined) return { source: `fields.text().databaseType(${quoted(type)})` };
  if (typeof written === 'string') return { source: `fields.${written}` };
  return { source: `fields.${written.source}`, note: written.note };
}

/** Source of the default of a column: a value where the expression is plainly one, else the SQL itself. */
export function defaultSource(
  column: ColumnDescription,
  field: string,
  quoted: (text: string) => string,
): string {
  const { expression } = column;
  if (expression === null || /^NULL(::|$)/i.test(expression)) return '';
  return `.dbDefault(${valueSource(expression, field, quoted)})`;
}
function valueSource(expression: string, field: string, quoted: (text: string) => string): string {
  if (/^(now\(\)|statement_timestamp\(\)|CURRENT_TIMESTAMP)$/i.test(expression)) return 'Now()';
  if (expression === 'true' || expression === 'false') return expression;
  const text = /^'((?:[^']|'')*)'::(?:character varying|text|bpchar|date|uuid)$/.exec(expression)?.[1];
  if (text !== undefined && /^fields\.(char|text|date|uuid)\(/.test(field))
    return quoted(text.replaceAll("''", "'"));
  const number = /^\(?'?(-?\d+(?:\.\d+)?)'?(?:::[a-z ]+)?\)?$/.exec(expression)?.[1];
  if (number !== undefined && /^fields\.(integer|smallInteger|float)\(/.test(field)) return number;
  if (number !== undefined && field.startsWith('fields.decimal(')) return quoted(number);
  if (number !== undefined && field.startsWith('fields.bigInteger(') && !number.includes('.'))
    return `${number}n`;
  return rawSource(expression, quoted);
}

/** SQL as an expression; a percent sign would begin a placeholder. */
export function rawSource(sql: string, quoted: (text: string) => string, outputField = ''): string {
  const text = quoted(sql.replaceAll('%', '%%'));
  return outputField === '' ? `RawSQL(${text})` : `RawSQL(${text}, [], { outputField: ${outputField} })`;
}
