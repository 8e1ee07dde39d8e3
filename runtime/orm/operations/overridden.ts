import type { ModelInstance } from '../models/instance.ts';
import { type OverridableName, overrideOf } from '../models/overrides.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { overriddenBy } from '../queryset/overrides.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import type { InstanceOptions, RefreshOptions, SaveOptions } from '../types/model.ts';
import type { Deleted } from '../types/queryset.ts';
import { applicationForm } from './application-form.ts';
import { deleteInstance } from './delete.ts';
import { refreshInstance } from './refresh.ts';
import { saveInstance } from './save.ts';
import type { Operation } from './steps.ts';

/** Saves by the model's own `save` or `asave` where it has one, as everything does that saves for the application. */
export function* save(instance: ModelInstance, options: SaveOptions): Operation<void> {
  if (overrideOf(instance, 'save') === 'none') yield* saveInstance(instance, options);
  else yield* delegate(instance, 'save', options);
}

/** Deletes by the model's own `delete` or `adelete` where it has one. */
export function* remove(instance: ModelInstance, options: InstanceOptions): Operation<Deleted> {
  if (overrideOf(instance, 'delete') === 'none') return yield* deleteInstance(instance, options);
  return (yield* delegate(instance, 'delete', options)) as Deleted;
}

/** Reads attributes again by the model's own `refreshFromDb` or `arefreshFromDb` where it has one. */
export function* refresh(instance: ModelInstance, options: RefreshOptions): Operation<void> {
  if (overrideOf(instance, 'refreshFromDb') === 'none') yield* refreshInstance(instance, options);
  else yield* delegate(instance, 'refreshFromDb', options);
}

/**
 * What `asave()`, `adelete()` and `arefreshFromDb()` of a model do that overrides the sync form alone: skipping the override would give
 * other results than the sync path.
 */
export function* nativeForm<Result>(
  instance: ModelInstance,
  name: OverridableName,
  options: InstanceOptions | RefreshOptions | undefined,
  operation: () => Operation<Result>,
): Operation<Result> {
  if (overrideOf(instance, name) !== 'syncOnly') return yield* operation();
  return (yield* delegate(instance, name, options ?? {})) as Result;
}

function delegate(
  instance: ModelInstance,
  name: OverridableName,
  options: InstanceOptions | RefreshOptions,
): Operation<unknown> {
  const alias = options.using ?? stateOf(instance).alias ?? 'default';
  const native = overrideOf(instance, name) === 'both';
  return applicationForm(instance, alias, name, [options], { label: instance[metaKey].label, native });
}

/** Runs an operation of a query set by the method that its class has of its own for it, where it has one. */
export function throughOwn<Result>(
  queryset: QuerySet,
  name: string,
  values: readonly unknown[],
  operation: () => Operation<Result>,
): Operation<Result> {
  const { constructor: Own } = queryset;
  return overriddenBy(Own).has(name) ? ofClass(Own, queryset, queryset.database, name, values) : operation();
}

/**
 * An operation as `Own` has it, on something of a class that extends it.
 *
 * @param name of the sync form
 */
export function ofClass<Result>(
  Own: { readonly name: string; readonly prototype: object },
  self: object,
  alias: string,
  name: string,
  values: readonly unknown[],
): Operation<Result> {
  const own = { label: Own.name, from: Own.prototype, native: true };
  return applicationForm(self, alias, name, values, own) as Operation<Result>;
}
