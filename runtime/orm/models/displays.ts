import type { ModelInstance } from './instance.ts';
import type { ModelMeta } from './meta.ts';
import { metaKey } from './registry.ts';

function displayName(field: string): string {
  return `get${field.charAt(0).toUpperCase()}${field.slice(1)}Display`;
}

/** Defines `post.getStatusDisplay()` for every column with choices. It reads no row, and so has no twin. */
export function defineDisplays(prototype: object, meta: ModelMeta): void {
  for (const { name, choices } of meta.fields) {
    const method = displayName(name);
    // A model that extends another may say otherwise what the values are called; a method of its own stays.
    if (choices === undefined || method in prototype) continue;
    const value = function (this: ModelInstance): string | null {
      const field = this[metaKey].requireField(name);
      return field.display(this[field.attribute]);
    };
    Object.defineProperty(prototype, method, { value, configurable: true, writable: true });
  }
}
