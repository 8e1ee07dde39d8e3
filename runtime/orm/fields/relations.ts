import { ValueError } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { resolveTarget } from '../models/registry.ts';
import type { BinaryForm } from './binary.ts';
import { type Decoder, type Family, Field } from './field.ts';

export type OnDeleteRule =
  | 'cascade'
  | 'protect'
  | 'restrict'
  | 'setNull'
  | 'setDefault'
  | 'doNothing'
  | 'dbCascade'
  | 'dbSetNull'
  | 'dbSetDefault'
  | { readonly set: unknown };

export interface RelationOptions {
  readonly onDelete?: OnDeleteRule;
  readonly relatedName?: string;
  readonly dbConstraint?: boolean;
  /** Unique field of the target that the column holds; its primary key when absent. */
  readonly toField?: string;
  /** Conditions that `fullClean` asks of the row pointed at, or what gives them each time. */
  readonly limitChoicesTo?: object | (() => object);
  /** The one-to-one that joins a model to the one it extends. */
  readonly parentLink?: boolean;
}
// biome-ignore lint/complexity/noBannedTypes: see types/fields.ts
export type TargetThunk = Function;

/** A foreign key or one-to-one: a column that holds another model's primary key. */
export class ForeignKeyField extends Field {
  override readonly kind: 'foreignKey' | 'oneToOne' | 'foreignObject';
  readonly family: Family = 'relation';
  readonly thunk: TargetThunk;
  readonly relation: RelationOptions;

  constructor(kind: ForeignKeyField['kind'], thunk: TargetThunk, relation: RelationOptions = {}) {
    super();
    this.kind = kind;
    this.thunk = thunk;
    this.relation = relation;
  }
  get typeName(): string {
    return this.kind === 'oneToOne' ? 'OneToOneField' : 'ForeignKey';
  }
  get target(): ModelMeta {
    return resolveTarget(this.thunk, this);
  }
  /** The column pointed at. */
  get targetField(): Field {
    const { toField } = this.relation;
    return toField === undefined ? this.target.primaryKey : this.target.requireField(toField);
  }
  get onDelete(): OnDeleteRule {
    return this.relation.onDelete ?? 'cascade';
  }
  /** True when no two rows share a value, so that the reverse side is a single instance. */
  get single(): boolean {
    return this.kind === 'oneToOne' || this.options.unique || this.options.primaryKey;
  }
  override get decoder(): Decoder {
    return this.targetField.decoder;
  }
  databaseType(): string {
    return this.targetField.databaseType();
  }
  override castType(): string {
    return this.targetField.castType();
  }
  override get binary(): BinaryForm | undefined {
    return this.targetField.serverType === undefined ? this.targetField.binary : undefined;
  }
  convert(value: unknown): unknown {
    return this.targetField.convert(this.keyOf(value));
  }
  override encode(value: unknown): string {
    return this.targetField.encode(this.keyOf(value));
  }
  /** The key of an instance; any other value is taken for a key. */
  keyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || !('pk' in value)) return value;
    const key = (value as Readonly<Record<string, unknown>>)[this.targetField.attribute];
    if (key === null || key === undefined) {
      throw new ValueError('Model instances passed to related filters must be saved.');
    }
    return key;
  }
  protected override attributeFor(name: string): string {
    return `${name}Id`;
  }
}

/** Description of a many-to-many relation; the columns are in its through model. */
export class ManyToManyDescription {
  readonly kind = 'manyToMany';
  readonly thunk: TargetThunk;
  readonly options: ManyToManyOptions;

  constructor(thunk: TargetThunk, options: ManyToManyOptions = {}) {
    this.thunk = thunk;
    this.options = options;
  }
}
export interface ManyToManyOptions {
  readonly through?: TargetThunk;
  readonly throughFields?: readonly [string, string];
  readonly relatedName?: string;
  readonly table?: string;
  readonly symmetrical?: boolean;
}

/** Declares an accessor for the other side of a foreign key; adds no column. */
export class ReverseDescription {
  readonly kind = 'reverse';
  readonly thunk: TargetThunk;
  /** Name of the foreign key, where the target has more than one to this model. */
  readonly via: string | undefined;

  constructor(thunk: TargetThunk, via: string | undefined) {
    this.thunk = thunk;
    this.via = via;
  }
}
