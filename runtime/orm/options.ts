import { describe } from './describe.ts';
import { closeMatches } from './lookups/suggestions.ts';

// What calls are given beside values: options by name. A misspelt one would otherwise be one that was never given.

/** True for an object of options as an application writes one, and not for a value of some class. */
export function isOptions(given: unknown): given is Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null) return false;
  const prototype = Object.getPrototypeOf(given);
  return prototype === Object.prototype || prototype === null;
}

/**
 * @param call name of what was called, for the message
 * @throws TypeError for what is no object of options, and for a name that is none of `known`
 */
export function requireOptions(call: string, given: unknown, known: readonly string[]): void {
  if (!isOptions(given)) throw new TypeError(`${call}() takes options by name, not ${describe(given)}.`);
  const unknown = unknownOption(given, known);
  if (unknown !== undefined) throw new TypeError(`${call}() got an unexpected option ${unknown}`);
}
/**
 * The first name that is none of `known`, and what may have been meant.
 *
 * @param renamed what is called otherwise elsewhere
 */
export function unknownOption(
  given: object,
  known: readonly string[],
  renamed: Readonly<Record<string, string>> = {},
): string | undefined {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const [close] = Object.hasOwn(renamed, unknown) ? [renamed[unknown]] : closeMatches(unknown, known);
  const hint = close === undefined ? `. Options are: ${known.join(', ')}` : `, perhaps you meant ${close}?`;
  return `'${unknown}'${hint}`;
}

/** @throws TypeError for an option that is neither absent, true nor false */
export function requireFlags(call: string, flags: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw new TypeError(`The option '${name}' of ${call}() is true or false, not ${describe(value)}.`);
  }
}

/**
 * Refuses arguments of a call that takes none: a condition given to it would be ignored.
 *
 * @throws TypeError when there is one
 */
export function requireNothing(call: string, given: readonly unknown[]): void {
  const count = given.findLastIndex((each) => each !== undefined) + 1;
  if (count > 0) throw new TypeError(`${call}() takes no arguments (${count} given).`);
}

/**
 * A list of names as an option holds it; a text by itself would be taken for its letters.
 *
 * @throws TypeError for anything else
 */
export function requireNames(call: string, option: string, given: unknown): void {
  if (given === undefined) return;
  if (Array.isArray(given) && given.every((name) => typeof name === 'string')) return;
  throw new TypeError(`The option '${option}' of ${call}() is a list of strings, not ${describe(given)}.`);
}
