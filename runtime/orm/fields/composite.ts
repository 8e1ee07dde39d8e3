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

/** The key of a model in several of its columns. It has no column of its own; its values are arrays, one item each. */
export class CompositeKeyField extends Field {
  readonly typeName = 'CompositePrimaryKey';
  readonly family = 'composite';
  readonly decoder: Decoder = textDecoder;
  readonly #parts: readonly Field[];

  constructor(model: ModelMeta, parts: readonly Field[]) {
    super();
    this.#parts = parts;
    this.model = model;
    this.name = 'pk';
    this.attribute = 'pk';
    Object.assign(this, { options: { ...this.options, primaryKey: true } });
  }
  override get parts(): readonly Field[] {
    return this.#parts;
  }
  databaseType(): string {
    throw new ValueError('A composite primary key has no type: it is made of several columns.');
  }
  /** @throws ValueError for anything but a list with a value for each column */
  convert(value: unknown): unknown {
    return this.itemsOf(value).map((item, at) =>
      item === null || item === undefined ? null : this.#parts[at]?.convert(item),
    );
  }
  /** The values of the columns, as they were given. */
  itemsOf(value: unknown): readonly unknown[] {
    if (!Array.isArray(value)) throw new ValueError("'pk' must be a list.");
    if (value.length !== this.#parts.length)
      throw new ValueError(`'pk' must have ${this.#parts.length} elements.`);
    return value;
  }
  override keyWire(value: unknown): KeyWire {
    return this.itemsOf(value).map((item, at): Wire => this.#parts[at]?.toWire(item) ?? null);
  }
}
