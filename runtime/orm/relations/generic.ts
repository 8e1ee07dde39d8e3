import type { Field } from '../fields/field.ts';
import type { GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { relate } from '../models/state.ts';
import type { Values } from '../operations/create.ts';
import { deleteRows } from '../operations/delete.ts';
import { remove, throughOwn } from '../operations/overridden.ts';
import type { Operation } from '../operations/steps.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { type RelatedOptions, requireModel, withOptions } from './changes.ts';
import { OwnedChanges } from './owned.ts';

/** `book.notes`: changes are made to the two columns of the generic foreign key. */
export class GenericChanges extends OwnedChanges<GenericRelation> {
  get held(): Field {
    return this.relation.model.primaryKey;
  }
  protected ownerValues(): Values {
    return this.relation.valuesFor(this.owner);
  }
  protected ownerColumns(): Values {
    return this.relation.valuesFor(this.owner);
  }
  protected claim(instance: ModelInstance): void {
    Object.assign(instance, this.ownerValues());
    relate(instance, this.relation.key.name, this.owner);
  }

  *remove(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions('remove', given);
    if (objects.length === 0) return;
    const keys = objects.map((object) => {
      requireModel(this.relation.target, object);
      return object.pk;
    });
    yield* this.release(this.own.filter({ pk__in: keys }), options);
  }

  /** A row that points at nothing would be of no use: as in Django, what is removed is deleted. */
  protected *release(rows: QuerySet, { bulk = true }: RelatedOptions): Operation<void> {
    this.forget();
    const own = rows.with({ known: undefined });
    if (bulk) yield* throughOwn(own, 'delete', [], () => deleteRows(own));
    else yield* this.oneByOne(rows, (row, using) => remove(row, { using }));
  }
}
