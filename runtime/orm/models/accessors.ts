import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { GenericKeyDescription, GenericRelationDescription } from '../fields/generic.ts';
import { type ForeignKeyField, ManyToManyDescription, ReverseDescription } from '../fields/relations.ts';
import { asynchronous } from '../operations/bound.ts';
import { readForward, readGeneric, readReverse, requiredForward } from '../operations/related.ts';
import { runBlocking } from '../operations/run.ts';
import { relatedManager } from '../relations/managers.ts';
import { relationTwin } from '../twins.ts';
import { defineDisplays } from './displays.ts';
import { type GenericKey, typeName } from './generic.ts';
import type { ModelInstance } from './instance.ts';
import { itemsIn, putIn, valueIn } from './keys.ts';
import { backwardsOf, knownForward, knownGeneric } from './known.ts';
import type { ModelMeta } from './meta.ts';
import { defineNeighbours } from './neighbours.ts';
import { defineOrder } from './order.ts';
import { metaKey } from './registry.ts';
import type { ReverseRelation } from './relations.ts';
import { originOf, relate, stateOf } from './state.ts';

/** Defines the relation accessors of a model on its prototype. */
export function defineAccessors(prototype: object, meta: ModelMeta): void {
  defineDisplays(prototype, meta);
  defineNeighbours(prototype, meta);
  defineOrder(prototype, meta);
  for (const field of meta.foreignKeys) defineForward(prototype, field);
  for (const [name, description] of Object.entries(meta.declaration)) {
    if (description instanceof ReverseDescription) defineReverse(prototype, meta, name, name);
    if (description instanceof ManyToManyDescription || description instanceof GenericRelationDescription) {
      defineMany(prototype, meta, name);
    }
    if (description instanceof GenericKeyDescription) defineGeneric(prototype, meta, name);
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
      const known = knownForward(this, field);
      return known === undefined ? runBlocking(readForward(this, field)) : requiredForward(known, field);
    },
    function (value) {
      assignForward(this, field, value);
    },
  );
  define(prototype, relationTwin(name), async function () {
    const known = knownForward(this, field);
    return known === undefined ? asynchronous(readForward(this, field)) : requiredForward(known, field);
  });
}

function assignForward(instance: ModelInstance, field: ForeignKeyField, value: unknown): void {
  const backwards = backwardsOf(field);
  if (value === null || value === undefined) {
    const before = stateOf(instance).related?.get(field.name);
    if (backwards !== undefined && before !== null && before !== undefined) relate(before, backwards, null);
    putIn(instance, field, null);
    relate(instance, field.name, null);
    return;
  }
  const related = value as ModelInstance;
  if (typeof value !== 'object' || related[metaKey]?.isA(field.target) !== true) {
    throw new ValueError(
      `Cannot assign "${describe(value)}": "${instance[metaKey].label}.${field.name}" must be a "${field.target.label}" instance.`,
    );
  }
  requireOneDatabase(instance, related, field.name);
  const { targetField } = field;
  putIn(instance, field, itemsIn(related, targetField));
  relate(instance, field.name, related);
  const key = valueIn(related, targetField);
  if (key === null || key === undefined) {
    const state = stateOf(instance);
    state.unsaved ??= new Set();
    state.unsaved.add(field.name);
  }
  if (backwards !== undefined) relate(related, backwards, instance);
}

/** No foreign key leads from one database to another. What has no row yet goes where the other is, as in Django. */
function requireOneDatabase(instance: ModelInstance, related: ModelInstance, name: string): void {
  const own = originOf(instance);
  const other = originOf(related);
  if (own === other) return;
  if (own === undefined) stateOf(instance).alias = other;
  else if (other === undefined) stateOf(related).alias = own;
  else {
    throw new ValueError(
      `Cannot assign "${describe(related)}" to "${instance[metaKey].label}.${name}": instance is on database "${own}", value is on database "${other}".`,
    );
  }
}

/** `author.books`, or `author.profile` and `author.aprofile` where the other side is single. */
export function defineReverse(prototype: object, meta: ModelMeta, name: string, accessor: string): void {
  define(
    prototype,
    accessor,
    function () {
      const relation = meta.requireRelation(name);
      if (relation.form !== 'reverse' || !relation.single) return relatedManager(this, relation);
      return stateOf(this).related?.get(name) ?? runBlocking(readReverse(this, relation));
    },
    function (value) {
      const relation = meta.requireRelation(name);
      if (relation.form === 'manyToMany') {
        throw directAssignment(accessor, 'reverse side of a many-to-many set');
      }
      if (relation.form !== 'reverse' || !relation.single) throw directAssignment(accessor);
      assignReverse(this, relation, value);
    },
  );
  define(prototype, relationTwin(accessor), function () {
    const relation = meta.requireRelation(name);
    if (relation.form !== 'reverse' || !relation.single) return undefined;
    const known = stateOf(this).related?.get(name);
    return known ? Promise.resolve(known) : asynchronous(readReverse(this, relation));
  });
}

/** As in Django, null lets go of the row that is known, and of none that is not. */
function assignReverse(owner: ModelInstance, { name, field, target }: ReverseRelation, value: unknown): void {
  if (value === null || value === undefined) {
    const { related } = stateOf(owner);
    const known = related?.get(name) as ModelInstance | null | undefined;
    related?.delete(name);
    if (known !== null && known !== undefined) known[field.name] = null;
    return;
  }
  const other = value as ModelInstance;
  if (typeof value !== 'object' || other[metaKey]?.isA(target) !== true) {
    throw new ValueError(
      `Cannot assign "${describe(value)}": "${owner[metaKey].label}.${name}" must be a "${target.label}" instance.`,
    );
  }
  other[field.name] = owner;
}

function defineMany(prototype: object, meta: ModelMeta, name: string): void {
  define(
    prototype,
    name,
    function () {
      // A generic relation that is inherited goes by the name of the instance's own model.
      return relatedManager(this, this[metaKey].requireRelation(name));
    },
    () => {
      const many = meta.requireRelation(name).form === 'manyToMany';
      throw directAssignment(name, many ? 'forward side of a many-to-many set' : undefined);
    },
  );
}

/** `note.target` and `note.atarget`. */
function defineGeneric(prototype: object, meta: ModelMeta, name: string): void {
  const key = () => meta.genericKeys.get(name) as GenericKey;
  define(
    prototype,
    name,
    function () {
      const known = knownGeneric(this, key());
      return known === undefined ? runBlocking(readGeneric(this, key())) : known;
    },
    function (value) {
      assignGeneric(this, key(), value as ModelInstance | null);
    },
  );
  define(prototype, relationTwin(name), function () {
    const known = knownGeneric(this, key());
    return known === undefined ? asynchronous(readGeneric(this, key())) : Promise.resolve(known);
  });
}

function assignGeneric(instance: ModelInstance, key: GenericKey, related: ModelInstance | null): void {
  const { typeField, keyField } = key;
  const meta = related?.[metaKey];
  if (related !== null && meta === undefined) {
    throw new ValueError(
      `Cannot assign "${describe(related)}": a generic foreign key takes model instances.`,
    );
  }
  instance[typeField.attribute] = meta === undefined ? null : typeName(meta);
  instance[keyField.attribute] = related?.pk ?? null;
  relate(instance, key.name, related);
  if (related === null || (related.pk !== null && related.pk !== undefined)) return;
  const state = stateOf(instance);
  state.unsaved ??= new Set();
  state.unsaved.add(key.name);
}

function directAssignment(name: string, side = 'reverse side of a related set'): TypeError {
  return new TypeError(`Direct assignment to the ${side} is prohibited. Use ${name}.set() instead.`);
}
