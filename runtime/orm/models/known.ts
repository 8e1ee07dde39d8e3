import type { ForeignKeyField } from '../fields/relations.ts';
import type { GenericKey } from './generic.ts';
import type { ModelInstance } from './instance.ts';
import { isSameKey, valueIn } from './keys.ts';
import { isDeferred } from './partial.ts';
import { metaKey } from './registry.ts';
import { knownState, relate, relateNone } from './state.ts';

// What instances know of the single rows their relations lead to.

/**
 * The related instance when it is loaded and still the one the key names; null for a null key, and where the row that
 * the key names was looked for and not found.
 */
export function knownForward(instance: ModelInstance, field: ForeignKeyField): object | null | undefined {
  const state = knownState(instance);
  const known = state?.related?.get(field.name);
  // A key that was not loaded was not changed either, and reading it here would block.
  const { parts } = field;
  const deferred =
    parts === undefined
      ? isDeferred(instance, field.attribute)
      : parts.some(({ attribute }) => isDeferred(instance, attribute));
  if (deferred) return known ?? undefined;
  const key = valueIn(instance, field);
  if (known !== undefined && known !== null) {
    if (state?.unsaved?.has(field.name) || isSameKey(valueIn(known, field.targetField), key)) return known;
  }
  if (key === null || key === undefined) return null;
  return known === null && state?.absent !== undefined && isSameKey(state.absent.get(field.name), key)
    ? null
    : undefined;
}

/** The instance a generic foreign key points at, when it is loaded and still the one the two columns name. */
export function knownGeneric(instance: ModelInstance, key: GenericKey): object | null | undefined {
  const state = knownState(instance);
  const known = state?.related?.get(key.name) as ModelInstance | null | undefined;
  if (known !== undefined && known !== null && state?.unsaved?.has(key.name)) return known;
  // Columns that were not loaded were not changed either, and reading them here would block.
  if (isDeferred(instance, key.typeField.attribute) || isDeferred(instance, key.keyField.attribute))
    return known ?? undefined;
  const target = key.targetOf(instance);
  if (target === undefined) return null;
  if (known === undefined) return undefined;
  const value = key.keyOf(instance, target);
  if (known === null) return isSameKey(state?.absent?.get(key.name), value) ? null : undefined;
  return known[metaKey].isA(target) && isSameKey(known.pk, value) ? known : undefined;
}

/** Remembers what a foreign key leads to, and on the other side of a one-to-one the instance itself. */
export function relateForward(
  instance: ModelInstance,
  field: ForeignKeyField,
  related: object | null,
  backwards = backwardsOf(field),
): void {
  if (related === null) {
    relateNone(instance, field.name, valueIn(instance, field));
    return;
  }
  relate(instance, field.name, related);
  if (backwards !== undefined) relate(related, backwards, instance);
}
/** Remembers what a generic foreign key leads to. */
export function relateGeneric(instance: ModelInstance, key: GenericKey, related: object | null): void {
  const target = related === null ? key.targetOf(instance) : undefined;
  if (target === undefined) relate(instance, key.name, related);
  else relateNone(instance, key.name, key.keyOf(instance, target));
}

/** Name of the other side where it is one instance, and not many. */
export function backwardsOf(field: ForeignKeyField): string | undefined {
  if (!field.single) return undefined;
  return field.target.incoming.find((relation) => relation.field === field)?.name;
}
