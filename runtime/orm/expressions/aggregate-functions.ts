import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { ArrayField, JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  ListOptions,
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
  return aggregate({ name: 'StdDev', sql, output: spread, empty: null }, value, options, ['sample']);
}
/** Variance; null where there are no rows. */
export function Variance<const A extends Argument>(
  value: A,
  options: SampleOptions = {},
): Expression<number | null, ArgumentPath<A>, 'variance'> {
  const sql = options.sample ? 'VAR_SAMP' : 'VAR_POP';
  return aggregate({ name: 'Variance', sql, output: spread, empty: null }, value, options, ['sample']);
}
/** One of the values that are not null, whichever the server comes upon; null where there are none. */
export function AnyValue<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'anyvalue'> {
  return aggregate({ name: 'AnyValue', sql: 'ANY_VALUE', output: same, empty: null }, value, options);
}
/** The values as an array; null where there are no rows. */
export function ArrayAgg<const A extends Argument>(
  value: A,
  options: ListOptions = {},
): Expression<unknown, ArgumentPath<A>, 'array'> {
  return aggregate({ name: 'ArrayAgg', sql: 'ARRAY_AGG', output: listOf, ...listed }, value, options);
}
/** The values as one JSON array; null where there are no rows. */
export function JSONBAgg<const A extends Argument>(
  value: A,
  options: ListOptions = {},
): Expression<unknown, ArgumentPath<A>, 'jsonbagg'> {
  return aggregate({ name: 'JSONBAgg', sql: 'JSONB_AGG', output: () => json, ...listed }, value, options);
}
/** The values as one text with `delimiter`, a text or an expression, between them; null where there are no rows. */
export function StringAgg<const A extends Argument>(
  value: A,
  delimiter: string | Expression,
  options: ListOptions = {},
): Expression<string | null, ArgumentPath<A>, 'stringagg'> {
  const given: unknown = delimiter;
  const kind = { name: 'StringAgg', sql: 'STRING_AGG', output: () => text, ...listed };
  return new Aggregate(kind, argument(value), {
    ...aggregateOptions('StringAgg', options),
    delimiter: given instanceof ExpressionNode ? given : new WrittenValue(given),
  }) as never;
}

/** The bits that all values have; null where there are none. */
export function BitAnd<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'bitand'> {
  return aggregate({ name: 'BitAnd', sql: 'BIT_AND', output: same, empty: null }, value, options);
}
/** The bits that any value has; null where there are none. */
export function BitOr<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'bitor'> {
  return aggregate({ name: 'BitOr', sql: 'BIT_OR', output: same, empty: null }, value, options);
}
/** The bits that an odd number of values has; null where there are none. */
export function BitXor<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'bitxor'> {
  return aggregate({ name: 'BitXor', sql: 'BIT_XOR', output: same, empty: null }, value, options);
}
/** True when the value of every row is true; null where there are no rows. */
export function BoolAnd<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<boolean | null, ArgumentPath<A>, 'booland'> {
  return aggregate({ name: 'BoolAnd', sql: 'BOOL_AND', output: () => boolean, empty: null }, value, options);
}
/** True when the value of any row is true; null where there are no rows. */
export function BoolOr<const A extends Argument>(
  value: A,
  options: TypedOptions = {},
): Expression<boolean | null, ArgumentPath<A>, 'boolor'> {
  return aggregate({ name: 'BoolOr', sql: 'BOOL_OR', output: () => boolean, empty: null }, value, options);
}
