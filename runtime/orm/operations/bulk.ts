import type { DriverRequest } from '../../bridge/messages.ts';
import { connections, dialectOf } from '../connections/index.ts';
import { FieldDoesNotExist, ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey, KeyMap, keyId } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { markStored } from '../models/state.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { requireModel } from '../relations/changes.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { ConflictRule } from '../sql/dialect.ts';
import { updateFromArrays } from '../sql/unnest.ts';
import { insertStatement, updateByCases } from '../sql/write.ts';
import { listGiven, namesGiven, requireOptions, requireValues } from './given.ts';
import { list } from './read.ts';
import { takeAllReturned } from './returned.ts';
import {
  adoptRelatedKeys,
  insertFields,
  isMade,
  mayBeMade,
  updateStatementFor,
  writtenValue,
} from './save.ts';
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
  requireOptions('bulkCreate()', options, bulkCreateOptions);
  requireBatchSize(options.batchSize);
  const objects = listGiven('bulkCreate()', given, 'instances or values');
  if (meta.parent !== undefined) throw new ValueError("Can't bulk create a multi-table inherited model");
  const instances = objects.map((each) => asInstance(meta, each));
  if (instances.length === 0) return instances;
  const conflict = conflictRule(meta, options);
  const changing = meta.fields.filter((field) => field.changesOnInsert);
  for (const instance of instances) {
    adoptRelatedKeys(instance, 'bulk_create()');
    for (const field of changing) {
      instance[field.attribute] = field.valueForSave(instance[field.attribute], true);
    }
  }
  const groups = groupByColumns(meta, instances);
  const batches = groups.flatMap((group) => split(group, mostRows(meta, database, group, options.batchSize)));
  // All are made before the first is sent: a value that cannot be written is refused before anything is.
  const inserts = batches.flatMap((batch) => insertsOf(meta, database, batch, conflict));
  const insertAll = function* (): Operation<void> {
    for (const insert of inserts) yield* insertBatch(meta, database, insert);
  };
  if (inserts.length === 1) yield* insertAll();
  else yield* atomically(database, { savepoint: false }, insertAll);
  for (const instance of instances) markStored(instance, database);
  return instances;
}

function asInstance(meta: ModelMeta, given: unknown): ModelInstance {
  if (!isInstance(given)) {
    requireValues('bulkCreate()', given, 'each row as an instance or its values');
    return new meta.modelClass(given) as ModelInstance;
  }
  // The attributes of another model would be null here, and be written.
  if (given[metaKey] !== meta) requireModel(meta, given);
  return given as unknown as ModelInstance;
}

/** Instances whose key is known go first; each group has the same columns to write and to read back. */
function groupByColumns(meta: ModelMeta, instances: readonly ModelInstance[]): ModelInstance[][] {
  // Which columns those are depends on few: what the server makes, and what an expression does.
  const deciding = meta.localFields.filter(mayBeMade);
  const groups = new Map<string, ModelInstance[]>();
  let group: ModelInstance[] = [];
  let made: boolean[] | undefined;
  for (const instance of instances) {
    // Nearly always as the one before, which is found out without making a key.
    if (
      made === undefined ||
      !deciding.every((field, at) => isMade(field, instance[field.attribute]) === made?.[at])
    ) {
      made = deciding.map((field) => isMade(field, instance[field.attribute]));
      const key = made.join();
      group = groups.get(key) ?? [];
      groups.set(key, group);
    }
    group.push(instance);
  }
  const keyed = ([first]: readonly ModelInstance[]) => Number(first !== undefined && hasKey(first));
  return [...groups.values()].sort((a, b) => keyed(b) - keyed(a));
}

/** Rows of one INSERT: as many as asked for, and no more than the server takes parameters for. */
function mostRows(
  meta: ModelMeta,
  alias: string,
  group: readonly ModelInstance[],
  batchSize: number | undefined,
): number {
  const most = batchSize ?? group.length;
  const [first] = group;
  const { dialect, features } = connections.get(alias);
  if (dialect.insert.fromArrays || first === undefined) return most;
  const columns = Math.max(1, insertFields(meta, first).fields.length);
  return Math.min(most, Math.max(1, Math.floor(features.maxParameters / columns)));
}

function split(instances: readonly ModelInstance[], most: number): (readonly ModelInstance[])[] {
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
  batch: readonly ModelInstance[],
  conflict: ConflictRule | undefined,
): Insert[] {
  const [first] = batch;
  if (first === undefined) return [];
  const { fields, returning } = insertFields(meta, first);
  const dialect = dialectOf(alias);
  const wanted =
    conflict === undefined ? returning : conflict.rule === 'ignore' ? [] : [...meta.keyFields, ...returning];
  const unique = [...new Set(wanted)];
  const statement = insertStatement(meta, { fields, rows: batch, returning: unique, conflict }, dialect);
  if (statement.values.length > connections.get(alias).features.maxParameters) {
    // Rows with expressions are listed, each value a parameter.
    const halves = split(batch, Math.ceil(batch.length / 2));
    return halves.flatMap((half) => insertsOf(meta, alias, half, conflict));
  }
  return [{ batch, statement, returning: unique }];
}

function* insertBatch(meta: ModelMeta, alias: string, { batch, statement, returning }: Insert): Operation<void> {
  const result = yield* new SQLCompiler(alias, statement, true).execution('cursor');
  takeAllReturned(batch, { meta, fields: returning, result, dialect: dialectOf(alias), alias });
}

function requireBatchSize(batchSize: number | undefined): void {
  // Anything but a whole number would count rows wrongly, and leave some out.
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0))
    throw new ValueError('Batch size must be a positive integer.');
}

function conflictRule(meta: ModelMeta, options: BulkCreateOptions): ConflictRule | undefined {
  const { ignoreConflicts = false, updateConflicts = false } = options;
  const named = (names: unknown, place: string) =>
    namesGiven('bulkCreate()', names ?? []).flatMap((name) =>
      name === 'pk' ? meta.keyFields : concrete(meta, name, 'bulk_create()', place),
    );
  const update = named(options.updateFields, ' in update_fields');
  const unique = named(options.uniqueFields, ' in unique_fields');
  if (ignoreConflicts && updateConflicts) {
    throw new ValueError('ignore_conflicts and update_conflicts are mutually exclusive.');
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
    throw new ValueError('bulk_create() cannot be used with primary keys in update_fields.');
  }
  return { rule: 'update', unique, update };
}
function concrete(meta: ModelMeta, name: string, operation: string, place = ''): Field {
  const field = meta.field(name);
  if (field !== undefined && !field.computed) return field;
  if (field === undefined && meta.relation(name) === undefined)
    throw new FieldDoesNotExist(`${meta.label} has no field named '${name}'`);
  throw new ValueError(`${operation} can only be used with concrete fields${place}.`);
}

/** Writes the named fields of many instances; returns how many rows were there. */
export function* bulkUpdate(
  queryset: QuerySet,
  given: Iterable<object>,
  fieldNames: readonly string[],
  options: { readonly batchSize?: number } = {},
): Operation<number> {
  const { meta, database } = queryset;
  requireOptions('bulkUpdate()', options, ['batchSize']);
  const { batchSize } = options;
  requireBatchSize(batchSize);
  const names = namesGiven('bulkUpdate()', fieldNames);
  if (names.length === 0) throw new ValueError('Field names must be given to bulk_update().');
  const fields = [...new Set(names.map((name) => concrete(meta, name, 'bulk_update()')))];
  if (fields.some((field) => field.isKey)) {
    throw new ValueError('bulk_update() cannot be used with primary key fields.');
  }
  const instances = listGiven('bulkUpdate()', given, 'instances') as ModelInstance[];
  for (const instance of instances) requireModel(meta, instance);
  if (!instances.every(hasKey)) {
    throw new ValueError('All bulk_update() objects must have a primary key set.');
  }
  if (instances.length === 0) return 0;
  queryset.query.requireUnsliced('Cannot update a query once a slice has been taken.');
  const changing = fields.filter((field) => field.changesOnSave);
  for (const instance of instances) {
    adoptRelatedKeys(instance, 'bulk_update()', fields);
    for (const field of changing) {
      instance[field.attribute] = field.valueForSave(instance[field.attribute], false);
    }
  }
  const tables = new Set(fields.map((field) => field.model));
  const batches = split(instances, Math.min(batchSize ?? instances.length, mostUpdated(database, fields)));
  const computed = hasExpressions(instances, fields);
  const update = computed ? updateEach : updateBatch;
  const updateAll = function* (): Operation<number> {
    let total = 0;
    for (const each of batches) {
      const batch = yield* among(queryset, each);
      if (batch.length === 0) continue;
      // Fields of a parent lie in its table; every table has the same rows.
      const counts: number[] = [];
      for (const table of tables) {
        const own = fields.filter((field) => field.model === table);
        counts.push(yield* update(table, database, batch, own));
      }
      total += Math.max(...counts);
    }
    return total;
  };
  // One statement is a transaction by itself.
  const alone = batches.length === 1 && tables.size === 1 && isEverything(queryset) && !computed;
  // What cannot be written is refused before the transaction begins.
  if (!alone) for (const instance of instances) for (const field of fields) writtenValue(instance, field);
  return alone ? yield* updateAll() : yield* atomically(database, { savepoint: false }, updateAll);
}
function hasExpressions(instances: readonly ModelInstance[], fields: readonly Field[]): boolean {
  return instances.some((instance) =>
    fields.some((field) => instance[field.attribute] instanceof ExpressionNode),
  );
}

/** Each row once, by the instance that comes first, and only rows of the query. */
function* among(
  queryset: QuerySet,
  instances: readonly ModelInstance[],
): Operation<readonly ModelInstance[]> {
  if (isEverything(queryset) && keysAscend(instances)) return instances;
  const byKey = new KeyMap<ModelInstance>();
  for (const instance of instances) if (!byKey.has(instance.pk)) byKey.set(instance.pk, instance);
  if (isEverything(queryset)) return [...byKey.values()];
  const rows = queryset.with({ prefetches: [], known: undefined }).filter({ pk__in: [...byKey.keys()] });
  const known = new Set(((yield* list(rows.orderBy().valuesList('pk', { flat: true }))) as unknown[]).map(keyId));
  return [...byKey.values()].filter((instance) => known.has(keyId(instance.pk)));
}
/** True when each key is greater than the one before, as rows mostly come: no two are then the same. */
function keysAscend(instances: readonly ModelInstance[]): boolean {
  let last: unknown;
  for (const { pk } of instances) {
    if (typeof pk !== 'number' || !(last === undefined || pk > (last as number))) return false;
    last = pk;
  }
  return true;
}
function isEverything({ shape, meta }: QuerySet): boolean {
  return new QuerySet(meta).shape === shape;
}

function* updateBatch(
  meta: ModelMeta,
  alias: string,
  batch: readonly ModelInstance[],
  fields: readonly Field[],
): Operation<number> {
  const dialect = dialectOf(alias);
  const statement = dialect.insert.fromArrays
    ? updateFromArrays(meta, batch, fields)
    : updateByCases(meta, batch, fields, dialect);
  return yield* new SQLCompiler(alias, statement, true).execution('rowCount');
}

/** Rows of one UPDATE that lists them: two parameters for each row and column, and the keys. */
function mostUpdated(alias: string, fields: readonly Field[]): number {
  const { dialect, features } = connections.get(alias);
  if (dialect.insert.fromArrays) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor((features.maxParameters - 1) / (2 * fields.length)));
}

function* updateEach(
  meta: ModelMeta,
  alias: string,
  batch: readonly ModelInstance[],
  fields: readonly Field[],
): Operation<number> {
  let total = 0;
  for (const instance of batch) {
    const statement = updateStatementFor(meta, instance, fields, dialectOf(alias));
    total += yield* new SQLCompiler(alias, statement, true).execution('rowCount');
  }
  return total;
}
