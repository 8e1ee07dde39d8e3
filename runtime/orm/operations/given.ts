import { Condition, isLookups } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { describe } from '../fields/text.ts';
import { closeMatches } from '../lookups/suggestions.ts';

// What operations are given, looked at before anything is sent: JavaScript would take a number for an object without
// properties, a string for a list of characters, and an option that is spelt wrongly for none.

/**
 * Values by the names of fields.
 *
 * @throws TypeError for anything but an object that holds some: a list, a date or a query set would hold none
 */
export function requireValues(
  operation: string,
  given: unknown,
  what = 'values',
): asserts given is Readonly<Record<string, unknown>> {
  if (isLookups(given) && !(given instanceof Condition) && !(given instanceof ExpressionNode)) return;
  throw new TypeError(`${operation} takes ${what} as an object, not ${describe(given)}.`);
}

/**
 * The items of a list.
 *
 * @throws TypeError for what is none; a string is text, not a list of characters
 */
export function listGiven(operation: string, given: unknown, what: string): unknown[] {
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) {
    return [...(given as Iterable<unknown>)];
  }
  throw new TypeError(`${operation} takes a list of ${what}, not ${describe(given)}.`);
}

/** As `listGiven`, for names. */
export function namesGiven(operation: string, given: unknown, what = 'field names'): string[] {
  const names = listGiven(operation, given, what);
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError(`A name is a string, not ${describe(name)}.`);
  }
  return names as string[];
}

/**
 * @param known names of the options that the operation has
 * @throws TypeError for what is no object of options, and for one that the operation does not have
 */
export function requireOptions(operation: string, given: unknown, known: readonly string[]): void {
  if (given === undefined) return;
  if (!isLookups(given)) {
    throw new TypeError(`${operation} takes options as an object, not ${describe(given)}.`);
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const close = closeMatches(name, known).map((each) => `'${each}'`);
    const hint = close.length === 0 ? '.' : `, perhaps you meant ${close.join(' or ')}?`;
    throw new TypeError(`${operation} got an unexpected option '${name}'${hint}`);
  }
}
