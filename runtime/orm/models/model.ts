import { MultipleObjectsReturned, ObjectDoesNotExist } from '../errors.ts';
import type { ModelFunction, ModelOptions } from '../types/model.ts';
import { defineAccessors } from './accessors.ts';
import { ModelInstance } from './instance.ts';
import { type Declaration, type ModelConstructor, ModelMeta } from './meta.ts';
import { metaKey } from './registry.ts';

/** Makes the base class of a model. */
export function defineModel(
  name: string,
  declaration: Declaration,
  options: ModelOptions = {},
): { readonly base: ModelConstructor; readonly meta: ModelMeta } {
  class DoesNotExist extends ObjectDoesNotExist {}
  class MultipleReturned extends MultipleObjectsReturned {}
  const base = class extends ModelInstance {
    static readonly DoesNotExist = DoesNotExist;
    static readonly MultipleObjectsReturned = MultipleReturned;
  };
  // The label of a model without a class of its own, such as an automatic through model.
  Object.defineProperty(base, 'name', { value: name });
  const meta = new ModelMeta(name, declaration, options, base as ModelConstructor);
  Object.defineProperty(base, metaKey, { value: meta });
  Object.defineProperty(base.prototype, metaKey, { value: meta });
  Object.defineProperty(base, 'table', { value: meta.table });
  defineAccessors(base.prototype, meta, declaration);
  return { base: base as ModelConstructor, meta };
}

/**
 * Describes a model; extend what it returns.
 *
 * @param name the model's name; its snake_case is the table unless the `table` option names another
 * @param fields columns and relations; `id` is added when none is a primary key
 * @param options what Django keeps in `Meta`: ordering, constraints, indexes…
 * @returns the base class for `class Author extends model('author', { … }) {}`
 */
export const model = ((name: string, fields: Declaration, options?: ModelOptions) =>
  defineModel(name, fields, options).base) as unknown as ModelFunction;
