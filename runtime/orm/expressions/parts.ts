import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { findTransform } from '../lookups/transforms.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Argument, ArgumentPath, Expression, OutputOptions, Typed } from '../types/expressions.ts';
import { argument, fieldOf } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { Column } from './column.ts';
import { typeToken, wrapped } from './functions.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';
import { type ZoneOptions, zoneOf } from './zones.ts';

/** A part of a value that lookups know by a name, as an expression: the year of a date. */
export class PartOf extends Computable {
  readonly #name: string;
  readonly #inner: ExpressionNode;
  readonly #zone: string | undefined;
  readonly #given: Field | undefined;

  /** @param given type of the result, where it is not that of the part */
  constructor(name: string, inner: ExpressionNode, zone?: string, given?: Field) {
    super();
    this.#given = given;
    this.#name = name;
    this.#inner = inner;
    this.#zone = zone;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.#inner];
  }
  get output(): Field | undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token(`part ${this.#name} ${this.#zone ?? ''}${typeToken(this.#given)}(`);
    this.#inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    const inner = this.#inner.resolve(resolver);
    if (this.#name === 'date' || this.#name === 'time') requireMomentWith(inner, this.#name);
    else requireMoment(inner, this.#name);
    requireZoneless(inner, this.#zone);
    const part = inner.output?.family === this.#name ? inner : findTransform(inner, this.#name, this.#zone);
    if (part !== undefined) return this.#given === undefined ? part : wrapped(part, this.#given);
    throw new ValueError(`Cannot extract component '${this.#name}' from ${inner.output?.typeName}.`);
  }
  toSql(): string {
    throw new Error('a part is resolved before it is compiled');
  }
}

/** @throws ValueError for a zone of what has none */
export function requireZoneless({ output }: ExpressionNode, zone: string | undefined): void {
  if (zone === undefined || output?.family === 'dateTime') return;
  throw new ValueError('timeZone can only be used with DateTimeField.');
}

const timeParts: readonly string[] = ['hour', 'minute', 'second'];

/** @throws ValueError for what has no such part */
function requireMoment({ output }: ExpressionNode, name: string): void {
  const family = output?.family;
  if (family !== 'date' && family !== 'time' && family !== 'dateTime' && family !== 'duration') {
    throw new ValueError(
      'Extract input expression must be DateField, DateTimeField, TimeField, or DurationField.',
    );
  }
  if (family === 'date' && timeParts.includes(name)) {
    throw new ValueError(`Cannot extract time component '${name}' from DateField '${output?.name}'.`);
  }
}

/** @throws TypeError for what is no date or time; ValueError for one that lacks the part */
function requireMomentWith(inner: ExpressionNode, part: 'date' | 'time'): void {
  const { output } = inner;
  const name = inner instanceof Column ? inner.field.name : 'the expression';
  if (output?.family === 'dateTime' || output?.family === part) return;
  if (output?.family !== 'date' && output?.family !== 'time') {
    throw new TypeError(`'${name}' isn't a DateField, TimeField, or DateTimeField.`);
  }
  const result = part === 'date' ? 'DateField' : 'TimeField';
  throw new ValueError(`Cannot truncate ${output.typeName} '${name}' to ${result}.`);
}

type PartExpression<P, A, T> = Typed<A, T, Expression<P, ArgumentPath<A>, 'mapped'>>;
type PartOptions<T> = ZoneOptions & OutputOptions<T>;
/** @param called what the function is called, for messages */
function part<P>(name: string, called = `Extract${name[0]?.toUpperCase()}${name.slice(1)}`) {
  return <const A extends Argument, T = unknown>(
    value: A,
    options?: PartOptions<T>,
  ): PartExpression<P, A, T> => {
    const zone = zoneOf(called, options, ['outputField']);
    return new PartOf(name, argument(value), zone, fieldOf(options?.outputField)) as never;
  };
}

const extractable = [
  'year',
  'isoYear',
  'month',
  'day',
  'week',
  'weekDay',
  'isoWeekDay',
  'quarter',
  'hour',
  'minute',
  'second',
] as const;

/**
 * A part of a date, time or moment as a number: `Extract('at', 'hour', { timeZone: 'Europe/Paris' })`.
 *
 * @throws ValueError when there is no such part
 */
export function Extract<const A extends Argument, T = unknown>(
  value: A,
  name: (typeof extractable)[number],
  options?: PartOptions<T>,
): PartExpression<number, A, T> {
  if (!extractable.includes(name)) throw new ValueError(`'${name}' is not a part of dates and times.`);
  return part<number>(name, 'Extract')(value, options);
}
/** The year of a date or moment, as a number. */
export const ExtractYear = part<number>('year');
/** The year the ISO week of a date or moment belongs to. */
export const ExtractIsoYear = part<number>('isoYear');
/** 1 to 12. */
export const ExtractMonth = part<number>('month');
/** Day of the month: 1 to 31. */
export const ExtractDay = part<number>('day');
/** ISO week: 1 to 53. */
export const ExtractWeek = part<number>('week');
/** 1 (Sunday) to 7. */
export const ExtractWeekDay = part<number>('weekDay');
/** 1 (Monday) to 7. */
export const ExtractIsoWeekDay = part<number>('isoWeekDay');
/** 1 to 4. */
export const ExtractQuarter = part<number>('quarter');
/** 0 to 23. */
export const ExtractHour = part<number>('hour');
/** 0 to 59. */
export const ExtractMinute = part<number>('minute');
/** The whole second. */
export const ExtractSecond = part<number>('second');
/** The day of a moment, as 'YYYY-MM-DD'. */
export const TruncDate = part<string>('date', 'TruncDate');
/** The time of day of a moment, as 'HH:MM:SS'. */
export const TruncTime = part<string>('time', 'TruncTime');
