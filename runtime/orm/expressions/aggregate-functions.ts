import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { ArrayField, JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type {
  Argument,
  ArgumentType,
  Expression,
  ListOptions,
  Summary,
  AggregateOptions as TypedOptions,
} from '../types/expressions.ts';
import { Aggregate, type AggregateKind, aggregateOptions } from './aggregates.ts';
import { argument } from './arguments.ts';
import { WrittenValue } from './field-reference.ts';
import { ExpressionNode } from './node.ts';
import { spread } from './spread.ts';

// Aggregates beyond the ones every database has.

const text = new TextField();
const json = new JsonField();
const boolean = new BooleanField();
const same = (argument: Field | undefined) => argument;
/** Of aggregates that keep every value. */
const listed = { allowDistinct: true, allowOrderBy: true, empty: null } as const;
function listOf(element: Field | undefined): Field {
  return new ArrayField(element ?? text);
}

/** @param more options of this aggregate alone */
function aggregate(
  kind: AggregateKind,
  value: unknown,
  options: object,
  more: readonly string[] = [],
): never {
  return new Aggregate(kind, argument(value), aggregateOptions(kind.name, options, more)) as never;
}

interface SampleOptions<T> extends TypedOptions<T> {
  /** True for the sample's figure, false (the default) for the population's. */
  readonly sample?: boolean;
}

/** Standard deviation; null where there are no rows. */
export function StdDev<const A extends Argument, T = unknown>(
  value: A,
  options: SampleOptions<T> = {},
): Summary<number | null, A, 'stddev', T> {
  const sql = options.sample ? 'STDDEV_SAMP' : 'STDDEV_POP';
  return aggregate({ name: 'StdDev', sql, output: spread, empty: null }, value, options, ['sample']);
}
/** Variance; null where there are no rows. */
export function Variance<const A extends Argument, T = unknown>(
  value: A,
  options: SampleOptions<T> = {},
): Summary<number | null, A, 'variance', T> {
  const sql = options.sample ? 'VAR_SAMP' : 'VAR_POP';
  return aggregate({ name: 'Variance', sql, output: spread, empty: null }, value, options, ['sample']);
}
/** One of the values that are not null, whichever the server comes upon; null where there are none. */
export function AnyValue<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<ArgumentType<A> | null, A, 'anyvalue', T> {
  return aggregate({ name: 'AnyValue', sql: 'ANY_VALUE', output: same, empty: null }, value, options);
}
/** The values as an array; null where there are no rows. */
export function ArrayAgg<const A extends Argument, T = unknown>(
  value: A,
  options: ListOptions<T> = {},
): Summary<unknown, A, 'array', T> {
  return aggregate({ name: 'ArrayAgg', sql: 'ARRAY_AGG', output: listOf, ...listed }, value, options);
}
/** The values as one JSON array; null where there are no rows. */
export function JSONBAgg<const A extends Argument, T = unknown>(
  value: A,
  options: ListOptions<T> = {},
): Summary<unknown, A, 'jsonbagg', T> {
  return aggregate({ name: 'JSONBAgg', sql: 'JSONB_AGG', output: () => json, ...listed }, value, options);
}
/** The values as one text with `delimiter`, a text or an expression, between them; null where there are no rows. */
export function StringAgg<const A extends Argument, T = unknown>(
  value: A,
  delimiter: string | Expression,
  options: ListOptions<T> = {},
): Summary<string | null, A, 'stringagg', T> {
  const given: unknown = delimiter;
  const kind = { name: 'StringAgg', sql: 'STRING_AGG', output: () => text, ...listed };
  return new Aggregate(kind, argument(value), {
    ...aggregateOptions('StringAgg', options),
    delimiter: given instanceof ExpressionNode ? given : new WrittenValue(given),
  }) as never;
}

/** The bits that all values have; null where there are none. */
export function BitAnd<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<ArgumentType<A> | null, A, 'bitand', T> {
  return aggregate({ name: 'BitAnd', sql: 'BIT_AND', output: same, empty: null }, value, options);
}
/** The bits that any value has; null where there are none. */
export function BitOr<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<ArgumentType<A> | null, A, 'bitor', T> {
  return aggregate({ name: 'BitOr', sql: 'BIT_OR', output: same, empty: null }, value, options);
}
/** The bits that an odd number of values has; null where there are none. */
export function BitXor<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<ArgumentType<A> | null, A, 'bitxor', T> {
  return aggregate({ name: 'BitXor', sql: 'BIT_XOR', output: same, empty: null }, value, options);
}
/** True when the value of every row is true; null where there are no rows. */
export function BoolAnd<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<boolean | null, A, 'booland', T> {
  return aggregate({ name: 'BoolAnd', sql: 'BOOL_AND', output: () => boolean, empty: null }, value, options);
}
/** True when the value of any row is true; null where there are no rows. */
export function BoolOr<const A extends Argument, T = unknown>(
  value: A,
  options: TypedOptions<T> = {},
): Summary<boolean | null, A, 'boolor', T> {
  return aggregate({ name: 'BoolOr', sql: 'BOOL_OR', output: () => boolean, empty: null }, value, options);
}
