import { FieldError, ValueError } from '../errors.ts';
import { typedBeside } from '../expressions/beside.ts';
import { Column, partColumns } from '../expressions/column.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { ArrayField, arrayText, wireArray } from '../fields/structured.ts';
import { bindOuter } from '../query/outer.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';
import { type Predicate, WhereNode } from '../query/where.ts';
import type { Dialect } from '../sql/dialect.ts';
import { compileSubquery } from '../sql/subquery.ts';
import { boundsEncoder, comparisonEncoder, type Rounding } from './encode.ts';
import { HeldByRows, lackedTarget, rowEncoder } from './held-by-rows.ts';
import { among, Bare, ListParameter, Literal, never, type Operand, OutsideRange, Test } from './operand.ts';

/** Builds the condition `lhs <lookup> operand`. */
export type LookupBuilder = (
  lhs: ExpressionNode,
  operand: Operand,
  resolver: Resolver,
  name: string,
) => Predicate;

/** Expression for an operand that is one value, an expression or a single-valued subquery. */
export function side(
  lhs: ExpressionNode,
  operand: Operand,
  resolver: Resolver,
  rounding?: Rounding,
): ExpressionNode {
  switch (operand.form) {
    case 'expression':
      return typedBeside(operand.expression, lhs.output);
    case 'value': {
      const field = lhs.output ?? fieldFor(operand.sample);
      const held = lackedTarget(field, [operand.sample]);
      if (held !== undefined) {
        const key = new Bare(resolver.place(operand.owner, rowEncoder(held)), held.model.primaryKey);
        return new HeldByRows(held, (column, writer) => `${column} = ${key.toSql(writer)}`);
      }
      return new Bare(resolver.place(operand.owner, comparisonEncoder(field, rounding)), field);
    }
    case 'list': {
      const field = lhs.output;
      const encode = (value: unknown) => (field ?? fieldFor(value)).toWire(value);
      return new Bare(resolver.place(operand.owner, encode), field);
    }
    case 'boolean':
      return new Literal(lhs.output ?? fieldFor(operand.value), operand.value);
    case 'subquery':
      return subquery(operand, resolver, 'single', lhs);
    case 'null':
    case 'outside':
    case 'items':
      throw noNull();
  }
}
/** Only `exact` and `iexact` ask for rows without a value by null. */
export function noNull(): ValueError {
  return new ValueError('Cannot use None as a query value');
}

/** A query set as the right-hand side. */
export function subquery(
  { query, owner }: Extract<Operand, { readonly form: 'subquery' }>,
  resolver: Resolver,
  use: 'single' | 'list',
  lhs?: ExpressionNode,
): ExpressionNode {
  const offset = resolver.places.positionOf(owner);
  const outer = bindOuter(query, resolver);
  const field = lhs?.output;
  // Instances stand for what a foreign key holds of them.
  const held = field instanceof ForeignKeyField ? field.targetField : undefined;
  const selected = held === undefined ? query : selecting(query, held);
  return compileSubquery(selected, offset, use, outer, field?.parts?.length ?? 1);
}

/** A query of instances as one of the values of a field other than their key. */
function selecting(query: Query, field: Field): Query {
  const { rows, model } = query;
  if (rows.form !== 'instances' || field === model.primaryKey || !model.isA(field.model)) return query;
  const narrow = query.copy();
  const column = new Column(narrow.joins.toOwner(narrow.base, model, field), field);
  narrow.rows = { form: 'scalars', names: [field.name] };
  narrow.selected = new Map([[field.name, column]]);
  return narrow;
}

const exact: LookupBuilder = (lhs, operand, resolver) => {
  if (operand.form === 'null') return isNull(lhs, true);
  if (operand.form === 'outside') return never;
  if (operand.form === 'boolean' && lhs.output instanceof BooleanField) {
    return new Test([lhs], (writer) => (operand.value ? lhs.toSql(writer) : `NOT ${lhs.toSql(writer)}`));
  }
  return compare(lhs, '=', side(lhs, operand, resolver));
};

function ordering(operator: '>' | '>=' | '<' | '<='): LookupBuilder {
  const rounding: Rounding = operator === '>' || operator === '<=' ? 'down' : 'up';
  const greater = operator.startsWith('>');
  return (lhs, operand, resolver) => {
    if (operand.form === 'outside') {
      // Everything is below a bound above the range; only nulls are left out of it.
      return (operand.side === 'above') === greater ? never : isNull(lhs, false);
    }
    return compare(lhs, operator, side(lhs, operand, resolver, rounding));
  };
}

const inList: LookupBuilder = (lhs, operand, resolver) => {
  const rows = operand.form === 'subquery' ? subquery(operand, resolver, 'list', lhs) : rowsOf(operand);
  if (rows !== undefined) return new Test([lhs], (writer) => `${lhs.toSql(writer)} IN ${rows.toSql(writer)}`);
  if (operand.form === 'items') return amongItems(lhs, operand.items, resolver);
  if (operand.form === 'null') throw noNull();
  if (operand.form !== 'list')
    throw new TypeError('The value of an in lookup must be a list or a query set.');
  if (operand.empty) return never;
  const field = lhs.output;
  const held = lackedTarget(field, operand.values);
  if (held !== undefined) return amongHeld(lhs, operand.owner, held, resolver);
  const encode = (values: unknown) => encodeList([...(values as Iterable<unknown>)], field);
  return among(
    lhs,
    new ListParameter(resolver.place(operand.owner, encode), field ?? fieldFor(operand.sample)),
  );
};

/** `lhs` is held by one of the rows. */
function amongHeld(lhs: ExpressionNode, owner: object, held: Field, resolver: Resolver): Predicate {
  const encoded: { encode(row: unknown): string } = { encode: rowEncoder(held) };
  const encode = (rows: unknown) => arrayText([...(rows as Iterable<unknown>)], encoded as Field);
  const keys = new ListParameter(resolver.place(owner, encode), held.model.primaryKey);
  const rows = new HeldByRows(held, (column, writer) =>
    writer.dialect.among(column, keys.toSql(writer), keys.element),
  );
  return new Test([lhs], (writer) => `${lhs.toSql(writer)} IN ${rows.toSql(writer)}`);
}

function rowsOf(operand: Operand): ExpressionNode | undefined {
  return operand.form === 'expression' ? operand.expression.rows : undefined;
}

/** A list with expressions cannot be one parameter. Numbers beyond the column are left out, as from other lists. */
function amongItems(lhs: ExpressionNode, items: readonly Operand[], resolver: Resolver): Predicate {
  const sides = items
    .filter((item) => item.form !== 'outside' && item.form !== 'null')
    .map((item) => side(lhs, item, resolver));
  return new Test([lhs, ...sides], (writer) => {
    for (const each of sides) requireComparable(writer.dialect, lhs, each);
    return `${lhs.toSql(writer)} IN (${sides.map((each) => each.toSql(writer)).join(', ')})`;
  });
}

function encodeList(values: readonly unknown[], field: Field | undefined): string {
  const given = values.filter((value) => value !== null);
  const element = field ?? fieldFor(given[0]);
  const encode = comparisonEncoder(element);
  const encoded: { encode(value: unknown): string } = { encode };
  const kept = given.filter((value) => canHold(encode, value));
  if (element instanceof ArrayField) return wireArray(kept.map((value) => element.encode(value)));
  return arrayText(kept, encoded as Field);
}

/** Values the column cannot hold match nothing, so they are left out of the list. */
function canHold(encode: (value: unknown) => string, value: unknown): boolean {
  try {
    encode(value);
    return true;
  } catch (error) {
    if (error instanceof OutsideRange) return false;
    throw error;
  }
}

const notBounds = 'The value of a range lookup must be a pair of bounds.';
const range: LookupBuilder = (lhs, operand, resolver, name) => {
  if (operand.form === 'items') {
    const [low, high, ...more] = operand.items;
    if (low === undefined || high === undefined || more.length > 0) throw new ValueError(notBounds);
    const bounds = [
      orderingLookups.gte?.(lhs, low, resolver, name),
      orderingLookups.lte?.(lhs, high, resolver, name),
    ];
    return new WhereNode(bounds.filter((each) => each !== undefined));
  }
  if (operand.form === 'null') throw noNull();
  if (operand.form !== 'list') throw new TypeError(notBounds);
  const field = lhs.output;
  const encode = field === undefined ? (...bounds: unknown[]) => bounds.map(String) : boundsEncoder(field);
  const place = resolver.place(operand.owner, (pair) => {
    const bounds = [...(pair as Iterable<unknown>)];
    if (bounds.length !== 2) throw new ValueError(notBounds);
    return encode(bounds[0], bounds[1]);
  });
  const first = new Bare(place, field, firstOfPair);
  const second = new Bare(place, field, secondOfPair);
  return new Test(
    [lhs],
    (writer) => `${lhs.toSql(writer)} BETWEEN ${first.toSql(writer)} AND ${second.toSql(writer)}`,
  );
};
export const firstOfPair = (pair: unknown) => (pair as readonly string[])[0] as string;
export const secondOfPair = (pair: unknown) => (pair as readonly string[])[1] as string;

const nullTest: LookupBuilder = (lhs, operand) => {
  if (operand.form !== 'boolean') {
    throw new ValueError('The QuerySet value for an isNull lookup must be true or false.');
  }
  return isNull(lhs, operand.value);
};

/** As in Django, a value of several columns is null when one of them is. */
export function isNull(lhs: ExpressionNode, wanted: boolean): Predicate {
  const columns = partColumns(lhs);
  if (columns !== undefined)
    return new WhereNode(
      columns.map((column) => isNull(column, wanted)),
      wanted ? 'OR' : 'AND',
    );
  return new Test([lhs], (writer) => `${lhs.toSql(writer)} IS ${wanted ? '' : 'NOT '}NULL`);
}

export function compare(lhs: ExpressionNode, operator: string, rhs: ExpressionNode): Predicate {
  return new Test([lhs, rhs], (writer) => {
    requireComparable(writer.dialect, lhs, rhs);
    return `${lhs.toSql(writer)} ${operator} ${rhs.toSql(writer)}`;
  });
}
/** @throws FieldError for JSON beside a value of another type, on databases that compare it with JSON only */
export function requireComparable({ json }: Dialect, lhs: ExpressionNode, rhs: ExpressionNode): void {
  const [left, right] = [lhs.output, rhs.output];
  if (json.ownType !== true || left === undefined || right === undefined) return;
  if (isJson(left) === isJson(right)) return;
  throw new FieldError(
    `Cannot compare ${left.typeName} with ${right.typeName}: make a value of the other type of the JSON, ` +
      "as in Cast(KT('data__size'), fields.integer()).",
  );
}
/** Columns may be of a type that their field does not have by itself. */
function isJson(field: Field): boolean {
  return field.family === 'json' || (field.parts === undefined && /^jsonb?$/i.test(field.databaseType()));
}

/** Lookups every column has. */
export const equalityLookups: Readonly<Record<string, LookupBuilder>> = {
  exact,
  in: inList,
  isNull: nullTest,
};
export const orderingLookups: Readonly<Record<string, LookupBuilder>> = {
  gt: ordering('>'),
  gte: ordering('>='),
  lt: ordering('<'),
  lte: ordering('<='),
  range,
};
