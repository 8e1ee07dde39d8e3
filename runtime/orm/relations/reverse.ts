import { describe } from '../describe.ts';
import type { Field } from '../fields/field.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { isSameKey, putIn, valueIn } from '../models/keys.ts';
import { metaKey } from '../models/registry.ts';
import type { ReverseRelation } from '../models/relations.ts';
import { relate } from '../models/state.ts';
import type { Values } from '../operations/create.ts';
import { loadMissing } from '../operations/missing.ts';
import { save, throughOwn } from '../operations/overridden.ts';
import { errorsOf } from '../operations/read.ts';
import type { Operation } from '../operations/steps.ts';
import { updateRows } from '../operations/update.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import {
  type RelatedOptions,
  requireModel,
  requireRelatedOptions,
  valueHeld,
  withOptions,
} from './changes.ts';
import { OwnedChanges } from './owned.ts';

/** `author.books`: changes are made to the foreign key of the other model. */
export class ReverseChanges extends OwnedChanges<ReverseRelation> {
  get held(): Field {
    return this.relation.field.targetField;
  }
  get #key(): unknown {
    return valueHeld(this.owner, this.held);
  }
  protected ownerValues(): Values {
    this.#requireValue();
    return { [this.relation.field.name]: this.owner };
  }
  protected ownerColumns(): Values {
    return columnsOf(this.relation.field, this.#key);
  }
  protected claim(instance: ModelInstance): void {
    instance[this.relation.field.name] = this.owner;
  }

  *remove(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions('remove', given);
    const { target, field } = this.relation;
    this.#requireNullable('remove');
    if (objects.length === 0) return;
    const rows = objects.map((object) => {
      requireModel(target, object);
      return object;
    });
    yield* loadMissing(rows, [field]);
    for (const object of rows) {
      if (!isSameKey(valueIn(object, field), this.#key)) {
        const { DoesNotExist } = errorsOf(field.target);
        throw new DoesNotExist(`${describe(object)} is not related to ${describe(this.owner)}.`);
      }
    }
    yield* this.release(this.own.filter({ pk__in: rows.map((row) => row.pk) }), options);
    for (const object of rows) {
      putIn(object, field, null);
      relate(object, field.name, null);
    }
  }

  override *clear(options: RelatedOptions = {}): Operation<void> {
    requireRelatedOptions('clear', options);
    this.#requireNullable('clear');
    this.#requireValue();
    yield* super.clear(options);
  }

  /** A required foreign key lets nothing go, so that setting adds. */
  override *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    if (this.relation.field.options.nullable) yield* super.set(given, options);
    else yield* this.add([...this.wanted(given, options), options]);
  }

  protected *release(rows: QuerySet, { bulk = true }: RelatedOptions): Operation<void> {
    this.forget();
    const { field } = this.relation;
    if (bulk) {
      const none = columnsOf(field, null);
      yield* throughOwn(rows, 'update', [none], () => updateRows(rows, none));
      return;
    }
    yield* this.oneByOne(rows, (row, using) => {
      putIn(row, field, null);
      relate(row, field.name, null);
      const updateFields = (field.parts ?? [field]).filter(({ options }) => options.nullable);
      return save(row, { updateFields: updateFields.map((each) => each.name), using });
    });
  }

  #requireValue(): void {
    valueHeld(this.owner, this.held);
  }
  /** A required foreign key cannot let go. */
  #requireNullable(operation: string): void {
    if (this.relation.field.options.nullable) return;
    throw new TypeError(
      `'${this.owner[metaKey].label}.${this.relation.name}' has no ${operation}(): its foreign key cannot be null.`,
    );
  }
}

/** A value of a foreign key as values of its columns. */
function columnsOf(field: ForeignKeyField, value: unknown): Values {
  const { parts } = field;
  if (parts === undefined) return { [field.name]: value };
  if (value !== null) {
    const items = value as readonly unknown[];
    return Object.fromEntries(parts.map(({ name }, at) => [name, items[at]]));
  }
  const free = parts.filter(({ options }) => options.nullable);
  return Object.fromEntries(free.map(({ name }) => [name, null]));
}
