import type { Field } from '../fields/field.ts';

/** True when no two rows have the same value: by the column itself, or by a constraint on it alone. */
export function isUnique(field: Field): boolean {
  if (field.options.unique || field.options.primaryKey) return true;
  return (field.model.options.constraints ?? []).some(
    (constraint) =>
      'unique' in constraint &&
      constraint.where === undefined &&
      constraint.unique.length === 1 &&
      constraint.unique[0] === field.name,
  );
}
