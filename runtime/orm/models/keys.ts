import type { Family, Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from './instance.ts';
import { metaKey } from './registry.ts';

// Keys of instances, whether they are one column or several.

/**
 * True when every column of the key has a value.
 *
 * @param meta model whose key is meant: the instance's own, or one that it extends
 */
export function hasKey(instance: object, meta = (instance as ModelInstance)[metaKey]): boolean {
  const row = instance as ModelInstance;
  return meta.keyFields.every(({ attribute }) => row[attribute] !== null && row[attribute] !== undefined);
}

/** The value of a field on an instance: for one of several columns a list, or null where one of them has none. */
export function valueIn(instance: object, { attribute, parts }: Field): unknown {
  const row = instance as ModelInstance;
  if (parts === undefined) return row[attribute];
  const items = parts.map((part) => row[part.attribute]);
  return items.some((item) => item === null || item === undefined) ? null : items;
}
/** As `valueIn`, with what there is of a list where an item is missing. */
export function itemsIn(instance: object, { attribute, parts }: Field): unknown {
  const row = instance as ModelInstance;
  return parts === undefined ? row[attribute] : parts.map((part) => row[part.attribute]);
}
/** Gives an instance the value of a field; null lets those of its columns go that may be null, all where none may. */
export function putIn(instance: object, { attribute, parts }: Field, value: unknown): void {
  const row = instance as ModelInstance;
  if (parts === undefined) {
    row[attribute] = value ?? null;
    return;
  }
  const items = value === null || value === undefined ? undefined : (value as readonly unknown[]);
  const free = parts.some((part) => part.options.nullable);
  for (const [at, part] of parts.entries()) {
    if (items !== undefined) row[part.attribute] = items[at] ?? null;
    else if (part.options.nullable || !free) row[part.attribute] = null;
  }
}
/** True when two values of one field are the same. */
export function isSameKey(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && one !== null && keyId(one) === keyId(other));
}

/**
 * What equal keys share: a text or a number itself, for a moment, bytes and the values of several columns a text of
 * what is in them. Each row that is read has objects of its own for those.
 */
export function keyId(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key;
  if (Array.isArray(key)) return key.map(partText).join('\0');
  return isObjectKey(key) ? partText(key) : key;
}
function partText(part: unknown): string {
  if (part instanceof Date) return `date ${part.getTime()}`;
  if (part instanceof Uint8Array) return `bytes ${Buffer.from(part).toString('hex')}`;
  return `${typeof part} ${String(part)}`;
}

/** True for an object that is the value of a column: a moment, or bytes. */
export function isObjectKey(key: unknown): key is Date | Uint8Array {
  return key instanceof Date || key instanceof Uint8Array;
}

/** Each key once, without those that are null. */
export function distinctKeys(keys: readonly unknown[]): unknown[] {
  const byId = new Map<unknown, unknown>();
  for (const key of keys) if (key !== null && key !== undefined) byId.set(keyId(key), key);
  return [...byId.values()];
}

/** Fields whose values are told apart as they are. */
const plainFamilies: ReadonlySet<Family> = new Set([
  'text',
  'number',
  'boolean',
  'date',
  'time',
  'duration',
  'uuid',
  'ip',
]);

/** A map by the values of a field; objects and keys of several columns are found by what is in them. */
export function mapByKey<Value>(field: Field): Map<unknown, Value> {
  let held = field;
  while (held instanceof ForeignKeyField && held.parts === undefined) held = held.targetField;
  return plainFamilies.has(held.family) ? new Map() : new KeyMap();
}

/** A map by keys that finds objects by what is in them. */
class KeyMap<Value> extends Map<unknown, Value> {
  readonly #known = new Map<unknown, unknown>();

  #own(key: unknown): unknown {
    return this.#known.get(keyId(key)) ?? key;
  }
  override get(key: unknown): Value | undefined {
    return super.get(this.#own(key));
  }
  override has(key: unknown): boolean {
    return super.has(this.#own(key));
  }
  override set(key: unknown, value: Value): this {
    const own = this.#own(key);
    this.#known.set(keyId(key), own);
    return super.set(own, value);
  }
  override delete(key: unknown): boolean {
    const own = this.#own(key);
    this.#known.delete(keyId(key));
    return super.delete(own);
  }
  override clear(): void {
    this.#known.clear();
    super.clear();
  }
}
