import { ValueError } from '../errors.ts';
import { DateField, DateTimeField } from '../fields/dates.ts';
import { type Field, isMoment } from '../fields/field.ts';
import { findTransform } from '../lookups/transforms.ts';
import type { Resolver } from '../query/resolver.ts';
import { requireTimeZones } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Argument, ArgumentPath, Expression } from '../types/expressions.ts';
import type { Column as ColumnType } from '../types/schema.ts';
import { argument, fieldOf } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { Column } from './column.ts';
import type { PlainOf } from './comparison.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';
import { requireZoneless, TruncDate, TruncTime } from './parts.ts';
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
  readonly #target: Field | undefined;

  /**
   * @param zone time zone whose units count; the active one, UTC, when absent
   * @param target type of the result; that of `inner` when absent
   */
  constructor(unit: Unit, inner: ExpressionNode, zone?: string, target?: Field) {
    super();
    this.#target = target;
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
    sink.token(`trunc ${this.unit} ${this.#zone ?? ''} ${this.#target?.family ?? ''}(`);
    this.inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    const inner = this.inner.resolve(resolver);
    const target = this.#target;
    requireTruncatable(inner, this.unit, target);
    requireZoneless(inner, this.#zone);
    const cut = new Truncation(this.unit, inner, this.#zone);
    if (target === undefined || target.family === inner.output?.family) return cut;
    // The date or the time of a moment that was cut.
    return findTransform(cut, target.family, this.#zone) ?? cut;
  }
  toSql(writer: SqlWriter): string {
    const { inner } = this;
    requireTimeZones(writer.dialect, this.#zone);
    const value = { sql: inner.toSql(writer), field: inner.output, zone: this.#zone };
    return writer.dialect.truncate(this.unit, value);
  }
}

/** @throws TypeError for what is no date or time; ValueError for a unit or a result that the type does not have */
function requireTruncatable(inner: ExpressionNode, unit: Unit, target: Field | undefined): void {
  const { output } = inner;
  const name = inner instanceof Column ? inner.field.name : 'the expression';
  if (target !== undefined && !isMoment(target)) {
    throw new ValueError('outputField must be either DateField, TimeField, or DateTimeField');
  }
  if (output instanceof DateTimeField) return;
  if (!isMoment(output)) throw new TypeError(`'${name}' isn't a DateField, TimeField, or DateTimeField.`);
  const another = target !== undefined && target.family !== output?.family;
  if (!another && isDateUnit(unit) === output instanceof DateField) return;
  const result = another ? target.typeName : 'DateTimeField';
  throw new ValueError(`Cannot truncate ${output?.typeName} '${name}' to ${result}.`);
}
/** As the value itself, or as the type that was asked for. */
type Truncated<A, T> = unknown extends T
  ? Expression<unknown, ArgumentPath<A>, 'field'>
  : Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'>;

interface TruncOptions<T> extends ZoneOptions {
  /** Type of the result, where it is not that of the value: `fields.date()` for the day a moment is cut to. */
  readonly outputField?: ColumnType<T, boolean, boolean, boolean>;
}

function truncation(unit: Unit) {
  const called = `Trunc${unit[0]?.toUpperCase()}${unit.slice(1)}`;
  return <const A extends Argument, T = unknown>(value: A, options?: TruncOptions<T>): Truncated<A, T> =>
    cut(called, unit, value, options) as never;
}
function cut(called: string, unit: Unit, value: unknown, options: TruncOptions<unknown> = {}): Truncation {
  const zone = zoneOf(called, options, ['outputField']);
  return new Truncation(unit, argument(value), zone, fieldOf(options.outputField));
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
 * @param options `timeZone` whose units count, UTC when absent; `outputField` for a date or time of a moment
 * @throws ValueError for another kind
 */
export function Trunc<const A extends Argument, const K extends Unit | 'date' | 'time', T = unknown>(
  value: A,
  kind: K,
  options?: TruncOptions<T>,
): K extends 'date' | 'time' ? Expression<string, ArgumentPath<A>, 'mapped'> : Truncated<A, T> {
  if (kind === 'date') return TruncDate(value, options) as never;
  if (kind === 'time') return TruncTime(value, options) as never;
  if (![...dateUnits, ...timeUnits].includes(kind as Unit)) {
    throw new ValueError(`'${kind}' is not a unit that dates and times can be truncated to.`);
  }
  return cut('Trunc', kind as Unit, value, options) as never;
}
