import type { ForeignKeyField } from '../fields/relations.ts';
import { fetchedWith, requireFetchable } from '../models/fetch-modes.ts';
import type { GenericKey } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import type { ReverseRelation } from '../models/relations.ts';
import { relate, stateOf } from '../models/state.ts';
import { prefetch } from '../queryset/prefetch.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { loadMissing } from './missing.ts';
import { errorsOf, get, list } from './read.ts';
import type { Operation } from './steps.ts';

/** Rows of a model, from the database of an instance and with its fetch mode. */
function rowsFor(instance: ModelInstance, model: ModelMeta): QuerySet {
  const { alias = 'default', fetching } = stateOf(instance);
  return baseQuerySet(model).with({ alias, fetchMode: fetching?.mode });
}

/**
 * Does what the fetch mode of an instance asks for: refuses, or loads the relation for all instances of its query.
 *
 * @returns the related instance, where it was loaded with those of the others
 */
function* fetchForPeers(
  instance: ModelInstance,
  label: string,
  name: string,
): Operation<ModelInstance | undefined> {
  requireFetchable(instance, label, name);
  const peers = fetchedWith(instance);
  if (peers.length < 2) return undefined;
  yield* prefetch(peers, [name], stateOf(instance).alias ?? 'default');
  return (stateOf(instance).related?.get(name) ?? undefined) as ModelInstance | undefined;
}

/** Loads what a foreign key points at; null for a null key. */
export function* readForward(instance: ModelInstance, field: ForeignKeyField): Operation<object | null> {
  yield* loadMissing([instance], [field]);
  const key = instance[field.attribute];
  if (key === null || key === undefined) return null;
  const shared = yield* fetchForPeers(instance, field.model.label, field.name);
  if (shared !== undefined && shared[field.targetField.attribute] === key) return shared;
  const related = (yield* get(rowsFor(instance, field.target), {
    [field.targetField.name]: key,
  })) as ModelInstance;
  relate(instance, field.name, related);
  if (field.single) {
    const backwards = field.target.incoming.find((relation) => relation.field === field);
    if (backwards !== undefined) relate(related, backwards.name, instance);
  }
  return related;
}

/** Loads the row a generic foreign key points at; null when there is none, or no longer. */
export function* readGeneric(instance: ModelInstance, key: GenericKey): Operation<object | null> {
  yield* loadMissing([instance], [key.typeField, key.keyField]);
  const target = key.targetOf(instance);
  if (target === undefined) return null;
  const shared = yield* fetchForPeers(instance, key.model.label, key.name);
  if (shared?.[metaKey].isA(target) && shared.pk === key.keyOf(instance, target)) return shared;
  const found = yield* list(rowsFor(instance, target).filter({ pk: key.keyOf(instance, target) }));
  const related = (found[0] as object | undefined) ?? null;
  relate(instance, key.name, related);
  return related;
}

/** Loads the other side of a one-to-one. */
export function* readReverse(instance: ModelInstance, relation: ReverseRelation): Operation<object> {
  const { field } = relation;
  const missing = () =>
    new (errorsOf(field.model).DoesNotExist)(`${instance[metaKey].label} has no ${relation.name}.`);
  const known = stateOf(instance).related?.get(relation.name);
  if (known !== null) yield* loadMissing([instance], [field.targetField]);
  const key = instance[field.targetField.attribute];
  if (known === null || key === null || key === undefined) throw missing();
  const shared = yield* fetchForPeers(instance, field.target.label, relation.name);
  if (shared !== undefined) return shared;
  try {
    const related = (yield* get(rowsFor(instance, field.model), { [field.name]: key })) as ModelInstance;
    relate(related, field.name, instance);
    relate(instance, relation.name, related);
    return related;
  } catch (error) {
    if (!(error instanceof errorsOf(field.model).DoesNotExist)) throw error;
    relate(instance, relation.name, null);
    throw missing();
  }
}
