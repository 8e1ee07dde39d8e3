import { ModelInstance } from './instance.ts';

/** Operations of an instance that an application may override, with their twins. */
const overridable = { save: 'asave', delete: 'adelete', refreshFromDb: 'arefreshFromDb' } as const;
export type OverridableName = keyof typeof overridable;

/** Which forms of an operation are the application's own. */
export type Override = 'none' | 'both' | 'syncOnly';

const known = new WeakMap<object, Map<OverridableName, Override>>();

/**
 * Whether the class of an instance overrides an operation. As in Django, whatever saves on behalf of the application
 * (create, getOrCreate, related managers) goes through the override.
 */
export function overrideOf(instance: object, name: OverridableName): Override {
  const prototype = Object.getPrototypeOf(instance) as object;
  let byName = known.get(prototype);
  if (byName === undefined) {
    byName = new Map();
    known.set(prototype, byName);
  }
  let override = byName.get(name);
  if (override === undefined) {
    override = findOverride(prototype, name);
    byName.set(name, override);
  }
  return override;
}

function findOverride(prototype: object, name: OverridableName): Override {
  const twin = overridable[name];
  const at = overridingPrototype(prototype, ModelInstance.prototype, name, twin);
  if (at === undefined) return 'none';
  return Object.hasOwn(at, twin) ? 'both' : 'syncOnly';
}

/**
 * The most derived prototype before `root` that has either form of an operation: the form that a more derived class
 * defines is the one that was meant last.
 */
export function overridingPrototype(
  start: object,
  root: object,
  sync: string,
  native: string,
): object | undefined {
  for (let at = start; at !== root; at = Object.getPrototypeOf(at))
    if (Object.hasOwn(at, native) || Object.hasOwn(at, sync)) return at;
  return undefined;
}

/**
 * Makes overriding methods read as bound functions, as the operations they override are: `syncToAsync(post.save)`
 * takes them without the instance.
 */
export function bindOverrides(prototype: object, names: readonly string[], root: object): void {
  for (let each = prototype; each !== root && each !== null; each = Object.getPrototypeOf(each)) {
    for (const name of names) {
      const method = Object.getOwnPropertyDescriptor(each, name)?.value;
      if (typeof method !== 'function') continue;
      Object.defineProperty(each, name, {
        configurable: true,
        get(this: object) {
          return method.bind(this);
        },
      });
    }
  }
}

export const overridableNames = Object.keys(overridable);
