import { ValueError } from '../errors.ts';
import { Aggregate, aggregateKinds } from '../expressions/aggregates.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { Q } from '../expressions/index.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { distinctKeys, hasKey, keyId } from '../models/keys.ts';
import { defaultQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { bulkUpdate } from './bulk-update.ts';
import { listGiven } from './given.ts';
import { loadMissing } from './missing.ts';
import { doesNotExist, first, list } from './read.ts';
import type { Operation } from './steps.ts';

/** Column and attribute that keep the place of a row, as Django calls them. */
export const orderName = '_order';

const lastPlace = () => new Aggregate(aggregateKinds.max, new FieldReference(orderName));

/** Gives new rows the places behind those that their foreign keys' rows have. */
export function* givePlaces(
  meta: ModelMeta,
  by: ForeignKeyField,
  instances: readonly ModelInstance[],
  alias: string,
): Operation<void> {
  const owners = instances.map((instance) => instance[by.attribute] ?? null);
  const owned = { [`${by.name}__in`]: distinctKeys(owners) };
  // Rows that point at nothing are in an order, too.
  const where = owners.includes(null) ? Q(owned).or({ [`${by.name}__isNull`]: true }) : owned;
  const rows = new QuerySet(meta).using(alias).filter(where);
  const places = rows
    .orderBy()
    .values(by.attribute)
    .annotate({ last: lastPlace() })
    .valuesList(by.attribute, 'last');
  const last = new Map<unknown, number | null>();
  for (const [key, place] of (yield* list(places)) as [unknown, number | null][]) last.set(keyId(key), place);
  for (const instance of instances) {
    const key = keyId(instance[by.attribute] ?? null);
    const place = (last.get(key) ?? -1) + 1;
    last.set(key, place);
    instance[orderName] = place;
  }
}

/**
 * The row before or after an instance among those of the same foreign key.
 *
 * @throws DoesNotExist when there is none; ValueError for an instance without a key
 */
export function* rowInOrder(
  instance: ModelInstance,
  meta: ModelMeta,
  by: ForeignKeyField,
  direction: 'next' | 'previous',
): Operation<object> {
  if (!hasKey(instance)) throw new ValueError('getNextInOrder and getPreviousInOrder need a saved object.');
  yield* loadMissing([instance], [by]);
  const rows = defaultQuerySet(meta).using(stateOf(instance).alias ?? 'default');
  const own = rows.filter({ pk: instance.pk }).orderBy().values(orderName).slice(0, 1);
  const [lookup, sign] = direction === 'next' ? ['gt', ''] : ['lt', '-'];
  const beyond = rows
    .filter({ [by.name]: instance[by.attribute] })
    .filter({ [`${orderName}__${lookup}`]: own })
    .orderBy(`${sign}${orderName}`);
  const found = yield* first(beyond);
  if (found === null) throw doesNotExist(meta);
  return found as object;
}

/** Keys of the rows of an instance, in their order. */
export function* readOrder(
  owner: ModelInstance,
  ordered: ModelMeta,
  by: ForeignKeyField,
): Operation<unknown[]> {
  yield* loadMissing([owner], [by.targetField]);
  return yield* list(rowsOf(owner, ordered, by, undefined).valuesList('pk', { flat: true }));
}
/** Puts the rows of an instance in the order of `keys`; rows of another instance are left alone. */
export function* writeOrder(
  owner: ModelInstance,
  ordered: ModelMeta,
  by: ForeignKeyField,
  given: unknown,
  options: unknown = {},
): Operation<void> {
  requireOptions('setOrder', options, ['using']);
  const keys = listGiven('setOrder', given, 'keys');
  yield* loadMissing([owner], [by.targetField]);
  const { using } = options as { readonly using?: string };
  const rows = keys.map((pk, place) => new ordered.modelClass({ pk, [orderName]: place }));
  yield* bulkUpdate(rowsOf(owner, ordered, by, using), rows, [orderName]);
}
function rowsOf(
  owner: ModelInstance,
  ordered: ModelMeta,
  by: ForeignKeyField,
  using: string | undefined,
): QuerySet {
  return defaultQuerySet(ordered)
    .using(using ?? stateOf(owner).alias ?? 'default')
    .filter({ [by.name]: owner[by.targetField.attribute] });
}
