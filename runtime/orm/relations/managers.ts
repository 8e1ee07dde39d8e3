import { ValueError } from '../errors.ts';
import type { ModelInstance } from '../models/instance.ts';
import { metaKey } from '../models/registry.ts';
import type { ManyToManyRelation, Relation, ReverseRelation } from '../models/relations.ts';
import { stateOf } from '../models/state.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import type { CreationOptions, Values } from '../operations/create.ts';
import { ManagerBase } from '../queryset/manager.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { throughStep } from '../queryset/through.ts';
import type { RelatedChanges, RelatedOptions } from './changes.ts';
import { ManyToManyChanges } from './many-to-many.ts';
import { ReverseChanges } from './reverse.ts';

/** The many side of a relation, bound to one instance. Twins stand together, over the same operation. */
export class RelatedManagerBase extends ManagerBase {
  readonly #instance: ModelInstance;
  readonly #relation: ManyToManyRelation | ReverseRelation;
  readonly #changes: RelatedChanges;

  constructor(instance: ModelInstance, relation: ManyToManyRelation | ReverseRelation) {
    super(relation.target.modelClass);
    this.#instance = instance;
    this.#relation = relation;
    this.#changes =
      relation.form === 'reverse'
        ? new ReverseChanges(instance, relation)
        : new ManyToManyChanges(instance, relation);
  }

  override getQuerySet(): QuerySet {
    const instance = this.#instance;
    requireKey(instance);
    const relation = this.#relation;
    const alias = stateOf(instance).alias ?? 'default';
    const start = new QuerySet(relation.target).using(alias);
    const queryset =
      relation.form === 'reverse'
        ? start
            .filter({ [relation.field.name]: instance.pk })
            .with({ known: { name: relation.field.name, instance } })
        : start.step(throughStep(relation, [instance.pk]));
    const prefetched = stateOf(instance).prefetched?.get(relation.name);
    if (prefetched !== undefined) queryset.fill(prefetched);
    return queryset;
  }
  /** Unlike a query set's, it keeps what was prefetched. */
  all(): QuerySet {
    return this.getQuerySet();
  }

  get create() {
    return synchronous(this.#changes, 'create', createRelated);
  }
  acreate(values?: Values, options?: RelatedOptions) {
    return asynchronous(createRelated(this.#changes, values, options));
  }
  get getOrCreate() {
    return synchronous(this.#changes, 'getOrCreate', getOrCreateRelated);
  }
  agetOrCreate(where?: Values, options?: CreationOptions & RelatedOptions) {
    return asynchronous(getOrCreateRelated(this.#changes, where, options));
  }
  get updateOrCreate() {
    return synchronous(this.#changes, 'updateOrCreate', updateOrCreateRelated);
  }
  aupdateOrCreate(where?: Values, options?: CreationOptions & RelatedOptions) {
    return asynchronous(updateOrCreateRelated(this.#changes, where, options));
  }
  get add() {
    return synchronous(this.#changes, 'add', addRelated);
  }
  aadd(...objects: unknown[]) {
    return asynchronous(addRelated(this.#changes, ...objects));
  }
  get remove() {
    return synchronous(this.#changes, 'remove', removeRelated);
  }
  aremove(...objects: unknown[]) {
    return asynchronous(removeRelated(this.#changes, ...objects));
  }
  get clear() {
    return synchronous(this.#changes, 'clear', clearRelated);
  }
  aclear(options?: RelatedOptions) {
    return asynchronous(clearRelated(this.#changes, options));
  }
  get set() {
    return synchronous(this.#changes, 'set', setRelated);
  }
  aset(objects: Iterable<unknown>, options?: RelatedOptions) {
    return asynchronous(setRelated(this.#changes, objects, options));
  }
}

const createRelated = (changes: RelatedChanges, values?: Values, options?: RelatedOptions) =>
  changes.create(values, options);
const getOrCreateRelated = (
  changes: RelatedChanges,
  where?: Values,
  options?: CreationOptions & RelatedOptions,
) => changes.getOrCreate(where, options);
const updateOrCreateRelated = (
  changes: RelatedChanges,
  where?: Values,
  options?: CreationOptions & RelatedOptions,
) => changes.updateOrCreate(where, options);
const addRelated = (changes: RelatedChanges, ...objects: unknown[]) => changes.add(objects);
const removeRelated = (changes: RelatedChanges, ...objects: unknown[]) => changes.remove(objects);
const clearRelated = (changes: RelatedChanges, options?: RelatedOptions) => changes.clear(options);
const setRelated = (changes: RelatedChanges, objects: Iterable<unknown>, options?: RelatedOptions) =>
  changes.set(objects, options);

function requireKey(instance: ModelInstance): void {
  if (instance.pk !== null && instance.pk !== undefined) return;
  throw new ValueError(
    `'${instance[metaKey].label}' instance needs to have a primary key value before this relationship can be used.`,
  );
}

export function relatedManager(instance: ModelInstance, relation: Relation): RelatedManagerBase {
  if (relation.form === 'forward') throw new TypeError(`${relation.name} is not a relation of many.`);
  requireKey(instance);
  return new RelatedManagerBase(instance, relation);
}
