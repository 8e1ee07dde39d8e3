import type { DriverRequest } from '../../bridge/messages.ts';
import { connections, dialectOf } from '../connections/index.ts';
import { FieldDoesNotExist, ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { orderedBy } from '../models/order.ts';
import { metaKey } from '../models/registry.ts';
import { markStored } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { requireModel } from '../relations/changes.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { ConflictRule, Dialect } from '../sql/dialect.ts';
import { insertStatement } from '../sql/write.ts';
import type { Values } from './create.ts';
import { listGiven, namesGiven, requireValues } from './given.ts';
import { loadMissing, loadTargets } from './missing.ts';
import { givePlaces } from './order.ts';
import { takeAllReturned } from './returned.ts';
import { adoptRelatedKeys, insertFields, isMade, mayBeMade } from './save.ts';
import { atomically, type Operation } from './steps.ts';

export interface BulkCreateOptions {
  readonly batchSize?: number;
  readonly ignoreConflicts?: boolean;
  readonly updateConflicts?: boolean;
  readonly updateFields?: readonly string[];
  readonly uniqueFields?: readonly string[];
}

const bulkCreateOptions = [
  'batchSize',
  'ignoreConflicts',
  'updateConflicts',
  'updateFields',
  'uniqueFields',
] as const satisfies readonly (keyof BulkCreateOptions)[];

/** Inserts many instances with as few statements as possible; keys are set, in order. */
export function* bulkCreate(
  queryset: QuerySet,
  given: Iterable<object>,
  options: BulkCreateOptions = {},
): Operation<object[]> {
  const { meta, database } = queryset;
  requireOptions('bulkCreate', options, bulkCreateOptions);
  requireBatchSize(options.batchSize);
  const objects = listGiven('bulkCreate', given, 'instances or values');
  if (meta.parent !== undefined) throw new ValueError("Can't bulk create a multi-table inherited model");
  for (const each of objects) requireRow(meta, each);
  if (objects.length === 0) return [];
  const conflict = conflictRule(meta, options);
  yield* loadTargets(
    meta,
    objects.filter((each): each is Values => !isInstance(each)),
  );
  const instances = objects.map((each) =>
    isInstance(each) ? each : new meta.modelClass(each),
  ) as ModelInstance[];
  const changing = meta.fields.filter((field) => field.changesOnInsert);
  for (const instance of instances) {
    adoptRelatedKeys(instance, 'bulkCreate()');
    for (const field of changing) {
      instance[field.attribute] = field.valueForSave(undefined, true);
    }
  }
  yield* loadMissing(
    instances,
    meta.fields.filter((field) => !field.computed),
  );
  const by = orderedBy(meta);
  if (by !== undefined) yield* givePlaces(meta, by, instances, database);
  const groups = groupByColumns(meta, instances, dialectOf(database));
  // All are made before the first is sent: a value that cannot be written is refused before anything is.
  const inserts = groups.flatMap((group) =>
    split(group.instances, mostRows(meta, database, group, options.batchSize)).flatMap((batch) =>
      insertsOf(meta, database, { ...group, instances: batch }, conflict),
    ),
  );
  const insertAll = function* (): Operation<void> {
    for (const insert of inserts) yield* insertBatch(meta, database, insert);
  };
  if (inserts.length === 1) yield* insertAll();
  else yield* atomically(database, { savepoint: false }, insertAll);
  for (const instance of instances) markStored(instance, database);
  return instances;
}

function requireRow(meta: ModelMeta, given: unknown): void {
  if (!isInstance(given)) requireValues('bulkCreate', given, 'each row as an instance or its values');
  // The attributes of another model would be null here, and be written.
  else if (given[metaKey] !== meta) requireModel(meta, given);
}

/** Rows that may share an INSERT. */
interface Group {
  readonly instances: readonly ModelInstance[];
  /** Columns that some of them give and others leave to the database. */
  readonly mixed: ReadonlySet<Field>;
}
/** Instances whose key is known go first: their keys are not read back. */
function groupByColumns(meta: ModelMeta, instances: readonly ModelInstance[], { insert }: Dialect): Group[] {
  // Which columns are written depends on few: what the server makes.
  const deciding = meta.localFields.filter(mayBeMade);
  // Where a default can be listed among values, rows that leave different columns to it keep their order.
  const telling = deciding.map((field) => field.isKey || insert.generated !== 'DEFAULT');
  const groups = new Map<string, { instances: ModelInstance[]; made: boolean[]; mixed: Set<Field> }>();
  let group: { instances: ModelInstance[]; made: boolean[]; mixed: Set<Field> } | undefined;
  let made: boolean[] | undefined;
  for (const instance of instances) {
    // Nearly always as the one before, which is found out without making a key.
    if (
      group === undefined ||
      !deciding.every((field, at) => isMade(field, instance[field.attribute]) === made?.[at])
    ) {
      made = deciding.map((field) => isMade(field, instance[field.attribute]));
      const key = made.filter((_each, at) => telling[at]).join();
      group = groups.get(key) ?? { instances: [], made, mixed: new Set() };
      groups.set(key, group);
      for (const [at, field] of deciding.entries()) if (made[at] !== group.made[at]) group.mixed.add(field);
    }
    group.instances.push(instance);
  }
  const keyed = ({ instances: [first] }: Group) => Number(first !== undefined && hasKey(first));
  return [...groups.values()].sort((a, b) => keyed(b) - keyed(a));
}
/** The columns that a group's INSERT writes and reads back. */
function columnsOf(
  meta: ModelMeta,
  first: ModelInstance,
  mixed: Group['mixed'],
): ReturnType<typeof insertFields> {
  const alike = insertFields(meta, first);
  if (mixed.size === 0) return alike;
  const among = (fields: readonly Field[]) =>
    meta.localFields.filter((field) => mixed.has(field) || fields.includes(field));
  return { fields: among(alike.fields), returning: among(alike.returning) };
}

/** Rows of one INSERT: as many as asked for, and no more than the server takes parameters for. */
function mostRows(
  meta: ModelMeta,
  alias: string,
  { instances, mixed }: Group,
  batchSize: number | undefined,
): number {
  const most = batchSize ?? instances.length;
  const [first] = instances;
  const { dialect, features } = connections.get(alias);
  if (dialect.insert.fromArrays || first === undefined) return most;
  const columns = columnsOf(meta, first, mixed).fields.length;
  // A default of the database's own cannot be listed everywhere.
  if (columns === 0 && dialect.insert.generated === 'NULL' && !meta.primaryKey.generated) return 1;
  return Math.min(most, Math.max(1, Math.floor(features.maxParameters / Math.max(1, columns))));
}

export function split(instances: readonly ModelInstance[], most: number): (readonly ModelInstance[])[] {
  if (instances.length <= most) return [instances];
  const batches: ModelInstance[][] = [];
  for (let at = 0; at < instances.length; at += most) batches.push(instances.slice(at, at + most));
  return batches;
}

/** One INSERT, with the columns that it gives back. */
interface Insert {
  readonly batch: readonly ModelInstance[];
  readonly statement: DriverRequest;
  readonly returning: readonly Field[];
}
function insertsOf(
  meta: ModelMeta,
  alias: string,
  { instances: batch, mixed }: Group,
  conflict: ConflictRule | undefined,
): Insert[] {
  const [first] = batch;
  if (first === undefined) return [];
  const { fields, returning } = columnsOf(meta, first, mixed);
  const dialect = dialectOf(alias);
  const wanted =
    conflict === undefined ? returning : conflict.rule === 'ignore' ? [] : [...meta.keyFields, ...returning];
  const unique = [...new Set(wanted)];
  const statement = insertStatement(meta, { fields, rows: batch, returning: unique, conflict }, dialect);
  if (statement.values.length > connections.get(alias).features.maxParameters) {
    // Rows with expressions are listed, each value a parameter.
    const halves = split(batch, Math.ceil(batch.length / 2));
    return halves.flatMap((half) => insertsOf(meta, alias, { instances: half, mixed }, conflict));
  }
  return [{ batch, statement, returning: unique }];
}

function* insertBatch(
  meta: ModelMeta,
  alias: string,
  { batch, statement, returning }: Insert,
): Operation<void> {
  const result = yield* new SQLCompiler(alias, statement, true).execution('cursor');
  takeAllReturned(batch, { meta, fields: returning, result, dialect: dialectOf(alias), alias });
}

export function requireBatchSize(batchSize: number | undefined): void {
  // Anything but a whole number would count rows wrongly, and leave some out.
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0))
    throw new ValueError('Batch size must be a positive integer.');
}

function conflictRule(meta: ModelMeta, options: BulkCreateOptions): ConflictRule | undefined {
  const { ignoreConflicts = false, updateConflicts = false } = options;
  const named = (names: unknown, place: string) =>
    namesGiven('bulkCreate', names ?? []).flatMap((name) =>
      name === 'pk' ? meta.keyFields : concrete(meta, name, 'bulkCreate()', place),
    );
  const update = named(options.updateFields, ' in updateFields');
  const unique = named(options.uniqueFields, ' in uniqueFields');
  if (ignoreConflicts && updateConflicts) {
    throw new ValueError('ignoreConflicts and updateConflicts are mutually exclusive.');
  }
  if (ignoreConflicts) return { rule: 'ignore' };
  if (!updateConflicts) return undefined;
  if (update.length === 0) {
    throw new ValueError(
      'Fields that will be updated when a row insertion fails on conflicts must be provided.',
    );
  }
  if (unique.length === 0)
    throw new ValueError('Unique fields that can trigger the upsert must be provided.');
  if (update.some((field) => field.isKey)) {
    throw new ValueError('bulkCreate() cannot be used with primary keys in updateFields.');
  }
  return { rule: 'update', unique, update };
}
export function concrete(meta: ModelMeta, name: string, operation: string, place = ''): Field {
  const field = meta.field(name);
  if (field !== undefined && !field.computed) return field;
  if (field === undefined && meta.relation(name) === undefined)
    throw new FieldDoesNotExist(`${meta.label} has no field named '${name}'`);
  throw new ValueError(`${operation} can only be used with concrete fields${place}.`);
}
