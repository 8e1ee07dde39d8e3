import { ImproperlyConfigured } from '../errors.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { GenericKeyDescription, type GenericRelationDescription } from '../fields/generic.ts';
import { IntegerField } from '../fields/numbers.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import { CharField } from '../fields/text.ts';
import { QuerySet } from '../queryset/queryset.ts';
import type { ModelInstance } from './instance.ts';
import type { Declaration, ModelMeta } from './meta.ts';
import { nameFor } from './naming.ts';
import { modelNamed, resolveTarget } from './registry.ts';
import { type Hop, reverseHop } from './relations.ts';

/** `note.target`: a row of whichever model the note names. */
export class GenericKey {
  readonly model: ModelMeta;
  readonly name: string;
  /** Column that holds the name of the model. */
  readonly typeField: Field;
  readonly keyField: Field;

  constructor(model: ModelMeta, name: string, typeField: Field, keyField: Field) {
    this.model = model;
    this.name = name;
    this.typeField = typeField;
    this.keyField = keyField;
  }
  /** The model an instance points at; undefined when it points at nothing. */
  targetOf(instance: ModelInstance): ModelMeta | undefined {
    const type = instance[this.typeField.attribute];
    const key = instance[this.keyField.attribute];
    if (type === null || type === undefined || key === null || key === undefined) return undefined;
    const target = modelNamed(String(type));
    if (target === undefined) {
      throw new ImproperlyConfigured(
        `${this.model.label}.${this.name} points at a row of '${type}', and no model of that name is loaded.`,
      );
    }
    return target;
  }
  /** The key in the form the target holds it: the column may be text so that it takes keys of any type. */
  keyOf(instance: ModelInstance, target: ModelMeta): unknown {
    return target.primaryKey.convert(instance[this.keyField.attribute]);
  }
}

/** The declaration with the two columns of each generic foreign key, where they are not declared themselves. */
export function withGenericColumns(declaration: Declaration): Declaration {
  const added: Record<string, FieldDescription> = {};
  for (const description of Object.values(declaration)) {
    if (!(description instanceof GenericKeyDescription)) continue;
    added[description.typeField] = new FieldDescription(new CharField(100));
    added[description.keyField] = new FieldDescription(new IntegerField('bigint', 'BigIntegerField'));
  }
  return { ...added, ...declaration };
}

/** What the type column says of a model. Proxies are rows of the model they show. */
export function typeName(model: ModelMeta): string {
  return model.concrete.name;
}

/** `book.notes`: the rows whose generic foreign key points at this model. */
export class GenericRelation {
  readonly form = 'generic';
  readonly model: ModelMeta;
  readonly name: string;
  readonly description: GenericRelationDescription;
  #hops: readonly [Hop, ...Hop[]] | undefined;

  constructor(model: ModelMeta, name: string, description: GenericRelationDescription) {
    this.model = model;
    this.name = name;
    this.description = description;
  }
  /** The same relation of a model that extends this one, whose rows go by its own name. */
  of(model: ModelMeta): GenericRelation {
    return new GenericRelation(model, this.name, this.description);
  }
  get target(): ModelMeta {
    return resolveTarget(this.description.thunk, this);
  }
  /** The way back that lookups have, where it was asked for. */
  get reverse(): GenericReverse | undefined {
    const { relatedQueryName } = this.description.options;
    return relatedQueryName === undefined
      ? undefined
      : new GenericReverse(nameFor(relatedQueryName, this.model), this);
  }
  get key(): GenericKey {
    const { via } = this.description.options;
    const keys = [...this.target.genericKeys.values()];
    const key = via === undefined ? keys[0] : keys.find(({ name }) => name === via);
    if (key !== undefined) return key;
    throw new ImproperlyConfigured(
      `${this.model.label}.${this.name} needs a generic foreign key${via === undefined ? '' : ` '${via}'`} in ${this.target.label}.`,
    );
  }
  get hops(): readonly [Hop, ...Hop[]] {
    this.#hops ??= this.#findHops();
    return this.#hops;
  }
  /** To the table that holds the columns of the key, and from there down to the target's own. */
  #findHops(): readonly [Hop, ...Hop[]] {
    const { target } = this;
    const { typeField, keyField } = this.key;
    const up = target.pathTo(keyField.model);
    const first: Hop = {
      from: this.model,
      to: up.length === 0 ? target : keyField.model,
      fromField: this.model.primaryKey,
      toField: keyField,
      nullable: true,
      many: true,
      direct: false,
      only: { side: 'to', field: typeField, value: typeName(this.model) },
    };
    return [first, ...up.map(({ fromField }) => reverseHop(fromField as ForeignKeyField)).reverse()];
  }
  /** Values that make a row point at an instance. */
  valuesFor(instance: ModelInstance): Record<string, unknown> {
    const { typeField, keyField } = this.key;
    const key = instance[this.model.primaryKey.attribute];
    return { [typeField.attribute]: typeName(this.model), [keyField.attribute]: key };
  }
  /** The rows that point at any of the instances. */
  rowsOf(instances: readonly ModelInstance[], alias: string, start = new QuerySet(this.target).using(alias)) {
    const { typeField, keyField } = this.key;
    const { attribute } = this.model.primaryKey;
    const keys = instances.map((instance) => instance[attribute]);
    return start.filter({ [typeField.name]: typeName(this.model), [`${keyField.name}__in`]: keys });
  }
}

/** `Tag.objects.filter({ book__title: 'Alpha' })`: the way back over a generic foreign key, which only lookups have. */
export class GenericReverse {
  readonly form = 'genericReverse';
  readonly name: string;
  readonly relation: GenericRelation;
  #hops: readonly [Hop] | undefined;

  constructor(name: string, relation: GenericRelation) {
    this.name = name;
    this.relation = relation;
  }
  get target(): ModelMeta {
    return this.relation.model;
  }
  get hops(): readonly [Hop] {
    const { model, key } = this.relation;
    this.#hops ??= [
      {
        from: key.keyField.model,
        to: model,
        fromField: key.keyField,
        toField: model.primaryKey,
        nullable: true,
        many: false,
        direct: false,
        only: { side: 'from', field: key.typeField, value: typeName(model) },
      },
    ];
    return this.#hops;
  }
}
