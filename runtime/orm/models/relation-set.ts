import type { ImproperlyConfigured } from '../errors.ts';
import { GenericKeyDescription, GenericRelationDescription } from '../fields/generic.ts';
import { type ForeignKeyField, ManyToManyDescription, ReverseDescription } from '../fields/relations.ts';
import { defineReverse } from './accessors.ts';
import { genericClash, reverseClash } from './clashes.ts';
import { GenericKey, GenericRelation } from './generic.ts';
import type { Declaration, ModelMeta } from './meta.ts';
import { defineOrderOf, orderedBy } from './order.ts';
import { connectModels } from './registry.ts';
import { ForwardRelation, ManyToManyRelation, type Relation, ReverseRelation } from './relations.ts';
import { type DeclaredReverse, relatedNameOf, reverseName } from './reverse-names.ts';

/** The relations of one model: those it declares, and the other sides of those that point at it. */
export class RelationSet {
  readonly #meta: ModelMeta;
  readonly #prototype: object;
  readonly #own = new Map<string, Relation>();
  readonly #incoming: ReverseRelation[] = [];
  readonly #genericKeys = new Map<string, GenericKey>();
  /** Names in lookups of those other sides whose accessors are called otherwise. */
  readonly #lookupNames = new Map<string, string>();
  readonly #declaredReverse: readonly DeclaredReverse[];
  readonly #declaredGeneric: GenericRelation[] = [];
  /** Many-to-many relations that the model declares. */
  readonly manyToMany: readonly ManyToManyRelation[];
  /** What is wrong with the relations that the model declares. */
  readonly problems: ImproperlyConfigured[] = [];

  /** @param prototype takes the accessors of other sides that the model does not declare */
  constructor(meta: ModelMeta, declaration: Declaration, prototype: object) {
    this.#meta = meta;
    this.#prototype = prototype;
    const entries = Object.entries(declaration);
    this.#declaredReverse = entries.filter(
      (entry): entry is [string, ReverseDescription] => entry[1] instanceof ReverseDescription,
    );
    // Those of an abstract model are of the models that extend it.
    const described = meta.options.abstract === true ? [] : entries;
    this.manyToMany = described.flatMap(([name, description]) =>
      description instanceof ManyToManyDescription ? new ManyToManyRelation(meta, name, description) : [],
    );
    for (const relation of this.manyToMany) this.#own.set(relation.name, relation);
    for (const [name, description] of described) this.#bindGeneric(name, description);
    // What extends a model with a table of its own goes by its own name in generic foreign keys.
    const parent = meta.concrete === meta ? meta.parent?.relationSet : undefined;
    for (const relation of parent?.genericRelations ?? []) {
      if (relation.name in declaration) continue;
      const copy = relation.of(meta);
      this.#own.set(copy.name, copy);
      // Lookups have one way back under a name: the parent's, unless the name says whose it is.
      if (copy.reverse?.name !== relation.reverse?.name) this.#declaredGeneric.push(copy);
    }
  }
  #bindGeneric(name: string, description: Declaration[string]): void {
    const meta = this.#meta;
    if (description instanceof GenericRelationDescription) {
      const relation = new GenericRelation(meta, name, description);
      this.#own.set(name, relation);
      this.#declaredGeneric.push(relation);
    }
    if (!(description instanceof GenericKeyDescription)) return;
    const { typeField, keyField } = description;
    const key = new GenericKey(meta, name, meta.requireField(typeField), meta.requireField(keyField));
    this.#genericKeys.set(name, key);
  }

  /** The model whose relations are this one's, too. */
  get #source(): RelationSet | undefined {
    const { concrete, parent } = this.#meta;
    return (concrete === this.#meta ? parent : concrete)?.relationSet;
  }
  /** The relation of that name, from either side, inherited ones included. */
  find(name: string): Relation | undefined {
    connectModels();
    return this.#own.get(name) ?? this.#inherited(name);
  }
  /** What lookups call the relation that instances have under `accessor`. */
  lookupName(accessor: string): string {
    connectModels();
    return this.#lookupNames.get(accessor) ?? this.#source?.lookupName(accessor) ?? accessor;
  }
  #inherited(name: string): Relation | undefined {
    const relation = this.#source?.find(name);
    // The way from the parent back to this very model is not one of its relations.
    return relation?.form === 'reverse' && relation.field === this.#meta.parentLink ? undefined : relation;
  }
  get all(): ReadonlyMap<string, Relation> {
    connectModels();
    const source = this.#source;
    if (source === undefined) return this.#own;
    const all = new Map<string, Relation>();
    for (const name of [...source.all.keys(), ...this.#own.keys()]) {
      const relation = this.find(name);
      if (relation !== undefined) all.set(name, relation);
    }
    return all;
  }
  /** Foreign keys that point at the rows of this model, declared accessor or not. */
  get incoming(): readonly ReverseRelation[] {
    connectModels();
    return this.#meta.concrete.relationSet.#incoming;
  }
  /** Generic foreign keys by name, inherited ones included. */
  get genericKeys(): ReadonlyMap<string, GenericKey> {
    const source = this.#source;
    return source === undefined ? this.#genericKeys : new Map([...source.genericKeys, ...this.#genericKeys]);
  }
  /** Relations whose rows go when a row of this model's own table goes. */
  get genericRelations(): readonly GenericRelation[] {
    const own = this.#meta.concrete.relationSet.#own;
    return [...own.values()].filter((relation) => relation.form === 'generic');
  }

  /** True once every model that is named here exists. */
  targetsDeclared(): boolean {
    try {
      for (const field of this.#meta.foreignKeys) field.target;
      for (const relation of this.manyToMany) relation.targetsDeclared();
      for (const { description } of this.#declaredGeneric)
        if (description.options.relatedQueryName !== undefined) description.thunk();
      for (const [, description] of this.#declaredReverse) description.thunk();
      return true;
    } catch (error) {
      if (error instanceof ReferenceError) return false;
      throw error;
    }
  }
  /** Makes the relations known on both sides. */
  connect(): void {
    for (const field of this.#meta.foreignKeys) {
      this.#own.set(field.name, new ForwardRelation(field));
      field.target.concrete.relationSet.#receive(new ReverseRelation(field));
    }
    for (const relation of this.manyToMany) relation.connect();
    for (const relation of this.#declaredGeneric) this.#connectGeneric(relation);
    const by = orderedBy(this.#meta);
    if (by !== undefined) defineOrderOf(by.target.relationSet.#prototype, this.#meta, by);
  }
  /** Adds the other side of a many-to-many relation. */
  receiveManyToMany(relation: ManyToManyRelation): void {
    const relatedName = relatedNameOf(relation);
    if (relatedName === '+') return;
    const name = reverseName(this.#meta, this.#declaredReverse, relation.model, relation.name, relatedName);
    this.#offer(relation.mirror(name), relation, relatedName ?? `${name}Set`);
  }
  /** Lets lookups that start from the target of a generic relation come here. */
  #connectGeneric(relation: GenericRelation): void {
    const { reverse } = relation;
    if (reverse === undefined) return;
    const own = relation.target.relationSet.#own;
    const clash = genericClash(reverse, own);
    if (clash === undefined) own.set(reverse.name, reverse);
    else this.problems.push(clash);
  }
  #receive(relation: ReverseRelation): void {
    const { field } = relation;
    this.#incoming.push(relation);
    // As in Django, '+' asks for no way back.
    const relatedName = relatedNameOf(field);
    if (relatedName === '+') return;
    relation.name = reverseName(this.#meta, this.#declaredReverse, field.model, field.name, relatedName);
    this.#offer(relation, field, relatedName ?? (relation.single ? relation.name : `${relation.name}Set`));
  }
  /** Takes the other side of a relation, and gives instances an accessor for it where none is declared. */
  #offer(
    relation: ReverseRelation | ManyToManyRelation,
    origin: ForeignKeyField | ManyToManyRelation,
    unlessDeclared: string,
  ): void {
    const { name } = relation;
    const declared = this.#declaredReverse.some(([each]) => each === name);
    const accessor = declared ? name : unlessDeclared;
    // Two models that point at each other may do so by each other's names; the column is meant then.
    if (!declared && relatedNameOf(origin) === undefined && this.#meta.field(name) !== undefined) return;
    const clash = reverseClash(this.#meta, origin, { name, accessor }, this.#own);
    if (clash !== undefined) {
      origin.model.relationSet.problems.push(clash);
      return;
    }
    this.#own.set(name, relation);
    if (accessor !== name) this.#lookupNames.set(accessor, name);
    if (!declared && !(accessor in this.#prototype))
      defineReverse(this.#prototype, this.#meta, name, accessor);
  }
}
