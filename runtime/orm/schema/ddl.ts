import { postgresqlDialect } from '../backends/postgresql/dialect.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import { identifier, literal, nameFor, quote } from '../models/naming.ts';
import { Collected } from '../query/collected.ts';
import { resolveCondition } from '../query/filters.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import { type ParameterSource, SqlWriter } from '../sql/writer.ts';

/** Statements that create the tables of `models`: tables first, then foreign keys, so that cycles are no problem. */
export function createStatements(models: readonly ModelMeta[]): string[] {
  const tables = withThroughTables(models);
  return [...tables.map(createTable), ...tables.flatMap(foreignKeys), ...tables.flatMap(indexes)];
}

/** One statement: the server sorts out what depends on what. */
export function dropStatement(models: readonly ModelMeta[]): string {
  const names = withThroughTables(models).map((model) => quote(model.table));
  return `DROP TABLE IF EXISTS ${names.join(', ')} CASCADE`;
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

function createTable(model: ModelMeta): string {
  const parts = [...model.localFields.map(column), ...constraints(model)];
  return `CREATE TABLE ${quote(model.table)} (${parts.join(', ')})`;
}

function column(field: Field): string {
  const name = quote(field.column);
  const parts = [name, field.databaseType()];
  const { generatedFrom } = field.options;
  if (generatedFrom !== undefined) {
    return [...parts, `GENERATED ALWAYS AS (${expressionSql(field.model, generatedFrom)}) STORED`].join(' ');
  }
  if (field.columnSuffix !== '') parts.push(field.columnSuffix);
  if (field.options.dbDefault !== undefined) parts.push(`DEFAULT ${defaultSql(field)}`);
  parts.push(field.options.nullable ? 'NULL' : 'NOT NULL');
  if (field.options.primaryKey) parts.push('PRIMARY KEY');
  else if (field.options.unique) parts.push('UNIQUE');
  const check = field.columnCheck(name);
  if (check !== undefined) parts.push(`CHECK (${check})`);
  return parts.join(' ');
}

function defaultSql(field: Field): string {
  const { dbDefault } = field.options;
  if (dbDefault instanceof ExpressionNode) return inlined(field.model, dbDefault);
  return literal(field.encode(dbDefault));
}

function constraints(model: ModelMeta): string[] {
  return (model.options.constraints ?? []).flatMap((constraint) => {
    if ('check' in constraint) {
      const name =
        constraint.name ??
        `${model.table}_check_${(model.options.constraints ?? []).indexOf(constraint) + 1}`;
      return [
        `CONSTRAINT ${quote(identifier(nameFor(name, model)))} CHECK (${conditionSql(model, constraint.check)})`,
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

/** Checked at the end of the transaction, so that rows may come in any order. */
function foreignKeys(model: ModelMeta): string[] {
  return model.localFields.flatMap((field) => {
    if (!(field instanceof ForeignKeyField) || field.relation.dbConstraint === false) return [];
    const name = identifier(`${model.table}_${field.column}_fk`);
    const { target } = field;
    return [
      `ALTER TABLE ${quote(model.table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${quote(field.column)}) ` +
        `REFERENCES ${quote(target.table)} (${quote(field.targetField.column)}) DEFERRABLE INITIALLY DEFERRED`,
    ];
  });
}

function indexes(model: ModelMeta): string[] {
  const single = model.localFields.flatMap((field) => {
    const { unique, index, primaryKey } = field.options;
    const wanted = (index || field instanceof ForeignKeyField) && !unique && !primaryKey;
    return wanted ? [createIndex(model, { columns: [field.column] })] : [];
  });
  const declared = (model.options.indexes ?? []).map((index) => {
    const { fields, name, where, using } = 'fields' in index ? index : { fields: index };
    return createIndex(model, { columns: fields.map((each) => columnOf(model, each)), name, where, using });
  });
  const conditional = (model.options.constraints ?? []).flatMap((constraint) => {
    if (!('unique' in constraint) || constraint.where === undefined) return [];
    const columns = constraint.unique.map((name) => columnOf(model, name));
    return [createIndex(model, { columns, name: constraint.name, where: constraint.where, unique: true })];
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
function createIndex(model: ModelMeta, { columns, name, where, using, unique = false }: IndexParts): string {
  const plain = columns.map((each) => each.replace(/^-/, ''));
  const given =
    name === undefined
      ? identifier(`${model.table}_${plain.join('_')}_${unique ? 'uniq' : 'idx'}`)
      : nameFor(name, model);
  const terms = columns.map((each) => (each.startsWith('-') ? `${quote(each.slice(1))} DESC` : quote(each)));
  const method = using === undefined ? '' : ` USING ${quote(using)}`;
  const condition = where === undefined ? '' : ` WHERE ${conditionSql(model, where)}`;
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(given)} ON ${quote(model.table)}${method} (${terms.join(', ')})${condition}`;
}

function columnOf(model: ModelMeta, name: string): string {
  const descending = name.startsWith('-');
  const field = model.requireField(descending ? name.slice(1) : name);
  return descending ? `-${field.column}` : field.column;
}

/** A condition with its values written into the SQL: DDL takes no parameters. */
export function conditionSql(model: ModelMeta, given: unknown): string {
  const condition = given instanceof ExpressionNode ? new Condition([given]) : given;
  if (!(condition instanceof Condition)) {
    throw new ImproperlyConfigured('A check or index condition is a Q(…) or a boolean expression.');
  }
  const collected = new Collected();
  condition.describe(collected);
  const query = new Query(model);
  const places = new Places(0, collected);
  const predicate = resolveCondition(new Resolver(query, places, { joinsAllowed: false }), condition);
  const writer = new SqlWriter(postgresqlDialect);
  return unqualified(model, withLiterals(writer, predicate.toSql(writer), collected, places));
}
function unqualified(model: ModelMeta, sql: string): string {
  return sql.replaceAll(`${quote(model.table)}.`, '');
}
function expressionSql(model: ModelMeta, expression: unknown): string {
  if (!(expression instanceof ExpressionNode)) return conditionSql(model, expression);
  return unqualified(model, inlined(model, expression));
}

function inlined(model: ModelMeta, expression: ExpressionNode): string {
  const collected = new Collected();
  expression.describe(collected);
  const places = new Places(0, collected);
  const resolved = expression.resolve(new Resolver(new Query(model), places, { joinsAllowed: false }));
  const writer = new SqlWriter(postgresqlDialect);
  return withLiterals(writer, resolved.toSql(writer), collected, places);
}

function withLiterals(writer: SqlWriter, sql: string, collected: Collected, places: Places): string {
  const written = (_position: number, source: ParameterSource) => {
    const given = collected.values[source.place];
    const encoded = places.encoders[source.place]?.(given) ?? fieldFor(given).toWire(given);
    const wire = source.finish === undefined ? (encoded as string | null) : source.finish(encoded);
    return wire === null ? 'NULL' : literal(wire);
  };
  return writer.finish(sql, written).sql;
}
