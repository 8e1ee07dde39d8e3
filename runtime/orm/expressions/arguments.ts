import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { Condition } from './condition.ts';
import { ConditionExpression } from './conditional.ts';
import { FieldReference, WrittenValue } from './field-reference.ts';
import { ExpressionNode } from './node.ts';

/** What an argument of a function stands for: a string names a field, anything else that is no expression is a value. */
export function argument(given: unknown): ExpressionNode {
  if (given instanceof ExpressionNode) return given;
  if (given instanceof Condition) return new ConditionExpression(given);
  return typeof given === 'string' ? new FieldReference(given) : new WrittenValue(given);
}

/** True for the trailing object of options of a function that takes any number of arguments. */
export function isOptions(given: unknown): given is FunctionOptions {
  return typeof given === 'object' && given !== null && Object.getPrototypeOf(given) === Object.prototype;
}

export interface FunctionOptions {
  /** Type of the result, where the arguments do not tell: `fields.integer()`. */
  readonly outputField?: unknown;
}

/** The field of `fields.integer()`, as an application writes it. */
export function fieldOf(given: unknown): Field | undefined {
  if (given === undefined) return undefined;
  if (given instanceof FieldDescription) return given.field;
  throw new TypeError('An output field is given as fields.integer(), fields.text() and the like.');
}
/** @throws TypeError when it is absent */
export function requiredField(given: unknown): Field {
  const field = fieldOf(given);
  if (field === undefined) throw new TypeError('The type of the result is missing.');
  return field;
}
