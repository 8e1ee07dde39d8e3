import { NotSupportedError } from '../errors.ts';
import type { Dialect, FunctionName } from '../sql/dialect.ts';

// SQL that back ends other than PostgreSQL share.

/** A string as a literal, where a backslash is a character like any other. */
export function quotedLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

type AsText = (sql: string) => string;
type Call = (values: readonly string[], asText: AsText) => string;

const calls: Readonly<Partial<Record<FunctionName, Call>>> = {
  lower: ([value = ''], asText) => `LOWER(${asText(value)})`,
  upper: ([value = ''], asText) => `UPPER(${asText(value)})`,
  length: ([value = ''], asText) => `LENGTH(${asText(value)})`,
  concat: (values, asText) => `(${values.map((value) => `COALESCE(${asText(value)}, '')`).join(' || ')})`,
  trim: plain('TRIM'),
  ltrim: plain('LTRIM'),
  rtrim: plain('RTRIM'),
  replace: plain('REPLACE'),
  strIndex: plain('INSTR'),
  substr: plain('SUBSTR'),
  now: () => 'CURRENT_TIMESTAMP',
  greatest: plain('GREATEST'),
  least: plain('LEAST'),
  jsonObject: plain('JSON_OBJECT'),
  jsonArray: plain('JSON_ARRAY'),
  atan2: plain('ATAN2'),
  log: plain('LOG'),
  mod: plain('MOD'),
  cot: ([value]) => `(1.0 / TAN(${value}))`,
};
function plain(name: string): Call {
  return (values) => `${name}(${values.join(', ')})`;
}

/**
 * The calls of one database: its own ways to write functions, else those that others share.
 *
 * @returns throws NotSupportedError for a function that the database does not have
 */
export function callsOf(
  database: string,
  asText: AsText,
  own: Readonly<Partial<Record<FunctionName, (values: readonly string[]) => string>>>,
): Dialect['call'] {
  return (name, values) => {
    const written = own[name]?.(values) ?? calls[name]?.(values, asText);
    if (written === undefined) throw unsupported(`The function ${name}`, database);
    return written;
  };
}

/** Aggregates that no other database has. */
export const postgresqlAggregates: ReadonlySet<string> = new Set([
  'ARRAY_AGG',
  'JSONB_AGG',
  // MySQL has these, with all bits set where PostgreSQL has null: for no rows.
  'BIT_AND',
  'BIT_OR',
  'BIT_XOR',
  'BOOL_AND',
  'BOOL_OR',
  'CORR',
  'COVAR_POP',
  'COVAR_SAMP',
  'REGR_AVGX',
  'REGR_AVGY',
  'REGR_COUNT',
  'REGR_INTERCEPT',
  'REGR_R2',
  'REGR_SLOPE',
  'REGR_SXX',
  'REGR_SXY',
  'REGR_SYY',
]);

export function unsupported(what: string, database: string): NotSupportedError {
  return new NotSupportedError(`${what} cannot be used on ${database}.`);
}
