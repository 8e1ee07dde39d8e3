import type { DriverRequest } from '../../bridge/messages.ts';
import { dialectOf } from '../connections/index.ts';
import { NotUpdated, ValueError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import { isDeferred } from '../models/deferred.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { Dialect } from '../sql/dialect.ts';
import { insertStatement, updateStatement, type Written, written } from '../sql/write.ts';
import type { SaveOptions } from '../types/model.ts';
import type { Operation } from './steps.ts';

/** Inserts or updates the row of an instance, as Django's Model.save. */
export function* saveInstance(instance: ModelInstance, options: SaveOptions = {}): Operation<void> {
  const { forceInsert = false, forceUpdate = false } = options;
  const meta = instance[metaKey];
  const state = stateOf(instance);
  const alias = options.using ?? state.alias ?? 'default';
  adoptRelatedKeys(instance, 'save()');
  if (forceInsert && (forceUpdate || options.updateFields !== undefined)) {
    throw new ValueError('Cannot force both insert and updating in model saving.');
  }
  const chosen = chosenFields(instance, options.updateFields);
  if (chosen?.length === 0) return;
  for (const field of chosen ?? meta.fields) {
    if (isDeferred(instance, field.attribute)) continue;
    const current = instance[field.attribute];
    const value = field.valueForSave(current, state.adding);
    if (value !== current) instance[field.attribute] = value;
  }
  const saved = yield* tryUpdate(instance, alias, chosen, options);
  if (!saved) yield* insertInstance(instance, alias);
  state.adding = false;
  state.alias = alias;
}

/** Updates when there may be a row; false when there is none. */
function* tryUpdate(
  instance: ModelInstance,
  alias: string,
  chosen: readonly Field[] | undefined,
  { forceInsert = false, forceUpdate = false, updateFields }: SaveOptions,
): Operation<boolean> {
  const meta = instance[metaKey];
  const key = instance.pk;
  const mustUpdate = forceUpdate || updateFields !== undefined;
  if (key === null || key === undefined) {
    if (mustUpdate) throw new ValueError('Cannot force an update in save() with no primary key.');
    return false;
  }
  if (forceInsert) return false;
  // A key that a default made up names no row yet.
  if (stateOf(instance).adding && !mustUpdate && meta.primaryKey.options.hasDefault) return false;
  const fields = (chosen ?? meta.fields).filter(
    (field) => !field.options.primaryKey && !isDeferred(instance, field.attribute),
  );
  const updated = fields.length === 0 || (yield* updateInstance(instance, alias, fields));
  if (updated) return true;
  if (forceUpdate) throw new NotUpdated('Forced update did not affect any rows.');
  if (updateFields !== undefined) throw new NotUpdated('Save with update_fields did not affect any rows.');
  return false;
}

function* updateInstance(
  instance: ModelInstance,
  alias: string,
  fields: readonly Field[],
): Operation<boolean> {
  const meta = instance[metaKey];
  const returning = fields.filter((field) => instance[field.attribute] instanceof ExpressionNode);
  const statement = updateStatementFor(meta, instance, fields, dialectOf(alias), returning);
  const compiler = new SQLCompiler(alias, statement, true);
  const result = yield* compiler.execution('cursor');
  takeReturned(instance, returning, result.rows[0], dialectOf(alias));
  return result.rowCount > 0;
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
  return updateStatement(meta, { values, key: meta.primaryKey.toWire(instance.pk), returning }, dialect);
}

/** Inserts the row of an instance and takes over what the server made up. */
export function* insertInstance(instance: ModelInstance, alias: string): Operation<void> {
  const meta = instance[metaKey];
  const { fields, returning } = insertFields(meta, instance);
  const row = fields.map((field) => writtenValue(instance, field));
  const dialect = dialectOf(alias);
  const statement = insertStatement(meta, { fields, rows: [row], returning }, dialect);
  const compiler = new SQLCompiler(alias, statement, true);
  takeReturned(instance, returning, yield* compiler.execution('single'), dialect);
}

/** Columns to write and columns to read back: a generated key that was not given, and database defaults. */
export function insertFields(
  meta: ModelMeta,
  instance: ModelInstance,
): { readonly fields: readonly Field[]; readonly returning: readonly Field[] } {
  const made = (field: Field) => {
    const value = instance[field.attribute];
    if (field.generated) return value === null || value === undefined;
    return value === undefined && field.options.dbDefault !== undefined;
  };
  const computed = (field: Field) => instance[field.attribute] instanceof ExpressionNode;
  return {
    fields: meta.fields.filter((field) => !made(field)),
    returning: meta.fields.filter((field) => made(field) || computed(field)),
  };
}

export function writtenValue(instance: ModelInstance, field: Field): Written {
  return written(field, instance[field.attribute]);
}

export function takeReturned(
  instance: ModelInstance,
  fields: readonly Field[],
  row: readonly (string | null)[] | undefined,
  dialect: Dialect,
): void {
  if (row === undefined) return;
  fields.forEach((field, at) => {
    const text = row[at] ?? null;
    instance[field.attribute] = text === null ? null : dialect.decoder(field).decode(text);
  });
}

/** Takes over the keys of related instances that were saved after they were assigned. */
export function adoptRelatedKeys(instance: ModelInstance, operation: string): void {
  const { unsaved, related } = stateOf(instance);
  if (unsaved === undefined) return;
  for (const name of unsaved) {
    const field = instance[metaKey].requireField(name) as ForeignKeyField;
    const other = related?.get(name) as ModelInstance | undefined;
    const current = instance[field.attribute];
    if (other === undefined || (current !== null && current !== undefined)) continue;
    if (other.pk === null || other.pk === undefined) {
      throw new ValueError(
        `${operation} prohibited to prevent data loss due to unsaved related object '${name}'.`,
      );
    }
    instance[field.attribute] = other.pk;
  }
  unsaved.clear();
}

function chosenFields(
  instance: ModelInstance,
  names: readonly string[] | undefined,
): readonly Field[] | undefined {
  if (names === undefined) return undefined;
  const meta = instance[metaKey];
  const unknown = names.filter((name) => meta.field(name)?.options.primaryKey !== false);
  if (unknown.length > 0) {
    throw new ValueError(
      `The following fields do not exist in this model, are m2m fields, primary keys, or are non-concrete fields: ${unknown.join(', ')}`,
    );
  }
  return meta.fields.filter((field) => names.includes(field.name) || names.includes(field.attribute));
}
