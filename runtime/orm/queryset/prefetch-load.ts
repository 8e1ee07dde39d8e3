import type { ForeignKeyField } from '../fields/relations.ts';
import type { FetchMode } from '../models/fetch-modes.ts';
import { GenericKey, type GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet, defaultQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { ForwardRelation, ManyToManyRelation, Relation, ReverseRelation } from '../models/relations.ts';
import { ByName, relate, stateOf } from '../models/state.ts';
import { loadMissing } from '../operations/missing.ts';
import { list } from '../operations/read.ts';
import type { Operation } from '../operations/steps.ts';
import { limitPerOwner } from './per-owner.ts';
import type { QuerySet } from './queryset.ts';
import { throughStep } from './through.ts';

/** What a prefetch can follow. */
export type Followed = Relation | GenericKey;

/** How one relation is to be loaded. */
export interface Load {
  readonly name: string;
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
  const { field } = relation;
  const pending = level.filter((instance) => !isLoaded(instance, options));
  yield* loadMissing(pending, [field]);
  const keys = distinct(pending.map((instance) => instance[field.attribute]));
  const start = startFor(relation.target, options, () => baseQuerySet(relation.target));
  const found = keys.length === 0 ? [] : yield* list(start.filter({ [`${targetName(field)}__in`]: keys }));
  yield* loadMissing(found as ModelInstance[], [field.targetField]);
  const { attribute } = field.targetField;
  const byKey = new Map((found as ModelInstance[]).map((related) => [related[attribute], related]));
  for (const instance of pending) keepOne(instance, byKey.get(instance[field.attribute]) ?? null, options);
  return () => allLoaded(level, options, true);
}
function targetName(field: ForeignKeyField): string {
  return field.targetField.options.primaryKey ? 'pk' : field.targetField.name;
}

function* loadReverse(
  level: readonly ModelInstance[],
  relation: ReverseRelation,
  options: Load,
): Operation<Level> {
  const { field, target } = relation;
  const { attribute } = field.targetField;
  const pending = level.filter((instance) => !isLoaded(instance, options));
  yield* loadMissing(pending, [field.targetField]);
  const keys = distinct(pending.map((instance) => instance[attribute]));
  const plain = () => (field.single ? baseQuerySet(target) : defaultQuerySet(target));
  const start = limitPerOwner(startFor(target, options, plain), field);
  const rows =
    keys.length === 0
      ? []
      : ((yield* list(start.filter({ [`${field.name}__in`]: keys }))) as ModelInstance[]);
  yield* loadMissing(rows, [field]);
  const owners = new Map(pending.map((instance) => [instance[attribute], instance]));
  for (const row of rows) relate(row, field.name, owners.get(row[field.attribute]) ?? null);
  const groups = groupBy(rows, (row) => row[field.attribute]);
  for (const instance of pending) {
    const group = groups.get(instance[attribute]) ?? [];
    if (field.single) keepOne(instance, group[0] ?? null, options);
    else keep(instance, group, options);
  }
  return () => allLoaded(level, options, field.single);
}

function* loadManyToMany(
  level: readonly ModelInstance[],
  relation: ManyToManyRelation,
  options: Load,
): Operation<Level> {
  const { attribute } = relation.ownKey.targetField;
  const pending = level.filter((instance) => !isLoaded(instance, options));
  yield* loadMissing(pending, [relation.ownKey.targetField]);
  const keys = pending.map((instance) => instance[attribute]);
  let groups = new Map<unknown, ModelInstance[]>();
  if (keys.length > 0) {
    const start = startFor(relation.target, options, () => defaultQuerySet(relation.target));
    const rows = (yield* list(start.step(throughStep(relation, keys, true)))) as ModelInstance[];
    // A row comes once for each owner, so the same related instance may stand for several rows.
    groups = groupBy(rows, (row) => stateOf(row).owner);
  }
  for (const instance of pending) keep(instance, groups.get(instance[attribute]) ?? [], options);
  return () => allLoaded(level, options, false);
}

function* loadGeneric(
  level: readonly ModelInstance[],
  relation: GenericRelation,
  options: Load,
): Operation<Level> {
  const { key, model, target } = relation;
  const pending = level.filter((instance) => !isLoaded(instance, options));
  const start = limitPerOwner(
    startFor(target, options, () => defaultQuerySet(target)),
    key.keyField,
  );
  const rows =
    pending.length === 0
      ? []
      : ((yield* list(relation.rowsOf(pending, options.alias, start))) as ModelInstance[]);
  yield* loadMissing(rows, [key.keyField]);
  const groups = groupBy(rows, (row) => key.keyOf(row, model));
  for (const instance of pending) {
    const group = groups.get(instance[model.primaryKey.attribute]) ?? [];
    for (const row of group) relate(row, key.name, instance);
    keep(instance, group, options);
  }
  return () => allLoaded(level, options, false);
}

/** One query for each model that is pointed at. */
function* loadGenericKey(level: readonly ModelInstance[], key: GenericKey, options: Load): Operation<Level> {
  const pending = level.filter((instance) => !isLoaded(instance, options));
  yield* loadMissing(pending, [key.typeField, key.keyField]);
  const byTarget = groupBy(pending, (instance) => key.targetOf(instance));
  for (const [target, instances] of byTarget) {
    if (target === undefined) {
      for (const instance of instances) keepOne(instance, null, options);
      continue;
    }
    const keys = distinct(instances.map((instance) => key.keyOf(instance, target)));
    const start = startFor(target, options, () => baseQuerySet(target));
    const found = (yield* list(start.filter({ pk__in: keys }))) as ModelInstance[];
    const byKey = new Map(found.map((related) => [related.pk, related]));
    for (const instance of instances) {
      keepOne(instance, byKey.get(key.keyOf(instance, target)) ?? null, options);
    }
  }
  return () => allLoaded(level, options, true);
}

function distinct(keys: readonly unknown[]): unknown[] {
  return [...new Set(keys.filter((key) => key !== null && key !== undefined))];
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

function isLoaded(instance: ModelInstance, { name, toAttr }: Load): boolean {
  if (toAttr !== undefined) return false;
  const state = stateOf(instance);
  return state.prefetched?.has(name) === true || (state.related?.get(name) ?? undefined) !== undefined;
}

/** Remembers the related rows of one instance. */
function keep(instance: ModelInstance, rows: ModelInstance[], { name, toAttr }: Load): void {
  if (toAttr !== undefined) {
    instance[toAttr] = rows;
    return;
  }
  const state = stateOf(instance);
  state.prefetched ??= new ByName();
  state.prefetched.set(name, rows);
}
/** Remembers the one related row of an instance, or that there is none. */
function keepOne(instance: ModelInstance, related: ModelInstance | null, { name, toAttr }: Load): void {
  if (toAttr === undefined) relate(instance, name, related);
  else instance[toAttr] = related;
}

/** The next level: everything this one is now known to be related to, each instance once. */
function allLoaded(
  level: readonly ModelInstance[],
  { name, toAttr }: Load,
  single: boolean,
): ModelInstance[] {
  const related = level.flatMap((instance) => {
    if (toAttr !== undefined) return instance[toAttr] as ModelInstance[];
    const state = stateOf(instance);
    return single ? [state.related?.get(name)] : (state.prefetched?.get(name) ?? []);
  });
  return [...new Set(related.filter((each): each is ModelInstance => each !== null && each !== undefined))];
}
