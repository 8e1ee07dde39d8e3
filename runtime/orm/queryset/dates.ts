import { describe } from '../describe.ts';
import { FieldError, ValueError } from '../errors.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { PartOf } from '../expressions/parts.ts';
import { Truncation, type Unit } from '../expressions/truncation.ts';
import { type ZoneOptions, zoneOf } from '../expressions/zones.ts';
import type { QuerySet } from './queryset.ts';

const dateKinds = ['year', 'month', 'week', 'day'];
const momentKinds = [...dateKinds, 'hour', 'minute', 'second'];

/** The different dates of a field, cut to the year, month, week or day. */
export function dates(queryset: QuerySet, field: string, kind: string, order: string): QuerySet {
  if (!dateKinds.includes(kind)) {
    throw new ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'.");
  }
  const family = familyOf(queryset, field);
  const reference = new FieldReference(field);
  const day = family === 'dateTime' ? new PartOf('date', reference) : reference;
  return distinctParts(queryset, field, new Truncation(kind as Unit, day), order);
}
/** The different moments of a field, cut to a unit of the active time zone, UTC, or the given one. */
export function datetimes(
  queryset: QuerySet,
  field: string,
  kind: string,
  order: string,
  options?: ZoneOptions,
): QuerySet {
  if (!momentKinds.includes(kind)) {
    throw new ValueError(
      "'kind' must be one of 'year', 'month', 'week', 'day', 'hour', 'minute', or 'second'.",
    );
  }
  const family = familyOf(queryset, field);
  if (family === 'date' || family === 'time') {
    const type = family === 'date' ? 'DateField' : 'TimeField';
    throw new ValueError(`Cannot truncate ${type} '${field}' to DateTimeField.`);
  }
  const part = new Truncation(kind as Unit, new FieldReference(field), zoneOf('datetimes', options));
  return distinctParts(queryset, field, part, order);
}

/** Family of the column at a path; the truncation refuses what is no date. */
function familyOf(queryset: QuerySet, path: string): string | undefined {
  if (typeof path !== 'string') throw new TypeError(`A name is a string, not ${describe(path)}.`);
  const { query } = queryset;
  const annotation = query.annotations.get(path);
  if (annotation !== undefined) return annotation.output?.family;
  const { field, rest } = query.follow(path.split('__'));
  if (rest.length > 0) throw new FieldError(`'${path}' isn't a date or date-time field.`);
  return field.family;
}
function distinctParts(queryset: QuerySet, field: string, part: ExpressionNode, order: string): QuerySet {
  if (order !== 'ASC' && order !== 'DESC') throw new ValueError("'order' must be either 'ASC' or 'DESC'.");
  return queryset
    .annotate({ datefield: part, plain_field: new FieldReference(field) })
    .valuesList('datefield', { flat: true })
    .distinct()
    .filter({ plain_field__isNull: false })
    .orderBy(order === 'DESC' ? '-datefield' : 'datefield');
}
