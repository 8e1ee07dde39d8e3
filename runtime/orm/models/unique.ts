import type { Field } from '../fields/field.ts';
import type { ModelMeta } from './meta.ts';

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

/** True when no two rows have the same values in all of the columns: in some of them already. */
export function areUniqueTogether(model: ModelMeta, fields: readonly Field[]): boolean {
  const names = new Set(fields.flatMap((field) => [field.name, field.attribute]));
  if (fields.some(isUnique) || model.keyFields.every((field) => fields.includes(field))) return true;
  return (model.options.constraints ?? []).some(
    (constraint) =>
      'unique' in constraint &&
      constraint.where === undefined &&
      constraint.unique.every((term) => typeof term === 'string' && names.has(term)),
  );
}
