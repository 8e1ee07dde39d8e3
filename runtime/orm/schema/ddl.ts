import { keyField } from '../backends/neutral.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import { identifier, quote } from '../models/naming.ts';
import type { Dialect } from '../sql/dialect.ts';
import { constraintClauses, uniqueIndexes } from './constraints.ts';
import { indexStatements } from './indexes.ts';
import { expressionSql, fieldsOf } from './inlined.ts';

/**
 * Statements that create the tables of `models`: tables first, then foreign keys, so that cycles are no problem.
 *
 * @param existing names of tables to leave out
 */
export function createStatements(
  models: readonly ModelMeta[],
  dialect: Dialect,
  existing: ReadonlySet<unknown> = new Set(),
): string[] {
  const tables = withThroughTables(models).filter(({ table }) => !existing.has(table));
  for (const model of tables) model.requireSound();
  return [
    ...tables.map((model) => createTable(model, dialect)),
    ...tables.flatMap((model) => comments(model, dialect)),
    ...tables.flatMap((model) => foreignKeys(model, dialect)),
    ...tables.flatMap((model) => [...uniqueIndexes(model, dialect), ...indexStatements(model, dialect)]),
  ];
}

export function dropStatements(models: readonly ModelMeta[], dialect: Dialect): readonly string[] {
  const tables = withThroughTables(models).map((model) => quote(model.table));
  return tables.length === 0 ? [] : dialect.schema.drop(tables);
}

/** The models, with the tables of their many-to-many pairs. */
function withThroughTables(models: readonly ModelMeta[]): ModelMeta[] {
  const automatic = models.flatMap((model) => {
    model.relations;
    return model.manyToMany.filter((relation) => relation.automatic).map((relation) => relation.through);
  });
  return [...new Set([...models, ...automatic])].filter(hasTable);
}

/** Abstract models have no table, proxies show another's, and unmanaged ones are somebody else's. */
function hasTable(model: ModelMeta): boolean {
  const { managed, abstract } = model.options;
  return managed !== false && abstract !== true && model.concrete === model;
}

function createTable(model: ModelMeta, dialect: Dialect): string {
  const parts = [
    ...model.localFields.map((field) => column(field, dialect)),
    ...compositeKey(model),
    ...(dialect.schema.foreignKeysInline ? ofSeveralColumns(model, dialect) : []),
    ...constraintClauses(model, dialect),
  ];
  const text = `CREATE TABLE ${quote(model.table)} (${parts.join(', ')})${dialect.schema.tableSuffix}`;
  const { dbTableComment } = model.options;
  if (dbTableComment === undefined || dialect.schema.comments !== 'inline') return text;
  return `${text} COMMENT ${dialect.literal(dbTableComment)}`;
}
function comments({ table, options, localFields }: ModelMeta, { schema, literal }: Dialect): string[] {
  if (schema.comments !== 'statements') return [];
  const { dbTableComment } = options;
  const own =
    dbTableComment === undefined ? [] : [`COMMENT ON TABLE ${quote(table)} IS ${literal(dbTableComment)}`];
  const columns = localFields.flatMap(({ column, options: { comment } }) =>
    comment === undefined
      ? []
      : [`COMMENT ON COLUMN ${quote(table)}.${quote(column)} IS ${literal(comment)}`],
  );
  return [...own, ...columns];
}

function compositeKey({ primaryKey }: ModelMeta): string[] {
  if (primaryKey.parts === undefined) return [];
  return [`PRIMARY KEY (${primaryKey.parts.map((part) => quote(part.column)).join(', ')})`];
}

function column(field: Field, dialect: Dialect): string {
  const { schema } = dialect;
  const name = quote(field.column);
  const generated = field.generated && field.options.primaryKey ? schema.generatedKey(field) : undefined;
  if (generated !== undefined) return `${name} ${generated}`;
  const parts = [name, schema.columnType(field)];
  const { collation } = keyField(field).options;
  if (collation !== undefined) parts.push(`COLLATE ${quote(collation)}`);
  const { generatedFrom } = field.options;
  if (generatedFrom !== undefined) {
    const sql = expressionSql(field.model, generatedFrom, dialect);
    return [...parts, `GENERATED ALWAYS AS (${sql}) STORED`].join(' ');
  }
  if (field.columnSuffix !== '') parts.push(field.columnSuffix);
  if (field.options.dbDefault !== undefined) parts.push(`DEFAULT ${defaultSql(field, dialect)}`);
  parts.push(field.options.nullable ? 'NULL' : 'NOT NULL');
  if (field.options.primaryKey) parts.push('PRIMARY KEY');
  else if (field.options.unique) parts.push('UNIQUE');
  for (const check of [field.columnCheck(name, dialect.literal), schema.columnCheck(field, name)]) {
    if (check !== undefined) parts.push(`CHECK (${check})`);
  }
  const { comment } = field.options;
  if (comment !== undefined && schema.comments === 'inline')
    parts.push(`COMMENT ${dialect.literal(comment)}`);
  if (schema.foreignKeysInline && isChecked(field)) parts.push(reference(field, dialect));
  return parts.join(' ');
}

function defaultSql(field: Field, dialect: Dialect): string {
  const { dbDefault } = field.options;
  if (dbDefault instanceof ExpressionNode) {
    const [column] = fieldsOf(field.model, dbDefault, dialect);
    if (column !== undefined)
      throw new ImproperlyConfigured(
        `The database's default of ${field.model.label}.${field.name} cannot refer to a column: '${column.name}'.`,
      );
    return dialect.schema.defaultExpression(expressionSql(field.model, dbDefault, dialect));
  }
  const text = field.encode(dbDefault);
  return dialect.literal(dialect.wire(field)?.(text) ?? text);
}

/** A foreign key that the database looks after. */
function isChecked(field: Field): field is ForeignKeyField {
  return field instanceof ForeignKeyField && field.relation.dbConstraint !== false;
}
/** Checked at the end of the transaction where that can be had, so that rows may come in any order. */
function reference(field: ForeignKeyField, { schema }: Dialect): string {
  const { target, targetField, onDelete } = field;
  const action = typeof onDelete === 'string' ? (databaseRules[onDelete] ?? '') : '';
  return `REFERENCES ${quote(target.table)} (${columnList(targetField)})${action}${schema.foreignKeySuffix}`;
}
function columnList(field: Field): string {
  return (field.parts ?? [field]).map(({ column }) => quote(column)).join(', ');
}
/** Constraints of relations by several columns: there is one where it is asked for. */
function ofSeveralColumns({ table, foreignObjects }: ModelMeta, dialect: Dialect): string[] {
  return foreignObjects
    .filter(({ constrained }) => constrained)
    .map((field) => {
      const columns = field.parts.map(({ column }) => column);
      const name = identifier(`${table}_${columns.join('_')}_fk`);
      return `CONSTRAINT ${quote(name)} FOREIGN KEY (${columnList(field)}) ${reference(field, dialect)}`;
    });
}
/** What the database itself does about rows that point at a deleted one. */
const databaseRules: Readonly<Record<string, string>> = {
  dbCascade: ' ON DELETE CASCADE',
  dbSetNull: ' ON DELETE SET NULL',
  dbSetDefault: ' ON DELETE SET DEFAULT',
};
function foreignKeys(model: ModelMeta, dialect: Dialect): string[] {
  if (dialect.schema.foreignKeysInline) return [];
  const single = model.localFields.filter(isChecked).map((field) => {
    const name = identifier(`${model.table}_${field.column}_fk`);
    return `CONSTRAINT ${quote(name)} FOREIGN KEY (${quote(field.column)}) ${reference(field, dialect)}`;
  });
  return [...single, ...ofSeveralColumns(model, dialect)].map(
    (constraint) => `ALTER TABLE ${quote(model.table)} ADD ${constraint}`,
  );
}
