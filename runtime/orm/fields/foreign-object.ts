import { ImproperlyConfigured, ValueError } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { requireFlags, requireOptions } from '../options.ts';
import { convertedItems, TupleField, wiredItems } from './composite.ts';
import type { Field, KeyWire } from './field.ts';
import { ForeignKeyField, type OnDeleteRule, type TargetThunk } from './relations.ts';

export interface ForeignObjectOptions {
  /** Fields of the model, in the order of those they are equal to. */
  readonly fromFields: readonly string[];
  /** Fields of the target; those of its composite primary key when absent. */
  readonly toFields?: readonly string[];
  readonly relatedName?: string;
  readonly onDelete?: OnDeleteRule;
  /** True has the database keep a constraint; as in Django there is none otherwise. */
  readonly dbConstraint?: boolean;
}

const optionNames = ['fromFields', 'toFields', 'relatedName', 'onDelete', 'dbConstraint'];

/** `order: foreignObject<Order>(() => Order, { fromFields: ['tenant', 'number'] })`: adds no column. */
export class ForeignObjectDescription {
  readonly kind = 'foreignObject';
  readonly thunk: TargetThunk;
  readonly options: ForeignObjectOptions;

  /** @throws TypeError for options there are not; ValueError for lists that are none */
  constructor(thunk: TargetThunk, options: ForeignObjectOptions) {
    requireOptions('foreignObject', options, optionNames);
    const { fromFields, toFields, dbConstraint } = options;
    requireFlags('foreignObject', { dbConstraint });
    if (!isNames(fromFields) || (toFields !== undefined && !isNames(toFields)))
      throw new ValueError('foreignObject() takes fromFields and toFields as lists of names that differ.');
    if (toFields !== undefined && toFields.length !== fromFields.length)
      throw new ValueError('foreignObject() must have as many fromFields as toFields.');
    this.thunk = thunk;
    this.options = options;
  }
  /** Whether there may be none is up to the columns; this tells the types. */
  null(): this {
    return this;
  }
}
function isNames(given: unknown): given is readonly string[] {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((name) => typeof name === 'string') &&
    new Set(given).size === given.length
  );
}

/** A foreign key in several columns, which the model has besides. Its values are arrays, one item for each. */
export class ForeignObjectField extends ForeignKeyField {
  override readonly kind = 'foreignObject';
  override readonly family = 'composite';
  readonly #names: ForeignObjectOptions;
  readonly #parts: readonly Field[];
  #targetField: Field | undefined;

  constructor(model: ModelMeta, name: string, { thunk, options }: ForeignObjectDescription) {
    const { fromFields, toFields: _to, ...relation } = options;
    super('foreignObject', thunk, relation);
    this.#names = options;
    this.model = model;
    this.name = name;
    this.attribute = name;
    this.#parts = fromFields.map((field) => ownField(model, name, field));
    const nullable = this.#parts.some((part) => part.options.nullable);
    Object.assign(this, { options: { ...this.options, nullable } });
  }
  override get typeName(): string {
    return 'ForeignObject';
  }
  override get parts(): readonly Field[] {
    return this.#parts;
  }
  override get targetField(): Field {
    this.#targetField ??= this.#findTarget();
    return this.#targetField;
  }
  override get single(): boolean {
    return false;
  }
  /** Whether the database looks after it. */
  get constrained(): boolean {
    return this.relation.dbConstraint === true;
  }
  #findTarget(): Field {
    const { target } = this;
    const { toFields } = this.#names;
    const fields =
      toFields === undefined ? target.keyFields : toFields.map((name) => targetColumn(this, target, name));
    if (fields.length !== this.#parts.length) {
      throw new ImproperlyConfigured(
        `${this.model.label}.${this.name} has ${this.#parts.length} fromFields, and the primary key of ${target.label} ${fields.length} columns.`,
      );
    }
    const isKey = fields.every((field, at) => field === target.keyFields[at]);
    if (isKey && target.primaryKey.parts?.length === fields.length) return target.primaryKey;
    return new TupleField(target, this.name, fields);
  }

  override convert(value: unknown): unknown {
    return convertedItems(this, this.keyOf(value));
  }
  override keyWire(value: unknown): KeyWire {
    return wiredItems(this, this.keyOf(value));
  }
  /** The values of an instance's columns that are pointed at; any other value is taken for a list of them. */
  override keyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || !('pk' in value)) return value;
    const row = value as Readonly<Record<string, unknown>>;
    return this.targetField.parts?.map(({ attribute }) => row[attribute] ?? null);
  }
}

function ownField(model: ModelMeta, name: string, field: string): Field {
  const found = model.field(field);
  if (found !== undefined && found.parts === undefined && model.localFields.includes(found)) return found;
  throw new ImproperlyConfigured(
    `'${model.label}.${name}' refers to the field '${field}', which is not one of the columns of ${model.label}.`,
  );
}
function targetColumn({ model, name }: Field, target: ModelMeta, field: string): Field {
  const found = target.field(field);
  if (found !== undefined && found.parts === undefined && found.model.concrete === target.concrete)
    return found;
  throw new ImproperlyConfigured(
    `The toFields of '${model.label}.${name}' name '${field}', which is not one of the columns of ${target.label}.`,
  );
}
