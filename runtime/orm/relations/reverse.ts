import { describe } from '../fields/text.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { metaKey } from '../models/registry.ts';
import type { ReverseRelation } from '../models/relations.ts';
import { relate, stateOf } from '../models/state.ts';
import {
  type CreationOptions,
  create,
  getOrCreate,
  updateOrCreate,
  type Values,
} from '../operations/create.ts';
import { save } from '../operations/overridden.ts';
import { errorsOf, list } from '../operations/read.ts';
import { atomically, type Operation } from '../operations/steps.ts';
import { updateRows } from '../operations/update.ts';
import { QuerySet } from '../queryset/queryset.ts';
import {
  type RelatedChanges,
  type RelatedOptions,
  requireModel,
  requireSaved,
  valueHeld,
  withOptions,
} from './changes.ts';

/** `author.books`: changes are made to the foreign key of the other model. */
export class ReverseChanges implements RelatedChanges {
  readonly #instance: ModelInstance;
  readonly #relation: ReverseRelation;

  readonly #offered: () => QuerySet;

  /** @param offered the rows the manager offers */
  constructor(instance: ModelInstance, relation: ReverseRelation, offered: () => QuerySet) {
    this.#instance = instance;
    this.#relation = relation;
    this.#offered = offered;
  }
  get #key(): unknown {
    return valueHeld(this.#instance, this.#relation.field.targetField);
  }
  get #alias(): string {
    return stateOf(this.#instance).alias ?? 'default';
  }
  get #all(): QuerySet {
    return new QuerySet(this.#relation.target).using(this.#alias);
  }
  get #own(): QuerySet {
    return this.#offered();
  }
  #withOwner(values: Values = {}): Values {
    this.#requireValue();
    return { ...values, [this.#relation.field.name]: this.#instance };
  }
  #forget(): void {
    stateOf(this.#instance).prefetched?.delete(this.#relation.name);
  }

  create(values?: Values): Operation<object> {
    this.#forget();
    return create(this.#all, this.#withOwner(values));
  }
  getOrCreate(where?: Values, options?: CreationOptions): Operation<[object, boolean]> {
    this.#forget();
    return getOrCreate(this.#all, this.#withOwner(where), options);
  }
  updateOrCreate(where?: Values, options?: CreationOptions): Operation<[object, boolean]> {
    this.#forget();
    return updateOrCreate(this.#all, this.#withOwner(where), options);
  }

  *add(given: readonly unknown[]): Operation<void> {
    const [objects, { bulk = true }] = withOptions(given);
    const { target, field } = this.#relation;
    this.#forget();
    if (objects.length === 0) return;
    const instances = objects.map((object) => {
      requireModel(target, object);
      if (bulk) requireSaved(object);
      return object;
    });
    const key = this.#key;
    for (const instance of instances) instance[field.name] = this.#instance;
    if (bulk) {
      yield* updateRows(this.#all.filter({ pk__in: instances.map((each) => each.pk) }), {
        [field.name]: key,
      });
      return;
    }
    const using = this.#alias;
    yield* atomically(using, { savepoint: false }, function* (): Operation<void> {
      for (const instance of instances) yield* save(instance, { using });
    });
  }

  *remove(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions(given);
    const { target, field } = this.#relation;
    this.#requireNullable('remove');
    if (objects.length === 0) return;
    for (const object of objects) {
      if (!isInstance(object)) continue;
      requireModel(target, object);
      if (object[field.attribute] !== this.#key) {
        const { DoesNotExist } = errorsOf(field.target);
        throw new DoesNotExist(`${describe(object)} is not related to ${describe(this.#instance)}.`);
      }
    }
    const keys = objects.map((object) => (isInstance(object) ? object.pk : object));
    yield* this.#release(this.#own.filter({ pk__in: keys }), options);
    for (const object of objects) {
      if (!isInstance(object)) continue;
      (object as unknown as ModelInstance)[field.attribute] = null;
      relate(object, field.name, null);
    }
  }

  *clear(options: RelatedOptions = {}): Operation<void> {
    this.#requireNullable('clear');
    this.#requireValue();
    yield* this.#release(this.#own, options);
  }

  *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    const objects = [...given];
    const { clear = false } = options;
    const { field } = this.#relation;
    if (!field.options.nullable) return yield* this.add([...objects, options]);
    const work = function* (changes: ReverseChanges): Operation<void> {
      if (clear) {
        yield* changes.clear(options);
        return yield* changes.add([...objects, options]);
      }
      const current = (yield* list(changes.#own)) as ModelInstance[];
      const keyOf = (object: unknown) => (isInstance(object) ? object.pk : object);
      const wanted = new Set(objects.map(keyOf));
      const known = new Set(current.map((instance) => instance.pk));
      yield* changes.remove([...current.filter((instance) => !wanted.has(instance.pk)), options]);
      yield* changes.add([...objects.filter((object) => !known.has(keyOf(object))), options]);
    };
    yield* atomically(this.#alias, { savepoint: false }, () => work(this));
  }

  *#release(queryset: QuerySet, { bulk = true }: RelatedOptions): Operation<void> {
    this.#forget();
    const { field } = this.#relation;
    if (bulk) {
      yield* updateRows(queryset, { [field.name]: null });
      return;
    }
    const using = this.#alias;
    yield* atomically(using, { savepoint: false }, function* (): Operation<void> {
      for (const row of (yield* list(queryset)) as ModelInstance[]) {
        row[field.name] = null;
        yield* save(row, { updateFields: [field.name], using });
      }
    });
  }
  #requireValue(): void {
    valueHeld(this.#instance, this.#relation.field.targetField);
  }
  /** A required foreign key cannot let go. */
  #requireNullable(operation: string): void {
    if (this.#relation.field.options.nullable) return;
    throw new TypeError(
      `'${this.#instance[metaKey].label}.${this.#relation.name}' has no ${operation}(): its foreign key cannot be null.`,
    );
  }
}
