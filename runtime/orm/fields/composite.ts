import { ValueError } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { type Decoder, Field, type KeyWire, textDecoder, type Wire } from './field.ts';

/** `pk: fields.compositePrimaryKey('tenant', 'number')`: the key is made of several columns. */
export class CompositeKeyDescription {
  readonly kind = 'compositeKey';
  readonly names: readonly string[];

  /** @throws ValueError for fewer than two names, or two that are the same */
  constructor(names: readonly string[]) {
    if (names.some((name) => typeof name !== 'string') || new Set(names).size !== names.length) {
      throw new ValueError('compositePrimaryKey() takes names that are strings and differ.');
    }
    if (names.length < 2) throw new ValueError('compositePrimaryKey() must include at least two fields.');
    this.names = names;
  }
}

/** Several columns of a model as one value. It has no column of its own; its values are arrays, one item each. */
export class TupleField extends Field {
  readonly typeName: string = 'Tuple';
  readonly family = 'composite';
  readonly decoder: Decoder = textDecoder;
  readonly #parts: readonly Field[];

  constructor(model: ModelMeta, name: string, parts: readonly Field[]) {
    super();
    this.#parts = parts;
    this.model = model;
    this.name = name;
    this.attribute = name;
  }
  override get parts(): readonly Field[] {
    return this.#parts;
  }
  databaseType(): string {
    throw new ValueError(`'${this.name}' has no type: it is made of several columns.`);
  }
  /** @throws ValueError for anything but a list with a value for each column */
  convert(value: unknown): unknown {
    return convertedItems(this, value);
  }
  override keyWire(value: unknown): KeyWire {
    return wiredItems(this, value);
  }
}
/** Each value as its column has it. @throws ValueError for anything but a list with a value for each column */
export function convertedItems(field: Field, value: unknown): unknown[] {
  return itemsOf(field, value).map((item, at) =>
    item === null || item === undefined ? null : field.parts?.[at]?.convert(item),
  );
}
/** Each value as it is sent. @throws ValueError for anything but a list with a value for each column */
export function wiredItems(field: Field, value: unknown): Wire[] {
  return itemsOf(field, value).map((item, at): Wire => field.parts?.[at]?.toWire(item) ?? null);
}

/** The key of a model in several of its columns. */
export class CompositeKeyField extends TupleField {
  override readonly typeName = 'CompositePrimaryKey';

  constructor(model: ModelMeta, parts: readonly Field[]) {
    super(model, 'pk', parts);
    Object.assign(this, { options: { ...this.options, primaryKey: true } });
  }
}

/** The values of the columns of a field that has several, as they were given. */
export function itemsOf({ name, parts = [] }: Field, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ValueError(`'${name}' must be a list.`);
  if (value.length !== parts.length) throw new ValueError(`'${name}' must have ${parts.length} elements.`);
  return value;
}
