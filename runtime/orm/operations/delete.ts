import { dialectOf } from '../connections/index.ts';
import { ValueError } from '../errors.ts';
import type { Field, KeyWire } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireNothing, requireOptions } from '../options.ts';
import { requireUncombined } from '../queryset/combine.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import { deleteByKeys, setByKeys } from '../sql/write.ts';
import type { InstanceOptions } from '../types/model.ts';
import type { Deleted } from '../types/queryset.ts';
import { Collector, isAlone, type Release } from './collector.ts';
import { list } from './read.ts';
import { atomically, type Operation } from './steps.ts';
import { conditionPlan, parametersOf } from './update.ts';

/** Deletes every row of the query and what depends on it; returns counts. */
export function* deleteRows(queryset: QuerySet, ...given: unknown[]): Operation<Deleted> {
  requireNothing('delete', given);
  const { query, meta } = queryset;
  requireUncombined(query, 'delete');
  if (query.sliced) throw new TypeError("Cannot use 'limit' or 'offset' with delete().");
  if (query.distinctFields.length > 0) throw new TypeError('Cannot call delete() after .distinct(*fields).');
  if (query.rows.form !== 'instances') {
    throw new TypeError('Cannot call delete() after .values() or .valuesList()');
  }
  queryset.empty();
  if (isAlone(meta)) return yield* deleteAtOnce(queryset);
  const plain = new QuerySet(meta, queryset.shape, queryset.parameters, {
    ...queryset.state,
    prefetches: [],
    known: undefined,
  });
  const instances = (yield* list(plain.orderBy())) as ModelInstance[];
  return yield* collectAndDelete(queryset.database, meta, instances);
}

/** Nothing depends on these rows: one statement. */
function* deleteAtOnce(queryset: QuerySet): Operation<Deleted> {
  const { meta, shape } = queryset;
  const condition = conditionPlan(shape, dialectOf(queryset.database));
  if (condition === undefined) return [0, {}];
  const text = `DELETE FROM ${quote(meta.table)}${condition.sql}`;
  const request = { text, values: parametersOf(condition, queryset.parameters) };
  const compiler = new SQLCompiler(queryset.database, request, true);
  const count = yield* atomically(queryset.database, { savepoint: false }, () =>
    compiler.execution('rowCount'),
  );
  return [count, count === 0 ? {} : { [meta.label]: count }];
}

export function* deleteInstance(instance: ModelInstance, options: InstanceOptions = {}): Operation<Deleted> {
  requireOptions('delete', options, ['using', 'keepParents']);
  const { using, keepParents = false } = options;
  const meta = instance[metaKey];
  const { attribute } = meta.primaryKey;
  if (!hasKey(instance)) {
    throw new ValueError(
      `${meta.label} object can't be deleted because its ${attribute} attribute is set to None.`,
    );
  }
  const alias = using ?? stateOf(instance).alias ?? 'default';
  const deleted = yield* collectAndDelete(alias, meta, [instance], keepParents);
  instance[attribute] = null;
  if (!keepParents) instance.pk = null;
  return deleted;
}

function* collectAndDelete(
  alias: string,
  meta: ModelMeta,
  instances: readonly ModelInstance[],
  keepParents = false,
): Operation<Deleted> {
  if (instances.length === 0) return [0, {}];
  if (isAlone(meta)) {
    const keys = instances.map((instance) => instance.pk);
    return yield* deleteCollected(alias, [[meta.concrete, meta.primaryKey, wires(meta.primaryKey, keys)]]);
  }
  return yield* atomically(alias, { savepoint: false }, function* (): Operation<Deleted> {
    const collector = new Collector(alias);
    yield* collector.collect(meta, instances, { keepParents });
    collector.check(meta);
    for (const release of collector.releases) yield* applyRelease(alias, release);
    const seen = collector
      .inOrder()
      .map(([model, rows]): Batch => [model, model.primaryKey, wires(model.primaryKey, rows.keys())]);
    const unseen = collector.fast.map(({ field, keys }): Batch => [field.model, field, keys]);
    return yield* deleteCollected(alias, [...unseen, ...seen]);
  });
}

function* applyRelease(alias: string, { field, value, instances }: Release): Operation<void> {
  const { primaryKey } = field.model;
  const keys = instances.map((instance) => instance[primaryKey.attribute]);
  const statement = setByKeys(
    field.model,
    [[field, { wire: field.toWire(value) }]],
    wires(primaryKey, keys),
    dialectOf(alias),
  );
  yield* new SQLCompiler(alias, statement, true).execution('noResults');
}

/** Rows of a model to delete by the values of one of its columns. */
type Batch = readonly [model: ModelMeta, field: Field, keys: readonly KeyWire[]];

function* deleteCollected(alias: string, batches: readonly Batch[]): Operation<Deleted> {
  const counts: Record<string, number> = {};
  let total = 0;
  for (const [meta, field, keys] of batches) {
    const compiler = new SQLCompiler(alias, deleteByKeys(meta, field, keys, dialectOf(alias)), true);
    const count = yield* compiler.execution('rowCount');
    total += count;
    if (count > 0) counts[meta.label] = (counts[meta.label] ?? 0) + count;
  }
  return [total, counts];
}

function wires(key: Field, values: Iterable<unknown>): KeyWire[] {
  return Array.from(values, (value) => key.keyWire(value));
}
