import { EmptyResultSet, FullResultSet, ImproperlyConfigured } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ExpressionNode, OrderingTerm } from '../expressions/node.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Field } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { Collected } from '../query/collected.ts';
import { resolveCondition } from '../query/filters.ts';
import type { TableAlias } from '../query/joins.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import type { Dialect } from '../sql/dialect.ts';
import { type ParameterSource, SqlWriter } from '../sql/writer.ts';

/** Columns of the table that is being described: no table name stands in front of them. */
class DefinitionWriter extends SqlWriter {
  readonly used = new Set<Field>();
  readonly #model: ModelMeta;

  constructor(dialect: Dialect, model: ModelMeta) {
    super(dialect);
    this.#model = model;
  }
  override column(_alias: TableAlias, field: Field): string {
    if (field.model.concrete !== this.#model.concrete)
      throw new ImproperlyConfigured(
        `A constraint or index of ${this.#model.label} refers to field '${field.name}', which is not local to it: ` +
          `it lies in the table of ${field.model.label}.`,
      );
    this.used.add(field);
    return quote(field.column);
  }
}

interface Inlined {
  readonly sql: string;
  readonly used: ReadonlySet<Field>;
}

/** A condition with its values written into the SQL: DDL takes no parameters. */
export function conditionSql(model: ModelMeta, given: unknown, dialect: Dialect): string {
  return inlinedCondition(model, given, dialect).sql;
}
/** An expression over the columns of the model, its values written into the SQL. */
export function expressionSql(model: ModelMeta, given: unknown, dialect: Dialect): string {
  return inlined(model, given, dialect).sql;
}
/** The fields that a condition or expression names. */
export function fieldsOf(model: ModelMeta, given: unknown, dialect: Dialect): ReadonlySet<Field> {
  return inlined(model, given instanceof OrderingTerm ? given.expression : given, dialect).used;
}

function inlinedCondition(model: ModelMeta, given: unknown, dialect: Dialect): Inlined {
  const condition = given instanceof ExpressionNode ? new Condition([given]) : given;
  if (!(condition instanceof Condition)) {
    throw new ImproperlyConfigured('A check or index condition is a Q(…) or a boolean expression.');
  }
  try {
    return written(model, condition, dialect, (resolver) => resolveCondition(resolver, condition));
  } catch (error) {
    const met =
      error instanceof EmptyResultSet ? 'No row' : error instanceof FullResultSet ? 'Every row' : '';
    if (met === '') throw error;
    throw new ImproperlyConfigured(`${met} meets a condition of a constraint or index of ${model.label}.`);
  }
}
function inlined(model: ModelMeta, given: unknown, dialect: Dialect): Inlined {
  if (!(given instanceof ExpressionNode)) return inlinedCondition(model, given, dialect);
  return written(model, given, dialect, (resolver) => given.resolve(resolver));
}

interface Written {
  toSql(writer: SqlWriter): string;
}
function written(
  model: ModelMeta,
  given: { describe(sink: Collected): void },
  dialect: Dialect,
  resolve: (resolver: Resolver) => Written,
): Inlined {
  const collected = new Collected();
  given.describe(collected);
  const places = new Places(0, collected);
  const resolved = resolve(new Resolver(new Query(model), places, { joinsAllowed: false }));
  const writer = new DefinitionWriter(dialect, model);
  const sql = withLiterals(writer, resolved.toSql(writer), collected, places);
  return { sql, used: writer.used };
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
