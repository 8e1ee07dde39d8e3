import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { isOptions } from '../options.ts';

// What the values of a column are called by people, as Django's `choices`.

/** A value and its label; the value is null where that has one. */
export type Choice = readonly [value: unknown, label: string];

/**
 * The choices that an application gives, groups laid open.
 *
 * @param given pairs of a value and its label, or of a group and its choices; a Map or an object of the same; or a
 *   function that returns one of these, which is asked anew each time
 * @returns the choices, or for a function what gives them
 * @throws TypeError for anything else
 */
export function choicesOf(given: unknown): readonly Choice[] | (() => readonly Choice[]) {
  return typeof given === 'function' ? () => flattened(given()) : flattened(given);
}

/**
 * The choices of `fields.choice()`.
 *
 * @param given strings, each its own label, or one object of labels by string
 */
export function listedChoices(given: readonly unknown[]): readonly Choice[] {
  const [labels] = given;
  if (given.length === 1 && isOptions(labels) && Object.keys(labels).length > 0) return flattened(labels);
  if (given.length === 0 || isOptions(labels)) throw new ValueError('choice() takes at least one string.');
  const other = given.find((choice) => typeof choice !== 'string');
  if (other !== undefined)
    throw new TypeError(`choice() takes strings, or one object of labels by string, not ${describe(other)}.`);
  return (given as readonly string[]).map((choice) => [choice, choice]);
}

function flattened(given: unknown): readonly Choice[] {
  return pairsOf(given).flatMap(([first, second]): readonly Choice[] =>
    typeof second === 'string' ? [[first, second]] : flattened(second),
  );
}
function pairsOf(given: unknown): readonly (readonly [unknown, unknown])[] {
  if (isOptions(given)) return Object.entries(given);
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) throw refused(given);
  const pairs = [...(given as Iterable<unknown>)];
  const other = pairs.find((pair) => !Array.isArray(pair) || pair.length !== 2);
  if (other !== undefined) throw refused(other);
  return pairs as [unknown, unknown][];
}
function refused(given: unknown): TypeError {
  return new TypeError(
    `Choices are pairs of a value and its label, an object of labels by value, or a function that returns them; not ${describe(given)}.`,
  );
}
