import { NotSupportedError } from '../errors.ts';
import type { FunctionName } from '../sql/dialect.ts';

// SQL that back ends other than PostgreSQL share.

/** A string as a literal, where a backslash is a character like any other. */
export function quotedLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

type AsText = (sql: string) => string;
type Call = (values: readonly string[], asText: AsText) => string;

export const standardCalls: Readonly<Record<FunctionName, Call>> = {
  lower: ([value = ''], asText) => `LOWER(${asText(value)})`,
  upper: ([value = ''], asText) => `UPPER(${asText(value)})`,
  length: ([value = ''], asText) => `LENGTH(${asText(value)})`,
  now: () => 'CURRENT_TIMESTAMP',
  concat: (values, asText) => `(${values.map((value) => `COALESCE(${asText(value)}, '')`).join(' || ')})`,
  greatest: (values) => `GREATEST(${values.join(', ')})`,
  least: (values) => `LEAST(${values.join(', ')})`,
};

export function unsupported(what: string, database: string): NotSupportedError {
  return new NotSupportedError(`${what} cannot be used on ${database}.`);
}
