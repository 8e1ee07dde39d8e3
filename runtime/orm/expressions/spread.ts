import type { Field } from '../fields/field.ts';
import { DecimalField, FloatField } from '../fields/numbers.ts';

/** The type of a computed number that may have fractions: decimals stay exact, anything else is a number. */
export function spread(of: Field | undefined): Field {
  return of instanceof DecimalField ? new DecimalField() : new FloatField();
}
