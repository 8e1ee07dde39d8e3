import type { Field } from '../fields/field.ts';
import { quote } from '../models/naming.ts';
import type { Hop } from '../models/relations.ts';
import { joinCondition } from '../query/filters.ts';
import type { TableAlias } from '../query/joins.ts';
import type { Query } from '../query/query.ts';
import { conditionOrFalse } from './condition.ts';
import type { SqlWriter } from './writer.ts';

/** Tables of a query, joined, after FROM. */
export function tablesSql(query: Query, writer: SqlWriter): string {
  const { joins, base } = query;
  const tables = [tableSql(base, writer)];
  for (const [alias, { type }] of joins.used()) {
    const join = alias.join;
    if (join === undefined) continue;
    const { parent, hop } = join;
    const keys = joinSql(parent, alias, hop, writer);
    const predicate = joinCondition(query, alias);
    // Where no row can meet it none is joined, and the rows themselves stay.
    const further = predicate === undefined ? undefined : conditionOrFalse(predicate, writer);
    const on = further === undefined ? keys : `${keys} AND ${further}`;
    tables.push(`${type} JOIN ${tableSql(alias, writer)} ON (${on})`);
  }
  const others = query.extraTables.filter((table) => writer.isFree(table));
  return `FROM ${[tables.join(' '), ...others.map(quote)].join(', ')}`;
}

function joinSql(parent: TableAlias, alias: TableAlias, hop: Hop, writer: SqlWriter): string {
  const { fromField, toField, only } = hop;
  if (fromField.parts !== undefined && toField.parts !== undefined) {
    const others = toField.parts;
    const pairs = fromField.parts.map(
      (part, at) => `${writer.column(parent, part)} = ${writer.column(alias, others[at] as Field)}`,
    );
    return pairs.join(' AND ');
  }
  const from = writer.column(parent, fromField);
  if (only === undefined) return `${from} = ${writer.column(alias, toField)}`;
  // The key of a generic relation may be kept in a column of another type.
  const sameType = keyType(fromField) === keyType(toField);
  const cast = (column: string, kept: Field) => (sameType ? column : writer.dialect.cast(column, kept));
  const to = writer.column(alias, toField);
  const keys = only.side === 'to' ? `${cast(from, toField)} = ${to}` : `${from} = ${cast(to, fromField)}`;
  const type = writer.column(only.side === 'to' ? alias : parent, only.field);
  return `${keys} AND ${type} = ${writer.dialect.literal(only.value)}`;
}
/** Whole numbers of any size compare with each other. */
function keyType(field: Field): string {
  return field.family === 'number' || field.family === 'relation' ? 'number' : field.castType();
}

function tableSql(alias: TableAlias, writer: SqlWriter): string {
  const name = writer.nameOf(alias);
  const table = quote(alias.model.table);
  return name === table ? table : `${table} ${name}`;
}
