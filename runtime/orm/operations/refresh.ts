import { ValueError } from '../errors.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet } from '../models/managers.ts';
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
  const meta = instance[metaKey];
  const state = stateOf(instance);
  if (names?.length === 0) return;
  if (names?.some((name) => name.includes('__'))) {
    throw new ValueError(
      'Found "__" in fields argument. Relations and transforms are not allowed in fields.',
    );
  }
  const unknown = names?.find(
    (name) =>
      meta.field(name) === undefined &&
      meta.relationCalled(name) === undefined &&
      !meta.genericKeys.has(name),
  );
  if (unknown !== undefined) meta.requireField(unknown);
  const alias = using ?? state.alias ?? 'default';
  const wanted = meta.fields.filter(({ name, attribute }) =>
    names === undefined
      ? !isDeferred(instance, attribute)
      : names.includes(name) || names.includes(attribute),
  );
  // What relations lead to is read again when it is next asked for.
  const related = names?.map((name) => meta.relationCalled(name)?.name ?? name);
  for (const name of related ?? state.prefetched?.keys() ?? []) state.prefetched?.delete(name);
  for (const name of related ?? [])
    if (meta.relation(name) !== undefined || meta.genericKeys.has(name)) state.related?.delete(name);
  if (names !== undefined && wanted.length === 0) return;
  const start = (fromQueryset as unknown as QuerySet | undefined) ?? baseQuerySet(meta).using(alias);
  const narrowed = start.filter({ pk: instance.pk });
  const all = names === undefined && wanted.length === meta.fields.length;
  const read = (yield* get(
    all ? narrowed : narrowed.only(...wanted.map((field) => field.name)),
  )) as ModelInstance;
  for (const field of wanted) {
    // What the query set leaves out was not read.
    if (isDeferred(read, field.attribute)) continue;
    instance[field.attribute] = read[field.attribute];
    if (field instanceof ForeignKeyField) state.related?.delete(field.name);
  }
  if (names === undefined) {
    for (const relation of meta.incoming) state.related?.delete(relation.name);
    for (const name of meta.genericKeys.keys()) state.related?.delete(name);
    for (const { name } of meta.foreignObjects) state.related?.delete(name);
    state.alias = stateOf(read).alias;
  }
}
