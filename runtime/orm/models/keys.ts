import type { Field } from '../fields/field.ts';
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
  return one === other || (Array.isArray(one) && Array.isArray(other) && keyId(one) === keyId(other));
}

/** What equal keys share: a single column's value itself, for several columns a text of their values. */
export function keyId(key: unknown): unknown {
  return Array.isArray(key) ? key.map(partText).join('\0') : key;
}
function partText(part: unknown): string {
  if (part instanceof Date) return `date ${part.getTime()}`;
  if (part instanceof Uint8Array) return `bytes ${Buffer.from(part).toString('hex')}`;
  return `${typeof part} ${String(part)}`;
}

/** A map by the values of a field; keys of several columns are found by what is in them. */
export function mapByKey<Value>({ parts }: Field): Map<unknown, Value> {
  return parts === undefined ? new Map() : new KeyMap();
}

/** A map by keys that finds lists by what is in them. */
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
