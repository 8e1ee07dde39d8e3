import type { Field } from '../fields/field.ts';
import { ArrayField, JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type {
  Argument,
  ArgumentPath,
  Expression,
  ListOptions,
  AggregateOptions as TypedOptions,
} from '../types/expressions.ts';
import { Aggregate, type AggregateKind, type AggregateOptions } from './aggregates.ts';
import { argument } from './arguments.ts';
import { WrittenValue } from './field-reference.ts';
import { spread } from './library.ts';

// Aggregates beyond the ones every database has.

const text = new TextField();
const json = new JsonField();
function listOf(element: Field | undefined): Field {
  return new ArrayField(element ?? text);
}

function aggregate(kind: AggregateKind, value: unknown, options: object = {}): never {
  return new Aggregate(kind, argument(value), options as AggregateOptions) as never;
}

interface SampleOptions extends TypedOptions {
  /** True for the sample's figure, false (the default) for the population's. */
  readonly sample?: boolean;
}

/** Standard deviation; null where there are no rows. */
export function StdDev<const A extends Argument>(
  value: A,
  options: SampleOptions = {},
): Expression<number | null, ArgumentPath<A>, 'stddev'> {
  const sql = options.sample ? 'STDDEV_SAMP' : 'STDDEV_POP';
  return aggregate({ name: 'StdDev', sql, output: spread, empty: null }, value, options);
}
/** Variance; null where there are no rows. */
export function Variance<const A extends Argument>(
  value: A,
  options: SampleOptions = {},
): Expression<number | null, ArgumentPath<A>, 'variance'> {
  const sql = options.sample ? 'VAR_SAMP' : 'VAR_POP';
  return aggregate({ name: 'Variance', sql, output: spread, empty: null }, value, options);
}
/** The values as an array; null where there are no rows. */
export function ArrayAgg<const A extends Argument>(
  value: A,
  options: ListOptions = {},
): Expression<unknown, ArgumentPath<A>, 'array'> {
  return aggregate({ name: 'ArrayAgg', sql: 'ARRAY_AGG', output: listOf, empty: null }, value, options);
}
/** The values as one JSON array; null where there are no rows. */
export function JSONBAgg<const A extends Argument>(
  value: A,
  options: ListOptions = {},
): Expression<unknown, ArgumentPath<A>, 'jsonbagg'> {
  return aggregate({ name: 'JSONBAgg', sql: 'JSONB_AGG', output: () => json, empty: null }, value, options);
}
/** The values as one text with `delimiter` between them; null where there are no rows. */
export function StringAgg<const A extends Argument>(
  value: A,
  delimiter: string,
  options: ListOptions = {},
): Expression<string | null, ArgumentPath<A>, 'stringagg'> {
  const kind = { name: 'StringAgg', sql: 'STRING_AGG', output: () => text, empty: null };
  return aggregate(kind, value, { ...options, delimiter: new WrittenValue(delimiter) });
}
