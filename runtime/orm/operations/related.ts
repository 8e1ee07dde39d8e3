import type { ForeignKeyField } from '../fields/relations.ts';
import type { GenericKey } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { metaKey } from '../models/registry.ts';
import type { ReverseRelation } from '../models/relations.ts';
import { relate, stateOf } from '../models/state.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { errorsOf, get, list } from './read.ts';
import type { Operation } from './steps.ts';

/** Loads what a foreign key points at; null for a null key. */
export function* readForward(instance: ModelInstance, field: ForeignKeyField): Operation<object | null> {
  const key = instance[field.attribute];
  if (key === null || key === undefined) return null;
  const alias = stateOf(instance).alias ?? 'default';
  const related = (yield* get(new QuerySet(field.target).using(alias), {
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
  const target = key.targetOf(instance);
  if (target === undefined) return null;
  const rows = new QuerySet(target).using(stateOf(instance).alias ?? 'default');
  const found = yield* list(rows.filter({ pk: key.keyOf(instance, target) }));
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
  const key = instance[field.targetField.attribute];
  if (known === null || key === null || key === undefined) throw missing();
  const alias = stateOf(instance).alias ?? 'default';
  try {
    const query = new QuerySet(field.model).using(alias);
    const related = (yield* get(query, { [field.name]: key })) as ModelInstance;
    relate(related, field.name, instance);
    relate(instance, relation.name, related);
    return related;
  } catch (error) {
    if (!(error instanceof errorsOf(field.model).DoesNotExist)) throw error;
    relate(instance, relation.name, null);
    throw missing();
  }
}
