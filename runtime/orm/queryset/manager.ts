import type { ModelConstructor, ModelMeta } from '../models/meta.ts';
import { metaForManager } from '../models/model.ts';
import { type SubqueryParts, subqueryParts } from '../query/collected.ts';
import { lazyOperations, twins } from '../twins.ts';
import type { ManagerConstructor } from '../types/own-queryset.ts';
import type { Manager as TypedManager } from '../types/queryset.ts';
import { adoptOverrides } from './overrides.ts';
import { adoptQuerySetClass, QuerySet } from './queryset.ts';

/** The model of a manager: under a symbol, because names are for the managers of applications. */
export const managedModel = Symbol('managedModel');

/** The door to a model's rows. Whatever a query set offers is offered here, on a new query set each time. */
export class ManagerBase {
  readonly kind = 'manager';
  /** Class of the query sets that managers of this class start from. */
  static readonly querySetClass: typeof QuerySet = QuerySet;
  readonly #meta: ModelMeta;

  constructor(model: ModelConstructor) {
    this.#meta = metaForManager(model);
    adoptManagerClass(new.target);
  }
  getQuerySet(): QuerySet {
    const meta = this.#meta;
    if (meta.options.abstract === true) {
      throw new TypeError(`Manager isn't available; ${meta.label} is abstract`);
    }
    const { querySetClass: Own } = this.constructor as typeof ManagerBase;
    return new Own(meta);
  }
  /** @internal */
  get [managedModel](): ModelMeta {
    return this.#meta;
  }
  [subqueryParts](): SubqueryParts {
    return this.getQuerySet()[subqueryParts]();
  }
}

/** Takes over what a class of an application's own adds: its methods are read as bound functions. */
export function adoptManagerClass(Own: typeof ManagerBase): void {
  if (Own === ManagerBase || adopted.has(Own)) return;
  adopted.add(Own);
  adoptOverrides(
    Own,
    {
      prototype: ManagerBase.prototype,
      databaseOf: (manager: ManagerBase) => manager.getQuerySet().database,
    },
    ownNames(Own, ManagerBase.prototype).filter((name) => name !== 'getQuerySet'),
  );
}
const adopted = new WeakSet<typeof ManagerBase>();

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

// Query sets of an application's own: a class with further methods, and managers that have them too.

type QuerySetClass = typeof QuerySet & {
  /** Names of methods that managers do not get. */
  readonly querySetOnly?: readonly string[];
};

const made = new WeakMap<typeof ManagerBase, WeakMap<QuerySetClass, typeof ManagerBase>>();

/** The class of managers that extends `Base` by the methods of `Own`. */
export function managerClassFor(Base: typeof ManagerBase, Own: QuerySetClass): typeof ManagerBase {
  const known = made.get(Base) ?? new WeakMap<QuerySetClass, typeof ManagerBase>();
  made.set(Base, known);
  let Made = known.get(Own);
  if (Made === undefined) {
    Made = class extends Base {
      static override readonly querySetClass = Own;
    };
    Object.defineProperty(Made, 'name', {
      value: `${Base === ManagerBase ? 'Manager' : Base.name}From${Own.name}`,
    });
    adoptQuerySetClass(Own);
    for (const name of ownMethods(Own)) if (!(name in Made.prototype)) offer(Made, name);
    known.set(Own, Made);
  }
  return Made;
}

/** Methods of a class and of those between it and QuerySet, but for private ones (`_name`) and those it withholds. */
function ownMethods(Own: QuerySetClass): Set<string> {
  const kept = new Set([...withheld, ...(Own.querySetOnly ?? [])]);
  const names = ownNames(Own, QuerySet.prototype);
  return new Set(names.filter((name) => !name.startsWith('_') && !kept.has(name)));
}
/** Names of the methods of a class and of those between it and `root`. */
function ownNames(Own: { readonly prototype: object }, root: object): string[] {
  const names: string[] = [];
  for (let at = Own.prototype; at !== root && at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && name !== 'constructor') names.push(name);
  }
  return names;
}
/** What is read from the manager is bound, so that it can be handed on like its other operations. */
function offer(Made: typeof ManagerBase, name: string): void {
  Object.defineProperty(Made.prototype, name, {
    configurable: true,
    get(this: ManagerBase) {
      const queryset = this.getQuerySet() as unknown as Record<string, (...values: unknown[]) => unknown>;
      return (...values: unknown[]) => queryset[name]?.(...values);
    },
  });
}

Object.defineProperty(ManagerBase, 'fromQuerySet', {
  configurable: true,
  value(this: typeof ManagerBase, Own: QuerySetClass): typeof ManagerBase {
    return managerClassFor(this, Own);
  },
});

export interface Manager<T> extends TypedManager<T> {}
/** `static objects = new Manager(this)`; extend it and override `getQuerySet` for a narrower one. */
export const Manager = ManagerBase as unknown as ManagerConstructor;
