import type { DriverRequest } from '../../bridge/messages.ts';
import { describe } from '../describe.ts';
import { ProgrammingError, ValueError } from '../errors.ts';
import { numbered, rawParts, requireStatement } from '../expressions/raw.ts';
import { isOptions } from '../options.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { CursorParameters } from './cursor.ts';

/**
 * A statement with `%s` or `%(name)s`, in the form the server takes. `%%` is a percent sign.
 *
 * @throws TypeError for what is no text or no parameters; ProgrammingError for an empty text, and when placeholders and
 *   parameters do not match
 */
export function cursorRequest(
  called: string,
  sql: unknown,
  given: CursorParameters | null | undefined,
  dialect: Dialect,
): DriverRequest {
  const text = inTermsOfCursors(() => statementOf(called, sql));
  // As in Django, text without parameters is sent as it is.
  if (given === undefined || given === null) return { text, values: [] };
  if (!Array.isArray(given) && !isOptions(given)) {
    throw new TypeError(
      `The parameters of ${called}() are a list, or an object by the names in the SQL, not ${describe(given)}.`,
    );
  }
  const parts = inTermsOfCursors(() => rawParts(text, given));
  return numbered(parts, dialect);
}
function statementOf(called: string, sql: unknown): string {
  requireStatement(called, sql);
  return sql;
}
function inTermsOfCursors<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    // The class that PEP 249 has for it.
    throw error instanceof ValueError ? new ProgrammingError(error.message) : error;
  }
}
