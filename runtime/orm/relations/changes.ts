import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey, valueIn } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { originOf, stateOf } from '../models/state.ts';
import type { CreationOptions, Values } from '../operations/create.ts';
import type { Operation } from '../operations/steps.ts';
import { isOptions, requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';

export interface RelatedOptions {
  /** False saves each object instead of one UPDATE for all; for the other side of a foreign key. */
  readonly bulk?: boolean;
  /** `set` only: removes everything first instead of what is not wanted. */
  readonly clear?: boolean;
  /** Values for the rows that hold the pairs of a many-to-many relation. */
  readonly throughDefaults?: Values | undefined;
}

/** What changes are made through: the rows a related manager offers, and how its class makes further ones. */
export interface Making {
  /** Rows of every owner, as the class of the manager offers them. */
  everybodys(): QuerySet;
  offered(): QuerySet;
  create(values: Values): Operation<object>;
  getOrCreate(where: Values, options: CreationOptions): Operation<[object, boolean]>;
  updateOrCreate(where: Values, options: CreationOptions): Operation<[object, boolean]>;
}

/** What a related manager can change, for one kind of relation. */
export interface RelatedChanges {
  /** The instance that rows are related to, and the column of it that the relation goes by. */
  readonly owner: ModelInstance;
  readonly held: Field;
  create(values?: Values, options?: RelatedOptions): Operation<object>;
  getOrCreate(where?: Values, options?: CreationOptions & RelatedOptions): Operation<[object, boolean]>;
  updateOrCreate(where?: Values, options?: CreationOptions & RelatedOptions): Operation<[object, boolean]>;
  /** The last of `objects` may be options. */
  add(objects: readonly unknown[]): Operation<void>;
  remove(objects: readonly unknown[]): Operation<void>;
  clear(options?: RelatedOptions): Operation<void>;
  set(objects: Iterable<unknown>, options?: RelatedOptions): Operation<void>;
}

const relatedOptions = [
  'bulk',
  'clear',
  'throughDefaults',
] as const satisfies readonly (keyof RelatedOptions)[];

/**
 * Takes trailing options off a list of objects.
 *
 * @param operation as messages call it, without its parentheses
 */
export function withOptions(
  operation: string,
  objects: readonly unknown[],
): [objects: unknown[], options: RelatedOptions] {
  const last = objects.at(-1);
  if (!isOptions(last)) return [[...objects], {}];
  requireRelatedOptions(operation, last);
  return [objects.slice(0, -1), last];
}
/** @throws TypeError for options that no change to related rows has */
export function requireRelatedOptions(operation: string, options: unknown): void {
  requireOptions(operation, options, relatedOptions);
}

/**
 * Refuses instances that one UPDATE for all could not reach.
 *
 * @param alias the database that the UPDATE is sent to
 */
export function requireSaved(instance: ModelInstance, alias: string): void {
  requireOn(alias, instance);
  if (!stateOf(instance).adding && hasKey(instance)) return;
  throw new ValueError(
    `${describe(instance)} instance isn't saved. Use bulk=False or save the object first.`,
  );
}

/** Refuses rows of another database than their owner's. */
export function requireOn(alias: string, instance: object): void {
  const origin = originOf(instance);
  if (origin === undefined || origin === alias) return;
  throw new ValueError(
    `Cannot add "${describe(instance)}": instance is on database "${alias}", value is on database "${origin}"`,
  );
}

/**
 * What the other side holds of an instance.
 *
 * @param field column of the instance that the other side points at
 * @throws ValueError when the instance has no value there
 */
export function valueHeld(instance: ModelInstance, field: Field, relation = 'relationship'): unknown {
  const value = valueIn(instance, field);
  if (value !== null && value !== undefined) return value;
  const missing = field.parts?.find(({ attribute }) => (instance[attribute] ?? null) === null) ?? field;
  throw new ValueError(
    `"${describe(instance)}" needs to have a value for field "${missing.attribute}" before this ${relation} can be used.`,
  );
}

/** Refuses instances of another model. */
export function requireModel(meta: ModelMeta, value: unknown): asserts value is ModelInstance {
  if (isInstance(value) && value[metaKey].isA(meta)) return;
  throw new TypeError(`'${meta.label}' instance expected, got ${describe(value)}`);
}
