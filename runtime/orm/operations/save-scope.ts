import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { isDeferred, isPartial } from '../models/partial.ts';
import { metaKey, metaOf } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import type { SaveOptions } from '../types/model.ts';
import { listGiven, namesGiven } from './given.ts';

// Which columns, and rows of which tables, a save writes.

export function isWritable(field: Field): boolean {
  return !field.isKey && !field.computed;
}
function canUpdate(field: Field | undefined): boolean {
  return field !== undefined && isWritable(field);
}

/** The fields that the option `updateFields` names; undefined where it is not given. */
export function chosenFields(
  instance: ModelInstance,
  given: readonly string[] | null | undefined,
): readonly Field[] | undefined {
  if (given === undefined || given === null) return undefined;
  const names = namesGiven('save', given);
  const meta = instance[metaKey];
  const unknown = names.filter((name) => !canUpdate(meta.field(name)));
  if (unknown.length > 0) {
    throw new ValueError(
      `The following fields do not exist in this model, are m2m fields, primary keys, or are non-concrete fields: ${unknown.join(', ')}`,
    );
  }
  return meta.fields.filter((field) => names.includes(field.name) || names.includes(field.attribute));
}

/** An instance that was read without some of its fields writes those it has; undefined when it has them all. */
export function loadedFields(
  instance: ModelInstance,
  alias: string,
  forceInsert: boolean,
): readonly Field[] | undefined {
  const { fields } = instance[metaKey];
  if (!isPartial(instance)) return undefined;
  const loaded = fields.filter((field) => !isDeferred(instance, field.attribute));
  const state = stateOf(instance);
  if (loaded.length === fields.length || forceInsert || state.adding || state.alias !== alias)
    return undefined;
  return loaded.filter(isWritable);
}

/** The tables that `forceInsert` names: that of the model itself, or those of models that it extends. */
export function forcedTables(
  meta: ModelMeta,
  given: SaveOptions['forceInsert'] = false,
): readonly ModelMeta[] {
  if (typeof given === 'boolean') return given ? [meta.concrete] : [];
  const models = listGiven('save', given, 'models');
  return models.flatMap((model) => {
    const named = metaOf(model);
    if (named === undefined || !meta.isA(named)) {
      const { name = describe(model) } = Object(model) as { readonly name?: string };
      throw new TypeError(
        `Invalid forceInsert member. ${name} must be ${meta.label} or a model that it extends.`,
      );
    }
    return tablesDownFrom(named, meta);
  });
}
/** As in Django, what extends a model that is named has a new row, too. */
function tablesDownFrom(named: ModelMeta, meta: ModelMeta): ModelMeta[] {
  const own = [meta.concrete];
  return meta.concrete === named.concrete || meta.parent === undefined
    ? own
    : [...own, ...tablesDownFrom(named, meta.parent)];
}
