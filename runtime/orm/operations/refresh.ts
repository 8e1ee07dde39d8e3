import { ValueError } from '../errors.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { isDeferred } from '../models/deferred.ts';
import { fetchedWith, requireFetchable } from '../models/fetch-modes.ts';
import type { ModelInstance } from '../models/instance.ts';
import { KeyMap } from '../models/keys.ts';
import { baseQuerySet } from '../models/managers.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import type { RefreshOptions } from '../types/model.ts';
import { namesGiven } from './given.ts';
import { doesNotExist, get, list } from './read.ts';
import type { Operation } from './steps.ts';

/** Loads an attribute that was left out, as the fetch mode of the instance asks for. */
export function* loadDeferred(instance: ModelInstance, attribute: string): Operation<void> {
  const meta = instance[metaKey];
  requireFetchable(instance, meta.label, meta.requireField(attribute).name);
  const peers = fetchedWith(instance).filter((peer) => isDeferred(peer, attribute)) as ModelInstance[];
  if (peers.length < 2) return yield* refreshInstance(instance, { fields: [attribute] });
  const rows = baseQuerySet(meta).using(stateOf(instance).alias ?? 'default');
  const wanted = rows.filter({ pk__in: peers.map((peer) => peer.pk) }).orderBy();
  const values = new KeyMap<unknown>();
  for (const [key, value] of (yield* list(wanted.valuesList('pk', attribute))) as [unknown, unknown][])
    values.set(key, value);
  for (const peer of peers) if (values.has(peer.pk)) peer[attribute] = values.get(peer.pk);
  if (!values.has(instance.pk)) throw doesNotExist(meta);
}

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
  const unknown = names?.find((name) => meta.field(name) === undefined && meta.relation(name) === undefined);
  if (unknown !== undefined) meta.requireField(unknown);
  const alias = using ?? state.alias ?? 'default';
  const wanted = meta.fields.filter(({ name, attribute }) =>
    names === undefined
      ? !isDeferred(instance, attribute)
      : names.includes(name) || names.includes(attribute),
  );
  // Relations of many rows are read again when they are next asked for.
  for (const name of names ?? state.prefetched?.keys() ?? []) state.prefetched?.delete(name);
  if (names !== undefined && wanted.length === 0) return;
  const start = (fromQueryset as unknown as QuerySet | undefined) ?? baseQuerySet(meta).using(alias);
  const narrowed = start.filter({ pk: instance.pk });
  const all = names === undefined && wanted.length === meta.fields.length;
  const read = (yield* get(
    all ? narrowed : narrowed.only(...wanted.map((field) => field.name)),
  )) as ModelInstance;
  for (const field of wanted) {
    instance[field.attribute] = read[field.attribute];
    if (field instanceof ForeignKeyField) state.related?.delete(field.name);
  }
  if (names === undefined) {
    for (const relation of meta.incoming) state.related?.delete(relation.name);
    state.alias = stateOf(read).alias;
  }
}
