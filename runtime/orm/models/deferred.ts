import { loadDeferred } from '../operations/refresh.ts';
import { runBlocking } from '../operations/run.ts';
import type { ModelInstance } from './instance.ts';
import type { ModelConstructor, ModelMeta } from './meta.ts';

/**
 * A subclass whose instances lack some attributes. Reading one of those blocks for a query; setting it makes it an
 * ordinary attribute.
 */
export function deferringClass(meta: ModelMeta, loaded: readonly string[]): ModelConstructor {
  const { modelClass } = meta;
  const partial = class extends modelClass {};
  Object.defineProperty(partial, 'name', { value: modelClass.name });
  for (const { attribute } of meta.fields) {
    if (loaded.includes(attribute)) continue;
    Object.defineProperty(partial.prototype, attribute, {
      configurable: true,
      get(this: ModelInstance) {
        runBlocking(loadDeferred(this, attribute));
        return this[attribute];
      },
      set(this: ModelInstance, value: unknown) {
        Object.defineProperty(this, attribute, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
    });
  }
  return partial;
}

/** Attributes that are not loaded. */
export function isDeferred(instance: object, attribute: string): boolean {
  return !Object.hasOwn(instance, attribute);
}
