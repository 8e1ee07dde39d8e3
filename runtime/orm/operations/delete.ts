import { dialectOf } from '../connections/index.ts';
import { ProtectedError, RestrictedError, ValueError } from '../errors.ts';
import type { Field, Wire } from '../fields/field.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { requireUncombined } from '../queryset/combine.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import { deleteByKeys, setByKeys } from '../sql/write.ts';
import type { InstanceOptions } from '../types/model.ts';
import type { Deleted } from '../types/queryset.ts';
import { list } from './read.ts';
import { atomically, type Operation } from './steps.ts';
import { conditionPlan, parametersOf } from './update.ts';

/** Deletes every row of the query and what depends on it; returns counts. */
export function* deleteRows(queryset: QuerySet): Operation<Deleted> {
  const { query, meta } = queryset;
  requireUncombined(query, 'delete');
  if (query.sliced) throw new TypeError("Cannot use 'limit' or 'offset' with delete().");
  if (query.distinctFields.length > 0) throw new TypeError('Cannot call delete() after .distinct(*fields).');
  if (query.rows.form !== 'instances') {
    throw new TypeError('Cannot call delete() after .values() or .values_list()');
  }
  queryset.empty();
  if (meta.incoming.length === 0) return yield* deleteAtOnce(queryset);
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

export function* deleteInstance(
  instance: ModelInstance,
  { using }: InstanceOptions = {},
): Operation<Deleted> {
  const meta = instance[metaKey];
  const { attribute } = meta.primaryKey;
  if (instance.pk === null || instance.pk === undefined) {
    throw new ValueError(
      `${meta.label} object can't be deleted because its ${attribute} attribute is set to None.`,
    );
  }
  const alias = using ?? stateOf(instance).alias ?? 'default';
  const deleted = yield* collectAndDelete(alias, meta, [instance]);
  instance[attribute] = null;
  return deleted;
}

/** Rows to change before the delete: foreign keys that let go of what they point at. */
interface Release {
  readonly field: ForeignKeyField;
  readonly value: unknown;
  readonly instances: readonly ModelInstance[];
}

/** Rows that go, by model, with the rows that stand in the way; gathered before anything is changed. */
class Collector {
  readonly alias: string;
  readonly instances = new Map<ModelMeta, Map<unknown, ModelInstance>>();
  readonly releases: Release[] = [];
  readonly #protected: { readonly field: ForeignKeyField; readonly instances: readonly ModelInstance[] }[] =
    [];
  readonly #restricted: { readonly field: ForeignKeyField; readonly instances: readonly ModelInstance[] }[] =
    [];

  constructor(alias: string) {
    this.alias = alias;
  }

  *collect(meta: ModelMeta, instances: readonly ModelInstance[]): Operation<void> {
    const fresh = this.#add(meta, instances);
    if (fresh.length === 0) return;
    for (const { field } of meta.incoming) {
      if (field.onDelete === 'doNothing') continue;
      const dependents = yield* this.#dependents(field, fresh);
      if (dependents.length > 0) yield* this.#apply(field, dependents);
    }
  }
  *#dependents(field: ForeignKeyField, instances: readonly ModelInstance[]): Operation<ModelInstance[]> {
    const keys = instances.map((instance) => instance.pk);
    const rows = new QuerySet(field.model)
      .using(this.alias)
      .filter({ [`${field.name}__in`]: keys })
      .orderBy();
    return (yield* list(rows)) as ModelInstance[];
  }
  *#apply(field: ForeignKeyField, instances: readonly ModelInstance[]): Operation<void> {
    const rule = field.onDelete;
    if (rule === 'cascade') yield* this.collect(field.model, instances);
    else if (rule === 'protect') this.#protected.push({ field, instances });
    else if (rule === 'restrict') this.#restricted.push({ field, instances });
    else this.releases.push({ field, instances, value: releaseValue(field) });
  }
  #add(meta: ModelMeta, instances: readonly ModelInstance[]): ModelInstance[] {
    let known = this.instances.get(meta);
    if (known === undefined) {
      known = new Map();
      this.instances.set(meta, known);
    }
    const fresh = instances.filter((instance) => !known.has(instance.pk));
    for (const instance of fresh) known.set(instance.pk, instance);
    return fresh;
  }

  /** Refuses the delete when protected rows, or restricted ones that would stay, point at what is to go. */
  check(root: ModelMeta): void {
    const protectedBy = this.#protected;
    if (protectedBy.length > 0) {
      throw new ProtectedError(
        refusal(
          root,
          protectedBy.map(({ field }) => field),
          'protected',
        ),
        protectedBy.flatMap(({ instances }) => instances),
      );
    }
    const staying = this.#restricted
      .map(({ field, instances }) => ({
        field,
        instances: instances.filter((each) => !this.instances.get(field.model)?.has(each.pk)),
      }))
      .filter(({ instances }) => instances.length > 0);
    if (staying.length > 0) {
      throw new RestrictedError(
        refusal(
          root,
          staying.map(({ field }) => field),
          'restricted',
        ),
        staying.flatMap(({ instances }) => instances),
      );
    }
  }
}

function refusal(root: ModelMeta, fields: readonly ForeignKeyField[], how: string): string {
  const names = [...new Set(fields.map((field) => `'${field.model.label}.${field.name}'`))].join(', ');
  return `Cannot delete some instances of model '${root.label}' because they are referenced through ${how} foreign keys: ${names}.`;
}

function releaseValue(field: ForeignKeyField): unknown {
  const rule = field.onDelete;
  if (rule === 'setNull') return null;
  if (rule === 'setDefault') return field.initialValue() ?? null;
  const value = typeof rule === 'object' ? rule.set : null;
  return typeof value === 'function' ? value() : value;
}

function* collectAndDelete(
  alias: string,
  meta: ModelMeta,
  instances: readonly ModelInstance[],
): Operation<Deleted> {
  if (instances.length === 0) return [0, {}];
  if (meta.incoming.length === 0) return yield* deleteCollected(alias, [[meta, keyMap(instances)]]);
  return yield* atomically(alias, { savepoint: false }, function* (): Operation<Deleted> {
    const collector = new Collector(alias);
    yield* collector.collect(meta, instances);
    collector.check(meta);
    for (const release of collector.releases) yield* applyRelease(alias, release);
    // Dependents first; foreign keys are checked at the end anyway, other databases check at once.
    return yield* deleteCollected(alias, [...collector.instances].reverse());
  });
}

function keyMap(instances: readonly ModelInstance[]): Map<unknown, ModelInstance> {
  return new Map(instances.map((instance) => [instance.pk, instance]));
}

function* applyRelease(alias: string, { field, value, instances }: Release): Operation<void> {
  const statement = setByKeys(
    field.model,
    field,
    value,
    wires(field.model.primaryKey, instances),
    dialectOf(alias),
  );
  yield* new SQLCompiler(alias, statement, true).execution('noResults');
}

function* deleteCollected(
  alias: string,
  models: readonly (readonly [ModelMeta, ReadonlyMap<unknown, ModelInstance>])[],
): Operation<Deleted> {
  const counts: Record<string, number> = {};
  let total = 0;
  for (const [meta, instances] of models) {
    const keys = wires(meta.primaryKey, [...instances.values()]);
    const compiler = new SQLCompiler(
      alias,
      deleteByKeys(meta, meta.primaryKey, keys, dialectOf(alias)),
      true,
    );
    const count = yield* compiler.execution('rowCount');
    total += count;
    if (count > 0) counts[meta.label] = (counts[meta.label] ?? 0) + count;
  }
  return [total, counts];
}

function wires(key: Field, instances: readonly ModelInstance[]): Wire[] {
  return instances.map((instance) => key.toWire(instance.pk));
}
