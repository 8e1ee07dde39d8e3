import { ValidationError, ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { itemsOf } from '../fields/composite.ts';
import { type Field, isBlank, worded } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import { deleteInstance } from '../operations/delete.ts';
import { nativeForm } from '../operations/overridden.ts';
import { refreshInstance } from '../operations/refresh.ts';
import { saveInstance } from '../operations/save.ts';
import {
  excluded,
  fullClean,
  fullCleanWaiting,
  refuse,
  validateConstraints,
  validateUnique,
} from '../operations/validate.ts';
import type { CleanOptions, InstanceOptions, RefreshOptions, SaveOptions } from '../types/model.ts';
import type { Deleted } from '../types/queryset.ts';
import { hasKey, keyId } from './keys.ts';
import type { ModelMeta } from './meta.ts';
import { metaKey } from './registry.ts';
import { Loaded, Stateful } from './state.ts';

/** Base of every model instance. Attributes are own, plain properties; relations are accessors of the model. */
export class ModelInstance extends Stateful {
  declare readonly [metaKey]: ModelMeta;
  [attribute: string]: unknown;

  constructor(values?: Loaded | Readonly<Record<string, unknown>>) {
    super(values instanceof Loaded ? values : undefined);
    if (!(values instanceof Loaded)) this[metaKey].initialise(this, values === undefined ? {} : values);
  }

  get pk(): unknown {
    const { primaryKey } = this[metaKey];
    if (primaryKey.parts === undefined) return this[primaryKey.attribute];
    return primaryKey.parts.map(({ attribute }) => this[attribute]);
  }
  set pk(value: unknown) {
    const { primaryKey, parent } = this[metaKey];
    if (primaryKey.parts !== undefined) {
      const items = value === null || value === undefined ? [] : itemsOf(primaryKey, value);
      for (const [at, { attribute }] of primaryKey.parts.entries()) this[attribute] = items[at] ?? null;
      return;
    }
    this[primaryKey.attribute] = value;
    for (let each = parent; each !== undefined; each = each.parent) this[each.primaryKey.attribute] = value;
  }

  /** Inserts or updates the row. */
  get save(): (options?: SaveOptions) => void {
    return synchronous(this, 'save', saveInstance);
  }
  asave(options?: SaveOptions): Promise<void> {
    return asynchronous(nativeForm(this, 'save', options, () => saveInstance(this, options)));
  }
  /** Deletes the row and what depends on it. */
  get delete(): (options?: InstanceOptions) => Deleted {
    return synchronous(this, 'delete', deleteInstance);
  }
  adelete(options?: InstanceOptions): Promise<Deleted> {
    return asynchronous(nativeForm(this, 'delete', options, () => deleteInstance(this, options)));
  }
  /** Reads the attributes again. */
  get refreshFromDb(): (options?: RefreshOptions) => void {
    return synchronous(this, 'refreshFromDb', refreshInstance);
  }
  arefreshFromDb(options?: RefreshOptions): Promise<void> {
    return asynchronous(nativeForm(this, 'refreshFromDb', options, () => refreshInstance(this, options)));
  }

  /** Model and key, as in Django; override it for what people should read. */
  override toString(): string {
    const { pk } = this;
    return `${this[metaKey].label} object (${Array.isArray(pk) ? `(${pk.join(', ')})` : pk})`;
  }
  equals(other: unknown): boolean {
    if (this === other) return true;
    if (!(other instanceof ModelInstance) || other[metaKey].concrete !== this[metaKey].concrete) return false;
    return hasKey(this) && keyId(this.pk) === keyId(other.pk);
  }

  /** Runs the checks of the fields; throws ValidationError naming every field that failed. */
  cleanFields(options: Pick<CleanOptions, 'exclude'> = {}): void {
    const exclude = excluded('cleanFields', options);
    const errors: Record<string, readonly ValidationError[]> = {};
    for (const field of this[metaKey].fields) {
      if (field.computed || exclude.includes(field.name)) continue;
      const value = this[field.attribute];
      const missing = value === null || value === undefined;
      if (value instanceof ExpressionNode) continue;
      if (missing && mayBeMissing(field)) continue;
      if (field.options.blank && isBlank(value)) continue;
      try {
        if (missing) throw new ValidationError('This field cannot be null.', { code: 'null' });
        field.validate(value);
      } catch (error) {
        // Anything else is a mistake in the check, not in the value.
        if (!(error instanceof ValidationError || error instanceof ValueError)) throw error;
        const found =
          error instanceof ValidationError
            ? error
            : new ValidationError(error.message, { code: 'invalid', params: { value } });
        errors[field.name] = found.errorList.map((each) => worded(field, each));
      }
    }
    refuse(errors);
  }
  /** For checks that concern several fields: override it and throw ValidationError. An async one is for `afullClean`. */
  clean(): void | Promise<void> {}

  /** Runs every check: of the fields, `clean`, uniqueness and constraints. `save` does not call it. */
  get fullClean(): (options?: CleanOptions) => void {
    return synchronous(this, 'fullClean', fullClean);
  }
  afullClean(options?: CleanOptions): Promise<void> {
    return fullCleanWaiting(this, options, asynchronous);
  }
  get validateUnique(): (options?: CleanOptions) => void {
    return synchronous(this, 'validateUnique', validateUnique);
  }
  avalidateUnique(options?: CleanOptions): Promise<void> {
    return asynchronous(validateUnique(this, options));
  }
  get validateConstraints(): (options?: CleanOptions) => void {
    return synchronous(this, 'validateConstraints', validateConstraints);
  }
  avalidateConstraints(options?: CleanOptions): Promise<void> {
    return asynchronous(validateConstraints(this, options));
  }
}

/** True for a field that need not have a value: null is one, or it is filled in when the row is saved. */
function mayBeMissing(field: Field): boolean {
  const { nullable, dbDefault } = field.options;
  // The row of the parent is made with this one.
  if (field instanceof ForeignKeyField && field.relation.parentLink === true) return true;
  return nullable || field.generated || field.changesOnInsert || dbDefault !== undefined;
}
