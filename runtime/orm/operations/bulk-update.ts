import { connections, dialectOf } from '../connections/index.ts';
import { ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey, keyId, mapByKey } from '../models/keys.ts';
import { isEverything } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import { requireOptions } from '../options.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { requireModel } from '../relations/changes.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import { updateFromArrays } from '../sql/unnest.ts';
import { updateByCases } from '../sql/write.ts';
import { concrete, requireBatchSize, split } from './bulk.ts';
import { listGiven, namesGiven } from './given.ts';
import { loadMissing } from './missing.ts';
import { list } from './read.ts';
import { adoptRelatedKeys, updateStatementFor, writtenValue } from './save.ts';
import { atomically, type Operation } from './steps.ts';

/** Writes the named fields of many instances; returns how many rows were there. */
export function* bulkUpdate(
  queryset: QuerySet,
  given: Iterable<object>,
  fieldNames: readonly string[],
  options: { readonly batchSize?: number } = {},
): Operation<number> {
  requireOptions('bulkUpdate', options, ['batchSize']);
  const { batchSize } = options;
  requireBatchSize(batchSize);
  const fields = writtenFields(queryset.meta, fieldNames);
  const instances = requireInstances(queryset.meta, given);
  if (instances.length === 0) return 0;
  queryset.query.requireUnsliced('Cannot update a query once a slice has been taken.');
  const changing = fields.filter((field) => field.changesOnSave);
  for (const instance of instances) {
    adoptRelatedKeys(instance, 'bulkUpdate()', fields);
    for (const field of changing) instance[field.attribute] = field.valueForSave(undefined, false);
  }
  yield* loadMissing(instances, fields);
  return yield* updateAll(queryset, instances, fields, batchSize);
}

/** @throws ValueError for no names, for those of keys and for what is no column */
function writtenFields(meta: ModelMeta, given: readonly string[]): Field[] {
  const names = namesGiven('bulkUpdate', given);
  if (names.length === 0) throw new ValueError('Field names must be given to bulkUpdate().');
  const fields = [...new Set(names.map((name) => concrete(meta, name, 'bulkUpdate()')))];
  if (fields.some((field) => field.isKey)) {
    throw new ValueError('bulkUpdate() cannot be used with primary key fields.');
  }
  return fields;
}
/** @throws TypeError for what is no instance of the model; ValueError for one without a key */
function requireInstances(meta: ModelMeta, given: Iterable<object>): ModelInstance[] {
  const instances = listGiven('bulkUpdate', given, 'instances') as ModelInstance[];
  for (const instance of instances) requireModel(meta, instance);
  if (instances.every((instance) => hasKey(instance))) return instances;
  throw new ValueError('All bulkUpdate() objects must have a primary key set.');
}

/** Updates in as many statements as the database needs, in one transaction where they are several. */
function* updateAll(
  queryset: QuerySet,
  instances: readonly ModelInstance[],
  fields: readonly Field[],
  batchSize: number | undefined,
): Operation<number> {
  const { database } = queryset;
  // Fields of a parent lie in its table.
  const tables = new Set(fields.map((field) => field.model));
  const batches = split(instances, Math.min(batchSize ?? instances.length, mostUpdated(database, fields)));
  const computed = hasExpressions(instances, fields);
  const update = computed ? updateEach : updateBatch;
  const updateBatches = function* (): Operation<number> {
    let total = 0;
    for (const each of batches) {
      const batch = yield* among(queryset, each);
      if (batch.length === 0) continue;
      // Every table has the same rows.
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
  if (batches.length === 1 && tables.size === 1 && isEverything(queryset) && !computed)
    return yield* updateBatches();
  // What cannot be written is refused before the transaction begins.
  for (const instance of instances) for (const field of fields) writtenValue(instance, field);
  return yield* atomically(database, { savepoint: false }, updateBatches);
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
  const byKey = mapByKey<ModelInstance>(queryset.meta.primaryKey);
  for (const instance of instances) if (!byKey.has(instance.pk)) byKey.set(instance.pk, instance);
  if (isEverything(queryset)) return [...byKey.values()];
  const rows = queryset.with({ prefetches: [], known: undefined }).filter({ pk__in: [...byKey.keys()] });
  const known = new Set(
    ((yield* list(rows.orderBy().valuesList('pk', { flat: true }))) as unknown[]).map(keyId),
  );
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
