import { FieldError } from '../errors.ts';
import { DurationField } from '../fields/dates.ts';
import type { Family, Field } from '../fields/field.ts';
import { DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { ArrayField, JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type { ExpressionNode } from './node.ts';
import { Parameter } from './value.ts';

/** Families whose values are written as strings, so that a string beside one of them is one of them. */
const writtenAsText: ReadonlySet<Family> = new Set(['date', 'time', 'dateTime', 'uuid', 'ip']);

/** A value beside an expression of a type that it does not have by itself: an exact decimal, a date, an array. */
export function typedBeside(value: ExpressionNode, other: Field | undefined): ExpressionNode {
  if (!(value instanceof Parameter) || other === undefined) return value;
  const { family } = value.output;
  if (other instanceof DecimalField)
    return family === 'number' || family === 'text' ? value.as(other) : value;
  if (other.family === 'duration') return numberAsDuration(value) ?? value;
  if (value.output instanceof JsonField && other instanceof ArrayField) return value.as(other);
  if (other instanceof JsonField && !(value.output instanceof JsonField)) return value.as(other);
  const date = family === 'dateTime' && other.family === 'date';
  return (family === 'text' && writtenAsText.has(other.family)) || date ? value.as(other) : value;
}
const duration = new DurationField();
/** A number of milliseconds, which is how durations are written; undefined for any other value. */
export function numberAsDuration(value: Parameter): Parameter | undefined {
  return value.output.family === 'number' ? value.as(duration) : undefined;
}
/** The same for several values of one type. */
export function allTypedBeside(expressions: readonly ExpressionNode[]): readonly ExpressionNode[] {
  const columns = expressions.filter((each) => !(each instanceof Parameter));
  // A value that was given a type of its own says as much as a column does.
  const given = expressions.filter(
    (each) => each.output !== undefined && writtenAsText.has(each.output.family),
  );
  const others = [...columns, ...given].map(({ output }) => output);
  const other =
    others.find((each) => each instanceof DecimalField) ?? others.find((each) => each !== undefined);
  return other === undefined ? expressions : expressions.map((each) => typedBeside(each, other));
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
export function wider(one: Field, other: Field): Field {
  // A foreign key holds what it points at.
  const [left, right] = [pointedAt(one), pointedAt(other)];
  if (left instanceof IntegerField && right instanceof IntegerField) {
    return left.range.maximum >= right.range.maximum ? left : right;
  }
  if (left.family === 'number' && right.family === 'number') {
    return left instanceof FloatField || right instanceof FloatField ? new FloatField() : new DecimalField();
  }
  if (left.constructor === right.constructor) return left;
  if (left.family === 'text' && right.family === 'text') return new TextField();
  if (isDay(left) && isDay(right)) return left.family === 'dateTime' ? left : right;
  throw new FieldError(
    `Expression contains mixed types: ${left.typeName}, ${right.typeName}. You must set outputField.`,
  );
}
/** A date is the moment its day begins, beside a moment. */
function isDay({ family }: Field): boolean {
  return family === 'date' || family === 'dateTime';
}
function pointedAt(field: Field): Field {
  return field instanceof ForeignKeyField ? pointedAt(field.targetField) : field;
}
