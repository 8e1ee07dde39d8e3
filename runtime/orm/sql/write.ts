import type { DriverRequest } from '../../bridge/messages.ts';
import { FieldError, ValueError } from '../errors.ts';
import { expressionFrom } from '../expressions/arguments.ts';
import { Column } from '../expressions/column.ts';
import { FieldReference, WrittenValue } from '../expressions/field-reference.ts';
import { ExpressionNode, inferredOutput } from '../expressions/node.ts';
import type { Value } from '../expressions/value.ts';
import type { Field, KeyWire, Wire } from '../fields/field.ts';
import { ArrayField, JsonField, wireArray } from '../fields/structured.ts';
import type { ModelInstance } from '../models/instance.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import type { WireValue } from '../protocol/outgoing.ts';
import { Collected, encoded } from '../query/collected.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import { type ConflictRule, type Dialect, sentValue } from './dialect.ts';
import { namedRequest } from './named.ts';
import { binaryColumn, textColumn, unnest } from './unnest.ts';
import { SqlWriter } from './writer.ts';

/** A value to write: text for a parameter, the column's default, or an expression. */
export type Written =
  | { readonly wire: Wire }
  | { readonly expression: ExpressionNode }
  | { readonly fallback: true };

export function written(field: Field, value: unknown): Written {
  const expression = typeof value === 'object' ? expressionFrom(value) : undefined;
  if (expression instanceof WrittenValue) {
    const plain = plainValue(expression.value, field);
    if (plain !== undefined) return plain;
  }
  if (expression !== undefined) return { expression };
  if (value === undefined) return field.options.dbDefault === undefined ? { wire: null } : { fallback: true };
  return { wire: field.toWire(value) };
}

/** A value that only its column knows the type of: JSON null, a list that is an array. Undefined for any other. */
function plainValue(value: Value, field: Field): Written | undefined {
  if (field instanceof JsonField) return value.isJsonNull ? { wire: field.encode(null) } : undefined;
  const list = field instanceof ArrayField && value.output instanceof JsonField && value.value !== null;
  return list ? { wire: field.toWire(value.value) } : undefined;
}

/** Builds one INSERT or UPDATE: text with parameters numbered as they are added. */
class StatementBuilder {
  readonly values: WireValue[] = [];
  readonly dialect: Dialect;
  readonly #names: ModelMeta | Query;
  readonly #given: readonly unknown[];
  /** True where there is no row yet that a column could be read of. */
  readonly #inserts: boolean;
  /** True where values of many rows go as one parameter. */
  hasArrays = false;

  /**
   * @param names what names in expressions mean: those of a model, or of a query with its annotations
   * @param given values of that query, which annotations refer to
   */
  constructor(
    names: ModelMeta | Query,
    dialect: Dialect,
    given: readonly unknown[] = [],
    { inserts = false } = {},
  ) {
    this.#inserts = inserts;
    this.#names = names;
    this.#given = given;
    this.dialect = dialect;
  }
  parameter(value: Wire, field: Field): string {
    const mark = `$${this.values.push(sentValue(value, field, this.dialect))}`;
    return this.dialect.stored(mark, field);
  }
  list(values: readonly Wire[], element: Field): string {
    const text = wireArray(values);
    return `$${this.values.push(this.dialect.list(element)?.(text) ?? text)}`;
  }
  /** Rows whose column, or columns, have one of the values. @param table written before each column */
  among(field: Field, keys: readonly KeyWire[], table = ''): string {
    const { parts } = field;
    if (parts === undefined) {
      return this.dialect.among(`${table}${quote(field.column)}`, this.list(keys as Wire[], field), field);
    }
    const columns = parts.map((part) => `${table}${quote(part.column)}`);
    const lists = parts.map((part, at) =>
      this.list(
        keys.map((key) => key?.[at] ?? null),
        part,
      ),
    );
    return this.dialect.amongRows(`(${columns.join(', ')})`, lists, parts);
  }
  array(values: WireValue): string {
    this.hasArrays = true;
    return `$${this.values.push(values)}`;
  }
  value(value: Written, field: Field): string {
    if ('wire' in value) return this.parameter(value.wire, field);
    if ('fallback' in value) return 'DEFAULT';
    return this.#expression(value.expression, field);
  }
  #expression(expression: ExpressionNode, field: Field): string {
    const collected = new Collected();
    expression.describe(collected);
    const places = new Places(this.#given.length, collected);
    const query = this.#names instanceof Query ? this.#names.copy() : new Query(this.#names);
    const resolver = new Resolver(query, places, { joinsAllowed: false });
    const resolved = expression.resolve(resolver);
    const refused = resolved.containsAggregate
      ? 'Aggregate functions'
      : resolved.containsWindow
        ? 'Window expressions'
        : inferredOutput(resolved)?.parts !== undefined
          ? 'Composite primary keys expressions'
          : undefined;
    if (refused !== undefined) {
      const shown = resolved instanceof Column ? nameOf(expression) : resolved.label;
      throw new FieldError(`${refused} are not allowed in this query (${field.name}=${shown}).`);
    }
    if (this.#inserts && namesColumn(resolved)) {
      const shown = nameOf(expression);
      throw new ValueError(
        `Failed to insert expression "${shown}" on ${field.model.label}.${field.name}. F() expressions can only be used to update, not to insert.`,
      );
    }
    if (namesOtherTable(resolved, query)) {
      throw new FieldError('Joined field references are not permitted in this query');
    }
    const writer = new SqlWriter(this.dialect);
    const first = this.values.length;
    const { sql, sources } = writer.finish(resolved.toSql(writer), (position) => `$${first + position + 1}`);
    const own = collected.values.map((each, at) => {
      if (typeof each === 'object' && each !== null && encoded in each) return each[encoded as never];
      return places.encoders[at]?.(each) ?? null;
    });
    const given = [...this.#given, ...own];
    for (const { place, finish } of sources) {
      this.values.push((finish === undefined ? given[place] : finish(given[place])) as Wire);
    }
    return sql;
  }
}

/** As the application wrote it. */
function nameOf(expression: ExpressionNode): string {
  return expression instanceof FieldReference ? `F('${expression.name}')` : expression.label;
}
function namesColumn(expression: ExpressionNode): boolean {
  return expression instanceof Column || expression.children.some(namesColumn);
}
function namesOtherTable(expression: ExpressionNode, query: Query): boolean {
  if (expression instanceof Column && expression.alias !== query.base) return true;
  return expression.children.some((child) => namesOtherTable(child, query));
}

export interface InsertRows {
  readonly fields: readonly Field[];
  /** Values by attribute. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly returning: readonly Field[];
  readonly conflict?: ConflictRule | undefined;
}

export function insertStatement(
  model: ModelMeta,
  { fields, rows, returning, conflict }: InsertRows,
  dialect: Dialect,
): DriverRequest {
  const builder = new StatementBuilder(model, dialect, [], { inserts: true });
  const { insert } = dialect;
  const table = quote(model.table);
  const columns = fields.map((field) => quote(field.column)).join(', ');
  const parts =
    fields.length === 0
      ? [`INSERT INTO ${table} ${rows.length > 1 ? emptyRows(model, rows.length, dialect) : insert.nothing}`]
      : [`INSERT INTO ${table} (${columns})`, source(fields, rows, builder)];
  parts.push(
    insert.onConflict(conflict, quote, quote(model.keyFields[0]?.column ?? '')),
    readBack(table, returning, insert.returning),
  );
  const text = joined(parts);
  // The text of a list depends on its rows: it is not worth preparing, and would take a name from one that is.
  return rows.length > 1 && !builder.hasArrays
    ? { text, values: builder.values }
    : namedRequest(text, builder.values);
}

/** Several rows of which the database makes every column. */
function emptyRows({ keyFields: [key] }: ModelMeta, count: number, { insert }: Dialect): string {
  return `(${quote(key?.column ?? '')}) VALUES ${Array(count).fill(`(${insert.generated})`).join(', ')}`;
}

function readBack(
  table: string,
  fields: readonly Field[],
  returning: (columns: readonly string[]) => string,
): string {
  return fields.length === 0 ? '' : returning(fields.map((field) => `${table}.${quote(field.column)}`));
}
function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** Several rows of plain values go as one array per column: the text does not depend on how many there are. */
function source(fields: readonly Field[], rows: InsertRows['rows'], builder: StatementBuilder): string {
  const arrays = fromArrays(rows, builder.dialect) ? columnArrays(fields, rows) : undefined;
  if (arrays !== undefined) {
    const marks = arrays.map((values) => builder.array(values));
    const { source, columns, direct } = unnest(fields, marks);
    const wanted = direct ? '*' : columns.join(', ');
    return `SELECT ${wanted} FROM ${source}`;
  }
  const lists = rows.map(
    (row) =>
      `(${fields.map((field) => builder.value(written(field, row[field.attribute]), field)).join(', ')})`,
  );
  return `VALUES ${lists.join(', ')}`;
}

/** One row is shorter as it is. */
function fromArrays(rows: InsertRows['rows'], { insert }: Dialect): boolean {
  return insert.fromArrays && rows.length > 1;
}

/** The rows column by column; undefined when some value is for the server to compute. */
function columnArrays(fields: readonly Field[], rows: InsertRows['rows']): WireValue[] | undefined {
  const arrays: WireValue[] = [];
  for (const field of fields) {
    // What has bytes is no expression, so that its values need not be looked at once more.
    const mayBeLeftOut = field.options.dbDefault !== undefined;
    const bytes = mayBeLeftOut && isComputed(field, rows) ? undefined : binaryColumn(field, rows);
    if (bytes === undefined && isComputed(field, rows)) return undefined;
    arrays.push(bytes ?? textColumn(field, rows));
  }
  return arrays;
}
/** True when some values of the column are expressions, or its default. */
function isComputed({ attribute, options }: Field, rows: InsertRows['rows']): boolean {
  const hasDefault = options.dbDefault !== undefined;
  for (const row of rows) {
    const value = row[attribute];
    if (typeof value === 'object' && value instanceof ExpressionNode) return true;
    if (value === undefined && hasDefault) return true;
  }
  return false;
}

export interface UpdateRow {
  readonly values: readonly (readonly [Field, Written])[];
  /** A text for each column of the key. */
  readonly key: readonly Wire[];
  readonly returning: readonly Field[];
}

/** `UPDATE … WHERE key = …`, for one instance. */
export function updateStatement(
  model: ModelMeta,
  { values, key, returning }: UpdateRow,
  dialect: Dialect,
): DriverRequest {
  const builder = new StatementBuilder(model, dialect);
  const table = quote(model.table);
  const condition = keyCondition(model, key, builder, `${table}.`);
  const parts = [`UPDATE ${table} SET ${assignments(values, builder)}`, `WHERE ${condition}`];
  parts.push(readBack(table, returning, dialect.updateReturning));
  return namedRequest(joined(parts), builder.values);
}

/** `key = $1`; for a key of several columns, all of them. The place among the parameters is that of the call. */
function keyCondition(model: ModelMeta, key: readonly Wire[], builder: StatementBuilder, table = ''): string {
  return model.keyFields
    .map((field, at) => `${table}${quote(field.column)} = ${builder.parameter(key[at] ?? null, field)}`)
    .join(' AND ');
}

/** `SELECT … WHERE key = …`, of one row. */
export function selectByKey(
  model: ModelMeta,
  fields: readonly Field[],
  key: readonly Wire[],
  dialect: Dialect,
): DriverRequest {
  const builder = new StatementBuilder(model, dialect);
  const columns = fields.map((field) => quote(field.column)).join(', ');
  const condition = keyCondition(model, key, builder);
  return namedRequest(`SELECT ${columns} FROM ${quote(model.table)} WHERE ${condition}`, builder.values);
}

/** `SET column = CASE key WHEN … THEN …`, for databases that cannot unpack arrays. */
export function updateByCases(
  model: ModelMeta,
  instances: readonly ModelInstance[],
  fields: readonly Field[],
  dialect: Dialect,
): DriverRequest {
  const builder = new StatementBuilder(model, dialect);
  const key = model.primaryKey;
  const table = `${quote(model.table)}.`;
  const whole = key.parts === undefined ? `${table}${quote(key.column)} ` : '';
  const isKeyOf = (instance: ModelInstance) => {
    if (whole !== '') return builder.parameter(key.toWire(instance.pk), key);
    const wires = model.keyFields.map((field) => field.toWire(instance[field.attribute]));
    return keyCondition(model, wires, builder, table);
  };
  const sets = fields.map((field) => {
    const cases = instances.map((instance) => {
      const value = builder.parameter(field.toWire(instance[field.attribute]), field);
      return `WHEN ${isKeyOf(instance)} THEN ${value}`;
    });
    return `${quote(field.column)} = ${dialect.cast(`(CASE ${whole}${cases.join(' ')} END)`, field)}`;
  });
  const condition = builder.among(
    key,
    instances.map((instance) => key.keyWire(instance.pk)),
    table,
  );
  const text = `UPDATE ${quote(model.table)} SET ${sets.join(', ')} WHERE ${condition}`;
  return { text, values: builder.values };
}

function assignments(values: readonly (readonly [Field, Written])[], builder: StatementBuilder): string {
  return values.map(([field, value]) => `${quote(field.column)} = ${builder.value(value, field)}`).join(', ');
}

/** `SET` list of an update, with its parameters starting behind `offset` others. */
export function assignmentList(
  query: Query,
  values: readonly (readonly [Field, Written])[],
  offset: number,
  dialect: Dialect,
  given: readonly unknown[] = [],
): { readonly sql: string; readonly values: readonly WireValue[] } {
  const builder = new StatementBuilder(query, dialect, given);
  builder.values.push(...new Array<Wire>(offset).fill(null));
  const sql = assignments(values, builder);
  return { sql, values: builder.values.slice(offset) };
}

/** Columns and the values of which one is to be in one of them. */
type ByColumns = readonly (readonly [field: Field, keys: readonly KeyWire[]])[];

/** `column = ANY(keys)`, or one of several columns. */
function anyOf(columns: ByColumns, builder: StatementBuilder): string {
  return columns.map(([field, keys]) => builder.among(field, keys)).join(' OR ');
}
/** `DELETE FROM table WHERE column = ANY(keys)` */
export function deleteByKeys(model: ModelMeta, columns: ByColumns, dialect: Dialect): DriverRequest {
  const builder = new StatementBuilder(model, dialect);
  const condition = anyOf(columns, builder);
  return namedRequest(`DELETE FROM ${quote(model.table)} WHERE ${condition}`, builder.values);
}
/** `UPDATE table SET … WHERE column = ANY(keys)` */
export function setByKeys(
  model: ModelMeta,
  values: readonly (readonly [Field, Written])[],
  columns: ByColumns,
  dialect: Dialect,
): DriverRequest {
  const builder = new StatementBuilder(model, dialect);
  const assigned = assignments(values, builder);
  const condition = anyOf(columns, builder);
  return namedRequest(`UPDATE ${quote(model.table)} SET ${assigned} WHERE ${condition}`, builder.values);
}
