import type { ModelConstructor, ModelMeta } from '../models/meta.ts';
import { metaForManager } from '../models/model.ts';
import { type SubqueryParts, subqueryParts } from '../query/collected.ts';
import { lazyOperations, twins } from '../twins.ts';
import type { AnyModel, InstanceOf } from '../types/model.ts';
import type { Manager as TypedManager } from '../types/queryset.ts';
import { QuerySet } from './queryset.ts';

/** The door to a model's rows. Whatever a query set offers is offered here, on a new query set each time. */
export class ManagerBase {
  readonly kind = 'manager';
  readonly #meta: ModelMeta;

  constructor(model: ModelConstructor) {
    this.#meta = metaForManager(model);
  }
  getQuerySet(): QuerySet {
    const meta = this.#meta;
    if (meta.options.abstract === true) {
      throw new TypeError(`Manager isn't available; ${meta.label} is abstract`);
    }
    return new QuerySet(meta);
  }
  [subqueryParts](): SubqueryParts {
    return this.getQuerySet()[subqueryParts]();
  }
}

/** Operations a manager does not have: deleting everything must be asked for with `all()`. */
const withheld: readonly string[] = ['delete', 'adelete'];

for (const [sync, native] of Object.entries(twins.queryset)) {
  forwardSync(sync);
  forward(native);
}
for (const name of [...lazyOperations, 'afilter']) forward(name);

/** A method that is called on the manager's query set. */
function forward(name: string): void {
  if (withheld.includes(name)) return;
  Object.defineProperty(ManagerBase.prototype, name, {
    configurable: true,
    writable: true,
    value(this: ManagerBase, ...values: unknown[]) {
      const queryset = this.getQuerySet() as unknown as Record<string, (...values: unknown[]) => unknown>;
      return queryset[name]?.(...values);
    },
  });
}
/** A sync operation is read, not called: what is read is bound to the manager's query set. */
function forwardSync(name: string): void {
  if (withheld.includes(name)) return;
  Object.defineProperty(ManagerBase.prototype, name, {
    configurable: true,
    get(this: ManagerBase) {
      const queryset = this.getQuerySet() as unknown as Record<string, unknown>;
      const operation = queryset[name];
      return name === 'iterator' && typeof operation === 'function' ? operation.bind(queryset) : operation;
    },
  });
}

export interface Manager<T> extends TypedManager<T> {}
/** `static objects = new Manager(this)`; extend it and override `getQuerySet` for a narrower one. */
export const Manager = ManagerBase as unknown as {
  new <C extends AnyModel>(model: C): Manager<InstanceOf<C>>;
};
