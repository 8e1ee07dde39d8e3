import { ManagerBase } from '../queryset/manager.ts';
import { QuerySet } from '../queryset/queryset.ts';
import type { ModelConstructor, ModelMeta } from './meta.ts';

export type ManagerClass = new (model: ModelConstructor) => ManagerBase;

const found = new WeakMap<ModelMeta, ManagerBase>();

/**
 * The first manager a model declares, or inherits, as Django's default manager: related managers are of its class and
 * start from its rows.
 */
export function defaultManager(model: ModelMeta): ManagerBase | undefined {
  const known = found.get(model);
  if (known !== undefined) return known;
  const { modelClass } = model;
  for (let each: unknown = modelClass; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (name === 'prototype' || name === 'caller' || name === 'arguments') continue;
      // Read from the model itself: inherited managers are made for the class they are asked for on.
      const manager = (modelClass as unknown as Record<string, unknown>)[name];
      if (!(manager instanceof ManagerBase)) continue;
      found.set(model, manager);
      return manager;
    }
  }
  return undefined;
}

/** The rows related managers and prefetches start from. */
export function defaultQuerySet(model: ModelMeta): QuerySet {
  return defaultManager(model)?.getQuerySet() ?? new QuerySet(model);
}
