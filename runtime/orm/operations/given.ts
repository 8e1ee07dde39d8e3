import { describe } from '../describe.ts';
import { Condition, isLookups } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';

// What operations are given, looked at before anything is sent: JavaScript would take a number for an object without
// properties, and a string for a list of characters.

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
  throw new TypeError(`${operation}() takes ${what} as an object, not ${describe(given)}.`);
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
  throw new TypeError(`${operation}() takes a list of ${what}, not ${describe(given)}.`);
}

/** As `listGiven`, for names of fields. */
export function namesGiven(operation: string, given: unknown): string[] {
  const names = listGiven(operation, given, 'field names');
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError(`A name is a string, not ${describe(name)}.`);
  }
  return names as string[];
}
