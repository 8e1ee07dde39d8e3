import { connections } from '../connections/index.ts';
import { ProtectedError, RestrictedError } from '../errors.ts';
import type { Field, KeyWire } from '../fields/field.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import type { GenericRelation } from '../models/generic.ts';
import type { ModelInstance } from '../models/instance.ts';
import { mapByKey, valueIn } from '../models/keys.ts';
import { baseQuerySet } from '../models/managers.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { loadMissing } from './missing.ts';
import { list } from './read.ts';
import type { Operation } from './steps.ts';

/** True when rows of the model go by themselves: nothing points at them, and no other table holds a part of them. */
export function isAlone(meta: ModelMeta): boolean {
  const dependent = meta.incoming.some(({ field }) => !isLeftAlone(field));
  return meta.parent === undefined && !dependent && meta.genericRelations.length === 0;
}

/** What the application does nothing about: the database may, and does where the rule is one of its own. */
function isLeftAlone({ onDelete }: ForeignKeyField): boolean {
  return (
    onDelete === 'doNothing' ||
    onDelete === 'dbCascade' ||
    onDelete === 'dbSetNull' ||
    onDelete === 'dbSetDefault'
  );
}

/** Rows of one model, by the values of any of some columns. */
export interface Rows {
  readonly model: ModelMeta;
  readonly columns: readonly (readonly [field: Field, keys: readonly KeyWire[]])[];
}
/** Rows to change before the delete: foreign keys that let go of what they point at. */
export interface Release {
  readonly field: ForeignKeyField;
  readonly value: unknown;
  readonly rows: Rows;
}
interface Obstacle {
  readonly field: ForeignKeyField;
  readonly instances: readonly ModelInstance[];
}

/** How rows that go were come to. */
interface Path {
  /** True leaves the rows that the model extends. */
  readonly keepParents?: boolean;
  /** The link of the rows that extend these. */
  readonly from?: ForeignKeyField | undefined;
  /** The first relation on the way from the rows that were to go. */
  readonly origin?: ForeignKeyField | undefined;
}

/** Rows that go, by model, with the rows that stand in the way; gathered before anything is changed. */
export class Collector {
  readonly alias: string;
  /** By the key in the table of the model: a row that lies in two tables is here twice. */
  readonly instances = new Map<ModelMeta, Map<unknown, ModelInstance>>();
  readonly releases: Release[] = [];
  /** Rows that point at what is to go, on which nothing depends in turn: they need not be read. */
  readonly unseen: (Rows | QuerySet)[] = [];
  readonly #protected: Obstacle[] = [];
  readonly #restricted: Obstacle[] = [];

  constructor(alias: string) {
    this.alias = alias;
  }

  *collect(meta: ModelMeta, instances: readonly ModelInstance[], path: Path = {}): Operation<void> {
    const { keepParents = false, from, origin } = path;
    const fresh = this.#add(meta, instances);
    if (fresh.length === 0) return;
    const leaves = new Map<ModelMeta, Rows['columns'][number][]>();
    for (const { field } of meta.incoming) {
      // The way down to the rows this one came from.
      if (field === from || isLeftAlone(field)) continue;
      yield* loadMissing(fresh, [field.targetField]);
      if (goesUnseen(field))
        leaves.set(field.model, [...(leaves.get(field.model) ?? []), pointing(field, fresh)]);
      else yield* this.#follow(field, fresh, origin ?? field);
    }
    for (const [model, columns] of leaves) this.unseen.push({ model, columns });
    const { parent, parentLink } = meta;
    if (parent !== undefined && !keepParents) {
      yield* loadMissing(fresh, [parent.primaryKey]);
      yield* this.collect(parent, fresh, { from: parentLink, origin });
    }
    for (const relation of meta.genericRelations) yield* this.#followGeneric(relation, fresh);
  }
  *#follow(
    field: ForeignKeyField,
    fresh: readonly ModelInstance[],
    origin: ForeignKeyField,
  ): Operation<void> {
    if (letsGoUnseen(field)) {
      const rows = { model: field.model, columns: [pointing(field, fresh)] };
      this.releases.push({ field, value: releaseValue(field), rows });
      return;
    }
    const keys = fresh.map((instance) => valueIn(instance, field.targetField));
    const all = baseQuerySet(field.model)
      .using(this.alias)
      .filter({ [`${field.name}__in`]: keys });
    // Rows that stand in the way are shown to the caller, whole; of the others nobody sees more than is asked of them.
    const shown = field.onDelete === 'protect' || field.onDelete === 'restrict' || !isPlain(field.model);
    const rows = shown ? all : all.only(...askedOf(field.model));
    const dependents = (yield* list(rows.orderBy())) as ModelInstance[];
    if (dependents.length > 0) yield* this.#apply(field, dependents, origin);
  }
  *#followGeneric(relation: GenericRelation, fresh: readonly ModelInstance[]): Operation<void> {
    const rows = relation.rowsOf(fresh, this.alias);
    if (isLeaf(relation.target)) {
      this.unseen.push(rows);
      return;
    }
    yield* this.collect(relation.target, (yield* list(rows.orderBy())) as ModelInstance[]);
  }
  *#apply(
    field: ForeignKeyField,
    instances: readonly ModelInstance[],
    origin: ForeignKeyField,
  ): Operation<void> {
    const rule = field.onDelete;
    if (rule === 'cascade') {
      // Rows that point at each other can go in no order; they let go of each other first.
      if (
        field.options.nullable &&
        field.parts === undefined &&
        !connections.get(this.alias).features.defersForeignKeys
      )
        this.releases.push({ field, value: null, rows: byKey(field.model, instances) });
      yield* this.collect(field.model, instances, { origin });
      // As in Django, what stands in the way is named by the relation that leads there from what was to go.
    } else if (rule === 'protect') this.#protected.push({ field: origin, instances });
    else if (rule === 'restrict') this.#restricted.push({ field, instances });
    else this.releases.push({ field, value: releaseValue(field), rows: byKey(field.model, instances) });
  }
  #add(meta: ModelMeta, instances: readonly ModelInstance[]): ModelInstance[] {
    let known = this.instances.get(meta.concrete);
    if (known === undefined) {
      known = mapByKey<ModelInstance>(meta.primaryKey);
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
  const restricting = meta.foreignKeys.some(({ onDelete }) => onDelete === 'restrict');
  return isAlone(meta) && !restricting;
}
/** True where no manager of the application says which rows there are. */
function isPlain({ options }: ModelMeta): boolean {
  return options.baseManagerName === undefined;
}
function goesUnseen({ model, onDelete, parts }: ForeignKeyField): boolean {
  return onDelete === 'cascade' && parts === undefined && isPlain(model) && isLeaf(model);
}
/** As in Django what is computed, by the model or by a function, is computed only for rows that there are. */
function letsGoUnseen({ model, onDelete }: ForeignKeyField): boolean {
  const known = typeof onDelete === 'object' ? typeof onDelete.set !== 'function' : onDelete === 'setNull';
  return known && isPlain(model);
}
/** The rows that point at those, by their foreign key. */
function pointing(field: ForeignKeyField, at: readonly ModelInstance[]): Rows['columns'][number] {
  const { attribute } = field.targetField;
  return [field, at.map((instance) => field.keyWire(instance[attribute]))];
}
function byKey(model: ModelMeta, instances: readonly ModelInstance[]): Rows {
  const { primaryKey } = model;
  const keys = instances.map((instance) => primaryKey.keyWire(instance[primaryKey.attribute]));
  return { model, columns: [[primaryKey, keys]] };
}
/** What the rest of a delete asks of rows: their keys, and the columns that others point at. */
function askedOf(model: ModelMeta): string[] {
  const asked = new Set<Field>();
  for (let meta: ModelMeta | undefined = model; meta !== undefined; meta = meta.parent) {
    asked.add(meta.primaryKey);
    for (const { field } of meta.incoming) if (!isLeftAlone(field)) asked.add(field.targetField);
  }
  return [...new Set([...asked].flatMap((field) => field.parts ?? field).map(({ attribute }) => attribute))];
}
function pointsAt(meta: ModelMeta, other: ModelMeta): boolean {
  return meta !== other && meta.foreignKeys.some(({ target }) => target.concrete === other);
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
