import { NotSupportedError, ValueError } from '../errors.ts';
import { FloatField, IntegerField } from '../fields/numbers.ts';
import { isOptions, requireOptions } from '../options.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  ListOptions,
  OutputOptions,
  Typed,
} from '../types/expressions.ts';
import type { AnyExpression, Plain } from '../types/schema.ts';
import { orderingTerms } from './aggregates.ts';
import { argument, expressionFrom, fieldOf } from './arguments.ts';
import { WrittenValue } from './field-reference.ts';
import { outputGiven, wrapped } from './functions.ts';
import { type FrameSql, WindowExpression, WindowFunction } from './window.ts';

const count = new IntegerField('bigint', 'BigIntegerField');
const share = new FloatField();

/** Rows of a window around each row, counted in `rows` or in values of the ordering (`range`). */
export type Frame = (
  | { readonly rows: readonly [start: number | null, end: number | null] }
  | { readonly range: readonly [start: 0 | null, end: 0 | null] }
) & {
  /** Rows of the frame that are left out: the row itself, all that are equal to it in the ordering, or only the others. */
  readonly exclude?: keyof typeof exclusions;
};
const exclusions = {
  currentRow: 'CURRENT ROW',
  group: 'GROUP',
  ties: 'TIES',
  noOthers: 'NO OTHERS',
} as const;

interface WindowOptions<E> {
  readonly expression: E;
  /** Rows with equal values here make one window. */
  readonly partitionBy?: Argument | readonly Argument[];
  readonly orderBy?: ListOptions['orderBy'];
  /** From which row to which, relative to this one; null is without end. */
  readonly frame?: Frame;
}
type WindowSettings<E, T> = WindowOptions<E> & OutputOptions<T>;
/** Null where the function may give it whatever its field holds: an aggregate over no values. */
type NullOfWindow<T, Kind> = Kind extends 'field' | 'mapped' | 'nullable' | 'value' | 'count'
  ? Extract<T, null>
  : null;

/** A value computed from the rows around each row: `Window({ expression: Rank(), partitionBy: 'publisher' })`. */
export function Window<T, P extends string, Kind extends string, O = unknown>(
  options: WindowSettings<Expression<T, P, Kind>, O>,
): unknown extends O ? Expression<T, P, Kind> : Expression<Plain<O> | NullOfWindow<T, Kind>, P, 'mapped'> {
  requireOptions('Window', options, ['expression', 'partitionBy', 'orderBy', 'frame', 'outputField']);
  const { expression, partitionBy, orderBy, frame, outputField } = options;
  const partitions =
    partitionBy === undefined ? [] : Array.isArray(partitionBy) ? partitionBy : [partitionBy];
  const made = new WindowExpression({
    expression: argument(expression),
    partitionBy: partitions.map(argument),
    order: orderingTerms(orderBy),
    frame: frame === undefined ? undefined : frameSql(frame),
  });
  const output = fieldOf(outputField);
  return (output === undefined ? made : wrapped(made, output)) as never;
}

function frameSql(frame: Frame): FrameSql {
  requireOptions('frame', frame, ['rows', 'range', 'exclude']);
  const [unit, [start, end]] = boundsOf(frame);
  for (const bound of [start, end]) {
    if (bound === null || Number.isSafeInteger(bound)) continue;
    throw new ValueError(
      'A bound of a frame is a whole number of rows, 0 for the row itself, or null for no end.',
    );
  }
  if (start !== null && end !== null && start > end) {
    throw new ValueError('start cannot be greater than end.');
  }
  if (unit === 'RANGE' && (start || end)) {
    throw new NotSupportedError(
      'A frame by range begins and ends at the row itself, 0, or has no end, null.',
    );
  }
  return `${unit} BETWEEN ${bound(start, 'PRECEDING')} AND ${bound(end, 'FOLLOWING')}${excluded(frame)}` as FrameSql;
}
/** @throws TypeError for what does not have a first and a last row */
function boundsOf(frame: Frame): [unit: 'ROWS' | 'RANGE', bounds: readonly [number | null, number | null]] {
  const bounds: unknown = 'rows' in frame ? frame.rows : frame.range;
  if (!Array.isArray(bounds) || bounds.length !== 2) {
    throw new TypeError('A frame is { rows: [start, end] } or { range: [start, end] }.');
  }
  return ['rows' in frame ? 'ROWS' : 'RANGE', bounds as [number | null, number | null]];
}
function excluded({ exclude }: Frame): string {
  if (exclude === undefined) return '';
  if (!Object.hasOwn(exclusions, exclude)) {
    throw new TypeError(`A frame excludes ${Object.keys(exclusions).join(', ')}, not '${exclude}'.`);
  }
  return ` EXCLUDE ${exclusions[exclude]}`;
}
function bound(offset: number | null, open: 'PRECEDING' | 'FOLLOWING'): string {
  if (offset === null) return `UNBOUNDED ${open}`;
  if (offset === 0) return 'CURRENT ROW';
  return offset < 0 ? `${-offset} PRECEDING` : `${offset} FOLLOWING`;
}

/** Place among the rows of the window, with gaps behind equal ones. */
export function Rank(): Expression<number, never, 'value'> {
  return new WindowFunction('RANK', [], count) as never;
}
/** Place among the rows of the window, without gaps. */
export function DenseRank(): Expression<number, never, 'value'> {
  return new WindowFunction('DENSE_RANK', [], count) as never;
}
/** Number of the row in its window, from 1. */
export function RowNumber(): Expression<number, never, 'value'> {
  return new WindowFunction('ROW_NUMBER', [], count) as never;
}
/** Rank as a share of the other rows of the window, from 0 to 1. */
export function PercentRank(): Expression<number, never, 'value'> {
  return new WindowFunction('PERCENT_RANK', [], share) as never;
}
/** Share of the rows of the window up to this one and those equal to it, above 0 up to 1. */
export function CumeDist(): Expression<number, never, 'value'> {
  return new WindowFunction('CUME_DIST', [], share) as never;
}
/** Number of the part the row falls in when the window is divided into `buckets` parts as equal as can be, from 1. */
export function Ntile(buckets = 1): Expression<number, never, 'value'> {
  if (!Number.isSafeInteger(buckets) || buckets <= 0) {
    throw new ValueError('numBuckets must be greater than 0.');
  }
  return new WindowFunction('NTILE', [new WrittenValue(buckets)], count) as never;
}

/** The value of the first row of the frame. */
export function FirstValue<const A extends Argument, T = unknown>(
  value: A,
  options?: OutputOptions<T>,
): Same<A, T> {
  return typed(new WindowFunction('FIRST_VALUE', [argument(value)]), 'FirstValue', options);
}
/** The value of the last row of the frame, which ends with the row itself unless another frame is given. */
export function LastValue<const A extends Argument, T = unknown>(
  value: A,
  options?: OutputOptions<T>,
): Same<A, T> {
  return typed(new WindowFunction('LAST_VALUE', [argument(value)]), 'LastValue', options);
}
/** The value of row number `nth` of the frame, from 1; null where there is no such row. */
export function NthValue<const A extends Argument, T = unknown>(
  value: A,
  nth = 1,
  options?: OutputOptions<T>,
): OrNothing<A, T, Expression<ArgumentType<A> | null, ArgumentPath<A>, 'nullable'>> {
  requireSource('NthValue', value);
  if (!Number.isSafeInteger(nth) || nth <= 0) {
    throw new ValueError('NthValue requires a positive integer as for nth.');
  }
  const values = [argument(value), new WrittenValue(nth)];
  return typed(new WindowFunction('NTH_VALUE', values), 'NthValue', options);
}
/** The function, its result of the type that was given. */
function typed(made: WindowFunction, called: string, options: unknown): never {
  return made.as(outputGiven(called, options)) as never;
}
type Same<A, T = unknown> = Typed<A, T, Expression<ArgumentType<A>, ArgumentPath<A>, 'nullable'>>;
/** Of a type that was given, or null. */
type OrNothing<A, T, Own> = unknown extends T ? Own : Expression<Plain<T> | null, ArgumentPath<A>, 'value'>;

/** What stands where there is no row: a value, or an expression. */
type Fallback = number | bigint | string | boolean | Date | AnyExpression;
type FallbackType<D> = [D] extends [undefined] ? null : D extends AnyExpression ? ArgumentType<D> : D;
/** A text is no name of a field here. */
type FallbackPath<D> = D extends AnyExpression ? ArgumentPath<D> : never;
type Shifted<A, D, T> = unknown extends T
  ? Expression<ArgumentType<A> | FallbackType<D>, ArgumentPath<A> | FallbackPath<D>, 'nullable'>
  : Expression<
      Plain<T> | Extract<ArgumentType<A> | FallbackType<D>, null>,
      ArgumentPath<A> | FallbackPath<D>,
      'mapped'
    >;
interface ShiftOptions<D, T> extends OutputOptions<T> {
  /** How many rows lie between, 1 when absent. */
  readonly offset?: number;
  /** Value where there is no such row; null when absent. */
  readonly default?: D;
}
interface Shift {
  <const A extends Argument, const D extends Fallback | undefined = undefined, T = unknown>(
    value: A,
    offset?: number,
    fallback?: D,
    options?: OutputOptions<T>,
  ): Shifted<A, D, T>;
  <const A extends Argument, const D extends Fallback | undefined = undefined, T = unknown>(
    value: A,
    offset: ShiftOptions<D, T>,
  ): Shifted<A, D, T>;
}
/**
 * The value `offset` rows before this one in the window; `fallback`, or null, where there is no such row. Both may be
 * given by name, too: `Lag('pages', { offset: 2, default: 0 })`.
 */
export const Lag: Shift = (value: unknown, ...given: readonly unknown[]) =>
  shifted('Lag', value, given) as never;
/** The same for the row `offset` rows after this one. */
export const Lead: Shift = (value: unknown, ...given: readonly unknown[]) =>
  shifted('Lead', value, given) as never;
function shifted(called: string, value: unknown, given: readonly unknown[]): WindowFunction {
  const [first, second, third] = given;
  const named: ShiftOptions<unknown, unknown> = isOptions(first) ? first : {};
  requireOptions(called, named, ['offset', 'default', 'outputField']);
  const offset = isOptions(first) ? (named.offset ?? 1) : (first ?? 1);
  const fallback = isOptions(first) ? named.default : second;
  requireSource(called, value);
  if (!Number.isSafeInteger(offset) || (offset as number) <= 0) {
    throw new ValueError(`${called} requires a positive integer for the offset.`);
  }
  const values = [argument(value), new WrittenValue(offset)];
  // A text is a text here, and no name: what is missing is a value.
  if (fallback !== undefined && fallback !== null) {
    values.push(expressionFrom(fallback) ?? new WrittenValue(fallback));
  }
  const output = isOptions(first) ? fieldOf(named.outputField) : outputGiven(called, third);
  return new WindowFunction(called.toUpperCase(), values).as(output);
}
function requireSource(name: string, value: unknown): void {
  if (value !== null && value !== undefined) return;
  throw new ValueError(`${name} requires a non-null source expression.`);
}
