import { ValidationError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { snakeCase } from '../models/naming.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import { QuerySet } from '../queryset/queryset.ts';
import type { CleanOptions } from '../types/model.ts';
import { namesGiven } from './given.ts';
import { loadMissing } from './missing.ts';
import { exists } from './read.ts';
import type { Operation } from './steps.ts';
import { constraintsOfRows, plainlyUnique, violations } from './violations.ts';

/** Messages by field; those that concern none are under `__all__`. */
type Messages = Record<string, readonly string[]>;
const everything = '__all__';

/** Checks the fields, then the model's own `clean`, then what only the database can tell, as Django's full_clean. */
export function* fullClean(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  requireOptions('fullClean', options, ['exclude', 'validateUnique', 'validateConstraints']);
  const messages: Messages = {};
  const exclude = namesGiven('fullClean', options.exclude ?? []);
  // The checks are code that reads attributes as it likes.
  yield* loadMissing([instance], validated(instance, exclude));
  gather(messages, () => instance.cleanFields({ exclude }));
  add(messages, yield* dangling(instance, [...exclude, ...Object.keys(messages)]));
  gather(messages, () => (instance.clean as () => void).call(instance));
  // What is wrong by itself is not compared with other rows.
  exclude.push(...Object.keys(messages));
  if (options.validateUnique !== false) add(messages, yield* duplicates(instance, exclude));
  if (options.validateConstraints !== false) add(messages, violated(yield* violations(instance, exclude)));
  refuse(messages);
}

/** Looks for other rows with values that must be unique. */
export function* validateUnique(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  const exclude = excluded('validateUnique', options);
  yield* loadMissing([instance], validated(instance, exclude));
  refuse(yield* duplicates(instance, exclude));
}
/** Tests the check and conditional constraints of the model on the values of the instance. */
export function* validateConstraints(instance: ModelInstance, options: CleanOptions = {}): Operation<void> {
  const exclude = excluded('validateConstraints', options);
  yield* loadMissing([instance], validated(instance, exclude));
  refuse(violated(yield* violations(instance, exclude)));
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
function* dangling(instance: ModelInstance, exclude: readonly string[]): Operation<Messages> {
  const { alias = 'default' } = stateOf(instance);
  const messages: Messages = {};
  for (const field of instance[metaKey].fields) {
    if (!(field instanceof ForeignKeyField) || field.relation.parentLink || exclude.includes(field.name))
      continue;
    const value = instance[field.attribute];
    if (value === null || value === undefined || value instanceof ExpressionNode) continue;
    const { target, targetField } = field;
    const rows = baseQuerySet(target).using(alias);
    if (yield* exists(rows.filter({ [targetField.name]: value }))) continue;
    const shown = typeof value === 'string' ? `'${value}'` : String(value);
    messages[field.name] = [
      `${words(target.label)} instance with ${targetField.name} ${shown} is not a valid choice.`,
    ];
  }
  return messages;
}

function gather(messages: Messages, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const byField = Object.keys(error.errors).length > 0 ? error.errors : { [everything]: [error.message] };
    add(messages, byField);
  }
}
function add(messages: Messages, more: Readonly<Messages>): void {
  for (const [name, list] of Object.entries(more)) messages[name] = [...(messages[name] ?? []), ...list];
}
/** @throws ValidationError with every message, when there are any */
export function refuse(messages: Readonly<Messages>): void {
  const failed = Object.entries(messages);
  if (failed.length === 0) return;
  throw new ValidationError(failed.map(([name, list]) => `${name}: ${list.join(' ')}`).join(' '), messages);
}

function* duplicates(instance: ModelInstance, exclude: readonly string[]): Operation<Messages> {
  const meta = instance[metaKey];
  const messages: Messages = {};
  const single = meta.fields.filter(
    ({ options }) => options.unique || (options.primaryKey && stateOf(instance).adding),
  );
  for (const field of single) {
    if (yield* isTaken(instance, [field], exclude)) add(messages, { [field.name]: [taken(meta, [field])] });
  }
  const { parts } = meta.primaryKey;
  if (parts !== undefined && stateOf(instance).adding && (yield* isTaken(instance, parts, exclude)))
    add(messages, { [everything]: [taken(meta, parts)] });
  for (const [owner, constraint] of constraintsOfRows(meta)) {
    const fields = plainlyUnique(owner, constraint);
    if (fields === undefined || !(yield* isTaken(instance, fields, exclude))) continue;
    const [only, ...others] = fields;
    const name = only === undefined || others.length > 0 ? everything : only.name;
    add(messages, { [name]: [taken(meta, fields)] });
  }
  return messages;
}

function violated(messages: readonly string[]): Messages {
  return messages.length === 0 ? {} : { [everything]: messages };
}

/** True when another row has the same values; nulls are never the same. */
function* isTaken(
  instance: ModelInstance,
  fields: readonly Field[],
  exclude: readonly string[],
): Operation<boolean> {
  const { adding, alias = 'default' } = stateOf(instance);
  const values = fields.map((field) => instance[field.attribute]);
  const unknown = (value: unknown) =>
    value === null || value === undefined || value instanceof ExpressionNode;
  if (values.some(unknown) || fields.some((field) => exclude.includes(field.name))) return false;
  const same = Object.fromEntries(fields.map((field, at) => [field.name, values[at]]));
  const [first] = fields;
  const owner = first === undefined ? instance[metaKey] : first.model;
  const rows = new QuerySet(owner).using(alias).filter(same);
  const key = instance[owner.primaryKey.attribute];
  return yield* exists(adding || unknown(key) ? rows : rows.exclude({ pk: key }));
}

function taken(meta: ModelMeta, fields: readonly Field[]): string {
  const names = fields.map(({ name }) => (name === 'id' ? 'ID' : capitalised(words(name))));
  const last = names.pop();
  const listed = names.length === 0 ? last : `${names.join(', ')} and ${last}`;
  return `${capitalised(words(meta.label))} with this ${listed} already exists.`;
}
/** A name as people read it: `doorNumber` as `door number`. */
function words(name: string): string {
  return snakeCase(name).replaceAll('_', ' ');
}
function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
