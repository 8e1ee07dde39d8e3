import { FieldError } from '../errors.ts';
import { DateField, DateTimeField, DurationField, TimeField } from '../fields/dates.ts';
import { type Field, momentOf } from '../fields/field.ts';
import { DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { type ArithmeticOperator, operatorSymbols } from '../sql/dialect.ts';

// What an operator makes of two types, as Django's registry of combinations has it.

/** The type at the end of foreign keys: what is computed with is the key. */
function keyType(field: Field): Field {
  return field instanceof ForeignKeyField ? keyType(field.targetField) : field;
}

/** @returns undefined where the operator has no meaning for the two, or where there is no telling which was meant */
export function combinedOutput(left: Field, operator: ArithmeticOperator, right: Field): Field | undefined {
  const [first, second] = [keyType(left), keyType(right)];
  if (first.family === 'number' && second.family === 'number') return numberOutput(first, operator, second);
  return operator === 'add' || operator === 'sub' ? momentOutput(first, operator, second) : undefined;
}

/** What a number and NULL make: NULL of the number's type. */
export function outputBesideNull(field: Field, operator: ArithmeticOperator): Field | undefined {
  const type = keyType(field);
  return type.family === 'number' ? numberOutput(type, operator, type) : undefined;
}

function numberOutput(left: Field, operator: ArithmeticOperator, right: Field): Field | undefined {
  if (left instanceof IntegerField && right instanceof IntegerField) {
    if (operator === 'pow') return new FloatField();
    if (operator.endsWith('Shift')) return left;
    return right.decoder === left.decoder || left.range.maximum >= right.range.maximum ? left : right;
  }
  if (operator.startsWith('bit')) return undefined;
  const either = (type: typeof FloatField | typeof DecimalField) =>
    left instanceof type || right instanceof type;
  // One would lose digits, the other would make up some.
  if (either(FloatField) && either(DecimalField)) return undefined;
  return either(FloatField) ? new FloatField() : new DecimalField();
}

function momentOutput(left: Field, operator: 'add' | 'sub', right: Field): Field | undefined {
  const duration = (field: Field) => field instanceof DurationField;
  if (duration(left) && duration(right)) return new DurationField();
  if (duration(right)) return moved(left);
  if (operator === 'add') return duration(left) ? moved(right) : undefined;
  const [from, to] = [momentOf(left), momentOf(right)];
  if (from === undefined || to === undefined) return undefined;
  return (from === 'time') === (to === 'time') ? new DurationField() : undefined;
}
/** A date that is moved may get a time. */
function moved(field: Field): Field | undefined {
  if (field instanceof TimeField) return new TimeField();
  return field instanceof DateField || field instanceof DateTimeField ? new DateTimeField() : undefined;
}

/** @param right absent for NULL */
export function cannotInfer(
  left: Field | undefined,
  operator: ArithmeticOperator,
  right: Field | undefined,
): FieldError {
  const [first, second] = [left, right].map((field) => field?.typeName ?? 'null');
  return new FieldError(
    `Cannot infer type of '${operatorSymbols[operator]}' expression involving these types: ${first}, ${second}. You must set outputField.`,
  );
}
