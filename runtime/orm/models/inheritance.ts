import { FieldError, ImproperlyConfigured } from '../errors.ts';
import { FieldDescription } from '../fields/description.ts';
import { ForeignKeyField, ManyToManyDescription } from '../fields/relations.ts';
import type { AnyModel, ModelOptions } from '../types/model.ts';
import type { Declaration, ModelMeta } from './meta.ts';
import { camelCase, snakeCase } from './naming.ts';
import { metaOf } from './registry.ts';

/** What a model takes over from the one it extends. */
export interface Inheritance {
  /** Fields and relations of its own, those of abstract parents included. */
  readonly declaration: Declaration;
  readonly options: ModelOptions;
  /** The model whose table holds the other part of each row; the two are joined by `link`. */
  readonly parent: ModelMeta | undefined;
  /** Name of the one-to-one to the parent. */
  readonly link: string | undefined;
  /** The model a proxy shows the rows of. */
  readonly shown: ModelMeta | undefined;
}

/** As Django: abstract parents are copied, concrete ones joined, and proxies share the table. */
export function inherit(name: string, own: Declaration, given: ModelOptions): Inheritance {
  const none = { parent: undefined, link: undefined, shown: undefined };
  const base = given.extends === undefined ? undefined : requireMeta(name, given.extends);
  if (given.proxy === true && (base === undefined || base.options.abstract === true))
    throw new TypeError(`Proxy model '${name}' has no non-abstract model base class.`);
  if (base === undefined) return { declaration: own, options: given, ...none };
  if (base.options.abstract === true) {
    const declaration = { ...base.declaration, ...own };
    const options = { ...inheritedOptions(base.options), ...given };
    if (base.parent === undefined) return { declaration, options, ...none };
    return { declaration, options, parent: base.parent, link: base.parentLink?.name, shown: undefined };
  }
  const { ordering, getLatestBy } = base.options;
  const options = {
    ...(ordering === undefined ? {} : { ordering }),
    ...(getLatestBy === undefined ? {} : { getLatestBy }),
    ...given,
  };
  if (given.proxy === true) return { declaration: requireEmpty(name, own), options, ...none, shown: base };
  return { ...joined(name, own, base), options, parent: base.concrete, shown: undefined };
}

/** Everything but what names or describes the abstract model itself. */
function inheritedOptions(options: ModelOptions): ModelOptions {
  const { table: _table, abstract: _abstract, extends: _extends, ...inherited } = options;
  return inherited;
}

function requireMeta(name: string, base: AnyModel): ModelMeta {
  const meta = metaOf(base);
  if (meta === undefined) throw new ImproperlyConfigured(`Model ${name} extends something that is no model.`);
  meta.useClass(base as never);
  return meta;
}

function requireEmpty(name: string, own: Declaration): Declaration {
  const described = Object.values(own).some(
    (each) => each instanceof FieldDescription || each instanceof ManyToManyDescription,
  );
  if (described) throw new FieldError(`Proxy model '${name}' contains model fields.`);
  return own;
}

/** The declaration with the link to the parent: the one marked `parentLink`, else a new one. */
function joined(name: string, own: Declaration, base: ModelMeta) {
  for (const field of Object.keys(own)) {
    if (base.field(field) === undefined && !hasPairs(base, field)) continue;
    throw new FieldError(
      `Local field '${field}' in class '${name}' clashes with field of the same name from base class '${base.label}'.`,
    );
  }
  if (base.primaryKey.parts !== undefined) {
    throw new ImproperlyConfigured(
      `'${name}' cannot extend '${base.label}', which has a composite primary key: a link to it is not supported.`,
    );
  }
  const marked = Object.entries(own).find(([, each]) => isParentLink(each));
  const hasKey = Object.values(own).some(
    (each) => each instanceof FieldDescription && each.field.options.primaryKey,
  );
  const link = marked?.[0] ?? `${camelCase(snakeCase(base.concrete.name))}Ptr`;
  const description =
    (marked?.[1] as FieldDescription | undefined) ??
    new FieldDescription(
      new ForeignKeyField('oneToOne', () => base.modelClass, { parentLink: true }).with({ unique: true }),
    );
  const declaration = { [link]: hasKey ? description : description.primaryKey(), ...without(own, link) };
  return { declaration, link };
}
/** True where the model or one that it extends declares a many-to-many relation of that name. */
function hasPairs(base: ModelMeta, name: string): boolean {
  if (base.manyToMany.some((relation) => relation.name === name)) return true;
  const above = base.concrete === base ? base.parent : base.concrete;
  return above !== undefined && hasPairs(above, name);
}
function isParentLink(description: unknown): boolean {
  if (!(description instanceof FieldDescription)) return false;
  const { field } = description;
  return field instanceof ForeignKeyField && field.relation.parentLink === true;
}
function without(own: Declaration, name: string): Declaration {
  const { [name]: _taken, ...others } = own;
  return others;
}
