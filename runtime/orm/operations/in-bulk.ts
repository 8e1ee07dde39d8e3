import { ValueError } from '../errors.ts';
import { Column } from '../expressions/column.ts';
import type { Field } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import { mapByKey } from '../models/keys.ts';
import { isUnique } from '../models/unique.ts';
import { requireOptions } from '../options.ts';
import type { RowForm } from '../query/query.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { namedRowClass } from '../sql/named-row.ts';
import { listGiven } from './given.ts';
import { loadMissing } from './missing.ts';
import { list } from './read.ts';
import type { Operation } from './steps.ts';

export interface InBulkOptions {
  readonly fieldName?: string;
}

/** Rows by a unique field; instances, or what `values()` and `valuesList()` made of them. */
export function* inBulk(
  queryset: QuerySet,
  keys?: Iterable<unknown> | null,
  options: InBulkOptions = {},
): Operation<Map<unknown, unknown>> {
  requireOptions('inBulk', options, ['fieldName']);
  const { fieldName = 'pk' } = options;
  if (queryset.query.sliced) throw new TypeError("Cannot use 'limit' or 'offset' with inBulk().");
  const field = queryset.meta.requireField(fieldName);
  if (!isUnique(field) && !isDistinctBy(queryset, field)) {
    throw new ValueError(`inBulk()'s fieldName must be a unique field but '${fieldName}' isn't.`);
  }
  const wanted = keys === undefined || keys === null ? undefined : listGiven('inBulk', keys, 'keys');
  if (wanted?.length === 0) return new Map();
  const narrowed = wanted === undefined ? queryset.all() : queryset.filter({ [`${fieldName}__in`]: wanted });
  const { rows } = queryset.query;
  if (rows.form !== 'instances') return mapped(field, yield* formsByKey(narrowed, rows, fieldName));
  const instances = (yield* list(narrowed)) as ModelInstance[];
  yield* loadMissing(instances, field.parts ?? [field]);
  return mapped(
    field,
    instances.map((instance) => [instance[field.attribute], instance]),
  );
}

function mapped(field: Field, entries: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
  const found = mapByKey<unknown>(field);
  for (const [key, row] of entries) found.set(key, row);
  return found;
}

/** `distinct(field)` leaves one row for each value of the field. */
function isDistinctBy({ query }: QuerySet, field: Field): boolean {
  const [only, ...others] = query.distinctFields;
  return only instanceof Column && only.alias === query.base && only.field === field && others.length === 0;
}

const keyName = '__key';

/** Rows that are no instances need not hold their key: it is read beside them. */
function* formsByKey(
  queryset: QuerySet,
  { form, names }: Exclude<RowForm, { readonly form: 'instances' }>,
  fieldName: string,
): Operation<[unknown, unknown][]> {
  const keyed = queryset.step({
    describe: (sink) => sink.token(`key ${fieldName}`),
    build: (query, resolver) => {
      query.selected = new Map(query.selected).set(keyName, resolver.path(fieldName));
      query.rows = { form: 'tuples', names: [...names, keyName] };
    },
  });
  const tuples = (yield* list(keyed)) as unknown[][];
  const formed = formOf(form, names);
  return tuples.map((tuple) => [tuple[names.length], formed(tuple)]);
}
/** What makes a row of a tuple that has further values at its end. */
function formOf(form: RowForm['form'], names: readonly string[]): (tuple: readonly unknown[]) => unknown {
  if (form === 'scalars') return ([value]) => value;
  if (form === 'tuples') return (tuple) => tuple.slice(0, names.length);
  if (form === 'values') return (tuple) => Object.fromEntries(names.map((name, at) => [name, tuple[at]]));
  const Row = namedRowClass(names);
  return (tuple) => Row.of(...tuple.slice(0, names.length));
}
