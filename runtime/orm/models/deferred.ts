import { loadMissing } from '../operations/missing.ts';
import { runBlocking } from '../operations/run.ts';
import type { ModelInstance } from './instance.ts';
import type { ModelConstructor, ModelMeta } from './meta.ts';
import { partialKey } from './partial.ts';

/**
 * A subclass whose instances lack some attributes. Reading one of those blocks for a query; setting it makes it an
 * ordinary attribute.
 */
export function deferringClass(meta: ModelMeta, loaded: readonly string[]): ModelConstructor {
  const { modelClass } = meta;
  const partial = class extends modelClass {};
  Object.defineProperty(partial, 'name', { value: modelClass.name });
  Object.defineProperty(partial.prototype, partialKey, { value: true });
  for (const field of meta.fields) {
    const { attribute } = field;
    if (loaded.includes(attribute)) continue;
    Object.defineProperty(partial.prototype, attribute, {
      configurable: true,
      get(this: ModelInstance) {
        runBlocking(loadMissing([this], [field]));
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
