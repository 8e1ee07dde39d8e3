import { dialectOf } from '../connections/index.ts';
import { EmptyResultSet, FieldDoesNotExist, FieldError, FullResultSet, ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { keyOfInstance } from '../lookups/encode.ts';
import { distinctKeys } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import type { Query } from '../query/query.ts';
import type { QueryShape } from '../query/shapes.ts';
import { requireUncombined } from '../queryset/combine.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { Dialect } from '../sql/dialect.ts';
import { SelectCompiler } from '../sql/select.ts';
import { assignmentList, setByKeys, type Written, written } from '../sql/write.ts';
import { type ParameterSource, SqlWriter } from '../sql/writer.ts';
import { requireValues } from './given.ts';
import { loadTargets } from './missing.ts';
import { list } from './read.ts';
import { atomically, type Operation } from './steps.ts';

/** One UPDATE of every row of the query; returns how many rows it matched. */
export function* updateRows(
  queryset: QuerySet,
  values: Readonly<Record<string, unknown>> = {},
): Operation<number> {
  requireValues('update', values);
  const { query, meta, shape } = queryset;
  requireUncombined(query, 'update');
  query.requireUnsliced('Cannot update a query once a slice has been taken.');
  if (query.distinctFields.length > 0) throw new TypeError('Cannot call update() after .distinct(*fields).');
  yield* loadTargets(meta, [values]);
  const assigned = Object.entries(values).map(([name, value]) => assignment(meta, name, value));
  if (assigned.length === 0) return 0;
  queryset.empty();
  if (assigned.some(([field]) => field.model !== meta.concrete))
    return yield* updateTables(queryset, assigned);
  const dialect = dialectOf(queryset.database);
  const condition = conditionPlan(shape, dialect);
  if (condition === undefined) return 0;
  const given = parametersOf(condition, queryset.parameters);
  const list = assignmentList(query, assigned, given.length, dialect, queryset.parameters);
  const text = `UPDATE ${quote(meta.table)} SET ${list.sql}${condition.sql}`;
  const compiler = new SQLCompiler(queryset.database, { text, values: [...given, ...list.values] }, true);
  return yield* compiler.execution('rowCount');
}

/** Some of the columns lie in tables of parents: the rows are found first, then updated table by table by their keys. */
function* updateTables(
  queryset: QuerySet,
  assigned: readonly (readonly [Field, Written])[],
): Operation<number> {
  const { meta, database } = queryset;
  const touched = new Set(assigned.map(([field]) => field.model));
  // Its own table first, then those of the models that it extends.
  const tables = [...touched].sort((a, b) => Number(b === meta.concrete) - Number(a === meta.concrete));
  return yield* atomically(database, { savepoint: false }, function* (): Operation<number> {
    const { attribute } = meta.primaryKey;
    const rows = queryset.with({ prefetches: [], known: undefined }).orderBy();
    const keys = (yield* list(rows.valuesList(attribute, { flat: true }))) as unknown[];
    if (keys.length === 0) return 0;
    const wires = keys.map((key) => meta.primaryKey.keyWire(key));
    for (const table of tables) {
      const own = assigned.filter(([field]) => field.model === table);
      const statement = setByKeys(table, own, [[table.primaryKey, wires]], dialectOf(database));
      yield* new SQLCompiler(database, statement, true).execution('noResults');
    }
    return distinctKeys(keys).length;
  });
}

function assignment(meta: ModelMeta, name: string, value: unknown): [Field, Written] {
  const field = meta.field(name);
  if (field?.parts !== undefined)
    throw new FieldError('Composite primary key fields must be updated individually.');
  if (field === undefined) {
    if (meta.relation(name) !== undefined) {
      throw new FieldError(`Cannot update model field ${name} (only concrete fields are permitted).`);
    }
    throw new FieldDoesNotExist(`${meta.label} has no field named '${name}'`);
  }
  if (field.computed) throw new FieldError(`Cannot update model field ${name}: the database computes it.`);
  // What a request did not send is undefined in JavaScript: it must not empty a column of every row.
  if (value === undefined)
    throw new ValueError(`The value of '${name}' is undefined; use null to empty the column.`);
  const target = field instanceof ForeignKeyField ? field.target : undefined;
  const attribute = field instanceof ForeignKeyField ? field.targetField.attribute : undefined;
  return [field, written(field, keyOfInstance(value, target, attribute))];
}

/** `WHERE …` that names the rows of a query from outside a SELECT. */
export interface RowCondition {
  readonly sql: string;
  readonly sources: readonly ParameterSource[];
}

/** The condition of UPDATE and DELETE; undefined when no row meets it. */
export function conditionPlan(shape: QueryShape, dialect: Dialect): RowCondition | undefined {
  return shape.plan(`${dialect.name} condition`, () => rowCondition(shape.query, dialect));
}
function rowCondition(query: Query, dialect: Dialect): RowCondition | undefined {
  const writer = new SqlWriter(dialect);
  if (query.empty) return undefined;
  const direct =
    query.joins.used().length === 0 &&
    query.extraTables.length === 0 &&
    query.grouping === 'none' &&
    !query.sliced &&
    !query.where.containsWindow;
  try {
    return writer.finish(direct ? directly(query, writer) : bySubquery(query, writer));
  } catch (error) {
    if (error instanceof EmptyResultSet) return undefined;
    throw error;
  }
}
function directly(query: Query, writer: SqlWriter): string {
  // Before a subquery names the row: there it would look like a table of its own.
  writer.own([query.base]);
  writer.nameOf(query.base);
  try {
    return ` WHERE ${query.where.toSql(writer)}`;
  } catch (error) {
    if (error instanceof FullResultSet) return '';
    throw error;
  }
}
/** Conditions on other tables go into a subquery: UPDATE and DELETE have one table. */
function bySubquery(query: Query, writer: SqlWriter): string {
  const key = query.keyColumn();
  const inner = new SelectCompiler(query, writer.nested());
  const { sql } = inner.compile({ ordered: query.sliced, expressions: [{ expression: key }] });
  const columns = query.model.keyFields.map(({ column }) => `${quote(query.model.table)}.${quote(column)}`);
  const own = columns.length === 1 ? columns[0] : `(${columns.join(', ')})`;
  return ` WHERE ${own} IN (${writer.dialect.keysToChange(sql)})`;
}

export function parametersOf({ sources }: RowCondition, values: readonly unknown[]) {
  return sources.map(({ place, finish }) =>
    finish === undefined ? (values[place] as string | null) : finish(values[place]),
  );
}
