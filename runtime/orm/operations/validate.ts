import { isAsyncFunction } from 'node:util/types';
import { NON_FIELD_ERRORS, ValidationError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { type Field, type Period, worded } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { snakeCase } from '../models/naming.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import { abandon, isThenable } from '../promises.ts';
import { QuerySet } from '../queryset/queryset.ts';
import type { CleanOptions } from '../types/model.ts';
import { namesGiven } from './given.ts';
import { loadMissing } from './missing.ts';
import { exists } from './read.ts';
import type { Operation } from './steps.ts';
import { complaintOf, constraintsOfRows, uniqueFields, violates } from './violations.ts';

/** Complaints by field; those that concern none are under `__all__`. */
type Found = Record<string, readonly ValidationError[]>;

/** Checks the fields, then the model's own `clean`, then what only the database can tell, as Django's full_clean. */
export function* fullClean(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  const found = yield* checkFields(instance, options);
  gather(found, () => cleanNow(instance));
  yield* checkRows(instance, options, found);
}

/**
 * The same for async code, which waits for a `clean` that is async. That runs between two operations and in none, so
 * it queries as its caller would: in the caller's transaction, and in the caller's turn on a bridge thread.
 *
 * @param run the async form of an operation
 */
export async function fullCleanWaiting(
  instance: ModelInstance,
  options: CleanOptions | undefined,
  run: <Result>(operation: Operation<Result>) => Promise<Result>,
): Promise<void> {
  const found = await run(checkFields(instance, options));
  try {
    await instance.clean();
  } catch (error) {
    gatherError(found, error);
  }
  await run(checkRows(instance, options, found));
}

/** What is wrong with the fields by themselves. */
function* checkFields(instance: ModelInstance, options: CleanOptions = {}): Operation<Found> {
  requireOptions('fullClean', options, ['exclude', 'validateUnique', 'validateConstraints']);
  const found: Found = {};
  const exclude = namesGiven('fullClean', options.exclude ?? []);
  // The checks are code that reads attributes as it likes.
  yield* loadMissing([instance], validated(instance, exclude));
  gather(found, () => instance.cleanFields({ exclude }));
  add(found, yield* dangling(instance, [...exclude, ...Object.keys(found)]));
  return found;
}

/**
 * Compares with other rows what is not wrong by itself.
 *
 * @throws ValidationError with everything that was found
 */
function* checkRows(instance: ModelInstance, options: CleanOptions = {}, found: Found): Operation<void> {
  const exclude = namesGiven('fullClean', options.exclude ?? []);
  if (options.validateUnique !== false)
    add(found, yield* duplicates(instance, [...exclude, ...Object.keys(found)]));
  if (options.validateConstraints !== false)
    add(found, yield* violated(instance, [...exclude, ...Object.keys(found)]));
  refuse(found);
}

/** @throws TypeError for a `clean` that has to be waited for, before it starts where that can be told */
function cleanNow(instance: ModelInstance): void {
  const unasked = isAsyncFunction(instance.clean);
  const given: unknown = unasked ? undefined : instance.clean();
  if (isThenable(given)) abandon(given);
  else if (!unasked) return;
  throw new TypeError(
    `${instance.constructor.name}.clean() is async, and fullClean() cannot wait for it; use afullClean().`,
  );
}

/** Looks for other rows with values that must be unique. */
export function* validateUnique(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  const exclude = excluded('validateUnique', options);
  yield* loadMissing([instance], validated(instance, exclude));
  refuse(yield* duplicates(instance, exclude));
}
/** Tests the constraints of the model on the values of the instance. */
export function* validateConstraints(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  const exclude = excluded('validateConstraints', options);
  yield* loadMissing([instance], validated(instance, exclude));
  refuse(yield* violated(instance, exclude));
}
/** The names that the option `exclude` holds, of a call that has no other. */
export function excluded(call: string, options: CleanOptions): string[] {
  requireOptions(call, options, ['exclude']);
  return namesGiven(call, options.exclude ?? []);
}
/** The fields whose values are looked at. */
function validated(instance: ModelInstance, exclude: readonly string[]): Field[] {
  return instance[metaKey].fields.filter((field) => !field.computed && !exclude.includes(field.name));
}

/** Foreign keys that lead nowhere. Django finds them among the checks of the fields; those ask nothing here. */
function* dangling(instance: ModelInstance, exclude: readonly string[]): Operation<Found> {
  const { alias = 'default' } = stateOf(instance);
  const found: Found = {};
  for (const field of instance[metaKey].fields) {
    if (!(field instanceof ForeignKeyField) || field.relation.parentLink || exclude.includes(field.name))
      continue;
    const value = instance[field.attribute];
    if (isUnknown(value)) continue;
    const { target, targetField } = field;
    const rows = baseQuerySet(target)
      .using(alias)
      .filter({ [targetField.name]: value });
    const limits = limitsOf(field);
    if (yield* exists(rows.filter(limits))) continue;
    const shown = typeof value === 'string' ? `'${value}'` : String(value);
    const message = `${words(target.label)} instance with ${targetField.name} ${shown} is not a valid choice.`;
    const params = { model: words(target.label), field: targetField.name, pk: value, value };
    found[field.name] = [worded(field, new ValidationError(message, { code: 'invalid', params }))];
  }
  return found;
}

/** What the rows that a foreign key may lead to have to be like. */
function limitsOf({ relation: { limitChoicesTo = {} } }: ForeignKeyField): object {
  return typeof limitChoicesTo === 'function' ? limitChoicesTo() : limitChoicesTo;
}

function gather(found: Found, check: () => void): void {
  try {
    check();
  } catch (error) {
    gatherError(found, error);
  }
}
/** Anything else than a complaint is a mistake in the check. */
function gatherError(found: Found, error: unknown): void {
  if (!(error instanceof ValidationError)) throw error;
  const byField = error.errorDict;
  add(found, Object.keys(byField).length > 0 ? byField : { [NON_FIELD_ERRORS]: error.errorList });
}
function add(found: Found, more: Readonly<Found>): void {
  for (const [name, list] of Object.entries(more)) found[name] = [...(found[name] ?? []), ...list];
}
/** @throws ValidationError with every message, when there are any */
export function refuse(found: Readonly<Found>): void {
  if (Object.keys(found).length > 0) throw new ValidationError(found);
}

function* duplicates(instance: ModelInstance, exclude: readonly string[]): Operation<Found> {
  const meta = instance[metaKey];
  const found: Found = {};
  const single = meta.fields.filter(
    ({ options }) => options.unique || (options.primaryKey && stateOf(instance).adding),
  );
  for (const field of single) {
    if (yield* isTaken(instance, [field], exclude))
      add(found, { [field.name]: [worded(field, taken(meta, [field]))] });
  }
  for (const field of meta.fields) {
    for (const [period, on] of Object.entries(field.options.uniqueFor) as [Period, string][]) {
      if (!(yield* isTakenIn(instance, field, period, meta.requireField(on), exclude))) continue;
      add(found, { [field.name]: [worded(field, takenIn(meta, field, period, on))] });
    }
  }
  const { parts } = meta.primaryKey;
  if (parts !== undefined && stateOf(instance).adding && (yield* isTaken(instance, parts, exclude)))
    add(found, { [NON_FIELD_ERRORS]: [taken(meta, parts)] });
  return found;
}

function* violated(instance: ModelInstance, exclude: readonly string[]): Operation<Found> {
  const found: Found = {};
  for (const [owner, constraint] of constraintsOfRows(instance[metaKey])) {
    const fields = uniqueFields(owner, constraint);
    const plain =
      fields !== undefined && !('nullsDistinct' in constraint && constraint.nullsDistinct === false);
    const isViolated = plain
      ? yield* isTaken(instance, fields, exclude)
      : yield* violates(instance, owner, constraint, exclude);
    if (!isViolated) continue;
    const error =
      fields === undefined || constraint.violationErrorMessage !== undefined
        ? complaintOf(owner, constraint)
        : taken(instance[metaKey], fields);
    const [only, ...others] = fields ?? [];
    const aboutOne = error.code === 'unique' && only !== undefined && others.length === 0;
    add(found, { [aboutOne ? only.name : NON_FIELD_ERRORS]: [error] });
  }
  return found;
}

/** True when another row has the same values; nulls are never the same. */
function* isTaken(
  instance: ModelInstance,
  fields: readonly Field[],
  exclude: readonly string[],
): Operation<boolean> {
  const values = fields.map((field) => instance[field.attribute]);
  if (values.some(isUnknown) || fields.some((field) => exclude.includes(field.name))) return false;
  const same = Object.fromEntries(fields.map((field, at) => [field.name, values[at]]));
  const [first] = fields;
  return yield* isAnother(instance, first === undefined ? instance[metaKey] : first.model, same);
}
/** True for a value that no other can be the same as, or that only the database knows. */
function isUnknown(value: unknown): boolean {
  return value === null || value === undefined || value instanceof ExpressionNode;
}
/** True when a row of `owner` that is not the instance's own is found by `where`. */
function* isAnother(
  instance: ModelInstance,
  owner: ModelMeta,
  where: Readonly<Record<string, unknown>>,
): Operation<boolean> {
  const { adding, alias = 'default' } = stateOf(instance);
  const rows = new QuerySet(owner).using(alias).filter(where);
  const key = instance[owner.primaryKey.attribute];
  return yield* exists(adding || isUnknown(key) ? rows : rows.exclude({ pk: key }));
}

/** True when another row of the same day, month or year has the same value. As in Django, months are of any year. */
function* isTakenIn(
  instance: ModelInstance,
  field: Field,
  period: Period,
  on: Field,
  exclude: readonly string[],
): Operation<boolean> {
  const [value, given] = [instance[field.attribute], instance[on.attribute]];
  if (isUnknown(value) || isUnknown(given) || [field, on].some(({ name }) => exclude.includes(name)))
    return false;
  const day = on.convert(given);
  const [year, month, date] = (day instanceof Date ? day.toISOString().slice(0, 10) : String(day))
    .split('-')
    .map(Number);
  const parts = { date: { year, month, day: date }, month: { month }, year: { year } }[period];
  const within = Object.entries(parts).map(([part, number]) => [`${on.name}__${part}`, number]);
  return yield* isAnother(instance, field.model, { [field.name]: value, ...Object.fromEntries(within) });
}
function takenIn(meta: ModelMeta, field: Field, period: Period, on: string): ValidationError {
  const label = capitalised(words(field.name));
  return new ValidationError(`${label} must be unique for ${capitalised(words(on))} ${period}.`, {
    code: 'unique_for_date',
    params: { model: meta.label, field: field.name, dateField: on, lookupType: period },
  });
}

/** Says that another row has the values of an instance, and calls it after the model in whose table they are. */
function taken(meta: ModelMeta, fields: readonly Field[]): ValidationError {
  const [{ model: owner } = { model: meta }] = fields;
  const { label } = owner === meta.concrete ? meta : owner;
  const names = fields.map(({ name }) => (name === 'id' ? 'ID' : capitalised(words(name))));
  const last = names.pop();
  const listed = names.length === 0 ? last : `${names.join(', ')} and ${last}`;
  return new ValidationError(`${capitalised(words(label))} with this ${listed} already exists.`, {
    code: fields.length === 1 ? 'unique' : 'unique_together',
    params: { model: label, fields: fields.map(({ name }) => name) },
  });
}
/** A name as people read it: `doorNumber` as `door number`. */
function words(name: string): string {
  return snakeCase(name).replaceAll('_', ' ');
}
function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
