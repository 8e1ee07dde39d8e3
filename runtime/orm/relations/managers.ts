import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import type { GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey, valueIn } from '../models/keys.ts';
import { baseQuerySet, defaultManager, type ManagerClass, managerNamed } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { isDeferred, isPartial } from '../models/partial.ts';
import { metaKey } from '../models/registry.ts';
import type { AccessibleRelation, ManyToManyRelation, ReverseRelation } from '../models/relations.ts';
import { knownState, stateOf } from '../models/state.ts';
import { defineOperation } from '../operations/bound.ts';
import { create, getOrCreate, updateOrCreate, type Values } from '../operations/create.ts';
import { loadMissing } from '../operations/missing.ts';
import { ofClass, throughOwn } from '../operations/overridden.ts';
import type { Operation } from '../operations/steps.ts';
import { askedWith } from '../queryset/asked.ts';
import { ManagerBase, managedModel } from '../queryset/manager.ts';
import { overriddenBy } from '../queryset/overrides.ts';
import { ofOwner } from '../queryset/per-owner.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { throughStep } from '../queryset/through.ts';
import type { twins } from '../twins.ts';
import type { Making, RelatedChanges } from './changes.ts';
import { GenericChanges } from './generic.ts';
import { ManyToManyChanges } from './many-to-many.ts';
import { ReverseChanges } from './reverse.ts';

type ManyRelation = ManyToManyRelation | ReverseRelation | GenericRelation;
type RelatedManagerClass = new (
  instance: ModelInstance,
  relation: ManyRelation,
  chosen?: boolean,
) => ManagerBase;

/** The changes of a related manager: under a symbol, because names are for the managers of applications. */
const changes = Symbol('changes');

/** An operation of related managers, with the values that it is called with. */
type Change = (made: RelatedChanges, given: readonly never[]) => Operation<unknown>;
function change(run: Change) {
  return function* (
    manager: { readonly [changes]: RelatedChanges },
    ...given: unknown[]
  ): Operation<unknown> {
    const made = manager[changes];
    // What the relation goes by may not be loaded yet.
    yield* loadMissing([made.owner], [made.held]);
    return yield* run(made, given as never[]);
  };
}
/** What related managers do besides what query sets do, by the names of the sync forms. */
const operations = {
  create: change((made, [values, options]) => made.create(values, options)),
  getOrCreate: change((made, [where, options]) => made.getOrCreate(where, options)),
  updateOrCreate: change((made, [where, options]) => made.updateOrCreate(where, options)),
  add: change((made, objects) => made.add(objects)),
  remove: change((made, objects) => made.remove(objects)),
  clear: change((made, [options]) => made.clear(options)),
  set: change((made, [objects, options]) => made.set(objects as never, options)),
} satisfies Record<keyof typeof twins.related, unknown>;

const classes = new WeakMap<ManagerClass, RelatedManagerClass>();

/** The class of related managers that have the methods of `Base`, the class of the target's default manager. */
function relatedManagerClass(Base: ManagerClass): RelatedManagerClass {
  let related = classes.get(Base);
  if (related === undefined) {
    related = extendManager(Base);
    classes.set(Base, related);
  }
  return related;
}

/** The many side of a relation, bound to one instance. */
function extendManager(Base: ManagerClass): RelatedManagerClass {
  class RelatedManager extends Base {
    readonly #instance: ModelInstance;
    readonly #relation: ManyRelation;
    readonly #changes: RelatedChanges;
    readonly #chosen: boolean;

    constructor(instance: ModelInstance, relation: ManyRelation, chosen = false) {
      super(relation.target.modelClass);
      this.#instance = instance;
      this.#relation = relation;
      this.#chosen = chosen;
      this.#changes = changesOf(
        instance,
        relation,
        makingOf(this, Base, { everybodys: () => super.getQuerySet(), offered: () => this.#offered() }),
      );
    }

    /** The related rows; what was prefetched of them is not asked for again. */
    override getQuerySet(): QuerySet {
      const instance = this.#instance;
      requireKey(instance, this.#relation);
      // What was prefetched are the rows of the default manager.
      const prefetched = this.#chosen ? undefined : stateOf(instance).prefetched?.get(this.#relation.name);
      if (prefetched === undefined) return this.#offered();
      const queryset = this.#offered(askedWith(prefetched));
      queryset.fill(prefetched);
      return queryset;
    }
    /** The same rows of the instance, as another manager of their model offers them. */
    manager(given: unknown): ManagerBase {
      const { target } = this.#relation;
      const Chosen = classOf(typeof given === 'string' ? managerNamed(target, given) : given, target);
      const Related = relatedManagerClass(Chosen);
      return new Related(this.#instance, this.#relation, true);
    }
    #offered(start = super.getQuerySet()): QuerySet {
      const alias = stateOf(this.#instance).alias ?? 'default';
      const rows = narrowed(
        start.state.alias === undefined ? start.using(alias) : start,
        this.#instance,
        this.#relation,
      );
      const fetchMode = knownState(this.#instance)?.fetching?.mode;
      return fetchMode === undefined ? rows : rows.with({ fetchMode });
    }
    /** Unlike a query set's, it keeps what was prefetched. */
    all(): QuerySet {
      return this.getQuerySet();
    }
    /** @internal */
    get [changes](): RelatedChanges {
      return this.#changes;
    }
  }
  for (const [name, operation] of Object.entries(operations))
    defineOperation(RelatedManager.prototype, name, operation);
  return RelatedManager;
}

/** @throws TypeError for what is no manager; ValueError for one of another model */
function classOf(given: unknown, target: ModelMeta): ManagerClass {
  if (!(given instanceof ManagerBase))
    throw new TypeError(`manager() takes a manager of ${target.label}, or its name, not ${describe(given)}.`);
  const model = given[managedModel];
  if (model.concrete !== target.concrete)
    throw new ValueError(`manager() takes a manager of ${target.label}, not one of ${model.label}.`);
  return given.constructor as ManagerClass;
}

/** Rows are made as the class of the manager makes them, its own `create` and the like included. */
function makingOf(
  manager: ManagerBase,
  Base: ManagerClass,
  rows: Pick<Making, 'everybodys' | 'offered'>,
): Making {
  const made = <Result>(
    name: string,
    operation: (queryset: QuerySet, ...values: Values[]) => Operation<Result>,
    ...values: Values[]
  ): Operation<Result> => {
    const queryset = rows.offered();
    if (overriddenBy(Base).has(name)) return ofClass(Base, manager, queryset.database, name, values);
    return throughOwn(queryset, name, values, () => operation(queryset, ...values));
  };
  return {
    ...rows,
    create: (values) => made('create', create, values),
    getOrCreate: (where, options) => made('getOrCreate', getOrCreate, where, { ...options }),
    updateOrCreate: (where, options) => made('updateOrCreate', updateOrCreate, where, { ...options }),
  };
}

function changesOf(instance: ModelInstance, relation: ManyRelation, making: Making): RelatedChanges {
  switch (relation.form) {
    case 'reverse':
      return new ReverseChanges(instance, relation, making);
    case 'manyToMany':
      return new ManyToManyChanges(instance, relation, making);
    case 'generic':
      return new GenericChanges(instance, relation, making);
  }
}

/** The rows of `from` that are related to an instance, and know it; a slice is one of those rows. */
function narrowed(from: QuerySet, instance: ModelInstance, relation: ManyRelation): QuerySet {
  switch (relation.form) {
    case 'reverse': {
      const { name, targetField } = relation.field;
      const itself = unloaded(instance, targetField);
      if (itself !== undefined)
        return ofOwner(from, { [`${name}__in`]: itself }).with({ known: { name, instance } });
      const value = valueIn(instance, targetField);
      // Rows that point at nothing are nobody's.
      const own = value === null || value === undefined ? from.none() : ofOwner(from, { [name]: value });
      return own.with({ known: { name, instance } });
    }
    case 'manyToMany': {
      const { targetField } = relation.ownKey;
      const owners = unloaded(instance, targetField) ?? [instance[targetField.attribute]];
      return from.step(throughStep(relation, owners));
    }
    case 'generic':
      return ofOwner(from, relation.valuesFor(instance)).with({
        known: { name: relation.key.name, instance },
      });
  }
}

/** An instance as a query where it lacks the field that it is related by: building a query must not ask for the value. */
function unloaded(instance: ModelInstance, field: Field): QuerySet | undefined {
  if (!isPartial(instance)) return undefined;
  const lacks = (field.parts ?? [field]).some(({ attribute }) => isDeferred(instance, attribute));
  return lacks ? baseQuerySet(field.model).filter({ pk: instance.pk }) : undefined;
}

function requireKey(instance: ModelInstance, { form }: AccessibleRelation): void {
  if (hasKey(instance)) return;
  const { label, primaryKey } = instance[metaKey];
  throw new ValueError(
    form === 'manyToMany'
      ? `"${describe(instance)}" needs to have a value for field "${primaryKey.name}" before this many-to-many relationship can be used.`
      : `'${label}' instance needs to have a primary key value before this relationship can be used.`,
  );
}

export function relatedManager(instance: ModelInstance, relation: AccessibleRelation): ManagerBase {
  if (relation.form === 'forward') throw new TypeError(`${relation.name} is not a relation of many.`);
  requireKey(instance, relation);
  const Base = (defaultManager(relation.target)?.constructor ?? ManagerBase) as ManagerClass;
  const Related = relatedManagerClass(Base);
  return new Related(instance, relation);
}
