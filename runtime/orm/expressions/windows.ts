import { ValueError } from '../errors.ts';
import { IntegerField } from '../fields/numbers.ts';
import type { Argument, ArgumentPath, ArgumentType, Expression, ListOptions } from '../types/expressions.ts';
import { orderingTerms } from './aggregates.ts';
import { argument } from './arguments.ts';
import { WrittenValue } from './field-reference.ts';
import { type FrameSql, WindowExpression, WindowFunction } from './window.ts';

const count = new IntegerField('bigint', 'BigIntegerField');

/** Rows of a window around each row, counted in `rows` or in values of the ordering (`range`). */
export type Frame =
  | { readonly rows: readonly [start: number | null, end: number | null] }
  | { readonly range: readonly [start: 0 | null, end: 0 | null] };

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
  const [unit, [start, end]] =
    'rows' in frame ? (['ROWS', frame.rows] as const) : (['RANGE', frame.range] as const);
  for (const bound of [start, end]) {
    if (bound === null || (Number.isSafeInteger(bound) && (unit === 'ROWS' || bound === 0))) continue;
    throw new ValueError(
      'A bound of a frame is a whole number of rows, 0 for the row itself, or null for no end.',
    );
  }
  return `${unit} BETWEEN ${bound(start, 'PRECEDING')} AND ${bound(end, 'FOLLOWING')}` as FrameSql;
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
  return shifted('LAG', value, offset, fallback);
}
/** The value `offset` rows after this one in the window; `fallback`, or null, where there is no such row. */
export function Lead<
  const A extends Argument,
  D extends number | string | boolean | Date | undefined = undefined,
>(value: A, offset = 1, fallback?: D): Shifted<A, D> {
  return shifted('LEAD', value, offset, fallback);
}
function shifted(name: string, value: unknown, offset: number, fallback: unknown): never {
  if (!Number.isSafeInteger(offset) || offset <= 0) {
    throw new ValueError(`${name} requires a positive integer for the offset.`);
  }
  const values = [argument(value), new WrittenValue(offset)];
  if (fallback !== undefined) values.push(new WrittenValue(fallback));
  return new WindowFunction(name, values) as never;
}
