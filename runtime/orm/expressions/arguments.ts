import { describe } from '../describe.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { Condition, isSubqueried } from './condition.ts';
import { ConditionExpression } from './conditional.ts';
import { FieldReference, WrittenValue } from './field-reference.ts';
import { ExpressionNode } from './node.ts';
import { SubqueryValue } from './subquery.ts';

/** What an argument of a function stands for: a string names a field, anything else that is no expression is a value. */
export function argument(given: unknown): ExpressionNode {
  const expression = expressionFrom(given);
  if (expression !== undefined) return expression;
  return typeof given === 'string' ? new FieldReference(given) : new WrittenValue(given);
}
/**
 * What an application wrote where an expression belongs: an expression, a condition, or a query set, which stands for
 * the one value that it gives. Undefined for anything else.
 */
export function expressionFrom(given: unknown): ExpressionNode | undefined {
  if (given instanceof ExpressionNode) return given;
  if (given instanceof Condition) return new ConditionExpression(given);
  return isSubqueried(given) ? new SubqueryValue(given, undefined) : undefined;
}

/** @throws TypeError for what cannot be the name of a field */
export function requireName(call: string, given: unknown): void {
  if (typeof given === 'string' && given !== '') return;
  throw new TypeError(`${call}() takes the name of a field, not ${describe(given)}.`);
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
