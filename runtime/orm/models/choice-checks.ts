import { describe } from '../describe.ts';
import { ImproperlyConfigured } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { CharField } from '../fields/text.ts';

/**
 * Choices that a column cannot hold (fields.E009); those that a function gives are not asked for yet.
 *
 * @throws ImproperlyConfigured
 */
export function checkChoices(field: Field): void {
  const { choices } = field.options;
  if (choices === undefined || typeof choices === 'function') return;
  const own = `${field.model.label}.${field.name}`;
  for (const [choice] of choices) {
    try {
      field.toWire(choice);
    } catch (error) {
      const { message } = error as Error;
      throw new ImproperlyConfigured(`The choice ${describe(choice)} is no value of ${own}: ${message}`);
    }
  }
  const longest = Math.max(0, ...choices.map(([choice]) => [...String(choice ?? '')].length));
  if (!(field instanceof CharField) || field.maxLength === undefined || longest <= field.maxLength) return;
  throw new ImproperlyConfigured(
    `'maxLength' of ${own} is too small to fit the longest value in 'choices' (${longest} characters).`,
  );
}
