import { ValueError } from '../errors.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import type { Wire } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import { compare } from './comparisons.ts';
import { comparisonEncoder } from './encode.ts';
import { Bare, never, type Operand, Test } from './operand.ts';
import type { Transform } from './transforms.ts';

interface Bounds {
  readonly first: (year: unknown) => Wire;
  readonly last: (year: unknown) => Wire;
}

const calendar = {
  date: {
    first: (year: unknown) => `${padded(year)}-01-01`,
    last: (year: unknown) => `${padded(year)}-12-31`,
  },
  dateTime: {
    first: (year: unknown) => `${padded(year)}-01-01T00:00:00Z`,
    last: (year: unknown) => `${padded(year)}-12-31T23:59:59.999999Z`,
  },
};
const iso = {
  date: {
    first: (year: unknown) => isoStart(year, 0),
    last: (year: unknown) => isoStart(Number(year) + 1, -1),
  },
  dateTime: {
    first: (year: unknown) => `${isoStart(year, 0)}T00:00:00Z`,
    last: (year: unknown) => `${isoStart(Number(year) + 1, -1)}T23:59:59.999999Z`,
  },
};

function padded(year: unknown): string {
  return String(year).padStart(4, '0');
}

/** Monday of the first ISO week of a year, `days` later: the week that holds 4 January. */
function isoStart(year: unknown, days: number): string {
  const fourth = new Date(Date.UTC(2000, 0, 4));
  fourth.setUTCFullYear(Number(year));
  const weekday = (fourth.getUTCDay() + 6) % 7;
  fourth.setUTCDate(fourth.getUTCDate() - weekday + days);
  return fourth.toISOString().slice(0, 10);
}

/** Which end of the year bounds each comparison: `year > 2020` is `after the last day of 2020`. */
const ends: Readonly<Record<string, { readonly operator: string; readonly end: keyof Bounds }>> = {
  gt: { operator: '>', end: 'last' },
  gte: { operator: '>=', end: 'first' },
  lt: { operator: '<', end: 'first' },
  lte: { operator: '<=', end: 'last' },
};

/** @throws ValueError for a year before the first, which no bound can be written for */
function requireYear(year: string): string {
  if (Number(year) >= 1) return year;
  throw new ValueError(`year ${year} is out of range`);
}

/** Comparisons of a year as bounds on the column itself, which an index can serve. Undefined for other forms. */
export function yearLookup(
  lhs: Transform,
  name: string,
  operand: Operand,
  resolver: Resolver,
): Predicate | undefined {
  if (operand.form === 'outside') return never;
  if (operand.form !== 'value') return undefined;
  const column: ExpressionNode = lhs.inner;
  const family = column.output?.family === 'dateTime' ? 'dateTime' : 'date';
  const bounds: Bounds = (lhs.name === 'isoYear' ? iso : calendar)[family];
  const encode = comparisonEncoder(lhs.output);
  const place = () => resolver.place(operand.owner, (year) => requireYear(encode(year)));
  if (name === 'exact') {
    const at = place();
    const [low, high] = [new Bare(at, column.output, bounds.first), new Bare(at, column.output, bounds.last)];
    return new Test(
      [column],
      (writer) => `${column.toSql(writer)} BETWEEN ${low.toSql(writer)} AND ${high.toSql(writer)}`,
    );
  }
  const end = ends[name];
  return end === undefined
    ? undefined
    : compare(column, end.operator, new Bare(place(), column.output, bounds[end.end]));
}
