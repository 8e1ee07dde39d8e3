import { ValueError } from '../errors.ts';
import { FloatField, IntegerField } from '../fields/numbers.ts';
import { requireOptions } from '../options.ts';
import type { Argument, ArgumentPath, ArgumentType, Expression, ListOptions } from '../types/expressions.ts';
import { orderingTerms } from './aggregates.ts';
import { argument } from './arguments.ts';
import { WrittenValue } from './field-reference.ts';
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

/** A value computed from the rows around each row: `Window({ expression: Rank(), partitionBy: 'publisher' })`. */
export function Window<T, P extends string, Kind extends string>(
  options: WindowOptions<Expression<T, P, Kind>>,
): Expression<T, P, Kind> {
  requireOptions('Window', options, ['expression', 'partitionBy', 'orderBy', 'frame']);
  const { expression, partitionBy, orderBy, frame } = options;
  const partitions =
    partitionBy === undefined ? [] : Array.isArray(partitionBy) ? partitionBy : [partitionBy];
  return new WindowExpression({
    expression: argument(expression),
    partitionBy: partitions.map(argument),
    order: orderingTerms(orderBy),
    frame: frame === undefined ? undefined : frameSql(frame),
  }) as never;
}

function frameSql(frame: Frame): FrameSql {
  requireOptions('frame', frame, ['rows', 'range', 'exclude']);
  const [unit, [start, end]] = boundsOf(frame);
  for (const bound of [start, end]) {
    if (bound === null || (Number.isSafeInteger(bound) && (unit === 'ROWS' || bound === 0))) continue;
    throw new ValueError(
      'A bound of a frame is a whole number of rows, 0 for the row itself, or null for no end.',
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
export function FirstValue<const A extends Argument>(value: A): Same<A> {
  return new WindowFunction('FIRST_VALUE', [argument(value)]) as never;
}
/** The value of the last row of the frame, which ends with the row itself unless another frame is given. */
export function LastValue<const A extends Argument>(value: A): Same<A> {
  return new WindowFunction('LAST_VALUE', [argument(value)]) as never;
}
/** The value of row number `nth` of the frame, from 1; null where there is no such row. */
export function NthValue<const A extends Argument>(
  value: A,
  nth = 1,
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'nullable'> {
  requireSource('NthValue', value);
  if (!Number.isSafeInteger(nth) || nth <= 0) {
    throw new ValueError('NthValue requires a positive integer as for nth.');
  }
  return new WindowFunction('NTH_VALUE', [argument(value), new WrittenValue(nth)]) as never;
}
type Same<A> = Expression<ArgumentType<A>, ArgumentPath<A>, 'nullable'>;

type Shifted<A, D> = Expression<
  ArgumentType<A> | ([D] extends [undefined] ? null : D),
  ArgumentPath<A>,
  'nullable'
>;
/** The value `offset` rows before this one in the window; `fallback`, or null, where there is no such row. */
export function Lag<
  const A extends Argument,
  D extends number | string | boolean | Date | undefined = undefined,
>(value: A, offset = 1, fallback?: D): Shifted<A, D> {
  return shifted('Lag', value, offset, fallback);
}
/** The value `offset` rows after this one in the window; `fallback`, or null, where there is no such row. */
export function Lead<
  const A extends Argument,
  D extends number | string | boolean | Date | undefined = undefined,
>(value: A, offset = 1, fallback?: D): Shifted<A, D> {
  return shifted('Lead', value, offset, fallback);
}
function shifted(name: string, value: unknown, offset: number, fallback: unknown): never {
  requireSource(name, value);
  if (!Number.isSafeInteger(offset) || offset <= 0) {
    throw new ValueError(`${name} requires a positive integer for the offset.`);
  }
  const values = [argument(value), new WrittenValue(offset)];
  if (fallback !== undefined) values.push(new WrittenValue(fallback));
  return new WindowFunction(name.toUpperCase(), values) as never;
}
function requireSource(name: string, value: unknown): void {
  if (value !== null && value !== undefined) return;
  throw new ValueError(`${name} requires a non-null source expression.`);
}
