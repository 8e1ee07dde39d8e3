import { dialectOf } from '../connections/index.ts';
import { ValueError } from '../errors.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireNothing, requireOptions } from '../options.ts';
import { requireUncombined } from '../queryset/combine.ts';
import { unlockStep } from '../queryset/locking.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import { deleteByKeys, setByKeys } from '../sql/write.ts';
import type { InstanceOptions } from '../types/model.ts';
import type { Deleted } from '../types/queryset.ts';
import { Collector, isAlone, type Release, type Rows } from './collector.ts';
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
  const rows = query.locking === undefined ? plain : plain.step(unlockStep);
  const instances = (yield* list(rows.orderBy())) as ModelInstance[];
  return yield* collectAndDelete(queryset.database, meta, instances);
}

/** Nothing depends on these rows: one statement. */
function* deleteAtOnce(queryset: QuerySet): Operation<Deleted> {
  const compiler = deletion(queryset);
  if (compiler === undefined) return [0, {}];
  const counts = new Counts();
  counts.add(
    queryset.meta,
    yield* atomically(queryset.database, { savepoint: false }, () => compiler.execution('rowCount')),
  );
  return counts.deleted;
}
/** `DELETE … WHERE …` of the rows of a query; undefined when there can be none. */
function deletion({ meta, shape, database, parameters }: QuerySet): SQLCompiler | undefined {
  const condition = conditionPlan(shape, dialectOf(database));
  if (condition === undefined) return undefined;
  const text = `DELETE FROM ${quote(meta.table)}${condition.sql}`;
  return new SQLCompiler(database, { text, values: parametersOf(condition, parameters) }, true);
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
    const counts = new Counts();
    const keys = instances.map((instance) => instance.pk);
    yield* deleteByKey(alias, meta, keys, counts);
    return counts.deleted;
  }
  return yield* atomically(alias, { savepoint: false }, function* (): Operation<Deleted> {
    const collector = new Collector(alias);
    yield* collector.collect(meta, instances, { keepParents });
    collector.check(meta);
    const counts = new Counts();
    for (const rows of collector.unseen) yield* deleteUnseen(alias, rows, counts);
    for (const release of collector.releases) yield* applyRelease(alias, release);
    for (const [model, rows] of collector.inOrder()) {
      // Rows of a proxy are counted under its name.
      const asked = model === meta.concrete ? meta : model;
      yield* deleteByKey(alias, asked, rows.keys(), counts);
    }
    return counts.deleted;
  });
}

function* applyRelease(alias: string, { field, value, rows }: Release): Operation<void> {
  const set = [[field, { wire: field.toWire(value) }]] as const;
  const statement = setByKeys(rows.model, set, rows.columns, dialectOf(alias));
  yield* new SQLCompiler(alias, statement, true).execution('noResults');
}
function* deleteUnseen(alias: string, rows: Rows | QuerySet, counts: Counts): Operation<void> {
  const compiler =
    rows instanceof QuerySet
      ? deletion(rows)
      : new SQLCompiler(alias, deleteByKeys(rows.model, rows.columns, dialectOf(alias)), true);
  if (compiler === undefined) return;
  counts.add(rows instanceof QuerySet ? rows.meta : rows.model, yield* compiler.execution('rowCount'));
}
function* deleteByKey(
  alias: string,
  model: ModelMeta,
  keys: Iterable<unknown>,
  counts: Counts,
): Operation<void> {
  const { primaryKey } = model;
  const columns = [[primaryKey, Array.from(keys, (key) => primaryKey.keyWire(key))]] as const;
  yield* deleteUnseen(alias, { model, columns }, counts);
}

/** How many rows went, by model. */
class Counts {
  readonly #byModel: Record<string, number> = {};
  #total = 0;

  add({ label }: ModelMeta, count: number): void {
    this.#total += count;
    if (count > 0) this.#byModel[label] = (this.#byModel[label] ?? 0) + count;
  }
  get deleted(): Deleted {
    return [this.#total, this.#byModel];
  }
}
