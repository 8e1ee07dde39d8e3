import type { Field } from '../fields/field.ts';

// Lookups and transforms of an application's own, by the kind of field, the field or the transform they belong to.

/** A class that extends `Lookup` or `Transform`, or a function from an expression to one, such as `Length`. */
export type Registrable = { readonly lookupName?: unknown } & ((...values: never[]) => unknown);
type Registered = ReadonlyMap<string, Registrable>;

/** Kinds of fields that have the lookups of another kind too; every kind has those of `Field`. */
const parents: Readonly<Record<string, string>> = {
  EmailField: 'CharField',
  SlugField: 'CharField',
  URLField: 'CharField',
  AutoField: 'IntegerField',
  SmallAutoField: 'AutoField',
  BigAutoField: 'AutoField',
  BigIntegerField: 'IntegerField',
  SmallIntegerField: 'IntegerField',
  PositiveIntegerField: 'IntegerField',
  PositiveSmallIntegerField: 'SmallIntegerField',
  PositiveBigIntegerField: 'BigIntegerField',
  DateTimeField: 'DateField',
  OneToOneField: 'ForeignKey',
};
const byKind = new Map<string, Map<string, Registrable>>();
const byTransform = new WeakMap<object, Map<string, Registrable>>();
const names = new WeakMap<object, string>();

let version = 0;
/** Changes with every registration: queries that were compiled before may mean something else now. */
export function registryVersion(): number {
  return version;
}

/** Says what a function is called as a transform, where nothing else is said. */
export function nameTransform(made: object, name: string): void {
  names.set(made, name);
}

/** @throws TypeError for what is no lookup and has no name */
export function nameOf(given: Registrable, name?: string): string {
  const known = name ?? given.lookupName ?? names.get(given);
  if (
    typeof given === 'function' &&
    typeof known === 'string' &&
    /^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$/.test(known)
  ) {
    return known;
  }
  throw new TypeError(
    'registerLookup() takes a class with a lookupName, or a function of one value and a name.',
  );
}

/** Adds a lookup to a kind of field (`Field` for all), by Django's name of the kind. */
export function registerOnKind(kind: string, given: Registrable, name?: string): void {
  const known = byKind.get(kind) ?? new Map<string, Registrable>();
  byKind.set(kind, known);
  known.set(nameOf(given, name), given);
  version += 1;
}
export function unregisterOnKind(kind: string, given: Registrable, name?: string): void {
  byKind.get(kind)?.delete(nameOf(given, name));
  version += 1;
}
/** The same for the values of a transform. */
export function registerOnTransform(transform: object, given: Registrable, name?: string): void {
  const known = byTransform.get(transform) ?? new Map<string, Registrable>();
  byTransform.set(transform, known);
  known.set(nameOf(given, name), given);
  version += 1;
}
export function unregisterOnTransform(transform: object, given: Registrable, name?: string): void {
  byTransform.get(transform)?.delete(nameOf(given, name));
  version += 1;
}

/** All that is registered for values of a field, or of a transform: the nearest first. */
function* registeredFor(field: Field | undefined, transform: unknown): Generator<Registered> {
  for (let at = transform; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    const own = byTransform.get(at);
    if (own !== undefined) yield own;
  }
  if (field === undefined) return;
  if (field.ownLookups !== undefined) yield field.ownLookups;
  for (let kind: string | undefined = field.typeName; kind !== undefined; kind = parents[kind]) {
    const own = byKind.get(kind);
    if (own !== undefined) yield own;
  }
  const all = byKind.get('Field');
  if (all !== undefined) yield all;
}
/** @param transform class of the transform the value comes from, where it is one of an application's own */
export function findRegistered(
  field: Field | undefined,
  transform: unknown,
  name: string,
): Registrable | undefined {
  for (const registered of registeredFor(field, transform)) {
    const found = registered.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
/** Names for messages. */
export function registeredNames(field: Field | undefined, transform: unknown): string[] {
  return [...registeredFor(field, transform)].flatMap((registered) => [...registered.keys()]);
}
