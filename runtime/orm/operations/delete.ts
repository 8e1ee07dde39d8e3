import { connections, dialectOf } from '../connections/index.ts';
import { ProtectedError, RestrictedError, ValueError } from '../errors.ts';
import type { Field, Wire } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { GenericRelation } from '../models/generic.ts';
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
  if (isAlone(meta)) return yield* deleteAtOnce(queryset);
  const plain = new QuerySet(meta, queryset.shape, queryset.parameters, {
    ...queryset.state,
    prefetches: [],
    known: undefined,
  });
  const instances = (yield* list(plain.orderBy())) as ModelInstance[];
  return yield* collectAndDelete(queryset.database, meta, instances);
}

/** True when rows of the model go by themselves: nothing points at them, and no other table holds a part of them. */
function isAlone(meta: ModelMeta): boolean {
  const dependent = meta.incoming.some(({ field }) => field.onDelete !== 'doNothing');
  return meta.parent === undefined && !dependent && meta.genericRelations.length === 0;
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
  { using, keepParents = false }: InstanceOptions = {},
): Operation<Deleted> {
  const meta = instance[metaKey];
  const { attribute } = meta.primaryKey;
  if (instance.pk === null || instance.pk === undefined) {
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

/** Rows to change before the delete: foreign keys that let go of what they point at. */
interface Release {
  readonly field: ForeignKeyField;
  readonly value: unknown;
  readonly instances: readonly ModelInstance[];
}
/** Rows of one model that point at what is to go, on which nothing depends in turn: they need not be read. */
interface Fast {
  readonly field: ForeignKeyField;
  readonly keys: readonly Wire[];
}
interface Obstacle {
  readonly field: ForeignKeyField;
  readonly instances: readonly ModelInstance[];
}

/** Rows that go, by model, with the rows that stand in the way; gathered before anything is changed. */
class Collector {
  readonly alias: string;
  /** By the key in the table of the model: a row that lies in two tables is here twice. */
  readonly instances = new Map<ModelMeta, Map<unknown, ModelInstance>>();
  readonly releases: Release[] = [];
  readonly fast: Fast[] = [];
  readonly #protected: Obstacle[] = [];
  readonly #restricted: Obstacle[] = [];

  constructor(alias: string) {
    this.alias = alias;
  }

  /** @param keepParents true leaves the rows that the model extends */
  *collect(
    meta: ModelMeta,
    instances: readonly ModelInstance[],
    keepParents = false,
    from?: ForeignKeyField,
  ): Operation<void> {
    const fresh = this.#add(meta, instances);
    if (fresh.length === 0) return;
    for (const { field } of meta.incoming) {
      // The way down to the rows this one came from.
      if (field === from || field.onDelete === 'doNothing') continue;
      yield* this.#follow(field, fresh);
    }
    const { parent, parentLink } = meta;
    if (parent !== undefined && !keepParents) yield* this.collect(parent, fresh, false, parentLink);
    for (const relation of meta.genericRelations) yield* this.#followGeneric(relation, fresh);
  }
  *#follow(field: ForeignKeyField, fresh: readonly ModelInstance[]): Operation<void> {
    const { attribute } = field.targetField;
    if (field.onDelete === 'cascade' && isLeaf(field.model)) {
      this.fast.push({ field, keys: fresh.map((instance) => field.toWire(instance[attribute])) });
      return;
    }
    const keys = fresh.map((instance) => instance[attribute]);
    const rows = new QuerySet(field.model).using(this.alias).filter({ [`${field.name}__in`]: keys });
    const dependents = (yield* list(rows.orderBy())) as ModelInstance[];
    if (dependents.length > 0) yield* this.#apply(field, dependents);
  }
  *#followGeneric(relation: GenericRelation, fresh: readonly ModelInstance[]): Operation<void> {
    const rows = relation.rowsOf(fresh, this.alias);
    yield* this.collect(relation.target, (yield* list(rows.orderBy())) as ModelInstance[]);
  }
  *#apply(field: ForeignKeyField, instances: readonly ModelInstance[]): Operation<void> {
    const rule = field.onDelete;
    if (rule === 'cascade') {
      // Rows that point at each other can go in no order; they let go of each other first.
      if (field.options.nullable && !connections.get(this.alias).features.defersForeignKeys)
        this.releases.push({ field, instances, value: null });
      yield* this.collect(field.model, instances);
    } else if (rule === 'protect') this.#protected.push({ field, instances });
    else if (rule === 'restrict') this.#restricted.push({ field, instances });
    else this.releases.push({ field, instances, value: releaseValue(field) });
  }
  #add(meta: ModelMeta, instances: readonly ModelInstance[]): ModelInstance[] {
    let known = this.instances.get(meta.concrete);
    if (known === undefined) {
      known = new Map();
      this.instances.set(meta.concrete, known);
    }
    const { attribute } = meta.primaryKey;
    const fresh = instances.filter((instance) => !known.has(instance[attribute]));
    for (const instance of fresh) known.set(instance[attribute], instance);
    return fresh;
  }

  /** Refuses the delete when protected rows, or restricted ones that would stay, point at what is to go. */
  check(root: ModelMeta): void {
    refuse(root, this.#protected, 'protected', ProtectedError);
    const staying = this.#restricted.map(({ field, instances }) => ({
      field,
      instances: instances.filter(
        (each) => !this.instances.get(field.model)?.has(each[field.model.primaryKey.attribute]),
      ),
    }));
    refuse(
      root,
      staying.filter(({ instances }) => instances.length > 0),
      'restricted',
      RestrictedError,
    );
  }

  /** The models in an order in which no row goes before those that point at it. */
  inOrder(): [ModelMeta, ReadonlyMap<unknown, ModelInstance>][] {
    const left = new Map([...this.instances].reverse());
    const sorted: [ModelMeta, ReadonlyMap<unknown, ModelInstance>][] = [];
    while (left.size > 0) {
      const free = [...left.keys()].find((meta) => ![...left.keys()].some((other) => pointsAt(other, meta)));
      // In a circle any order will do: foreign keys are checked at the end of the transaction.
      const next = free ?? ([...left.keys()][0] as ModelMeta);
      sorted.push([next, left.get(next) ?? new Map()]);
      left.delete(next);
    }
    return sorted;
  }
}

/** True when rows of the model can be deleted by their foreign key, unseen. */
function isLeaf(meta: ModelMeta): boolean {
  const restricting = meta.localFields.some(
    (field) => field instanceof ForeignKeyField && field.onDelete === 'restrict',
  );
  return isAlone(meta) && !restricting;
}
function pointsAt(meta: ModelMeta, other: ModelMeta): boolean {
  return (
    meta !== other &&
    meta.localFields.some((field) => field instanceof ForeignKeyField && field.target.concrete === other)
  );
}

function refuse(
  root: ModelMeta,
  obstacles: readonly Obstacle[],
  how: string,
  Refusal: typeof ProtectedError | typeof RestrictedError,
): void {
  if (obstacles.length === 0) return;
  const fields = obstacles.map(({ field }) => field);
  throw new Refusal(
    refusal(root, fields, how),
    obstacles.flatMap(({ instances }) => instances),
  );
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
  keepParents = false,
): Operation<Deleted> {
  if (instances.length === 0) return [0, {}];
  if (isAlone(meta)) {
    const keys = instances.map((instance) => instance.pk);
    return yield* deleteCollected(alias, [[meta.concrete, meta.primaryKey, wires(meta.primaryKey, keys)]]);
  }
  return yield* atomically(alias, { savepoint: false }, function* (): Operation<Deleted> {
    const collector = new Collector(alias);
    yield* collector.collect(meta, instances, keepParents);
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
type Batch = readonly [model: ModelMeta, field: Field, keys: readonly Wire[]];

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

function wires(key: Field, values: Iterable<unknown>): Wire[] {
  return Array.from(values, (value) => key.toWire(value));
}
