import { FieldDoesNotExist, ImproperlyConfigured } from '../errors.ts';
import { CompositeKeyDescription, CompositeKeyField } from '../fields/composite.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { ForeignObjectDescription, ForeignObjectField } from '../fields/foreign-object.ts';
import { UntypedGeneratedField } from '../fields/generated.ts';
import type { GenericKeyDescription, GenericRelationDescription } from '../fields/generic.ts';
import { AutoField } from '../fields/numbers.ts';
import { ForeignKeyField, type ManyToManyDescription, type ReverseDescription } from '../fields/relations.ts';
import type { ModelOptions } from '../types/model.ts';
import { checkedKey, checkFieldName, checkFields, checkOptions, checkRelations } from './checks.ts';
import { deferringClass } from './deferred.ts';
import { type GenericKey, type GenericRelation, withGenericColumns } from './generic.ts';
import { inherit } from './inheritance.ts';
import { type Initialiser, initialiserOf } from './initialise.ts';
import { ModelInstance } from './instance.ts';
import { snakeCase } from './naming.ts';
import { withOrder, withOrderColumn } from './order.ts';
import { bindOverrides, overridableNames } from './overrides.ts';
import { connectModels, register } from './registry.ts';
import { RelationSet } from './relation-set.ts';
import type {
  AccessibleRelation,
  ForwardRelation,
  Hop,
  ManyToManyRelation,
  Relation,
  ReverseRelation,
} from './relations.ts';

export type ModelConstructor = new (values?: unknown) => object;
export type Declaration = Readonly<
  Record<
    string,
    | FieldDescription
    | ManyToManyDescription
    | ReverseDescription
    | GenericKeyDescription
    | GenericRelationDescription
    | CompositeKeyDescription
    | ForeignObjectDescription
  >
>;

/** Everything the ORM knows about one model. */
export class ModelMeta {
  readonly name: string;
  readonly table: string;
  readonly options: ModelOptions;
  /** Fields and relations as they were written, those of abstract parents included. */
  readonly declaration: Declaration;
  /** Every column of a row, inherited ones first, in the order of SELECT. */
  readonly fields: readonly Field[];
  /** The columns of the model's own table, in the order of CREATE TABLE and INSERT. */
  readonly localFields: readonly Field[];
  /** Relations of several columns, those that lie in the tables of parents included. */
  readonly foreignObjects: readonly ForeignObjectField[];
  /** Those of them that the model declares. */
  readonly localForeignObjects: readonly ForeignObjectField[];
  /** The model whose table this one describes: itself, unless it is a proxy. */
  readonly concrete: ModelMeta;
  /** The model that holds the other part of each row, where this one extends it. */
  readonly parent: ModelMeta | undefined;
  /** The one-to-one to that model. */
  readonly parentLink: ForeignKeyField | undefined;
  readonly primaryKey: Field;
  /** The columns of the primary key: the key itself, unless it has several. */
  readonly keyFields: readonly Field[];
  /** Fields by lookup name and by attribute: `publisher` and `publisherId`, and `pk`. */
  readonly #byName = new Map<string, Field>();
  readonly relationSet: RelationSet;
  readonly #partialClasses = new Map<string, ModelConstructor>();
  readonly #base: ModelConstructor;
  #modelClass: ModelConstructor;
  #initialise: Initialiser | undefined;

  constructor(name: string, own: Declaration, given: ModelOptions, base: ModelConstructor) {
    const { declaration, options, parent, link, shown } = inherit(name, own, given);
    this.name = name;
    this.concrete = shown?.concrete ?? this;
    this.table = shown?.table ?? options.table ?? snakeCase(name);
    this.options = withOrder(options);
    this.declaration = declaration;
    this.parent = shown?.parent ?? parent;
    this.#base = base;
    this.#modelClass = base;
    const { abstract = false } = options;
    for (const [field, described] of Object.entries(declaration))
      checkFieldName(field, described, ModelInstance.prototype);
    const inherited = this.#adopt(shown?.concrete ?? parent);
    this.localFields = shown?.localFields ?? this.#bindFields(declaration, link !== undefined || abstract);
    this.fields = shown?.fields ?? [...inherited, ...this.localFields];
    this.parentLink = shown?.parentLink ?? this.#parentLink(link);
    const primaryKey =
      shown?.primaryKey ??
      this.#compositeKey(declaration) ??
      this.localFields.find((field) => field.options.primaryKey) ??
      (abstract ? ownKey().bind(this, 'id') : undefined);
    if (primaryKey === undefined) throw new ImproperlyConfigured(`Model ${name} has no primary key.`);
    this.primaryKey = primaryKey;
    this.keyFields = primaryKey.parts ?? [primaryKey];
    this.#byName.set('pk', primaryKey);
    this.localForeignObjects = abstract || shown !== undefined ? [] : this.#bindForeignObjects(declaration);
    this.foreignObjects = [...((shown ?? parent)?.foreignObjects ?? []), ...this.localForeignObjects];
    this.relationSet = new RelationSet(this, declaration, base.prototype);
    checkOptions(this, given);
    if (shown === undefined && !abstract) register(this);
  }

  /** Name in messages and in the counts of a delete: that of the class. */
  get label(): string {
    const { name } = this.#modelClass;
    return name === '' ? this.name : name;
  }
  /** The class rows become instances of. */
  get modelClass(): ModelConstructor {
    return this.#modelClass;
  }
  /** Tells which class extends what `model()` returned; the first one stays. */
  useClass(modelClass: ModelConstructor): void {
    if (Object.getPrototypeOf(modelClass) !== this.#base || this.#modelClass !== this.#base) return;
    this.#modelClass = modelClass;
    bindOverrides(modelClass.prototype, overridableNames, ModelInstance.prototype);
  }

  /** Gives a new instance its values and defaults. */
  get initialise(): Initialiser {
    this.#initialise ??= initialiserOf(this);
    return this.#initialise;
  }

  /** Class of instances that have only some of the attributes; the others are read when they are first asked for. */
  partialClass(loaded: readonly string[]): ModelConstructor {
    const key = loaded.join();
    let partial = this.#partialClasses.get(key);
    if (partial === undefined) {
      partial = deferringClass(this, loaded);
      this.#partialClasses.set(key, partial);
    }
    return partial;
  }

  /** @throws ImproperlyConfigured when the model cannot be what it is declared to be */
  requireSound(): void {
    connectModels();
    const [problem] = this.relationSet.problems;
    if (problem !== undefined) throw problem;
    if (this.relationSet.targetsDeclared()) checkRelations(this);
  }

  /** Every foreign key that the model's own table holds, of one column or of several. */
  get foreignKeys(): readonly ForeignKeyField[] {
    const columns = this.localFields.filter((field) => field instanceof ForeignKeyField);
    return [...columns, ...this.localForeignObjects];
  }
  /** The field of that name or attribute. */
  field(name: string): Field | undefined {
    return this.#byName.get(name);
  }
  /** The foreign key of that name or attribute, of one column or of several, those of parents included. */
  foreignKey(name: string): ForeignKeyField | undefined {
    const field = this.field(name) ?? this.foreignObjects.find((each) => each.name === name);
    return field instanceof ForeignKeyField ? field : undefined;
  }
  /** As `field`, for names given by the caller. */
  requireField(name: string): Field {
    const field = this.field(name);
    if (field === undefined) throw new FieldDoesNotExist(`${this.label} has no field named '${name}'`);
    return field;
  }
  /** The relation of that name, from either side. */
  relation(name: string): Relation | undefined {
    // Generated columns are given their types before there are relations, and cannot follow any.
    const known: RelationSet | undefined = this.relationSet;
    return known?.find(name);
  }
  /** The relation whose accessor has that name, else the one lookups know under it: `articleSet`, or `article`. */
  relationCalled(accessor: string): AccessibleRelation | undefined {
    const relation = this.relation(this.relationSet.lookupName(accessor)) ?? this.relation(accessor);
    return relation?.form === 'genericReverse' ? undefined : relation;
  }
  /** As `relation`, for accessors that were declared. */
  requireRelation(name: string): AccessibleRelation {
    const relation = this.relation(name);
    if (relation !== undefined && relation.form !== 'genericReverse') return relation;
    throw new ImproperlyConfigured(
      `${this.label}.${name} is declared as the other side of a relation that the model it names does not have.`,
    );
  }
  get relations(): ReadonlyMap<string, Relation> {
    return this.relationSet.all;
  }
  get incoming(): readonly ReverseRelation[] {
    return this.relationSet.incoming;
  }
  get manyToMany(): readonly ManyToManyRelation[] {
    return this.relationSet.manyToMany;
  }
  get genericKeys(): ReadonlyMap<string, GenericKey> {
    return this.relationSet.genericKeys;
  }
  get genericRelations(): readonly GenericRelation[] {
    return this.relationSet.genericRelations;
  }

  /** True for the same model, a proxy of it, and a model that extends it. */
  isA(other: ModelMeta): boolean {
    return this.concrete === other.concrete || (this.parent?.isA(other) ?? false);
  }
  /** Keys of the parents, which all have the value of this model's own. */
  get ancestorKeys(): readonly Field[] {
    if (this.parent === undefined || this.primaryKey !== this.parentLink) return [];
    return [this.parent.primaryKey, ...this.parent.ancestorKeys];
  }
  /** Joins that lead to the table that holds the fields and relations of `owner`, an ancestor or this model. */
  pathTo(owner: ModelMeta): readonly Hop[] {
    if (owner.concrete === this.concrete || this.parentLink === undefined || this.parent === undefined)
      return [];
    const relation = this.concrete.relation(this.parentLink.name) as ForwardRelation;
    return [relation.hops[0], ...this.parent.pathTo(owner)];
  }
  /** Names a lookup may start with, sorted, for messages. */
  get choices(): string[] {
    const columns = this.fields.flatMap((field) =>
      field.name === field.attribute ? [field.name] : [field.name, field.attribute],
    );
    return [...new Set([...columns, ...this.relations.keys()])].sort();
  }

  /** Makes the fields of the parent known under their names. */
  #adopt(source: ModelMeta | undefined): readonly Field[] {
    for (const field of source?.fields ?? []) {
      this.#byName.set(field.attribute, field);
      this.#byName.set(field.name, field);
    }
    return source?.fields ?? [];
  }
  #bindForeignObjects(declaration: Declaration): ForeignObjectField[] {
    return Object.entries(declaration).flatMap(([name, described]) =>
      described instanceof ForeignObjectDescription ? new ForeignObjectField(this, name, described) : [],
    );
  }
  #compositeKey(declaration: Declaration): Field | undefined {
    const { pk } = declaration;
    if (!(pk instanceof CompositeKeyDescription)) return undefined;
    return new CompositeKeyField(this, checkedKey(this, this.localFields, pk.names));
  }
  #parentLink(name: string | undefined): ForeignKeyField | undefined {
    const field = name === undefined ? undefined : this.#byName.get(name);
    return field instanceof ForeignKeyField ? field : undefined;
  }
  /** @param keyed true when the key comes from elsewhere, so that no `id` is added */
  #bindFields(declaration: Declaration, keyed: boolean): Field[] {
    const described = Object.entries(withOrderColumn(withGenericColumns(declaration), this.options)).filter(
      (entry): entry is [string, FieldDescription] => entry[1] instanceof FieldDescription,
    );
    const hasKey =
      keyed ||
      declaration.pk instanceof CompositeKeyDescription ||
      described.some(([, { field }]) => field.options.primaryKey);
    const all: (readonly [string, Field])[] = described.map(([name, { field }]) => [name, field]);
    if (!hasKey && !all.some(([name]) => name === 'id')) all.unshift(['id', ownKey()]);
    const fields = all.map(([name, field]) => this.#bind(name, field));
    checkFields(this, fields);
    // The type of a computed column may be known only from the others.
    return fields.map((field) =>
      field instanceof UntypedGeneratedField
        ? this.#bind(field.name, field.typedIn(this, field.name))
        : field,
    );
  }
  #bind(name: string, field: Field): Field {
    const bound = field.bind(this, name);
    this.#byName.set(bound.attribute, bound);
    this.#byName.set(name, bound);
    return bound;
  }
}

/** The key of a model that declares none. */
function ownKey(): Field {
  return new AutoField('bigint', 'BigAutoField').with({ primaryKey: true });
}
