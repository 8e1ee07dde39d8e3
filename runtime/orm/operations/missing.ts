import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { isInstance } from '../lookups/encode.ts';
import { fetchedWith, requireFetchable } from '../models/fetch-modes.ts';
import type { ModelInstance } from '../models/instance.ts';
import { mapByKey } from '../models/keys.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { isDeferred, isPartial } from '../models/partial.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { refresh } from './overridden.ts';
import { doesNotExist, list } from './read.ts';
import type { Operation } from './steps.ts';

/**
 * Loads those of the fields that a query left out of the instances, as their fetch mode asks for. Operations call it
 * before they look at attributes: an attribute that is not there is read in a way that blocks.
 *
 * @throws DoesNotExist for an instance whose row is gone
 */
export function* loadMissing(instances: readonly ModelInstance[], fields: readonly Field[]): Operation<void> {
  for (;;) {
    const first = instances.find((instance) => isPartial(instance) && lacking(instance, fields).length > 0);
    if (first === undefined) return;
    yield* loadLike(first, instances, fields);
  }
}

/**
 * The same for instances that are given as values, of the columns that foreign keys take from them.
 *
 * @param rows values of rows of the model; what they are given is asked for together
 */
export function* loadTargets(
  meta: ModelMeta,
  rows: readonly Readonly<Record<string, unknown>>[],
): Operation<void> {
  const keys = [...meta.fields, ...meta.foreignObjects].filter((field) => field instanceof ForeignKeyField);
  for (const field of keys) {
    const given: ModelInstance[] = [];
    for (const row of rows) {
      const value = row[field.name] ?? row[field.attribute];
      if (isInstance(value) && isPartial(value) && value[metaKey].isA(field.target))
        given.push(value as unknown as ModelInstance);
    }
    if (given.length > 0) yield* loadMissing(given, [field.targetField]);
  }
}

/** Those of the fields that an instance does not have. */
function lacking(instance: ModelInstance, fields: readonly Field[]): Field[] {
  return fields
    .flatMap((field) => field.parts ?? field)
    .filter(({ attribute }) => isDeferred(instance, attribute));
}

/** Loads what `first` and those of the same table and database lack. */
function* loadLike(
  first: ModelInstance,
  instances: readonly ModelInstance[],
  fields: readonly Field[],
): Operation<void> {
  const { [metaKey]: meta } = first;
  const { alias = 'default' } = stateOf(first);
  const rows = new Set<ModelInstance>();
  for (const instance of instances) {
    if (instance[metaKey] !== meta || (stateOf(instance).alias ?? 'default') !== alias) continue;
    const [missing] = lacking(instance, fields);
    if (missing === undefined) continue;
    requireFetchable(instance, meta.label, missing.name);
    for (const peer of fetchedWith(instance) as ModelInstance[])
      if (lacking(peer, fields).length > 0) rows.add(peer);
  }
  const wanted = [...new Set([...rows].flatMap((row) => lacking(row, fields)))];
  const names = wanted.map(({ attribute }) => attribute);
  if (rows.size === 1) yield* refresh(first, { fields: names });
  else yield* loadTogether(meta, alias, [...rows], names);
  if (lacking(first, wanted).length > 0) throw doesNotExist(meta);
}

/** One query for the attributes of many instances. */
function* loadTogether(
  meta: ModelMeta,
  alias: string,
  rows: readonly ModelInstance[],
  attributes: readonly string[],
): Operation<void> {
  const wanted = baseQuerySet(meta)
    .using(alias)
    .filter({ pk__in: rows.map((row) => row.pk) })
    .orderBy();
  const found = mapByKey<readonly unknown[]>(meta.primaryKey);
  for (const [key, ...values] of (yield* list(wanted.valuesList('pk', ...attributes))) as unknown[][])
    found.set(key, values);
  for (const row of rows) {
    for (const [at, value] of (found.get(row.pk) ?? []).entries()) {
      const attribute = attributes[at] as string;
      if (isDeferred(row, attribute)) row[attribute] = value;
    }
  }
}
