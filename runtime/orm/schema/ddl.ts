import { ImproperlyConfigured } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import { identifier, nameFor, quote } from '../models/naming.ts';
import { Collected } from '../query/collected.ts';
import { resolveCondition } from '../query/filters.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import type { Dialect } from '../sql/dialect.ts';
import { type ParameterSource, SqlWriter } from '../sql/writer.ts';

/** Statements that create the tables of `models`: tables first, then foreign keys, so that cycles are no problem. */
export function createStatements(models: readonly ModelMeta[], dialect: Dialect): string[] {
  const tables = withThroughTables(models);
  return [
    ...tables.map((model) => createTable(model, dialect)),
    ...tables.flatMap((model) => foreignKeys(model, dialect)),
    ...tables.flatMap((model) => indexes(model, dialect)),
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
  const parts = [...model.localFields.map((field) => column(field, dialect)), ...constraints(model, dialect)];
  return `CREATE TABLE ${quote(model.table)} (${parts.join(', ')})${dialect.schema.tableSuffix}`;
}

function column(field: Field, dialect: Dialect): string {
  const { schema } = dialect;
  const name = quote(field.column);
  const generated = field.generated && field.options.primaryKey ? schema.generatedKey(field) : undefined;
  if (generated !== undefined) return `${name} ${generated}`;
  const parts = [name, schema.columnType(field)];
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
  for (const check of [field.columnCheck(name), schema.columnCheck(field, name)]) {
    if (check !== undefined) parts.push(`CHECK (${check})`);
  }
  if (schema.foreignKeysInline && isChecked(field)) parts.push(reference(field, dialect));
  return parts.join(' ');
}

function defaultSql(field: Field, dialect: Dialect): string {
  const { dbDefault } = field.options;
  if (dbDefault instanceof ExpressionNode) {
    return dialect.schema.defaultExpression(inlined(field.model, dbDefault, dialect));
  }
  const text = field.encode(dbDefault);
  return dialect.literal(dialect.wire(field)?.(text) ?? text);
}

function constraints(model: ModelMeta, dialect: Dialect): string[] {
  return (model.options.constraints ?? []).flatMap((constraint) => {
    if ('check' in constraint) {
      const name =
        constraint.name ??
        `${model.table}_check_${(model.options.constraints ?? []).indexOf(constraint) + 1}`;
      return [
        `CONSTRAINT ${quote(identifier(nameFor(name, model)))} CHECK (${conditionSql(model, constraint.check, dialect)})`,
      ];
    }
    // A conditional uniqueness is an index; see `indexes`.
    if (constraint.where !== undefined) return [];
    const columns = constraint.unique.map((name) => columnOf(model, name));
    const name = constraint.name ?? `${model.table}_${columns.join('_')}_uniq`;
    return [
      `CONSTRAINT ${quote(identifier(nameFor(name, model)))} UNIQUE (${columns.map(quote).join(', ')})`,
    ];
  });
}

/** A foreign key that the database looks after. */
function isChecked(field: Field): field is ForeignKeyField {
  return field instanceof ForeignKeyField && field.relation.dbConstraint !== false;
}
/** Checked at the end of the transaction where that can be had, so that rows may come in any order. */
function reference({ target, targetField }: ForeignKeyField, { schema }: Dialect): string {
  return `REFERENCES ${quote(target.table)} (${quote(targetField.column)})${schema.foreignKeySuffix}`;
}
function foreignKeys(model: ModelMeta, dialect: Dialect): string[] {
  if (dialect.schema.foreignKeysInline) return [];
  return model.localFields.filter(isChecked).map((field) => {
    const name = identifier(`${model.table}_${field.column}_fk`);
    return (
      `ALTER TABLE ${quote(model.table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${quote(field.column)}) ` +
      reference(field, dialect)
    );
  });
}

function indexes(model: ModelMeta, dialect: Dialect): string[] {
  const single = model.localFields.flatMap((field) => {
    const { unique, index, primaryKey } = field.options;
    const wanted = (index || field instanceof ForeignKeyField) && !unique && !primaryKey;
    return wanted ? (createIndex(model, dialect, { columns: [field.column] }) ?? []) : [];
  });
  const declared = (model.options.indexes ?? []).flatMap((index) => {
    const { fields, name, where, using } = 'fields' in index ? index : { fields: index };
    const columns = fields.map((each) => columnOf(model, each));
    return createIndex(model, dialect, { columns, name, where, using }) ?? [];
  });
  const conditional = (model.options.constraints ?? []).flatMap((constraint) => {
    if (!('unique' in constraint) || constraint.where === undefined) return [];
    const columns = constraint.unique.map((name) => columnOf(model, name));
    const { name, where } = constraint;
    return createIndex(model, dialect, { columns, name, where, unique: true }) ?? [];
  });
  return [...single, ...declared, ...conditional];
}

interface IndexParts {
  readonly columns: readonly string[];
  readonly name?: string | undefined;
  readonly where?: unknown;
  readonly using?: string | undefined;
  readonly unique?: boolean;
}
/** Undefined, with a warning, for a condition where there are none: the rest of the model still works. */
function createIndex(
  model: ModelMeta,
  dialect: Dialect,
  { columns, name, where, using, unique = false }: IndexParts,
): string | undefined {
  const plain = columns.map((each) => each.replace(/^-/, ''));
  const given =
    name === undefined
      ? identifier(`${model.table}_${plain.join('_')}_${unique ? 'uniq' : 'idx'}`)
      : nameFor(name, model);
  const terms = columns.map((each) => (each.startsWith('-') ? `${quote(each.slice(1))} DESC` : quote(each)));
  const method = using === undefined ? '' : ` USING ${quote(using)}`;
  const condition =
    where === undefined ? '' : dialect.schema.indexCondition(conditionSql(model, where, dialect));
  if (condition === undefined) {
    const what = unique ? 'unique constraints' : 'indexes';
    process.emitWarning(
      `${dialect.name} does not support ${what} with conditions: '${given}' of ${model.label} is not created.`,
    );
    return undefined;
  }
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(given)} ON ${quote(model.table)}${method} (${terms.join(', ')})${condition}`;
}

function columnOf(model: ModelMeta, name: string): string {
  const descending = name.startsWith('-');
  const field = model.requireField(descending ? name.slice(1) : name);
  return descending ? `-${field.column}` : field.column;
}

/** A condition with its values written into the SQL: DDL takes no parameters. */
export function conditionSql(model: ModelMeta, given: unknown, dialect: Dialect): string {
  const condition = given instanceof ExpressionNode ? new Condition([given]) : given;
  if (!(condition instanceof Condition)) {
    throw new ImproperlyConfigured('A check or index condition is a Q(…) or a boolean expression.');
  }
  const collected = new Collected();
  condition.describe(collected);
  const query = new Query(model);
  const places = new Places(0, collected);
  const predicate = resolveCondition(new Resolver(query, places, { joinsAllowed: false }), condition);
  const writer = new SqlWriter(dialect);
  return unqualified(model, withLiterals(writer, predicate.toSql(writer), collected, places));
}
function unqualified(model: ModelMeta, sql: string): string {
  return sql.replaceAll(`${quote(model.table)}.`, '');
}
function expressionSql(model: ModelMeta, expression: unknown, dialect: Dialect): string {
  if (!(expression instanceof ExpressionNode)) return conditionSql(model, expression, dialect);
  return unqualified(model, inlined(model, expression, dialect));
}

function inlined(model: ModelMeta, expression: ExpressionNode, dialect: Dialect): string {
  const collected = new Collected();
  expression.describe(collected);
  const places = new Places(0, collected);
  const resolved = expression.resolve(new Resolver(new Query(model), places, { joinsAllowed: false }));
  const writer = new SqlWriter(dialect);
  return withLiterals(writer, resolved.toSql(writer), collected, places);
}

function withLiterals(writer: SqlWriter, sql: string, collected: Collected, places: Places): string {
  const written = (_position: number, source: ParameterSource) => {
    const given = collected.values[source.place];
    const encoded = places.encoders[source.place]?.(given) ?? fieldFor(given).toWire(given);
    const wire = source.finish === undefined ? (encoded as string | null) : source.finish(encoded);
    return wire === null ? 'NULL' : writer.dialect.literal(wire);
  };
  return writer.finish(sql, written).sql;
}
