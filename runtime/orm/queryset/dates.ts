import { FieldError, ValueError } from '../errors.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { PartOf } from '../expressions/parts.ts';
import { Truncation, type Unit } from '../expressions/truncation.ts';
import type { QuerySet } from './queryset.ts';

const dateKinds = ['year', 'month', 'week', 'day'];
const momentKinds = [...dateKinds, 'hour', 'minute', 'second'];

/** The different dates of a field, cut to the year, month, week or day. */
export function dates(queryset: QuerySet, field: string, kind: string, order: string): QuerySet {
  if (!dateKinds.includes(kind)) {
    throw new ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'.");
  }
  const family = requireField(queryset, field, ['date', 'dateTime']);
  const reference = new FieldReference(field);
  const day = family === 'date' ? reference : new PartOf('date', reference);
  return distinctParts(queryset, field, new Truncation(kind as Unit, day), order);
}
/** The different moments of a field, cut to a unit, in UTC. */
export function datetimes(queryset: QuerySet, field: string, kind: string, order: string): QuerySet {
  if (!momentKinds.includes(kind)) {
    throw new ValueError(
      "'kind' must be one of 'year', 'month', 'week', 'day', 'hour', 'minute', or 'second'.",
    );
  }
  requireField(queryset, field, ['dateTime']);
  return distinctParts(queryset, field, new Truncation(kind as Unit, new FieldReference(field)), order);
}

function requireField(queryset: QuerySet, name: string, families: readonly string[]): string {
  const field = queryset.meta.requireField(name);
  if (families.includes(field.family)) return field.family;
  throw new FieldError(`'${name}' isn't a date or date-time field.`);
}
function distinctParts(queryset: QuerySet, field: string, part: Truncation, order: string): QuerySet {
  if (order !== 'ASC' && order !== 'DESC') throw new ValueError("'order' must be either 'ASC' or 'DESC'.");
  return queryset
    .annotate({ datefield: part, plain_field: new FieldReference(field) })
    .valuesList('datefield', { flat: true })
    .distinct()
    .filter({ plain_field__isNull: false })
    .orderBy(order === 'DESC' ? '-datefield' : 'datefield');
}
