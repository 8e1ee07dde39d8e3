import type { Field } from '../fields/field.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { keyId } from '../models/keys.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { stateOf } from '../models/state.ts';
import type { CreationOptions, Values } from '../operations/create.ts';
import { listGiven, requireValues } from '../operations/given.ts';
import { save } from '../operations/overridden.ts';
import { list } from '../operations/read.ts';
import { atomically, type Operation } from '../operations/steps.ts';
import { updateRows } from '../operations/update.ts';
import { QuerySet } from '../queryset/queryset.ts';
import {
  type Making,
  type RelatedChanges,
  type RelatedOptions,
  requireModel,
  requireRelatedOptions,
  requireSaved,
  withOptions,
} from './changes.ts';

/** Changes to rows that hold their owner themselves: in a foreign key, or in the two columns of a generic one. */
export abstract class OwnedChanges<Relation extends { readonly name: string; readonly target: ModelMeta }>
  implements RelatedChanges
{
  readonly owner: ModelInstance;
  protected readonly relation: Relation;
  readonly #making: Making;

  constructor(owner: ModelInstance, relation: Relation, making: Making) {
    this.owner = owner;
    this.relation = relation;
    this.#making = making;
  }

  abstract readonly held: Field;
  /** What a new row is given so that it is the owner's; throws where the owner has no value to be held by. */
  protected abstract ownerValues(): Values;
  /** What one UPDATE writes so that rows are the owner's. */
  protected abstract ownerColumns(): Values;
  /** Makes an instance the owner's, in memory. */
  protected abstract claim(instance: ModelInstance): void;
  /** Lets rows go. */
  protected abstract release(rows: QuerySet, options: RelatedOptions): Operation<void>;
  abstract remove(given: readonly unknown[]): Operation<void>;

  protected get own(): QuerySet {
    return this.#making.offered();
  }
  protected forget(): void {
    stateOf(this.owner).prefetched?.delete(this.relation.name);
  }
  get #alias(): string {
    return stateOf(this.owner).alias ?? 'default';
  }
  get #all(): QuerySet {
    return baseQuerySet(this.relation.target).using(this.#alias);
  }

  create(values: Values = {}): Operation<object> {
    requireValues('create', values);
    this.forget();
    return this.#making.create({ ...values, ...this.ownerValues() });
  }
  getOrCreate(where: Values = {}, options: CreationOptions = {}): Operation<[object, boolean]> {
    requireValues('getOrCreate', where);
    this.forget();
    return this.#making.getOrCreate({ ...where, ...this.ownerValues() }, options);
  }
  updateOrCreate(where: Values = {}, options: CreationOptions = {}): Operation<[object, boolean]> {
    requireValues('updateOrCreate', where);
    this.forget();
    return this.#making.updateOrCreate({ ...where, ...this.ownerValues() }, options);
  }

  *add(given: readonly unknown[]): Operation<void> {
    const [objects, { bulk = true }] = withOptions('add', given);
    this.forget();
    if (objects.length === 0) return;
    const instances = objects.map((object) => {
      requireModel(this.relation.target, object);
      if (bulk) requireSaved(object, this.#alias);
      return object;
    });
    const columns = this.ownerColumns();
    for (const instance of instances) this.claim(instance);
    if (bulk) {
      yield* updateRows(this.#all.filter({ pk__in: instances.map((each) => each.pk) }), columns);
      return;
    }
    yield* this.oneByOne(instances, (instance, using) => save(instance, { using }));
  }

  *clear(options: RelatedOptions = {}): Operation<void> {
    requireRelatedOptions('clear', options);
    yield* this.release(this.own, options);
  }

  *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    const objects = this.wanted(given, options);
    yield* atomically(this.#alias, { savepoint: false }, () => this.#replace(objects, options));
  }
  /** What `set` was given, refused before anything is sent where it cannot be set. */
  protected wanted(given: unknown, options: RelatedOptions): unknown[] {
    requireRelatedOptions('set', options);
    const objects = listGiven('set', given, 'instances');
    for (const object of objects) {
      requireModel(this.relation.target, object);
      if (options.bulk !== false) requireSaved(object, this.#alias);
    }
    return objects;
  }
  *#replace(objects: readonly unknown[], options: RelatedOptions): Operation<void> {
    if (options.clear === true) {
      yield* this.clear(options);
      return yield* this.add([...objects, options]);
    }
    const current = (yield* list(this.own)) as ModelInstance[];
    const wanted = new Set(objects.map(keyOf));
    const known = new Set(current.map(keyOf));
    yield* this.remove([...current.filter((instance) => !wanted.has(keyOf(instance))), options]);
    yield* this.add([...objects.filter((object) => !known.has(keyOf(object))), options]);
  }

  /**
   * What `bulk: false` asks for: each row by itself, so that a model's own `save` or `delete` runs.
   *
   * @param rows instances, or the query that finds them once the block is open
   */
  protected oneByOne(
    rows: readonly ModelInstance[] | QuerySet,
    change: (row: ModelInstance, using: string) => Operation<unknown>,
  ): Operation<void> {
    const using = this.#alias;
    return atomically(using, { savepoint: false }, function* (): Operation<void> {
      const found = rows instanceof QuerySet ? ((yield* list(rows)) as ModelInstance[]) : rows;
      for (const row of found) yield* change(row, using);
    });
  }
}

function keyOf(object: unknown): unknown {
  return isInstance(object) ? keyId(object.pk) : object;
}
