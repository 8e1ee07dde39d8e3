import type { DriverRequest, RawResult } from '../../bridge/messages.ts';
import { dialectOf } from '../connections/index.ts';
import { NotUpdated, ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field, Wire } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey, itemsIn, putIn, valueIn } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { orderedBy } from '../models/order.ts';
import { metaKey } from '../models/registry.ts';
import { knownState, stateOf } from '../models/state.ts';
import { requireOptions } from '../options.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { Dialect } from '../sql/dialect.ts';
import { insertStatement, selectByKey, updateStatement, type Written, written } from '../sql/write.ts';
import type { SaveOptions } from '../types/model.ts';
import { loadMissing } from './missing.ts';
import { givePlaces } from './order.ts';
import { takeReturned } from './returned.ts';
import { chosenFields, forcedTables, isWritable, loadedFields } from './save-scope.ts';
import { atomically, type Operation } from './steps.ts';

const saveOptions = [
  'updateFields',
  'forceInsert',
  'forceUpdate',
  'using',
] as const satisfies readonly (keyof SaveOptions)[];

/** Inserts or updates the row of an instance, as Django's Model.save. */
export function* saveInstance(instance: ModelInstance, options: SaveOptions = {}): Operation<void> {
  requireOptions('save', options, saveOptions);
  const { forceUpdate = false } = options;
  const meta = instance[metaKey];
  const state = stateOf(instance);
  const forced = forcedTables(meta, options.forceInsert);
  const forceInsert = forced.length > 0;
  const alias = options.using ?? state.alias ?? 'default';
  adoptRelatedKeys(instance, 'save()');
  if (forceInsert && (forceUpdate || (options.updateFields ?? undefined) !== undefined)) {
    throw new ValueError('Cannot force both insert and updating in model saving.');
  }
  const chosen = chosenFields(instance, options.updateFields) ?? loadedFields(instance, alias, forceInsert);
  if (chosen?.length === 0) return;
  const saved = (chosen ?? meta.fields).filter((field) => !field.computed);
  for (const field of saved)
    if (state.adding ? field.changesOnInsert : field.changesOnSave)
      instance[field.attribute] = field.valueForSave(undefined, state.adding);
  yield* loadMissing([instance], saved);
  const saving: Saving = { alias, chosen, forced, forceUpdate };
  if (meta.parent === undefined) yield* saveTable(instance, meta, saving);
  else {
    // What cannot be written is refused before the transaction begins.
    for (const field of saved) writtenValue(instance, field);
    yield* atomically(alias, { savepoint: false }, () => saveTables(instance, meta, saving));
  }
  state.adding = false;
  state.alias = alias;
}

interface Saving {
  readonly alias: string;
  /** Fields to update; undefined for all, and for an insert where there is no row. */
  readonly chosen: readonly Field[] | undefined;
  /** Models whose tables take a new row, whatever its key. */
  readonly forced: readonly ModelMeta[];
  readonly forceUpdate: boolean;
}

/** Saves the row of the parent first, whose key the row of the model itself takes over. */
function* saveTables(instance: ModelInstance, meta: ModelMeta, saving: Saving): Operation<Saved> {
  const { parent, parentLink } = meta;
  if (parent === undefined || parentLink === undefined) return yield* saveTable(instance, meta, saving);
  const key = parent.primaryKey.attribute;
  const linked = instance[parentLink.attribute];
  if (instance[key] === null || instance[key] === undefined) instance[key] = linked ?? null;
  const saved = yield* saveTables(instance, parent, saving);
  instance[parentLink.attribute] = instance[key];
  const forced = saved === 'inserted' ? [...saving.forced, meta.concrete] : saving.forced;
  return yield* saveTable(instance, meta, { ...saving, forced });
}

type Saved = 'inserted' | 'updated';

/** Saves what lies in the table of `meta`, the model of the instance or one that it extends. */
function* saveTable(instance: ModelInstance, meta: ModelMeta, saving: Saving): Operation<Saved> {
  if (yield* tryUpdate(instance, meta, saving)) return 'updated';
  yield* insertInstance(instance, meta, saving.alias);
  return 'inserted';
}

/** Updates when there may be a row; false when there is none. */
function* tryUpdate(
  instance: ModelInstance,
  meta: ModelMeta,
  { alias, chosen, forced, forceUpdate }: Saving,
): Operation<boolean> {
  const mustUpdate = forceUpdate || chosen !== undefined;
  if (!hasKey(instance, meta)) {
    if (mustUpdate) throw new ValueError('Cannot force an update in save() with no primary key.');
    return false;
  }
  if (forced.includes(meta.concrete)) return false;
  // A key that a default made up names no row yet.
  const madeUp = meta.keyFields.every(({ options }) => options.hasDefault || options.dbDefault !== undefined);
  if (stateOf(instance).adding && !mustUpdate && madeUp) return false;
  if (meta.options.selectOnSave === true && !(yield* rowExists(instance, meta, alias))) {
    return notUpdated(forceUpdate, chosen);
  }
  const fields = meta.localFields.filter(
    (field) => isWritable(field) && (chosen === undefined || chosen.includes(field)),
  );
  if (yield* updateInstance(instance, meta, alias, fields, chosen !== undefined)) return true;
  // A trigger may hide what it let through.
  if (meta.options.selectOnSave === true && (yield* rowExists(instance, meta, alias))) return true;
  return notUpdated(forceUpdate, chosen);
}
function notUpdated(forceUpdate: boolean, chosen: readonly Field[] | undefined): false {
  if (forceUpdate) throw new NotUpdated('Forced update did not affect any rows.');
  if (chosen !== undefined) throw new NotUpdated('Save with updateFields did not affect any rows.');
  return false;
}
function* updateInstance(
  instance: ModelInstance,
  meta: ModelMeta,
  alias: string,
  fields: readonly Field[],
  chosen: boolean,
): Operation<boolean> {
  if (fields.length === 0) return chosen || (yield* rowExists(instance, meta, alias));
  const returning = meta.localFields.filter(
    (field) =>
      field.computed || (fields.includes(field) && instance[field.attribute] instanceof ExpressionNode),
  );
  const statement = updateStatementFor(meta, instance, fields, dialectOf(alias), returning);
  const compiler = new SQLCompiler(alias, statement, true);
  const result = yield* compiler.execution('cursor');
  if (result.rowCount === 0) return false;
  yield* takeMade(instance, meta, alias, returning, result);
  return true;
}

/** Asked for a row of a key alone, which has nothing to update, and by `selectOnSave`. */
function* rowExists(instance: ModelInstance, meta: ModelMeta, alias: string): Operation<boolean> {
  const statement = selectByKey(meta, meta.keyFields, keyWires(meta, instance), dialectOf(alias));
  return (yield* new SQLCompiler(alias, statement).execution('single')) !== undefined;
}

/** `UPDATE` of some fields of one instance. */
export function updateStatementFor(
  meta: ModelMeta,
  instance: ModelInstance,
  fields: readonly Field[],
  dialect: Dialect,
  returning: readonly Field[] = [],
): DriverRequest {
  const values = fields.map((field): [Field, Written] => [field, writtenValue(instance, field)]);
  return updateStatement(meta, { values, key: keyWires(meta, instance), returning }, dialect);
}

/** The key of an instance's row in the table of `meta`, a text for each column. */
function keyWires(meta: ModelMeta, instance: ModelInstance): Wire[] {
  return meta.keyFields.map((field) => field.toWire(instance[field.attribute]));
}

/** Inserts the row of an instance and takes over what the server made up. */
function* insertInstance(instance: ModelInstance, meta: ModelMeta, alias: string): Operation<void> {
  const by = orderedBy(meta);
  if (by !== undefined) yield* givePlaces(meta, by, [instance], alias);
  const { fields, returning } = insertFields(meta, instance);
  const dialect = dialectOf(alias);
  const statement = insertStatement(meta, { fields, rows: [instance], returning }, dialect);
  const compiler = new SQLCompiler(alias, statement, true);
  const result = yield* compiler.execution('cursor');
  yield* takeMade(instance, meta, alias, returning, result);
}

/** Takes over what the server made up; read back where the server did not hand back what it wrote. */
function* takeMade(
  instance: ModelInstance,
  meta: ModelMeta,
  alias: string,
  made: readonly Field[],
  { rows, insertId }: RawResult,
): Operation<void> {
  if (made.length === 0) return;
  const key = meta.primaryKey;
  const dialect = dialectOf(alias);
  const [row] = rows;
  if (row !== undefined) return takeReturned(instance, made, row, dialect);
  if (insertId !== undefined && made.includes(key)) takeReturned(instance, [key], [insertId], dialect);
  const others = made.filter((field) => !meta.keyFields.includes(field));
  if (others.length === 0) return;
  const statement = selectByKey(meta, others, keyWires(meta, instance), dialect);
  takeReturned(instance, others, yield* new SQLCompiler(alias, statement).execution('single'), dialect);
}

/** True when the server makes the value of the new row's column. */
export function isMade(field: Field, value: unknown): boolean {
  if (field.computed) return true;
  if (field.generated) return value === null || value === undefined;
  return value === undefined && field.options.dbDefault !== undefined;
}

/** False for a column whose value is always given. */
export function mayBeMade(field: Field): boolean {
  return field.computed || field.generated || field.options.dbDefault !== undefined;
}

/** Columns to write and columns to read back: a generated key that was not given, and database defaults. */
export function insertFields(
  meta: ModelMeta,
  instance: ModelInstance,
): { readonly fields: readonly Field[]; readonly returning: readonly Field[] } {
  const made = (field: Field) => isMade(field, instance[field.attribute]);
  const computed = (field: Field) => instance[field.attribute] instanceof ExpressionNode;
  return {
    fields: meta.localFields.filter((field) => !made(field)),
    returning: meta.localFields.filter((field) => made(field) || computed(field)),
  };
}

export function writtenValue(instance: ModelInstance, field: Field): Written {
  return written(field, instance[field.attribute]);
}

/**
 * Takes over the keys of related instances that were saved after they were assigned.
 *
 * @param only the fields that are written; all when absent
 * @throws ValueError for one that still has none
 */
export function adoptRelatedKeys(instance: ModelInstance, operation: string, only?: readonly Field[]): void {
  const state = knownState(instance);
  if (state?.unsaved === undefined) return;
  const { unsaved, related } = state;
  const meta = instance[metaKey];
  for (const name of unsaved) {
    const field = meta.genericKeys.get(name)?.keyField ?? meta.foreignKey(name) ?? meta.requireField(name);
    if (only !== undefined && !(field.parts ?? [field]).some((column) => only.includes(column))) continue;
    const other = (related?.get(name) ?? undefined) as ModelInstance | undefined;
    const current = valueIn(instance, field);
    if (other === undefined || (current !== null && current !== undefined)) {
      unsaved.delete(name);
      continue;
    }
    if (!hasKey(other)) {
      throw new ValueError(
        `${operation} prohibited to prevent data loss due to unsaved related object '${name}'.`,
      );
    }
    // A column other than the primary key may be null in a row that is saved.
    putIn(instance, field, field instanceof ForeignKeyField ? itemsIn(other, field.targetField) : other.pk);
    unsaved.delete(name);
  }
}
