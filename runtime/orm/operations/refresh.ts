import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { isDeferred } from '../models/partial.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import type { RefreshOptions } from '../types/model.ts';
import { namesGiven } from './given.ts';
import { get } from './read.ts';
import type { Operation } from './steps.ts';

/** Reads the attributes of an instance again, all that are loaded or the named ones. */
export function* refreshInstance(instance: ModelInstance, options: RefreshOptions = {}): Operation<void> {
  requireOptions('refreshFromDb', options, ['fields', 'fromQueryset', 'using']);
  const { fields, fromQueryset, using } = options;
  const names = fields === undefined || fields === null ? undefined : namesGiven('refreshFromDb', fields);
  if (names?.length === 0) return;
  const meta = instance[metaKey];
  const state = stateOf(instance);
  const wanted =
    names === undefined
      ? meta.fields.filter(({ attribute }) => !isDeferred(instance, attribute))
      : namedFields(meta, names);
  if (names === undefined) state.prefetched = undefined;
  else forgetNamed(instance, names);
  if (names !== undefined && wanted.length === 0) return;
  const start =
    (fromQueryset as unknown as QuerySet | undefined) ??
    baseQuerySet(meta).using(using ?? state.alias ?? 'default');
  const row = start.filter({ pk: instance.pk });
  const whole = names === undefined && wanted.length === meta.fields.length;
  const read = yield* readAgain(instance, wanted, whole ? row : row.only(...wanted.map(({ name }) => name)));
  if (names !== undefined) return;
  forgetAll(instance);
  state.alias = stateOf(read).alias;
}

/**
 * The columns among the names; the others are relations.
 *
 * @throws ValueError for a path; FieldDoesNotExist for what the model does not have
 */
function namedFields(meta: ModelMeta, names: readonly string[]): Field[] {
  if (names.some((name) => name.includes('__'))) {
    throw new ValueError(
      'Found "__" in fields argument. Relations and transforms are not allowed in fields.',
    );
  }
  for (const name of names)
    if (meta.relationCalled(name) === undefined && !meta.genericKeys.has(name)) meta.requireField(name);
  return meta.fields.filter(({ name, attribute }) => names.includes(name) || names.includes(attribute));
}

/** What the named relations lead to is read again when it is next asked for. */
function forgetNamed(instance: ModelInstance, names: readonly string[]): void {
  const meta = instance[metaKey];
  const { prefetched, related } = stateOf(instance);
  for (const given of names) {
    const name = meta.relationCalled(given)?.name ?? given;
    prefetched?.delete(name);
    if (meta.relation(name) !== undefined || meta.genericKeys.has(name)) related?.delete(name);
  }
}

/** The same for every relation whose key is no column of the row. */
function forgetAll(instance: ModelInstance): void {
  const { incoming, genericKeys, foreignObjects } = instance[metaKey];
  const { related } = stateOf(instance);
  for (const { name } of [...incoming, ...genericKeys.values(), ...foreignObjects]) related?.delete(name);
}

/** Takes over what the row of an instance holds now; returns the row. */
function* readAgain(
  instance: ModelInstance,
  wanted: readonly Field[],
  row: QuerySet,
): Operation<ModelInstance> {
  const read = (yield* get(row)) as ModelInstance;
  for (const field of wanted) {
    // What the query set leaves out was not read.
    if (isDeferred(read, field.attribute)) continue;
    instance[field.attribute] = read[field.attribute];
    if (field instanceof ForeignKeyField) stateOf(instance).related?.delete(field.name);
  }
  return read;
}
