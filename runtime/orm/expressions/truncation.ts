import { ValueError } from '../errors.ts';
import { DateField, DateTimeField, TimeField } from '../fields/dates.ts';
import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import { requireTimeZones } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Argument, ArgumentPath, Expression } from '../types/expressions.ts';
import { argument } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { Column } from './field-reference.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';
import { TruncDate, TruncTime } from './parts.ts';
import { type ZoneOptions, zoneOf } from './zones.ts';

const dateUnits = ['year', 'quarter', 'month', 'week', 'day'] as const;
const timeUnits = ['hour', 'minute', 'second'] as const;
export type Unit = (typeof dateUnits)[number] | (typeof timeUnits)[number];

function isDateUnit(unit: Unit): boolean {
  return (dateUnits as readonly string[]).includes(unit);
}

/** A date, time or moment moved back to the start of its unit. Weeks start on Monday. */
export class Truncation extends Computable {
  readonly unit: Unit;
  readonly inner: ExpressionNode;
  readonly #zone: string | undefined;

  /** @param zone time zone whose units count; the active one, UTC, when absent */
  constructor(unit: Unit, inner: ExpressionNode, zone?: string) {
    super();
    this.unit = unit;
    this.inner = inner;
    this.#zone = zone;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.inner];
  }
  get output(): Field | undefined {
    return this.inner.output;
  }
  describe(sink: ShapeSink): void {
    sink.token(`trunc ${this.unit} ${this.#zone ?? ''}(`);
    this.inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): Truncation {
    const inner = this.inner.resolve(resolver);
    requireTruncatable(inner, this.unit);
    return new Truncation(this.unit, inner, this.#zone);
  }
  toSql(writer: SqlWriter): string {
    const { inner } = this;
    requireTimeZones(writer.dialect, this.#zone);
    const value = { sql: inner.toSql(writer), field: inner.output, zone: this.#zone };
    return writer.dialect.truncate(this.unit, value);
  }
}

/** @throws TypeError for what is no date or time; ValueError for a unit that the type does not have */
function requireTruncatable(inner: ExpressionNode, unit: Unit): void {
  const { output } = inner;
  const name = inner instanceof Column ? inner.field.name : 'the expression';
  if (output instanceof DateTimeField) return;
  if (output instanceof DateField) {
    if (isDateUnit(unit)) return;
    throw new ValueError(`Cannot truncate DateField '${name}' to DateTimeField.`);
  }
  if (output instanceof TimeField) {
    if (!isDateUnit(unit)) return;
    throw new ValueError(`Cannot truncate TimeField '${name}' to DateTimeField.`);
  }
  throw new TypeError(`${name} isn't a DateField, TimeField, or DateTimeField.`);
}

type Truncated<A> = Expression<unknown, ArgumentPath<A>, 'field'>;

function truncation(unit: Unit): <const A extends Argument>(value: A, options?: ZoneOptions) => Truncated<A> {
  return (value, options) => new Truncation(unit, argument(value), zoneOf(options)) as never;
}

/** The first of January of the year the date or moment lies in. */
export const TruncYear = truncation('year');
/** The first day of the quarter the date or moment lies in. */
export const TruncQuarter = truncation('quarter');
/** The first day of the month the date or moment lies in. */
export const TruncMonth = truncation('month');
/** The Monday of the week the date or moment lies in. */
export const TruncWeek = truncation('week');
/** The midnight a moment comes after. */
export const TruncDay = truncation('day');
/** The full hour of a time or moment. */
export const TruncHour = truncation('hour');
/** The full minute of a time or moment. */
export const TruncMinute = truncation('minute');
/** The full second of a time or moment. */
export const TruncSecond = truncation('second');

/**
 * A date, time or moment moved back to the start of a unit.
 *
 * @param kind year, quarter, month, week, day, hour, minute or second; date or time for that part of a moment
 * @param options `timeZone` whose units count, UTC when absent
 * @throws ValueError for another kind
 */
export function Trunc<const A extends Argument, const K extends Unit | 'date' | 'time'>(
  value: A,
  kind: K,
  options?: ZoneOptions,
): K extends 'date' | 'time' ? Expression<string, ArgumentPath<A>, 'mapped'> : Truncated<A> {
  if (kind === 'date') return TruncDate(value, options) as never;
  if (kind === 'time') return TruncTime(value, options) as never;
  if (![...dateUnits, ...timeUnits].includes(kind as Unit)) {
    throw new ValueError(`'${kind}' is not a unit that dates and times can be truncated to.`);
  }
  return new Truncation(kind as Unit, argument(value), zoneOf(options)) as never;
}
