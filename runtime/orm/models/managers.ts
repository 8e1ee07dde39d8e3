import { ValueError } from '../errors.ts';
import { ManagerBase } from '../queryset/manager.ts';
import { QuerySet } from '../queryset/queryset.ts';
import type { ModelConstructor, ModelMeta } from './meta.ts';

export type ManagerClass = new (model: ModelConstructor) => ManagerBase;

const found = new WeakMap<ModelMeta, ManagerBase>();

/** A manager by its name. */
export function managerNamed(model: ModelMeta, name: string): ManagerBase {
  const manager = (model.modelClass as unknown as Record<string, unknown>)[name];
  if (manager instanceof ManagerBase) return manager;
  const names = [...managersOf(model)].map(([each]) => each);
  const choices = names.length === 0 ? '' : `. Choices are: ${names.join(', ')}`;
  throw new ValueError(`${model.label} has no manager named '${name}'${choices}`);
}

/** The managers of a model by their names, its own first, then those it inherits. */
function* managersOf({ modelClass }: ModelMeta): Generator<[name: string, manager: ManagerBase]> {
  const seen = new Set(['prototype', 'caller', 'arguments']);
  for (let each: unknown = modelClass; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (seen.has(name)) continue;
      seen.add(name);
      // Read from the model itself: inherited managers are made for the class they are asked for on.
      const manager = (modelClass as unknown as Record<string, unknown>)[name];
      if (manager instanceof ManagerBase) yield [name, manager];
    }
  }
}

/**
 * The manager that the option `defaultManagerName` names, else the first one a model declares, or inherits, as Django's
 * default manager: related managers are of its class and start from its rows.
 */
export function defaultManager(model: ModelMeta): ManagerBase | undefined {
  const known = found.get(model);
  if (known !== undefined) return known;
  const { defaultManagerName } = model.options;
  if (defaultManagerName !== undefined) return managerNamed(model, defaultManagerName);
  for (const [, manager] of managersOf(model)) {
    found.set(model, manager);
    return manager;
  }
  return undefined;
}

/** The rows that are looked up one by one: by a foreign key, to refresh an instance, to delete what depends on it. */
export function baseQuerySet(model: ModelMeta): QuerySet {
  const { baseManagerName } = model.options;
  return baseManagerName === undefined
    ? new QuerySet(model)
    : managerNamed(model, baseManagerName).getQuerySet();
}

/** The rows related managers and prefetches start from. */
export function defaultQuerySet(model: ModelMeta): QuerySet {
  return defaultManager(model)?.getQuerySet() ?? new QuerySet(model);
}

/** True when a query narrows, orders and adds nothing: its rows are all that the model has. */
export function isEverything({ shape, meta }: QuerySet): boolean {
  return new QuerySet(meta).shape === shape;
}
