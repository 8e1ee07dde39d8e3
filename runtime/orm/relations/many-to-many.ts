import { ValueError } from '../errors.ts';
import { describe } from '../fields/text.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ManyToManyRelation } from '../models/relations.ts';
import { stateOf } from '../models/state.ts';
import { bulkCreate } from '../operations/bulk.ts';
import {
  type CreationOptions,
  create,
  getOrCreate,
  updateOrCreate,
  type Values,
} from '../operations/create.ts';
import { deleteRows } from '../operations/delete.ts';
import { list } from '../operations/read.ts';
import { atomically, type Operation } from '../operations/steps.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { throughStep } from '../queryset/through.ts';
import { type RelatedChanges, type RelatedOptions, requireModel, withOptions } from './changes.ts';

/** `book.genres`: changes are made to the pairs. */
export class ManyToManyChanges implements RelatedChanges {
  readonly #instance: ModelInstance;
  readonly #relation: ManyToManyRelation;

  constructor(instance: ModelInstance, relation: ManyToManyRelation) {
    this.#instance = instance;
    this.#relation = relation;
  }
  get #alias(): string {
    return stateOf(this.#instance).alias ?? 'default';
  }
  /** Related rows: where one is looked for before it is made. */
  get #related(): QuerySet {
    const all = new QuerySet(this.#relation.target).using(this.#alias);
    return all.step(throughStep(this.#relation, [this.#instance.pk]));
  }
  get #targets(): QuerySet {
    return new QuerySet(this.#relation.target).using(this.#alias);
  }
  get #pairs(): QuerySet {
    return new QuerySet(this.#relation.through).using(this.#alias);
  }
  get #ownPairs(): QuerySet {
    return this.#pairs.filter({ [this.#relation.ownKey.name]: this.#instance.pk });
  }
  #forget(): void {
    stateOf(this.#instance).prefetched?.delete(this.#relation.name);
  }

  create(values?: Values, options: RelatedOptions = {}): Operation<object> {
    return this.#linked(options, () => create(this.#targets, values));
  }
  *getOrCreate(where?: Values, options: CreationOptions & RelatedOptions = {}): Operation<[object, boolean]> {
    const [found] = yield* list(this.#related.filter(where).slice(0, 1));
    if (found !== undefined) return [found as object, false];
    const [made, created] = yield* getOrCreate(this.#targets, where, options);
    yield* this.#link([made], options);
    return [made, created];
  }
  *updateOrCreate(
    where?: Values,
    options: CreationOptions & RelatedOptions = {},
  ): Operation<[object, boolean]> {
    const [made, created] = yield* updateOrCreate(this.#targets, where, options);
    yield* this.#link([made], options);
    return [made, created];
  }
  *#linked(options: RelatedOptions, make: () => Operation<object>): Operation<object> {
    const made = yield* make();
    yield* this.#link([made], options);
    return made;
  }

  *add(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions(given);
    yield* this.#link(objects, options);
  }

  /** Pairs that are there already stay as they are. */
  *#link(objects: readonly unknown[], { throughDefaults = {} }: RelatedOptions): Operation<void> {
    this.#forget();
    if (objects.length === 0) return;
    const relation = this.#relation;
    const { ownKey, targetKey } = relation;
    const keys = [...new Set(objects.map((object) => this.#keyOf(object)))];
    const pair = (own: unknown, target: unknown) => ({
      ...throughDefaults,
      [ownKey.attribute]: own,
      [targetKey.attribute]: target,
    });
    const rows = keys.map((key) => pair(this.#instance.pk, key));
    if (relation.symmetrical) {
      for (const key of keys) if (key !== this.#instance.pk) rows.push(pair(key, this.#instance.pk));
    }
    yield* bulkCreate(this.#pairs, rows, { ignoreConflicts: true });
  }
  #keyOf(object: unknown): unknown {
    const { target } = this.#relation;
    if (!isInstance(object)) {
      if (typeof object === 'object' && object !== null) requireModel(target, object);
      return target.primaryKey.convert(object);
    }
    requireModel(target, object);
    if (object.pk === null || object.pk === undefined) {
      throw new ValueError(`Cannot add "${describe(object)}": the value for its primary key is None`);
    }
    return object.pk;
  }

  *remove(given: readonly unknown[]): Operation<void> {
    const [objects] = withOptions(given);
    if (objects.length === 0) return;
    this.#forget();
    const keys = objects.map((object) => this.#keyOf(object));
    const { ownKey, targetKey } = this.#relation;
    yield* deleteRows(this.#ownPairs.filter({ [`${targetKey.name}__in`]: keys }));
    if (!this.#relation.symmetrical) return;
    const mirrored = this.#pairs.filter({
      [targetKey.name]: this.#instance.pk,
      [`${ownKey.name}__in`]: keys,
    });
    yield* deleteRows(mirrored);
  }
  *clear(): Operation<void> {
    this.#forget();
    yield* deleteRows(this.#ownPairs);
    if (!this.#relation.symmetrical) return;
    yield* deleteRows(this.#pairs.filter({ [this.#relation.targetKey.name]: this.#instance.pk }));
  }
  *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    const objects = [...given];
    yield* atomically(this.#alias, { savepoint: false }, () => this.#replace(objects, options));
  }
  *#replace(objects: readonly unknown[], options: RelatedOptions): Operation<void> {
    if (options.clear === true) {
      yield* this.clear();
      return yield* this.#link(objects, options);
    }
    const { targetKey } = this.#relation;
    const pairs = (yield* list(this.#ownPairs)) as ModelInstance[];
    const current = new Set(pairs.map((pair) => pair[targetKey.attribute]));
    const wanted = new Set(objects.map((object) => this.#keyOf(object)));
    yield* this.remove([...current].filter((key) => !wanted.has(key)));
    yield* this.#link(
      [...wanted].filter((key) => !current.has(key)),
      options,
    );
  }
}
