import { bindOverrides, overridingPrototype } from '../models/overrides.ts';
import { applicationForm } from '../operations/application-form.ts';
import { asynchronous } from '../operations/bound.ts';
import { twins } from '../twins.ts';

// Operations that an application's own class of query sets or managers overrides.

/** What the classes are of: both say which database they are for. */
interface Root {
  readonly prototype: object;
  readonly databaseOf: (self: never) => string;
}

/** What streams has no result to hand on. */
const pairs = Object.entries(twins.queryset).filter(([sync]) => sync !== 'iterator');

const known = new WeakMap<object, ReadonlySet<string>>();
const none: ReadonlySet<string> = new Set();

/** Names of the operations a class overrides, in whichever form: those of a class that was not looked at are none. */
export function overriddenBy(Class: object): ReadonlySet<string> {
  return known.get(Class) ?? none;
}

/**
 * Looks at a class once. Overriding methods are read as bound functions, as the operations they override are. Where the
 * class overrides the sync form alone, the native form runs it too: the two paths must not give different results.
 *
 * @param root the class of ours that it extends
 * @param bound further methods to bind
 */
export function adoptOverrides(
  Class: { readonly prototype: object },
  root: Root,
  bound: readonly string[] = [],
): void {
  if (known.has(Class)) return;
  const names = new Set<string>();
  for (const [sync, native] of pairs) {
    const at = overridingPrototype(Class.prototype, root.prototype, sync, native);
    if (at === undefined) continue;
    names.add(sync);
    if (!Object.hasOwn(at, native)) defineNative(at, sync, native, root);
  }
  known.set(Class, names);
  bindOverrides(Class.prototype, [...names, ...bound], root.prototype);
}

function defineNative(prototype: object, sync: string, native: string, root: Root): void {
  Object.defineProperty(prototype, native, {
    configurable: true,
    writable: true,
    value(this: object, ...values: unknown[]) {
      const { name: label } = this.constructor;
      const alias = root.databaseOf(this as never);
      return asynchronous(applicationForm(this, alias, sync, values, { label, native: false }));
    },
  });
}
