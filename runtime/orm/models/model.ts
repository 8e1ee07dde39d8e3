import { ImproperlyConfigured, MultipleObjectsReturned, ObjectDoesNotExist } from '../errors.ts';
import { ManagerBase } from '../queryset/manager.ts';
import type { AnyModel, ModelFunction, ModelOptions } from '../types/model.ts';
import { defineAccessors } from './accessors.ts';
import { checkModelName } from './checks.ts';
import { ModelInstance } from './instance.ts';
import { type Declaration, type ModelConstructor, ModelMeta } from './meta.ts';
import { metaKey, metaOf } from './registry.ts';

/** Makes the base class of a model. */
export function defineModel(
  name: string,
  declaration: Declaration,
  options: ModelOptions = {},
): { readonly base: ModelConstructor; readonly meta: ModelMeta } {
  const extended = (options.extends ?? ModelInstance) as unknown as Extended;
  const errors = {
    DoesNotExist: class extends (extended.DoesNotExist ?? ObjectDoesNotExist) {},
    MultipleObjectsReturned: class extends (extended.MultipleObjectsReturned ?? MultipleObjectsReturned) {},
  };
  const base = class extends extended {
    static override readonly DoesNotExist = errors.DoesNotExist;
    static override readonly MultipleObjectsReturned = errors.MultipleObjectsReturned;
  };
  // The label of a model without a class of its own, such as an automatic through model.
  Object.defineProperty(base, 'name', { value: name });
  const meta = new ModelMeta(name, declaration, options, base as ModelConstructor);
  Object.defineProperty(base, metaKey, { value: meta });
  Object.defineProperty(base.prototype, metaKey, { value: meta });
  Object.defineProperty(base, 'table', { value: meta.table });
  if (options.abstract !== true) defineAccessors(base.prototype, meta);
  inheritManagers(base);
  return { base: base as ModelConstructor, meta };
}

type Extended = (new (
  values?: never,
) => ModelInstance) & {
  readonly DoesNotExist?: new (message?: string) => Error;
  readonly MultipleObjectsReturned?: new (message?: string) => Error;
};

const rebound = new WeakMap<object, Map<string, ManagerBase>>();

/** Managers of the extended class are those of this one too, for rows of this one. */
function inheritManagers(base: object): void {
  const extended = Object.getPrototypeOf(base);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(extended))) {
    if (!(value instanceof ManagerBase)) continue;
    Object.defineProperty(base, name, {
      configurable: true,
      get(this: ModelConstructor) {
        const managers = rebound.get(this) ?? new Map<string, ManagerBase>();
        rebound.set(this, managers);
        let manager = managers.get(name);
        if (manager === undefined) {
          manager = new (value.constructor as typeof ManagerBase)(this);
          managers.set(name, manager);
        }
        return manager;
      },
      set(this: object, manager: unknown) {
        Object.defineProperty(this, name, {
          value: manager,
          configurable: true,
          writable: true,
          enumerable: true,
        });
      },
    });
  }
}

/**
 * The description of a class that a manager is made for. A class that extends a model in plain JavaScript, without
 * fields of its own, shows the same rows as instances of itself: a proxy model.
 */
export function metaForManager(modelClass: ModelConstructor): ModelMeta {
  const meta = metaOf(modelClass);
  if (meta === undefined) throw new ImproperlyConfigured('A manager needs a class made with model().');
  meta.useClass(modelClass);
  if (meta.modelClass === modelClass || !(modelClass.prototype instanceof meta.modelClass)) return meta;
  const options = { extends: meta.modelClass as unknown as AnyModel, proxy: true };
  const proxy = new ModelMeta(modelClass.name, {}, options, modelClass);
  Object.defineProperty(modelClass, metaKey, { value: proxy });
  Object.defineProperty(modelClass.prototype, metaKey, { value: proxy });
  return proxy;
}

/**
 * Describes a model; extend what it returns.
 *
 * @param name the model's name; its snake_case is the table unless the `table` option names another
 * @param fields columns and relations; `id` is added when none is a primary key
 * @param options what Django keeps in `Meta`: ordering, constraints, indexes… `extends` names the model it inherits
 *   from: an abstract one is copied, the rows of a concrete one are joined, `proxy` shows them as they are
 * @returns the base class for `class Author extends model('author', { … }) {}`
 */
export const model = ((name: string, fields: Declaration, options?: ModelOptions) => {
  checkModelName(name);
  return defineModel(name, fields, options).base;
}) as unknown as ModelFunction;
