import { ValueError } from '../errors.ts';
import { ForeignKeyField, ManyToManyDescription, ReverseDescription } from '../fields/relations.ts';
import { describe } from '../fields/text.ts';
import { asynchronous } from '../operations/bound.ts';
import { readForward, readReverse } from '../operations/related.ts';
import { runBlocking } from '../operations/run.ts';
import { relatedManager } from '../relations/managers.ts';
import { relationTwin } from '../twins.ts';
import type { ModelInstance } from './instance.ts';
import type { Declaration, ModelMeta } from './meta.ts';
import { metaKey } from './registry.ts';
import { relate, stateOf } from './state.ts';

/** Defines the relation accessors of a model on its prototype. */
export function defineAccessors(prototype: object, meta: ModelMeta, declaration: Declaration): void {
  for (const field of meta.fields) if (field instanceof ForeignKeyField) defineForward(prototype, field);
  for (const [name, description] of Object.entries(declaration)) {
    if (description instanceof ReverseDescription) defineReverse(prototype, meta, name);
    if (description instanceof ManyToManyDescription) defineMany(prototype, meta, name);
  }
}

function define(
  prototype: object,
  name: string,
  get: (this: ModelInstance) => unknown,
  set?: (this: ModelInstance, value: unknown) => void,
): void {
  const setter = set === undefined ? {} : { set };
  Object.defineProperty(prototype, name, { get, ...setter, configurable: true, enumerable: false });
}

/** `book.author` and `book.aauthor`. */
function defineForward(prototype: object, field: ForeignKeyField): void {
  const { name } = field;
  define(
    prototype,
    name,
    function () {
      return knownForward(this, field) ?? runBlocking(readForward(this, field));
    },
    function (value) {
      assignForward(this, field, value);
    },
  );
  define(prototype, relationTwin(name), function () {
    const known = knownForward(this, field);
    return known === undefined ? asynchronous(readForward(this, field)) : Promise.resolve(known);
  });
}

/** The related instance when it is loaded and still the one the key names; null for a null key. */
function knownForward(instance: ModelInstance, field: ForeignKeyField): object | null | undefined {
  const key = instance[field.attribute];
  const state = stateOf(instance);
  const known = state.related?.get(field.name);
  if (known !== undefined && known !== null) {
    if ((known as ModelInstance).pk === key || state.unsaved?.has(field.name)) return known;
  }
  return key === null || key === undefined ? null : undefined;
}

function assignForward(instance: ModelInstance, field: ForeignKeyField, value: unknown): void {
  if (value === null || value === undefined) {
    instance[field.attribute] = null;
    relate(instance, field.name, null);
    return;
  }
  const related = value as ModelInstance;
  if (typeof value !== 'object' || related[metaKey] !== field.target) {
    throw new ValueError(
      `Cannot assign "${describe(value)}": "${instance[metaKey].label}.${field.name}" must be a "${field.target.label}" instance.`,
    );
  }
  instance[field.attribute] = related.pk ?? null;
  relate(instance, field.name, related);
  if (related.pk === null || related.pk === undefined) {
    const state = stateOf(instance);
    state.unsaved ??= new Set();
    state.unsaved.add(field.name);
  }
  if (!field.single) return;
  const backwards = field.target.incoming.find((relation) => relation.field === field);
  if (backwards !== undefined) relate(related, backwards.name, instance);
}

/** `author.books`, or `author.profile` and `author.aprofile` where the other side is single. */
function defineReverse(prototype: object, meta: ModelMeta, name: string): void {
  define(
    prototype,
    name,
    function () {
      const relation = meta.requireRelation(name);
      if (relation.form !== 'reverse' || !relation.single) return relatedManager(this, relation);
      return stateOf(this).related?.get(name) ?? runBlocking(readReverse(this, relation));
    },
    function (value) {
      const relation = meta.requireRelation(name);
      if (relation.form !== 'reverse' || !relation.single) throw directAssignment(name);
      const other = value as ModelInstance;
      other[relation.field.name] = this;
    },
  );
  define(prototype, relationTwin(name), function () {
    const relation = meta.requireRelation(name);
    if (relation.form !== 'reverse' || !relation.single) return undefined;
    const known = stateOf(this).related?.get(name);
    return known ? Promise.resolve(known) : asynchronous(readReverse(this, relation));
  });
}

function defineMany(prototype: object, meta: ModelMeta, name: string): void {
  define(
    prototype,
    name,
    function () {
      return relatedManager(this, meta.requireRelation(name));
    },
    () => {
      throw directAssignment(name);
    },
  );
}

function directAssignment(name: string): TypeError {
  return new TypeError(
    `Direct assignment to the reverse side of a related set is prohibited. Use ${name}.set() instead.`,
  );
}
