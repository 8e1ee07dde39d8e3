import type { ForeignKeyField } from '../fields/relations.ts';
import { fetchedWith, requireFetchable } from '../models/fetch-modes.ts';
import type { GenericKey } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { valueIn } from '../models/keys.ts';
import { knownForward, knownGeneric, relateForward, relateGeneric } from '../models/known.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { isDeferred } from '../models/partial.ts';
import { metaKey } from '../models/registry.ts';
import type { ReverseRelation } from '../models/relations.ts';
import { loadedFrom, relate, stateOf } from '../models/state.ts';
import { withKey } from '../queryset/among.ts';
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
 * @returns true when it was loaded with that of the others
 */
function* fetchForPeers(instance: ModelInstance, label: string, name: string): Operation<boolean> {
  requireFetchable(instance, label, name);
  const peers = fetchedWith(instance);
  if (peers.length < 2) return false;
  yield* prefetch(peers, [name], stateOf(instance).alias ?? 'default');
  return true;
}

/**
 * What a foreign key is known to lead to.
 *
 * @throws DoesNotExist for none where there has to be one
 */
export function requiredForward(known: object | null, field: ForeignKeyField): object | null {
  if (known !== null || field.options.nullable) return known;
  throw new (errorsOf(field.target).DoesNotExist)(`${field.model.label} has no ${field.name}.`);
}

/** Loads what a foreign key points at; null for a null key. */
export function* readForward(instance: ModelInstance, field: ForeignKeyField): Operation<object | null> {
  yield* loadMissing([instance], [field]);
  const key = valueIn(instance, field);
  if (key === null || key === undefined) return requiredForward(null, field);
  const part = parentOf(instance, field);
  if (part !== undefined) {
    relateForward(instance, field, part);
    return part;
  }
  if (yield* fetchForPeers(instance, field.model.label, field.name)) {
    const known = knownForward(instance, field);
    if (known !== undefined) return requiredForward(known, field);
  }
  const related = (yield* get(withKey(rowsFor(instance, field.target), field.targetField, key))) as object;
  relateForward(instance, field, related);
  return related;
}

/** The part of an instance that lies in the table of the model it extends, as an instance of that model. */
function parentOf(instance: ModelInstance, field: ForeignKeyField): ModelInstance | undefined {
  const { parent, parentLink } = field.model;
  if (field !== parentLink || parent === undefined) return undefined;
  if (parent.fields.some(({ attribute }) => isDeferred(instance, attribute))) return undefined;
  const { adding, alias = 'default', fetching } = stateOf(instance);
  const part = new parent.modelClass(loadedFrom(alias)) as ModelInstance;
  for (const { attribute } of parent.fields) part[attribute] = instance[attribute];
  const state = stateOf(part);
  state.adding = adding;
  if (fetching !== undefined) state.fetching = { ...fetching, peers: [new WeakRef<object>(part)] };
  return part;
}

/** Loads the row a generic foreign key points at; null when there is none, or no longer. */
export function* readGeneric(instance: ModelInstance, key: GenericKey): Operation<object | null> {
  yield* loadMissing([instance], [key.typeField, key.keyField]);
  const target = key.targetOf(instance);
  if (target === undefined) return null;
  if (yield* fetchForPeers(instance, key.model.label, key.name)) {
    const known = knownGeneric(instance, key);
    if (known !== undefined) return known;
  }
  const found = yield* list(rowsFor(instance, target).filter({ pk: key.keyOf(instance, target) }));
  const related = (found[0] as object | undefined) ?? null;
  relateGeneric(instance, key, related);
  return related;
}

/** Loads the other side of a one-to-one. */
export function* readReverse(instance: ModelInstance, relation: ReverseRelation): Operation<object> {
  const { field } = relation;
  const missing = () =>
    new (errorsOf(field.model).DoesNotExist)(`${instance[metaKey].label} has no ${relation.name}.`);
  const known = stateOf(instance).related?.get(relation.name);
  // Before the key is looked at, which may not be loaded.
  if (known === null) throw missing();
  yield* loadMissing([instance], [field.targetField]);
  const key = instance[field.targetField.attribute];
  if (key === null || key === undefined) throw missing();
  if (yield* fetchForPeers(instance, field.target.label, relation.name)) {
    const shared = stateOf(instance).related?.get(relation.name);
    if (shared === null) throw missing();
    if (shared !== undefined) return shared;
  }
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
