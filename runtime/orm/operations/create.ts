import { FieldError, IntegrityError, ValueError } from '../errors.ts';
import { giveFetchMode } from '../models/fetch-modes.ts';
import { isAssignable } from '../models/initialise.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { relate } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { requireValues } from './given.ts';
import { loadTargets } from './missing.ts';
import { save, throughOwn } from './overridden.ts';
import * as read from './read.ts';
import { errorsOf } from './read.ts';
import { atomically, type Operation } from './steps.ts';

export type Values = Readonly<Record<string, unknown>>;
export interface CreationOptions {
  readonly defaults?: Values;
  /** Used instead of `defaults` when the row has to be made. */
  readonly createDefaults?: Values;
}

export function* create(queryset: QuerySet, values: Values = {}): Operation<object> {
  requireValues('create', values);
  requireOwnNames(queryset, values);
  yield* loadTargets(queryset.meta, [values]);
  const instance = new queryset.meta.modelClass(values) as ModelInstance;
  const { known, fetchMode } = queryset.state;
  if (known !== undefined) relate(instance, known.name, known.instance);
  if (fetchMode !== undefined) giveFetchMode(instance, fetchMode);
  yield* save(instance, { forceInsert: true, using: queryset.database });
  return instance;
}

/** The other side of a one-to-one is a row of its own: it cannot be given to the row it points at. */
function requireOwnNames({ meta }: QuerySet, values: Values): void {
  const foreign = Object.keys(values).filter((name) => {
    if (meta.field(name) !== undefined) return false;
    const relation = meta.relation(name);
    return relation?.form === 'reverse' && relation.single;
  });
  if (foreign.length === 0) return;
  throw new ValueError(`The following fields do not exist in this model: ${foreign.sort().join(', ')}`);
}

export function* getOrCreate(
  queryset: QuerySet,
  where: Values = {},
  options: CreationOptions = {},
): Operation<[object, boolean]> {
  requireValues('getOrCreate', where);
  requireOptions('getOrCreate', options, ['defaults']);
  return yield* findOrCreate(queryset, where, defaultsGiven('getOrCreate', options.defaults));
}

/** Values for a new row; null, as in Django, are none. Their names are looked at when they are needed. */
function defaultsGiven(operation: string, given: unknown, option = 'defaults'): Values {
  if (given === undefined || given === null) return {};
  requireValues(operation, given, option);
  // What is undefined was not given, as in `create()`.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function* findOrCreate(queryset: QuerySet, where: Values, defaults: Values): Operation<[object, boolean]> {
  yield* loadTargets(queryset.meta, [where]);
  try {
    return [(yield* find(queryset, where)) as object, false];
  } catch (error) {
    if (!(error instanceof errorsOf(queryset.meta).DoesNotExist)) throw error;
  }
  const values = creationValues(queryset, where, defaults);
  try {
    // The savepoint keeps a surrounding transaction usable when somebody else was faster.
    const made = yield* atomically(queryset.database, {}, () => make(queryset, called(values)));
    return [made, true];
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    try {
      return [(yield* find(queryset, where)) as object, false];
    } catch (missing) {
      if (!(missing instanceof errorsOf(queryset.meta).DoesNotExist)) throw missing;
    }
    throw error;
  }
}

function find(queryset: QuerySet, where: Values): Operation<unknown> {
  return throughOwn(queryset, 'get', [where], () => read.get(queryset, where));
}
function make(queryset: QuerySet, values: Values): Operation<object> {
  return throughOwn(queryset, 'create', [values], () => create(queryset, values));
}

export function* updateOrCreate(
  queryset: QuerySet,
  where: Values = {},
  options: CreationOptions = {},
): Operation<[object, boolean]> {
  const operation = 'updateOrCreate';
  requireValues(operation, where);
  requireOptions(operation, options, ['defaults', 'createDefaults']);
  const defaults = defaultsGiven(operation, options.defaults);
  const initial = defaultsGiven(operation, options.createDefaults ?? defaults, 'createDefaults');
  return yield* atomically(queryset.database, {}, function* (): Operation<[object, boolean]> {
    const locked = queryset.selectForUpdate();
    const [instance, created] = yield* throughOwn(locked, 'getOrCreate', [where, { defaults: initial }], () =>
      findOrCreate(locked, where, initial),
    );
    if (created) return [instance, true];
    const model = instance as ModelInstance;
    const { meta } = queryset;
    requireSettable(meta, Object.keys(defaults));
    const values = called(defaults);
    yield* loadTargets(meta, [values]);
    for (const [name, value] of Object.entries(values)) model[name] = value;
    const names = Object.keys(defaults);
    const concrete = names.every((name) => meta.field(name)?.isKey === false);
    const changing = meta.fields.filter((field) => field.changesOnSave).map((field) => field.name);
    const using = queryset.database;
    yield* save(model, concrete ? { using, updateFields: [...names, ...changing] } : { using });
    return [instance, false];
  });
}

/** Values of a new row: the lookups that are plain names, then the defaults. */
function creationValues(queryset: QuerySet, where: Values, defaults: Values): Values {
  const plain = Object.entries(where).filter(([name]) => !name.includes('__'));
  const values = { ...Object.fromEntries(plain), ...defaults };
  requireSettable(queryset.meta, Object.keys(values));
  return values;
}

/** Values are for fields and for properties of the model that can be set, not for its methods or its prototype. */
export function requireSettable(meta: ModelMeta, names: readonly string[]): void {
  const unknown = names.filter(
    (name) => meta.field(name) === undefined && !isAssignable(meta.modelClass.prototype, name),
  );
  if (unknown.length === 0) return;
  const listed = unknown.sort().map((name) => `'${name}'`);
  throw new FieldError(`Invalid field name(s) for model ${meta.label}: ${listed.join(', ')}.`);
}

/** Functions among the values are called now. */
export function called(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
  );
}
