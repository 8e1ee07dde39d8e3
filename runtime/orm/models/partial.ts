// Instances that a query left attributes out of.

/** Marks the class of such instances. */
export const partialKey = Symbol('partial');

/** True for an instance that came without some of its attributes; they may be there by now. */
export function isPartial(instance: object): boolean {
  return partialKey in instance;
}
/** Attributes that are not loaded. */
export function isDeferred(instance: object, attribute: string): boolean {
  return !Object.hasOwn(instance, attribute);
}
