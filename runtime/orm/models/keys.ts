import type { ModelInstance } from './instance.ts';
import { metaKey } from './registry.ts';

// Keys of instances, whether they are one column or several.

/** True when every column of the key has a value. */
export function hasKey(instance: object): boolean {
  const row = instance as ModelInstance;
  return row[metaKey].keyFields.every(
    ({ attribute }) => row[attribute] !== null && row[attribute] !== undefined,
  );
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

/** A map by keys that finds lists by what is in them. */
export class KeyMap<Value> extends Map<unknown, Value> {
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
