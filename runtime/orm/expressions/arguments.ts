import { FieldError } from '../errors.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { TextField } from '../fields/text.ts';
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

/**
 * The type that holds the results of all `expressions`.
 *
 * @throws FieldError when there is none, so that the caller has to name it
 */
export function commonOutput(expressions: readonly ExpressionNode[]): Field | undefined {
  let common: Field | undefined;
  for (const { output } of expressions) {
    if (output === undefined) continue;
    common = common === undefined ? output : wider(common, output);
  }
  return common;
}
function wider(left: Field, right: Field): Field {
  if (left instanceof IntegerField && right instanceof IntegerField) {
    return left.range.maximum >= right.range.maximum ? left : right;
  }
  if (left.family === 'number' && right.family === 'number') {
    return left instanceof FloatField || right instanceof FloatField ? new FloatField() : new DecimalField();
  }
  if (left.constructor === right.constructor) return left;
  if (left.family === 'text' && right.family === 'text') return new TextField();
  throw new FieldError(
    `Expression contains mixed types: ${left.typeName}, ${right.typeName}. You must set outputField.`,
  );
}
