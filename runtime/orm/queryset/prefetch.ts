import { ValueError } from '../errors.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import type { ForwardRelation, ManyToManyRelation, Relation, ReverseRelation } from '../models/relations.ts';
import { relate, stateOf } from '../models/state.ts';
import { list } from '../operations/read.ts';
import type { Operation } from '../operations/steps.ts';
import { QuerySet } from './queryset.ts';
import { ownerName, throughStep } from './through.ts';

/** `Prefetch('books', { queryset, toAttr })` */
export class Prefetch {
  readonly kind = 'prefetch';
  readonly lookup: string;
  readonly queryset: QuerySet | undefined;
  readonly toAttr: string | undefined;

  constructor(lookup: string, options: { readonly queryset?: object; readonly toAttr?: string } = {}) {
    const { queryset, toAttr } = options;
    if (typeof lookup !== 'string') throw new TypeError('A relation to prefetch is named by a string.');
    const given = queryset === undefined ? undefined : asQuerySet(queryset);
    if (given !== undefined && given.query.rows.form !== 'instances') {
      throw new ValueError('Prefetch querysets cannot use raw(), values(), and values_list().');
    }
    this.lookup = lookup;
    this.queryset = given;
    this.toAttr = toAttr;
  }
}
function asQuerySet(given: object): QuerySet {
  return given instanceof QuerySet ? given : (given as { getQuerySet(): QuerySet }).getQuerySet();
}
export type PrefetchEntry = string | Prefetch;

/** Loads what `lookups` name for all instances, with one query per relation. */
export function* prefetch(
  instances: readonly object[],
  lookups: readonly PrefetchEntry[],
  alias: string,
): Operation<void> {
  const done = new Map<string, object[]>();
  const seen = new Map<string, QuerySet | undefined>();
  for (const entry of lookups) {
    const lookup = entry instanceof Prefetch ? entry : new Prefetch(entry);
    if (seen.has(lookup.lookup) && lookup.queryset !== undefined) {
      throw new ValueError(
        `'${lookup.lookup}' lookup was already seen with a different queryset. You may need to adjust the ordering of your lookups.`,
      );
    }
    seen.set(lookup.lookup, lookup.queryset);
    yield* follow(instances as ModelInstance[], lookup, alias, done);
  }
}

function* follow(
  start: readonly ModelInstance[],
  lookup: Prefetch,
  alias: string,
  done: Map<string, object[]>,
): Operation<void> {
  const names = lookup.lookup.split('__');
  let level = start;
  for (const [at, name] of names.entries()) {
    const path = names.slice(0, at + 1).join('__');
    const isLast = at === names.length - 1;
    const known = done.get(path);
    if (known !== undefined) {
      level = known as ModelInstance[];
      continue;
    }
    const [first] = level;
    if (first === undefined) return;
    const relation = requireRelation(first[metaKey], name, lookup.lookup);
    if (isLast && lookup.toAttr !== undefined) requireFreeAttribute(first[metaKey], lookup.toAttr);
    const loaded: ModelInstance[] = yield* load(level, relation, {
      name,
      alias,
      queryset: isLast ? lookup.queryset : undefined,
      toAttr: isLast ? lookup.toAttr : undefined,
    });
    if (!(isLast && lookup.toAttr !== undefined)) done.set(path, loaded);
    level = loaded;
  }
}

function requireRelation(meta: ModelMeta, name: string, lookup: string): Relation {
  const relation = meta.relation(name);
  if (relation !== undefined) return relation;
  if (meta.field(name) !== undefined) {
    throw new ValueError(
      `'${lookup}' does not resolve to an item that supports prefetching - this is an invalid parameter to prefetch_related().`,
    );
  }
  throw new PrefetchAttributeError(
    `Cannot find '${name}' on ${meta.label} object, '${lookup}' is an invalid parameter to prefetch_related()`,
  );
}
/** Rows are kept beside the fields of an instance, not in place of one of them or of a method. */
function requireFreeAttribute(meta: ModelMeta, name: string): void {
  if (meta.field(name) === undefined && !(name in meta.modelClass.prototype)) return;
  throw new ValueError(`to_attr=${name} conflicts with a field on the ${meta.label} model.`);
}
/** Python's AttributeError. */
export class PrefetchAttributeError extends Error {
  override name = 'AttributeError';
}

interface Load {
  readonly name: string;
  readonly alias: string;
  readonly queryset: QuerySet | undefined;
  readonly toAttr: string | undefined;
}

function load(level: readonly ModelInstance[], relation: Relation, load: Load): Operation<ModelInstance[]> {
  switch (relation.form) {
    case 'forward':
      return loadForward(level, relation, load);
    case 'reverse':
      return loadReverse(level, relation, load);
    case 'manyToMany':
      return loadManyToMany(level, relation, load);
  }
}

function baseQuery(model: ModelMeta, { alias, queryset }: Load): QuerySet {
  return queryset ?? new QuerySet(model).using(alias);
}

function* loadForward(
  level: readonly ModelInstance[],
  relation: ForwardRelation,
  options: Load,
): Operation<ModelInstance[]> {
  const { field } = relation;
  const missing = level.filter((instance) => stateOf(instance).related?.get(field.name) === undefined);
  const keys = [
    ...new Set(missing.map((instance) => instance[field.attribute]).filter((key) => key !== null)),
  ];
  const found =
    keys.length === 0 ? [] : yield* list(baseQuery(relation.target, options).filter({ pk__in: keys }));
  const byKey = new Map((found as ModelInstance[]).map((related) => [related.pk, related]));
  for (const instance of missing) relate(instance, field.name, byKey.get(instance[field.attribute]) ?? null);
  const related = level.map((instance) => stateOf(instance).related?.get(field.name));
  return [...new Set(related.filter((each): each is ModelInstance => each !== null && each !== undefined))];
}

function* loadReverse(
  level: readonly ModelInstance[],
  relation: ReverseRelation,
  options: Load,
): Operation<ModelInstance[]> {
  const { field } = relation;
  const pending = level.filter((instance) => !isLoaded(instance, options));
  const keys = pending.map((instance) => instance.pk);
  const rows =
    keys.length === 0
      ? []
      : ((yield* list(
          baseQuery(relation.target, options).filter({ [`${field.name}__in`]: keys }),
        )) as ModelInstance[]);
  const owners = new Map(pending.map((instance) => [instance.pk, instance]));
  const groups = new Map<unknown, ModelInstance[]>();
  for (const row of rows) {
    const key = row[field.attribute];
    relate(row, field.name, owners.get(key) ?? null);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  for (const instance of pending) {
    const group = groups.get(instance.pk) ?? [];
    if (field.single) relate(instance, options.name, group[0] ?? null);
    else keep(instance, group, options);
  }
  return allLoaded(level, options, field.single);
}

function* loadManyToMany(
  level: readonly ModelInstance[],
  relation: ManyToManyRelation,
  options: Load,
): Operation<ModelInstance[]> {
  const pending = level.filter((instance) => !isLoaded(instance, options));
  const keys = pending.map((instance) => instance.pk);
  const groups = new Map<unknown, ModelInstance[]>();
  if (keys.length > 0) {
    const rows = (yield* list(
      baseQuery(relation.target, options).step(throughStep(relation, keys, true)),
    )) as ModelInstance[];
    // A row comes once for each owner, so the same related instance may stand for several rows.
    for (const row of rows) {
      const owner = row[ownerName];
      delete row[ownerName];
      const group = groups.get(owner);
      if (group === undefined) groups.set(owner, [row]);
      else group.push(row);
    }
  }
  for (const instance of pending) keep(instance, groups.get(instance.pk) ?? [], options);
  return allLoaded(level, options, false);
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
  state.prefetched ??= new Map();
  state.prefetched.set(name, rows);
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
