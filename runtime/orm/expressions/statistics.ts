import { FloatField, IntegerField } from '../fields/numbers.ts';
import type { AggregateOptions, Argument, ArgumentPath, Expression } from '../types/expressions.ts';
import { Aggregate, type AggregateKind, aggregateOptions } from './aggregates.ts';
import { argument } from './arguments.ts';

// Figures about pairs of numbers, of rows that have both. PostgreSQL has them; the first argument is the dependent one.

const float = new FloatField();
const whole = new IntegerField('bigint', 'BigIntegerField');

type Pair<A, B, Kind extends string, T = number | null> = Expression<
  T,
  ArgumentPath<A> | ArgumentPath<B>,
  Kind
>;

function figure(name: string, sql: string): AggregateKind {
  return { name, sql, output: () => float, empty: null };
}
function pair(kind: AggregateKind, y: unknown, x: unknown, options: object): never {
  const known = aggregateOptions(kind.name, options, kind.name === 'CovarPop' ? ['sample'] : []);
  return new Aggregate(kind, argument(y), { ...known, others: [argument(x)] }) as never;
}
/** A figure by its name; null where no row has both values. */
function named<Kind extends string>(name: string, sql: string) {
  const kind = figure(name, sql);
  return <const A extends Argument, const B extends Argument>(
    y: A,
    x: B,
    options: AggregateOptions = {},
  ): Pair<A, B, Kind> => pair(kind, y, x, options);
}

/** Correlation coefficient, from -1 to 1. */
export const Corr = named<'corr'>('Corr', 'CORR');
/** Covariance of the population; of the sample with `sample: true`. */
export function CovarPop<const A extends Argument, const B extends Argument>(
  y: A,
  x: B,
  options: AggregateOptions & { readonly sample?: boolean } = {},
): Pair<A, B, 'covarpop'> {
  return pair(figure('CovarPop', options.sample ? 'COVAR_SAMP' : 'COVAR_POP'), y, x, options);
}
/** Mean of the second values. */
export const RegrAvgX = named<'regravgx'>('RegrAvgX', 'REGR_AVGX');
/** Mean of the first values. */
export const RegrAvgY = named<'regravgy'>('RegrAvgY', 'REGR_AVGY');
/** Number of rows that have both values. */
export function RegrCount<const A extends Argument, const B extends Argument>(
  y: A,
  x: B,
  options: Omit<AggregateOptions, 'default'> = {},
): Pair<A, B, 'regrcount', number> {
  if ('default' in options) throw new TypeError('RegrCount does not allow default.');
  return pair({ name: 'RegrCount', sql: 'REGR_COUNT', output: () => whole, empty: 0 }, y, x, options);
}
/** Where the line of least squares meets the axis: its value at 0. */
export const RegrIntercept = named<'regrintercept'>('RegrIntercept', 'REGR_INTERCEPT');
/** Square of the correlation coefficient. */
export const RegrR2 = named<'regrr2'>('RegrR2', 'REGR_R2');
/** Slope of the line of least squares. */
export const RegrSlope = named<'regrslope'>('RegrSlope', 'REGR_SLOPE');
/** Sum of the squares of the second values, from their mean. */
export const RegrSXX = named<'regrsxx'>('RegrSXX', 'REGR_SXX');
/** Sum of the products of both values, from their means. */
export const RegrSXY = named<'regrsxy'>('RegrSXY', 'REGR_SXY');
/** Sum of the squares of the first values, from their mean. */
export const RegrSYY = named<'regrsyy'>('RegrSYY', 'REGR_SYY');
