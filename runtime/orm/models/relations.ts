import { ImproperlyConfigured } from '../errors.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField, type ManyToManyDescription } from '../fields/relations.ts';
import type { GenericRelation, GenericReverse } from './generic.ts';
import type { ModelMeta } from './meta.ts';
import { defineModel } from './model.ts';
import { camelCase, snakeCase } from './naming.ts';
import { metaOf, resolveTarget } from './registry.ts';
import { relatedNameOf } from './reverse-names.ts';

/** One step of a join: rows of `to` whose `toField` equals `fromField`. */
export interface Hop {
  readonly from: ModelMeta;
  readonly to: ModelMeta;
  readonly fromField: Field;
  readonly toField: Field;
  /** True when `from` may have no matching row. */
  readonly nullable: boolean;
  /** True when `from` may have several matching rows. */
  readonly many: boolean;
  /** True when `from` holds the key, so that its column stands in for the target's key. */
  readonly direct: boolean;
  /** A condition beside the equal columns, on the side of a generic relation that holds keys of several models. */
  readonly only?: { readonly side: 'from' | 'to'; readonly field: Field; readonly value: string };
}

/** `book.author`: this model holds the key. */
export class ForwardRelation {
  readonly form = 'forward';
  readonly field: ForeignKeyField;
  readonly hops: readonly [Hop];

  constructor(field: ForeignKeyField) {
    this.field = field;
    this.hops = [forwardHop(field)];
  }
  get name(): string {
    return this.field.name;
  }
  get target(): ModelMeta {
    return this.field.target;
  }
}

/** `author.books`: the other model holds the key. */
export class ReverseRelation {
  readonly form = 'reverse';
  readonly field: ForeignKeyField;
  readonly hops: readonly [Hop];
  name = '';

  constructor(field: ForeignKeyField) {
    this.field = field;
    this.hops = [reverseHop(field)];
  }
  get target(): ModelMeta {
    return this.field.model;
  }
  /** True when the other side is one instance, not many. */
  get single(): boolean {
    return this.field.single;
  }
}

/** `book.genres`: a third model holds both keys. */
export class ManyToManyRelation {
  readonly form = 'manyToMany';
  readonly model: ModelMeta;
  readonly name: string;
  readonly description: ManyToManyDescription;
  readonly #mirrored: ManyToManyRelation | undefined;
  #hops: readonly [Hop, Hop] | undefined;
  #through: ModelMeta | undefined;
  #backwards: Hop | undefined;

  constructor(
    model: ModelMeta,
    name: string,
    description: ManyToManyDescription,
    mirrored?: ManyToManyRelation,
  ) {
    this.model = model;
    this.name = name;
    this.description = description;
    this.#mirrored = mirrored;
  }
  /** The relation as it was declared; another one where this is its other side. */
  get declared(): ManyToManyRelation {
    return this.#mirrored ?? this;
  }
  get target(): ModelMeta {
    return this.#mirrored?.model ?? resolveTarget(this.description.thunk, this);
  }
  get through(): ModelMeta {
    if (this.#mirrored !== undefined) return this.#mirrored.through;
    // Where both sides declare the relation the pairs are kept once, in the table of whichever came first.
    this.#through ??= this.#counterpart()?.knownThrough ?? this.#findThrough();
    return this.#through;
  }
  /** The through model, if it was asked for before. */
  get knownThrough(): ModelMeta | undefined {
    return this.#through;
  }
  /** True when the through model was made here, so that pairs may be added without further values. */
  get automatic(): boolean {
    return (this.#mirrored ?? this).description.options.through === undefined;
  }
  /** A relation of a model to itself that holds both ways. */
  get symmetrical(): boolean {
    return (
      this.target === this.model &&
      (this.description.options.symmetrical ?? true) &&
      this.#mirrored === undefined
    );
  }
  /** Foreign key of the through model to this side. */
  get ownKey(): ForeignKeyField {
    return this.hops[0].toField as ForeignKeyField;
  }
  /** Foreign key of the through model to the other side. */
  get targetKey(): ForeignKeyField {
    return this.hops[1].fromField as ForeignKeyField;
  }
  get hops(): readonly [Hop, Hop] {
    this.#hops ??= this.#findHops();
    return this.#hops;
  }

  /** The way back: from the target to the pairs. */
  get backwards(): Hop {
    this.#backwards ??= reverseHop(this.targetKey);
    return this.#backwards;
  }

  targetsDeclared(): void {
    this.target;
    this.description.options.through?.();
  }
  connect(): void {
    this.through;
    if (this.symmetrical || this.#counterpart() !== undefined) return;
    this.target.relationSet.receiveManyToMany(this);
  }
  /** The same relation seen from its target, under `name`. */
  mirror(name: string): ManyToManyRelation {
    return new ManyToManyRelation(this.target, name, this.description, this);
  }

  /**
   * The target's own declaration of the same pairs: `Book.genres` and `Genre.books`. Either says so by the relatedName,
   * or there is nothing else that they could be the other side of.
   */
  #counterpart(): ManyToManyRelation | undefined {
    if (!this.automatic || this.target === this.model) return undefined;
    const between = (from: ModelMeta, to: ModelMeta) =>
      from.manyToMany.filter((relation) => relation.automatic && relation.target === to);
    const candidates = between(this.target, this.model);
    const unnamed = (each: ManyToManyRelation) => relatedNameOf(each) === undefined;
    const [only, ...others] = candidates;
    const alone = others.length === 0 && between(this.model, this.target).length === 1;
    if (only !== undefined && alone && unnamed(only) && unnamed(this)) return only;
    return candidates.find((each) => relatedNameOf(this) === each.name || relatedNameOf(each) === this.name);
  }

  #findHops(): readonly [Hop, Hop] {
    const mirrored = this.#mirrored?.hops;
    if (mirrored !== undefined) {
      const [own, other] = mirrored;
      return [reverseHop(other.fromField as ForeignKeyField), forwardHop(own.toField as ForeignKeyField)];
    }
    const [own, target] = this.#throughKeys();
    return [reverseHop(own), forwardHop(target)];
  }
  /** @throws ImproperlyConfigured where the through model leaves open which foreign keys are meant */
  #throughKeys(): [ForeignKeyField, ForeignKeyField] {
    const keys = this.through.fields.filter((field) => field instanceof ForeignKeyField);
    const { throughFields } = this.description.options;
    if (throughFields !== undefined) {
      const [own, target] = throughFields;
      return [this.#namedKey(own, keys, this.model), this.#namedKey(target, keys, this.target)];
    }
    const toOwn = keys.filter((key) => key.target === this.model);
    const toTarget = keys.filter((key) => key.target === this.target);
    const toSelf = this.model === this.target;
    const [own] = toOwn;
    const target = toSelf ? toOwn[1] : toTarget[0];
    if (own === undefined || target === undefined) throw this.#refused('needs a foreign key to each side.');
    const most = toSelf ? 2 : 1;
    for (const [to, candidates] of [
      [this.model, toOwn],
      [this.target, toTarget],
    ] as const) {
      if (candidates.length <= most) continue;
      const names = candidates.map(({ name }) => `'${name}'`).join(', ');
      throw this.#refused(
        `has more than ${toSelf ? 'two foreign keys' : 'one foreign key'} to ${to.label}: ${names}. Say which are meant with throughFields: [the one to ${this.model.label}, the one to ${this.target.label}].`,
      );
    }
    return [own, target];
  }
  #namedKey(name: string, keys: readonly ForeignKeyField[], to: ModelMeta): ForeignKeyField {
    const named = keys.find((key) => key.name === name);
    if (named !== undefined && to.isA(named.target)) return named;
    const choices = keys.filter((key) => to.isA(key.target)).map((key) => `'${key.name}'`);
    throw this.#refused(
      `has no foreign key '${name}' to ${to.label}, as throughFields says. Choices are: ${choices.join(', ')}.`,
    );
  }
  #refused(complaint: string): ImproperlyConfigured {
    return new ImproperlyConfigured(
      `${this.through.label}, the through model of ${this.model.label}.${this.name}, ${complaint}`,
    );
  }
  #findThrough(): ModelMeta {
    const { through } = this.description.options;
    if (through === undefined) return automaticThrough(this);
    const meta = metaOf(through());
    if (meta === undefined) {
      throw new ImproperlyConfigured(
        `The through option of ${this.model.label}.${this.name} must name a model.`,
      );
    }
    meta.useClass(through());
    return meta;
  }
}

/** What instances have an accessor for. */
export type AccessibleRelation = ForwardRelation | ReverseRelation | ManyToManyRelation | GenericRelation;
export type Relation = AccessibleRelation | GenericReverse;

// One for each foreign key, whatever relation goes by it: joins of the same rows are told by them.
const forwardHops = new WeakMap<ForeignKeyField, Hop>();
const reverseHops = new WeakMap<ForeignKeyField, Hop>();

function forwardHop(field: ForeignKeyField): Hop {
  const known = forwardHops.get(field);
  if (known !== undefined) return known;
  const hop: Hop = {
    from: field.model,
    to: field.target,
    fromField: field,
    toField: field.targetField,
    nullable: field.options.nullable,
    many: false,
    direct: true,
  };
  forwardHops.set(field, hop);
  return hop;
}

export function reverseHop(field: ForeignKeyField): Hop {
  const known = reverseHops.get(field);
  if (known !== undefined) return known;
  const hop: Hop = {
    from: field.target,
    to: field.model,
    fromField: field.targetField,
    toField: field,
    nullable: true,
    many: !field.single,
    direct: false,
  };
  reverseHops.set(field, hop);
  return hop;
}

/** The model of the table that holds the pairs of a many-to-many relation. */
function automaticThrough(relation: ManyToManyRelation): ModelMeta {
  const { model, target, name } = relation;
  const toSelf = model === target;
  const ownName = toSelf ? `from_${model.name}` : model.name;
  const targetName = toSelf ? `to_${target.name}` : target.name;
  const key = (to: ModelMeta) =>
    new FieldDescription(new ForeignKeyField('foreignKey', () => to.modelClass, { relatedName: '+' }));
  const own = camelCase(snakeCase(ownName));
  const other = camelCase(snakeCase(targetName));
  return defineModel(
    `${model.label}_${name}`,
    { [own]: key(model), [other]: key(target) },
    {
      table: relation.description.options.table ?? `${model.table}_${snakeCase(name)}`,
      constraints: [{ unique: [own, other] }],
    },
  ).meta;
}
