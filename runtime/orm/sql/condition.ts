import { EmptyResultSet, FullResultSet } from '../errors.ts';
import type { Predicate } from '../query/where.ts';
import type { SqlWriter } from './writer.ts';

/**
 * SQL of a condition; undefined when every row meets it.
 *
 * @throws EmptyResultSet when none can
 */
export function condition(predicate: Predicate, writer: SqlWriter): string | undefined {
  try {
    return predicate.toSql(writer);
  } catch (error) {
    if (error instanceof FullResultSet) return undefined;
    throw error;
  }
}
/** The same where rows that none can meet are no reason to send nothing: then it is FALSE. */
export function conditionOrFalse(predicate: Predicate, writer: SqlWriter): string | undefined {
  try {
    return condition(predicate, writer);
  } catch (error) {
    if (error instanceof EmptyResultSet) return 'FALSE';
    throw error;
  }
}
