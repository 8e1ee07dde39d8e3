import { FieldDoesNotExist, ImproperlyConfigured } from '../errors.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { AutoField } from '../fields/numbers.ts';
import { ForeignKeyField, ManyToManyDescription, ReverseDescription } from '../fields/relations.ts';
import type { ModelOptions } from '../types/model.ts';
import { deferringClass } from './deferred.ts';
import { snakeCase } from './naming.ts';
import { connectModels, metaOf, register } from './registry.ts';
import { ForwardRelation, ManyToManyRelation, type Relation, ReverseRelation } from './relations.ts';

export type ModelConstructor = new (values?: unknown) => object;
export type Declaration = Readonly<
  Record<string, FieldDescription | ManyToManyDescription | ReverseDescription>
>;

type DeclaredReverse = readonly [string, ReverseDescription];

function relatedNameOf(relation: Field | ManyToManyRelation): string | undefined {
  if (relation instanceof ForeignKeyField) return relation.relation.relatedName;
  return relation instanceof ManyToManyRelation ? relation.description.options.relatedName : undefined;
}

/** Everything the ORM knows about one model. */
export class ModelMeta {
  readonly name: string;
  readonly table: string;
  readonly options: ModelOptions;
  /** The columns, in the order of CREATE TABLE, SELECT and INSERT. */
  readonly fields: readonly Field[];
  readonly primaryKey: Field;
  /** Fields by lookup name and by attribute: `publisher` and `publisherId`, and `pk`. */
  readonly #byName = new Map<string, Field>();
  readonly #relations = new Map<string, Relation>();
  readonly #incoming: ReverseRelation[] = [];
  readonly #manyToMany: ManyToManyRelation[] = [];
  readonly #declaredReverse: readonly DeclaredReverse[];
  readonly #partialClasses = new Map<string, ModelConstructor>();
  #modelClass: ModelConstructor;

  constructor(name: string, declaration: Declaration, options: ModelOptions, base: ModelConstructor) {
    this.name = name;
    this.table = options.table ?? snakeCase(name);
    this.options = options;
    this.#modelClass = base;
    this.fields = this.#bindFields(declaration);
    const primaryKey = this.fields.find((field) => field.options.primaryKey);
    if (primaryKey === undefined) throw new ImproperlyConfigured(`Model ${name} has no primary key.`);
    this.primaryKey = primaryKey;
    this.#byName.set('pk', primaryKey);
    const entries = Object.entries(declaration);
    this.#declaredReverse = entries.filter(
      (entry): entry is [string, ReverseDescription] => entry[1] instanceof ReverseDescription,
    );
    for (const [relationName, description] of entries) {
      if (!(description instanceof ManyToManyDescription)) continue;
      const relation = new ManyToManyRelation(this, relationName, description);
      this.#manyToMany.push(relation);
      this.#relations.set(relationName, relation);
    }
    register(this);
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
    if (Object.getPrototypeOf(modelClass) === this.#modelClass) this.#modelClass = modelClass;
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

  /** The field of that name or attribute. */
  field(name: string): Field | undefined {
    return this.#byName.get(name);
  }
  /** As `field`, for names given by the caller. */
  requireField(name: string): Field {
    const field = this.field(name);
    if (field === undefined) throw new FieldDoesNotExist(`${this.label} has no field named '${name}'`);
    return field;
  }
  /** The relation of that name, from either side. */
  relation(name: string): Relation | undefined {
    connectModels();
    return this.#relations.get(name);
  }
  /** As `relation`, for accessors that were declared. */
  requireRelation(name: string): Relation {
    const relation = this.relation(name);
    if (relation !== undefined) return relation;
    throw new ImproperlyConfigured(
      `${this.label}.${name} is declared as the other side of a relation that the model it names does not have.`,
    );
  }
  get relations(): ReadonlyMap<string, Relation> {
    connectModels();
    return this.#relations;
  }
  /** Foreign keys of other models that point here, declared accessor or not. */
  get incoming(): readonly ReverseRelation[] {
    connectModels();
    return this.#incoming;
  }
  get manyToMany(): readonly ManyToManyRelation[] {
    return this.#manyToMany;
  }
  /** Names a lookup may start with, sorted, for messages. */
  get choices(): string[] {
    const columns = this.fields.flatMap((field) =>
      field.name === field.attribute ? [field.name] : [field.name, field.attribute],
    );
    return [...new Set([...columns, ...this.relations.keys()])].sort();
  }

  /** True once every model this one names exists. */
  targetsDeclared(): boolean {
    try {
      for (const field of this.fields) if (field instanceof ForeignKeyField) field.target;
      for (const relation of this.#manyToMany) relation.targetsDeclared();
      for (const [, description] of this.#declaredReverse) description.thunk();
      return true;
    } catch (error) {
      if (error instanceof ReferenceError) return false;
      throw error;
    }
  }
  /** Makes this model's relations known on both sides. */
  connect(): void {
    for (const field of this.fields) {
      if (!(field instanceof ForeignKeyField)) continue;
      const forward = new ForwardRelation(field);
      this.#relations.set(field.name, forward);
      field.target.#receive(new ReverseRelation(field));
    }
    for (const relation of this.#manyToMany) relation.connect();
  }
  /** Adds the other side of a many-to-many relation. */
  receiveManyToMany(relation: ManyToManyRelation): void {
    const name = this.#reverseName(relation.model, relation.name, relation.description.options.relatedName);
    if (!this.#relations.has(name)) this.#relations.set(name, relation.mirror(name));
  }

  #receive(relation: ReverseRelation): void {
    const { field } = relation;
    this.#incoming.push(relation);
    // As in Django, '+' asks for no way back.
    if (field.relation.relatedName === '+') return;
    relation.name = this.#reverseName(field.model, field.name, field.relation.relatedName);
    if (!this.#relations.has(relation.name)) this.#relations.set(relation.name, relation);
  }
  /** Name of the other side of `model.name`: the one declared here, else its relatedName, else the model's name. */
  #reverseName(model: ModelMeta, name: string, relatedName: string | undefined): string {
    const declared = this.#declaredReverse.filter(([, { thunk }]) => metaOf(thunk()) === model);
    const chosen =
      declared.find(([, { via }]) => via === name) ??
      declared.find(([accessor, { via }]) => via === undefined && accessor === relatedName) ??
      this.#onlyCandidate(model, declared);
    return chosen?.[0] ?? relatedName ?? model.name;
  }
  #onlyCandidate(model: ModelMeta, declared: readonly DeclaredReverse[]): DeclaredReverse | undefined {
    const open = declared.filter(([, { via }]) => via === undefined);
    if (open.length === 0) return undefined;
    const keys = model.fields.filter((field) => field instanceof ForeignKeyField && field.target === this);
    const pairs = model.manyToMany.filter((relation) => relation.target === this);
    if (open.length === 1 && declared.length === 1 && keys.length + pairs.length === 1) return open[0];
    const names = [...keys, ...pairs].map((each) => each.name);
    const claimed = (accessor: string) =>
      [...keys, ...pairs].some((each) => accessor === relatedNameOf(each));
    if (open.every(([accessor]) => claimed(accessor))) return undefined;
    throw new ImproperlyConfigured(
      `${model.label} points at ${this.label} by ${names.join(' and ')}: say which one ${this.label}.${open[0]?.[0]} is ` +
        `the other side of, as in reverse<…>(() => ${model.label}, '${names[0]}').`,
    );
  }

  #bindFields(declaration: Declaration): Field[] {
    const described = Object.entries(declaration).filter(
      (entry): entry is [string, FieldDescription] => entry[1] instanceof FieldDescription,
    );
    const hasKey = described.some(([, { field }]) => field.options.primaryKey);
    const id = new AutoField('bigint', 'BigAutoField').with({ primaryKey: true });
    const all: (readonly [string, Field])[] = described.map(([name, { field }]) => [name, field]);
    return (hasKey ? all : [['id', id] as const, ...all]).map(([name, field]) => {
      if (name.includes('__'))
        throw new ImproperlyConfigured(`The field name ${name} must not contain "__".`);
      const bound = field.bind(this, name);
      this.#byName.set(bound.attribute, bound);
      this.#byName.set(name, bound);
      return bound;
    });
  }
}
