import { Column } from '../expressions/column.ts';
import type { Field } from '../fields/field.ts';
import { compositeLookups } from '../lookups/composite.ts';
import type { QuerySet } from './queryset.ts';

/** The rows of a query set that have a value in a field of their model. */
export function withKey(queryset: QuerySet, field: Field, key: unknown): QuerySet {
  return field.parts === undefined
    ? queryset.filter({ [nameOf(field)]: key })
    : among(queryset, field, [key]);
}

/** The rows of a query set that have one of the values in a field of their model. */
export function withKeys(queryset: QuerySet, field: Field, keys: readonly unknown[]): QuerySet {
  return field.parts === undefined
    ? queryset.filter({ [`${nameOf(field)}__in`]: keys })
    : among(queryset, field, keys);
}
function nameOf(field: Field): string {
  return field.options.primaryKey ? 'pk' : field.name;
}

/** Several columns together need not have a name that a lookup could start with. */
function among(queryset: QuerySet, field: Field, keys: readonly unknown[]): QuerySet {
  const owner = {};
  return queryset.step({
    describe: (sink) => {
      sink.token(`among ${field.parts?.map(({ attribute }) => attribute).join()}`);
      sink.value(owner, keys);
    },
    build: (query, resolver) => {
      const table = query.joins.toOwner(query.base, query.model, field.parts?.[0] ?? field);
      const operand = { form: 'list', owner, empty: false, sample: keys[0], values: keys } as const;
      const test = compositeLookups.in?.(new Column(table, field), operand, resolver, 'in');
      if (test !== undefined) query.where = query.where.and(test);
    },
  });
}
