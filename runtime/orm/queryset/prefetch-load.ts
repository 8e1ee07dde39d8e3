import { ValueError } from '../errors.ts';
import type { FetchMode } from '../models/fetch-modes.ts';
import { GenericKey, type GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { distinctKeys, hasKey, keyId, valueIn } from '../models/keys.ts';
import { backwardsOf, knownForward, knownGeneric, relateForward, relateGeneric } from '../models/known.ts';
import { baseQuerySet, defaultQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import type {
  AccessibleRelation,
  ForwardRelation,
  ManyToManyRelation,
  ReverseRelation,
} from '../models/relations.ts';
import { ByName, relate, stateOf } from '../models/state.ts';
import { loadMissing } from '../operations/missing.ts';
import { list } from '../operations/read.ts';
import type { Operation } from '../operations/steps.ts';
import { withKeys } from './among.ts';
import { rememberAsked } from './asked.ts';
import { limitPerOwner } from './per-owner.ts';
import type { QuerySet } from './queryset.ts';
import { throughStep } from './through.ts';

/** What a prefetch can follow. */
export type Followed = AccessibleRelation | GenericKey;

/** How one relation is to be loaded. */
export interface Load {
  readonly alias: string;
  readonly querysets: readonly QuerySet[];
  readonly toAttr: string | undefined;
  /** That of the instances; what they lead to has the same. */
  readonly fetchMode: FetchMode | undefined;
}

/** The rows a relation leads to. They are gathered when a further lookup starts from them, which few do. */
export type Level = () => readonly ModelInstance[];

/** Loads a relation for all instances of one model. */
export function load(level: readonly ModelInstance[], relation: Followed, options: Load): Operation<Level> {
  if (relation instanceof GenericKey) return loadGenericKey(level, relation, options);
  switch (relation.form) {
    case 'forward':
      return loadForward(level, relation, options);
    case 'reverse':
      return loadReverse(level, relation, options);
    case 'manyToMany':
      return loadManyToMany(level, relation, options);
    case 'generic':
      return loadGeneric(level, relation, options);
  }
}

/** The query set that was given for the model, else `plain`; on the database of the instances unless it names one. */
function startFor(model: ModelMeta, { querysets, alias, fetchMode }: Load, plain: () => QuerySet): QuerySet {
  const given = querysets.length === 1 ? querysets[0] : querysets.find(({ meta }) => meta.isA(model));
  const start = given ?? plain();
  return start.with({ alias: start.state.alias ?? alias, fetchMode: start.state.fetchMode ?? fetchMode });
}

function* loadForward(
  level: readonly ModelInstance[],
  relation: ForwardRelation,
  options: Load,
): Operation<Level> {
  const { field, target } = relation;
  const { toAttr } = options;
  const pending = level.filter(
    (instance) => toAttr !== undefined || knownForward(instance, field) === undefined,
  );
  yield* loadMissing(pending, [field]);
  const keys = distinctKeys(pending.map((instance) => valueIn(instance, field)));
  const start = unordered(startFor(target, options, () => baseQuerySet(target)));
  const found = keys.length === 0 ? [] : yield* list(withKeys(start, field.targetField, keys));
  yield* loadMissing(found as ModelInstance[], [field.targetField]);
  const byKey = new Map(
    (found as ModelInstance[]).map((related) => [keyId(valueIn(related, field.targetField)), related]),
  );
  const backwards = backwardsOf(field);
  for (const instance of pending) {
    const related = byKey.get(keyId(valueIn(instance, field))) ?? null;
    if (toAttr === undefined) relateForward(instance, field, related, backwards);
    else instance[toAttr] = related;
  }
  return () => allLoaded(level, relation, options, true);
}
/** At most one row comes for each instance, so their order is of no use where it does not decide which rows there are. */
function unordered(queryset: QuerySet): QuerySet {
  const { query } = queryset;
  const decides = query.sliced || query.distinctFields.length > 0 || query.combination !== undefined;
  return decides || !query.ordered ? queryset : queryset.orderBy();
}

function* loadReverse(
  level: readonly ModelInstance[],
  relation: ReverseRelation,
  options: Load,
): Operation<Level> {
  const { field, target } = relation;
  const { targetField, single } = field;
  const pending = level.filter((instance) => !isLoaded(instance, relation, options));
  requireSaved(pending);
  yield* loadMissing(pending, [targetField]);
  const keyOf = (instance: ModelInstance) => keyId(valueIn(instance, targetField));
  const keys = distinctKeys(pending.map((instance) => valueIn(instance, targetField)));
  const plain = () => (single ? baseQuerySet(target) : defaultQuerySet(target));
  const asked = startFor(target, options, plain);
  const start = limitPerOwner(asked, field);
  const wanted = (single ? unordered(start) : start).filter({ [`${field.name}__in`]: keys });
  const rows = keys.length === 0 ? [] : ((yield* list(wanted)) as ModelInstance[]);
  yield* loadMissing(rows, [field]);
  const owners = new Map(pending.map((instance) => [keyOf(instance), instance]));
  const ownerOf = (row: ModelInstance) => keyId(valueIn(row, field));
  for (const row of rows) {
    // What the query set read itself stays.
    if (knownForward(row, field) === undefined) relate(row, field.name, owners.get(ownerOf(row)) ?? null);
  }
  const groups = groupBy(rows, ownerOf);
  for (const instance of pending) {
    const group = groups.get(keyOf(instance)) ?? [];
    if (single) keepOne(instance, group[0] ?? null, relation, options);
    else keep(instance, group, { relation, options, asked });
  }
  return () => allLoaded(level, relation, options, single);
}

/** @throws ValueError for an instance that no row can point at yet */
function requireSaved(instances: readonly ModelInstance[]): void {
  if (instances.every((instance) => hasKey(instance))) return;
  throw new ValueError('Model instances passed to related filters must be saved.');
}

function* loadManyToMany(
  level: readonly ModelInstance[],
  relation: ManyToManyRelation,
  options: Load,
): Operation<Level> {
  const { attribute } = relation.ownKey.targetField;
  const pending = level.filter((instance) => !isLoaded(instance, relation, options));
  requireSaved(pending);
  yield* loadMissing(pending, [relation.ownKey.targetField]);
  const keys = pending.map((instance) => instance[attribute]);
  let groups = new Map<unknown, ModelInstance[]>();
  const asked = startFor(relation.target, options, () => defaultQuerySet(relation.target));
  if (keys.length > 0) {
    const rows = (yield* list(asked.step(throughStep(relation, keys, true)))) as ModelInstance[];
    // A row comes once for each owner, so the same related instance may stand for several rows.
    groups = groupBy(rows, (row) => keyId(stateOf(row).owner));
  }
  for (const instance of pending)
    keep(instance, groups.get(keyId(instance[attribute])) ?? [], { relation, options, asked });
  return () => allLoaded(level, relation, options, false);
}

function* loadGeneric(
  level: readonly ModelInstance[],
  relation: GenericRelation,
  options: Load,
): Operation<Level> {
  const { key, model, target } = relation;
  const pending = level.filter((instance) => !isLoaded(instance, relation, options));
  const asked = startFor(target, options, () => defaultQuerySet(target));
  const start = limitPerOwner(asked, key.keyField);
  const rows =
    pending.length === 0
      ? []
      : ((yield* list(relation.rowsOf(pending, options.alias, start))) as ModelInstance[]);
  yield* loadMissing(rows, [key.keyField]);
  const groups = groupBy(rows, (row) => keyId(key.keyOf(row, model)));
  for (const instance of pending) {
    const group = groups.get(keyId(instance[model.primaryKey.attribute])) ?? [];
    for (const row of group) relate(row, key.name, instance);
    keep(instance, group, { relation, options, asked });
  }
  return () => allLoaded(level, relation, options, false);
}

/** One query for each model that is pointed at. */
function* loadGenericKey(level: readonly ModelInstance[], key: GenericKey, options: Load): Operation<Level> {
  const { toAttr } = options;
  const keepTarget = (instance: ModelInstance, related: ModelInstance | null) => {
    if (toAttr === undefined) relateGeneric(instance, key, related);
    else instance[toAttr] = related;
  };
  const pending = level.filter(
    (instance) => toAttr !== undefined || knownGeneric(instance, key) === undefined,
  );
  yield* loadMissing(pending, [key.typeField, key.keyField]);
  const byTarget = groupBy(pending, (instance) => key.targetOf(instance));
  for (const [target, instances] of byTarget) {
    if (target === undefined) {
      for (const instance of instances) keepTarget(instance, null);
      continue;
    }
    const keys = distinctKeys(instances.map((instance) => key.keyOf(instance, target)));
    const start = startFor(target, options, () => baseQuerySet(target));
    const found = (yield* list(start.filter({ pk__in: keys }))) as ModelInstance[];
    const byKey = new Map(found.map((related) => [keyId(related.pk), related]));
    for (const instance of instances) {
      keepTarget(instance, byKey.get(keyId(key.keyOf(instance, target))) ?? null);
    }
  }
  return () => allLoaded(level, key, options, true);
}

function groupBy<Key, Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

type Named = { readonly name: string };

function isLoaded(instance: ModelInstance, { name }: Named, { toAttr }: Load): boolean {
  if (toAttr !== undefined) return false;
  const state = stateOf(instance);
  return state.prefetched?.has(name) === true || (state.related?.get(name) ?? undefined) !== undefined;
}

/** How rows were loaded, for those who ask for them later. */
interface Loading {
  readonly relation: Named;
  readonly options: Load;
  /** What the rows are chosen from. */
  readonly asked: QuerySet;
}

/** Remembers the related rows of one instance. */
function keep(instance: ModelInstance, rows: ModelInstance[], { relation, options, asked }: Loading): void {
  const { toAttr, querysets } = options;
  if (toAttr !== undefined) {
    instance[toAttr] = rows;
    return;
  }
  const state = stateOf(instance);
  state.prefetched ??= new ByName();
  state.prefetched.set(relation.name, rows);
  if (querysets.length > 0) rememberAsked(rows, asked);
}
/** Remembers the one related row of an instance, or that there is none. */
function keepOne(
  instance: ModelInstance,
  related: ModelInstance | null,
  { name }: Named,
  { toAttr }: Load,
): void {
  if (toAttr === undefined) relate(instance, name, related);
  else instance[toAttr] = related;
}

/** The next level: everything this one is now known to be related to, each instance once. */
function allLoaded(
  level: readonly ModelInstance[],
  { name }: Named,
  { toAttr }: Load,
  single: boolean,
): ModelInstance[] {
  const related = level.flatMap((instance) => {
    if (toAttr !== undefined) return instance[toAttr] as ModelInstance[];
    const state = stateOf(instance);
    return single ? [state.related?.get(name)] : (state.prefetched?.get(name) ?? []);
  });
  return [...new Set(related.filter((each): each is ModelInstance => each !== null && each !== undefined))];
}
