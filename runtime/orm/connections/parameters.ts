import type { DriverRequest } from '../../bridge/messages.ts';
import { ProgrammingError } from '../errors.ts';
import { requirePlain } from '../expressions/plain.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Wire } from '../fields/field.ts';
import { ArrayField } from '../fields/structured.ts';
import type { CursorParameters } from './cursor.ts';

/** A statement with `%s` or `%(name)s`, in the form the server takes. `%%` is a percent sign. */
export function cursorParameters(sql: string, given?: CursorParameters): DriverRequest {
  // As in Django, text without parameters is sent as it is.
  if (given === undefined) return { text: sql, values: [] };
  const values: Wire[] = [];
  const named = new Map<string, number>();
  let next = 0;
  const text = sql.replace(/%(?:%|s|\((\w+)\)s)/g, (mark, name: string | undefined) => {
    if (mark === '%%') return '%';
    if (name === undefined) {
      if (!Array.isArray(given))
        throw new ProgrammingError('%s takes a list of parameters, %(name)s an object.');
      if (next >= given.length)
        throw new ProgrammingError('The query has more placeholders than parameters.');
      return `$${values.push(wireFor(given[next++]))}`;
    }
    if (Array.isArray(given) || !Object.hasOwn(given, name)) {
      throw new ProgrammingError(`The query has a placeholder for '${name}', which is not given.`);
    }
    let position = named.get(name);
    if (position === undefined) {
      position = values.push(wireFor((given as Record<string, unknown>)[name]));
      named.set(name, position);
    }
    return `$${position}`;
  });
  if (Array.isArray(given) && next !== given.length) {
    throw new ProgrammingError(
      `The query has ${next} placeholders but ${given.length} parameters were passed.`,
    );
  }
  return { text, values };
}

/** A JavaScript value as the server reads it, by the value's own type. */
function wireFor(value: unknown): Wire {
  if (value === null || value === undefined) return null;
  for (const each of Array.isArray(value) ? value : [value]) requirePlain(each);
  if (Array.isArray(value))
    return new ArrayField(fieldFor(value.find((each) => each !== null) ?? '')).encode(value);
  return fieldFor(value).toWire(value);
}
