import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import type { Operation } from '../operations/steps.ts';
import type { Query } from '../query/query.ts';
import { type Level, load } from './prefetch-load.ts';
import { QuerySet } from './queryset.ts';

/** `Prefetch('books', { queryset, toAttr })` */
export class Prefetch {
  readonly kind = 'prefetch';
  readonly lookup: string;
  /** Query sets of its own; more than one only where the relation leads to several models. */
  readonly querysets: readonly QuerySet[];
  readonly toAttr: string | undefined;

  constructor(lookup: string, querysets: readonly object[] = [], toAttr?: string) {
    if (typeof lookup !== 'string') throw new TypeError('A relation to prefetch is named by a string.');
    this.lookup = lookup;
    this.querysets = querysets.map(asQuerySet);
    if (this.querysets.some(({ query }) => query.rows.form !== 'instances')) {
      throw new ValueError('Prefetch querysets cannot use raw(), values(), and valuesList().');
    }
    for (const { query } of this.querysets) query.requireNoStep('prefetched');
    this.toAttr = toAttr;
  }
  /** The lookup with the attribute the rows are kept in: later lookups go on from there. */
  get kept(): string {
    if (this.toAttr === undefined) return this.lookup;
    return [...this.lookup.split('__').slice(0, -1), this.toAttr].join('__');
  }
}
function asQuerySet(given: unknown): QuerySet {
  if (given instanceof QuerySet) return given;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`The query set of a Prefetch is none: ${describe(given)}.`);
  }
  if ('getQuerySet' in given) return (given as { getQuerySet(): QuerySet }).getQuerySet();
  throw new ValueError('Prefetch querysets cannot use raw(), values(), and valuesList().');
}
export type PrefetchEntry = string | Prefetch;

/**
 * What is prefetched once `prefetchRelated(…given)` was called; null alone takes back what was asked for.
 *
 * @param query where lookups start from, if they start from a query
 * @throws TypeError for what is no lookup; ValueError for a filtered relation, which is joined instead
 */
export function prefetchesWith(
  before: readonly PrefetchEntry[],
  given: readonly unknown[],
  query?: Query,
): readonly PrefetchEntry[] {
  if (given.length === 1 && given[0] === null) return [];
  for (const entry of given) {
    if (typeof entry !== 'string' && !(entry instanceof Prefetch)) {
      throw new TypeError(`prefetchRelated() takes names and Prefetch(…), not ${describe(entry)}.`);
    }
    const [first = ''] = (entry instanceof Prefetch ? entry.kept : entry).split('__');
    if (query?.filteredRelations.has(first)) {
      throw new ValueError('prefetchRelated() is not supported with FilteredRelation.');
    }
  }
  return [...before, ...(given as readonly PrefetchEntry[])];
}

/** Loads what `lookups` name for all instances, with one query per relation. */
export function* prefetch(
  instances: readonly object[],
  lookups: readonly PrefetchEntry[],
  alias: string,
): Operation<void> {
  const done = new Map<string, Level>();
  for (const entry of lookups) {
    const lookup = entry instanceof Prefetch ? entry : new Prefetch(entry);
    if (done.has(lookup.kept)) {
      if (lookup.querysets.length === 0) continue;
      throw new ValueError(
        `'${lookup.kept}' lookup was already seen with a different queryset. You may need to adjust the ordering of your lookups.`,
      );
    }
    yield* follow(instances as ModelInstance[], lookup, alias, done);
  }
}

function* follow(
  start: readonly ModelInstance[],
  lookup: Prefetch,
  alias: string,
  done: Map<string, Level>,
): Operation<void> {
  const names = lookup.lookup.split('__');
  let level: Level = () => start;
  for (const [at, name] of names.entries()) {
    const isLast = at === names.length - 1;
    const path = isLast ? lookup.kept : names.slice(0, at + 1).join('__');
    const known = done.get(path);
    if (known !== undefined) {
      level = known;
      continue;
    }
    const instances = level();
    if (instances.length === 0) return;
    const querysets = isLast ? lookup.querysets : [];
    const toAttr = isLast ? lookup.toAttr : undefined;
    const loaded: Level[] = [];
    for (const [meta, group] of byModel(instances)) {
      const relation = meta.relationCalled(name) ?? meta.genericKeys.get(name);
      if (relation === undefined) {
        loaded.push(attributes(meta, group, name, lookup.lookup, isLast));
        continue;
      }
      const fetchMode = group[0] === undefined ? undefined : stateOf(group[0]).fetching?.mode;
      requireFreeAttribute(meta, toAttr);
      loaded.push(yield* load(group, relation, { alias, querysets, toAttr, fetchMode }));
    }
    level = () => loaded.flatMap((each) => each());
    done.set(path, level);
  }
}

/** A generic foreign key leads to rows of several models. */
function byModel(level: readonly ModelInstance[]): Map<ModelMeta, ModelInstance[]> {
  const groups = new Map<ModelMeta, ModelInstance[]>();
  for (const instance of level) {
    const group = groups.get(instance[metaKey]);
    if (group === undefined) groups.set(instance[metaKey], [instance]);
    else group.push(instance);
  }
  return groups;
}

/** Rows are kept beside the fields of an instance, not in place of one of them or of a method. */
function requireFreeAttribute(meta: ModelMeta, toAttr: string | undefined): void {
  if (toAttr === undefined) return;
  if (meta.field(toAttr) === undefined && !(toAttr in meta.modelClass.prototype)) return;
  throw new ValueError(`toAttr=${toAttr} conflicts with a field on the ${meta.label} model.`);
}

/**
 * The instances that an attribute leads to which is no relation: a getter of the model, or what an earlier prefetch kept
 * rows in. It is read where it lies, so what it needs is better prefetched before.
 *
 * @throws PrefetchAttributeError when there is no such attribute; ValueError when it leads to no instances, or nowhere
 * further
 */
function attributes(
  meta: ModelMeta,
  instances: readonly ModelInstance[],
  name: string,
  lookup: string,
  isLast: boolean,
): Level {
  const [first] = instances;
  const isTwin = name.startsWith('a') && meta.relationCalled(name.slice(1)) !== undefined;
  if (first === undefined || isTwin || !(name in first)) {
    throw new PrefetchAttributeError(
      `Cannot find '${name}' on ${meta.label} object, '${lookup}' is an invalid parameter to prefetchRelated()`,
    );
  }
  const found =
    isLast || meta.field(name) !== undefined
      ? undefined
      : instances.flatMap((instance) => (instance[name] ?? []) as ModelInstance | ModelInstance[]);
  if (found?.every(isInstance) === true) return () => [...new Set(found)];
  throw new ValueError(
    `'${lookup}' does not resolve to an item that supports prefetching - this is an invalid parameter to prefetchRelated().`,
  );
}
/** Python's AttributeError. */
export class PrefetchAttributeError extends Error {
  override name = 'AttributeError';
}
