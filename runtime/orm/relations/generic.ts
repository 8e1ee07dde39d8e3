import type { GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { relate, stateOf } from '../models/state.ts';
import {
  type CreationOptions,
  create,
  getOrCreate,
  updateOrCreate,
  type Values,
} from '../operations/create.ts';
import { deleteRows } from '../operations/delete.ts';
import { remove, save } from '../operations/overridden.ts';
import { list } from '../operations/read.ts';
import { atomically, type Operation } from '../operations/steps.ts';
import { updateRows } from '../operations/update.ts';
import { QuerySet } from '../queryset/queryset.ts';
import {
  type RelatedChanges,
  type RelatedOptions,
  requireModel,
  requireSaved,
  withOptions,
} from './changes.ts';

/** `book.notes`: changes are made to the two columns of the generic foreign key. */
export class GenericChanges implements RelatedChanges {
  readonly #instance: ModelInstance;
  readonly #relation: GenericRelation;
  readonly #own: () => QuerySet;

  /** @param own the rows the manager offers */
  constructor(instance: ModelInstance, relation: GenericRelation, own: () => QuerySet) {
    this.#instance = instance;
    this.#relation = relation;
    this.#own = own;
  }
  get #alias(): string {
    return stateOf(this.#instance).alias ?? 'default';
  }
  get #all(): QuerySet {
    return new QuerySet(this.#relation.target).using(this.#alias);
  }
  #owned(values: Values = {}): Values {
    return { ...values, ...this.#relation.valuesFor(this.#instance) };
  }
  #forget(): void {
    stateOf(this.#instance).prefetched?.delete(this.#relation.name);
  }

  create(values?: Values): Operation<object> {
    this.#forget();
    return create(this.#all, this.#owned(values));
  }
  getOrCreate(where?: Values, options?: CreationOptions): Operation<[object, boolean]> {
    this.#forget();
    return getOrCreate(this.#all, this.#owned(where), options);
  }
  updateOrCreate(where?: Values, options?: CreationOptions): Operation<[object, boolean]> {
    this.#forget();
    return updateOrCreate(this.#all, this.#owned(where), options);
  }

  *add(given: readonly unknown[]): Operation<void> {
    const [objects, { bulk = true }] = withOptions(given);
    this.#forget();
    if (objects.length === 0) return;
    const values = this.#owned();
    const instances = objects.map((object) => {
      requireModel(this.#relation.target, object);
      if (bulk) requireSaved(object);
      Object.assign(object, values);
      relate(object, this.#relation.key.name, this.#instance);
      return object;
    });
    if (bulk) {
      yield* updateRows(this.#all.filter({ pk__in: instances.map((each) => each.pk) }), values);
      return;
    }
    const using = this.#alias;
    yield* atomically(using, { savepoint: false }, function* (): Operation<void> {
      for (const instance of instances) yield* save(instance, { using });
    });
  }

  /** A row that points at nothing would be of no use: as in Django, what is removed is deleted. */
  *remove(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions(given);
    if (objects.length === 0) return;
    const keys = objects.map((object) => {
      requireModel(this.#relation.target, object);
      return object.pk;
    });
    yield* this.#delete(this.#own().filter({ pk__in: keys }), options);
  }
  clear(options: RelatedOptions = {}): Operation<void> {
    return this.#delete(this.#own(), options);
  }
  *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    const objects = [...given];
    yield* atomically(this.#alias, { savepoint: false }, () => this.#replace(objects, options));
  }
  *#replace(objects: readonly unknown[], options: RelatedOptions): Operation<void> {
    if (options.clear === true) {
      yield* this.clear(options);
      return yield* this.add([...objects, options]);
    }
    const current = (yield* list(this.#own())) as ModelInstance[];
    const wanted = new Set(objects.map((object) => (object as ModelInstance).pk));
    const known = new Set(current.map((instance) => instance.pk));
    yield* this.remove([...current.filter((instance) => !wanted.has(instance.pk)), options]);
    yield* this.add([...objects.filter((object) => !known.has((object as ModelInstance).pk)), options]);
  }

  *#delete(queryset: QuerySet, { bulk = true }: RelatedOptions): Operation<void> {
    this.#forget();
    if (bulk) {
      yield* deleteRows(queryset.with({ known: undefined }));
      return;
    }
    const using = this.#alias;
    yield* atomically(using, { savepoint: false }, function* (): Operation<void> {
      for (const row of (yield* list(queryset)) as ModelInstance[]) yield* remove(row, { using });
    });
  }
}
