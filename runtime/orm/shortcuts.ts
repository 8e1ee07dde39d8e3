import { Http404, ValueError } from './errors.ts';
import { isInstance } from './lookups/encode.ts';
import { metaOf } from './models/registry.ts';
import { stateOf } from './models/state.ts';
import { asynchronous, synchronous } from './operations/bound.ts';
import { errorsOf, get, list } from './operations/read.ts';
import type { Operation } from './operations/steps.ts';
import { requireOptions } from './options.ts';
import { ManagerBase } from './queryset/manager.ts';
import { Prefetch as PrefetchClass, prefetch, prefetchesWith } from './queryset/prefetch.ts';
import { QuerySet } from './queryset/queryset.ts';
import type { AnyCondition } from './types/expressions.ts';
import type { PrefetchLookup } from './types/selection.ts';

/** A model class, a manager or a query set. */
export type Findable<T> = { readonly prototype: T; readonly objects: unknown } | { first(): T | null };
type Conditions = readonly (AnyCondition | object)[];

/**
 * The one row that matches, from a model class, a manager or a query set.
 *
 * @throws Http404 (`status` 404) when none does; MultipleObjectsReturned when several do
 */
export const getObjectOr404 = synchronousFunction('getObjectOr404', oneOr404('getObjectOr404')) as <T>(
  from: Findable<T>,
  ...where: Conditions
) => T;
/** The native twin of `getObjectOr404`. */
export function agetObjectOr404<T>(from: Findable<T>, ...where: Conditions): Promise<T> {
  return asynchronous(oneOr404('agetObjectOr404')(from, ...where)) as Promise<T>;
}
/**
 * The rows that match, at least one.
 *
 * @throws Http404 (`status` 404) when none does
 */
export const getListOr404 = synchronousFunction('getListOr404', listOr404('getListOr404')) as <T>(
  from: Findable<T>,
  ...where: Conditions
) => T[];
/** The native twin of `getListOr404`. */
export function agetListOr404<T>(from: Findable<T>, ...where: Conditions): Promise<T[]> {
  return asynchronous(listOr404('agetListOr404')(from, ...where)) as Promise<T[]>;
}

/** Loads relations of instances that were read before, as `prefetchRelated` does for a query set. */
export const prefetchRelatedObjects = synchronousFunction('prefetchRelatedObjects', prefetchAll) as (
  instances: readonly object[],
  ...lookups: (string | PrefetchLookup)[]
) => void;
/** The native twin of `prefetchRelatedObjects`. */
export function aprefetchRelatedObjects(
  instances: readonly object[],
  ...lookups: (string | PrefetchLookup)[]
): Promise<void> {
  return asynchronous(prefetchAll(instances, ...lookups));
}

/** A prefetch with a query set of its own, or with an attribute to keep the rows in. */
export function Prefetch(
  lookup: string,
  options: { readonly queryset?: object; readonly toAttr?: string } = {},
): PrefetchLookup {
  requireOptions('Prefetch', options, ['queryset', 'toAttr']);
  const { queryset, toAttr } = options;
  return new PrefetchClass(
    lookup,
    queryset === undefined ? [] : [queryset],
    toAttr,
  ) as unknown as PrefetchLookup;
}
/** A prefetch of a generic foreign key with a query set for each model it may lead to; others are read plainly. */
export function GenericPrefetch(
  lookup: string,
  querysets: readonly object[],
  options: { readonly toAttr?: string } = {},
): PrefetchLookup {
  requireOptions('GenericPrefetch', options, ['toAttr']);
  return new PrefetchClass(lookup, querysets, options.toAttr) as unknown as PrefetchLookup;
}

function oneOr404(name: string) {
  return function* (from: unknown, ...where: unknown[]): Operation<unknown> {
    const queryset = findable(from, name);
    try {
      return yield* get(queryset, ...where);
    } catch (error) {
      if (!(error instanceof errorsOf(queryset.meta).DoesNotExist)) throw error;
      throw new Http404(`No ${queryset.meta.label} matches the given query.`);
    }
  };
}
function listOr404(name: string) {
  return function* (from: unknown, ...where: unknown[]): Operation<unknown[]> {
    const queryset = findable(from, name);
    const rows = yield* list(queryset.filter(...where));
    if (rows.length === 0) throw new Http404(`No ${queryset.meta.label} matches the given query.`);
    return rows;
  };
}
function* prefetchAll(instances: unknown, ...lookups: unknown[]): Operation<void> {
  const all = prefetchable(instances);
  const [first] = all;
  if (first === undefined) return;
  yield* prefetch(all, prefetchesWith([], lookups), stateOf(first).alias ?? 'default');
}
/** @throws TypeError for what is no list of instances */
function prefetchable(given: unknown): readonly object[] {
  if (Array.isArray(given) && given.every(isInstance)) return given;
  throw new TypeError('prefetchRelatedObjects() takes a list of instances.');
}

/** A sync function a bridge can execute: bound to nothing, its first parameter is an ordinary one. */
function synchronousFunction(name: string, operation: (...values: unknown[]) => Operation<unknown>): unknown {
  return synchronous({}, name, (_self: object, ...values: unknown[]) => operation(...values));
}

function findable(from: unknown, name: string): QuerySet {
  if (from instanceof QuerySet) return from;
  if (from instanceof ManagerBase) return from.getQuerySet();
  const meta = metaOf(from);
  const manager = meta === undefined ? undefined : (from as { objects?: unknown }).objects;
  if (manager instanceof ManagerBase) return manager.getQuerySet();
  if (meta !== undefined) return new QuerySet(meta);
  throw new ValueError(
    `First argument to ${name}() must be a Model, Manager, or QuerySet, not '${kindOf(from)}'.`,
  );
}
/** What something is called that nothing can be found in: its class, or its type. */
function kindOf(given: unknown): string {
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'list';
  if (typeof given === 'function' && given.name !== '') return given.name;
  return typeof given === 'object' ? (given.constructor?.name ?? 'object') : typeof given;
}
