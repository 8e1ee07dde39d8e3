import { ValueError } from '../errors.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { OrderingTerm } from '../expressions/node.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import type { Dialect } from '../sql/dialect.ts';
import { expressionSql } from './inlined.ts';

/** One term of an index or constraint. */
export interface IndexTerm {
  /** The column, where it is one. */
  readonly column: string | undefined;
  /** The column or expression, in the form an index takes it. */
  readonly sql: string;
  /** ` DESC`, ` NULLS LAST` and the like. */
  readonly order: string;
}

/**
 * A term as an application writes it: a field, `-` in front of it for the other direction, an expression, or an
 * expression with a direction.
 */
export function indexTerm(model: ModelMeta, given: unknown, dialect: Dialect): IndexTerm {
  if (typeof given === 'string') {
    const descending = given.startsWith('-');
    return columnTerm(model, descending ? given.slice(1) : given, descending ? ' DESC' : '');
  }
  if (!(given instanceof OrderingTerm)) return expressionTerm(model, given, '', dialect);
  const { nullsFirst = false, nullsLast = false } = given.nulls;
  const nulls = nullsFirst ? ' NULLS FIRST' : nullsLast ? ' NULLS LAST' : '';
  return expressionTerm(model, given.expression, `${given.descending ? ' DESC' : ''}${nulls}`, dialect);
}

function columnTerm(model: ModelMeta, name: string, order: string): IndexTerm {
  const { column } = model.requireField(name);
  return { column, sql: quote(column), order };
}
function expressionTerm(model: ModelMeta, given: unknown, order: string, dialect: Dialect): IndexTerm {
  const name = given instanceof FieldReference ? given.name : undefined;
  const field = name === undefined ? undefined : model.field(name);
  if (name !== undefined && field !== undefined) return columnTerm(model, name, order);
  return { column: undefined, sql: `(${expressionSql(model, given, dialect)})`, order };
}

/** The terms with their operator classes and directions. */
export function termList(terms: readonly IndexTerm[], opclasses: readonly string[] = []): string {
  return terms
    .map(({ sql, order }, at) => {
      const opclass = opclasses[at];
      return `${sql}${opclass === undefined || opclass === '' ? '' : ` ${qualified(opclass)}`}${order}`;
    })
    .join(', ');
}

/** A name that may stand in a schema: `public.gin_trgm_ops`. */
export function qualified(name: string): string {
  const parts = name.split('.');
  if (parts.length > 2 || parts.includes(''))
    throw new ValueError(`'${name}' is no name of an operator class.`);
  return parts.map(quote).join('.');
}

/** ` INCLUDE (…)`: columns that are kept beside the terms, so that they can be read from the index. */
export function includeSql(model: ModelMeta, include: readonly string[] = []): string {
  if (include.length === 0) return '';
  return ` INCLUDE (${include.map((name) => quote(model.requireField(name).column)).join(', ')})`;
}
