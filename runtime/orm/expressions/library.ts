import { DateTimeField } from '../fields/dates.ts';
import type { Field } from '../fields/field.ts';
import { DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { TextField } from '../fields/text.ts';
import type { Dialect, FunctionName } from '../sql/dialect.ts';
import type { Argument, ArgumentPath, ArgumentType, Expression } from '../types/expressions.ts';
import type { Column } from '../types/schema.ts';
import { argument, type FunctionOptions, fieldOf, isOptions } from './arguments.ts';
import { commonOutput } from './beside.ts';
import { Branch, CaseExpression } from './case.ts';
import { Condition } from './condition.ts';
import { FunctionCall, type FunctionKind } from './functions.ts';
import { ExpressionNode } from './node.ts';
import { NullLiteral } from './value.ts';

// The functions applications call, each with the type of its result.

const text = new TextField();
const integer = new IntegerField('integer', 'IntegerField');
const moment = new DateTimeField();

type Written = (values: readonly string[], dialect: Dialect) => string;
function plain(name: string): Written {
  return (values) => `${name}(${values.join(', ')})`;
}
function kind(name: string, output: FunctionKind['output'], write = plain(name)): FunctionKind {
  return { name, output, write };
}
/** A function that databases write in different ways. */
function own(name: FunctionName, output: FunctionKind['output']): FunctionKind {
  return kind(name, output, (values, dialect) => dialect.call(name, values));
}
const kinds = {
  lower: own('lower', () => text),
  upper: own('upper', () => text),
  length: own('length', () => integer),
  now: own('now', () => moment),
  coalesce: {
    ...kind('COALESCE', commonOutput),
    empty: (values: readonly unknown[]) => {
      const first = values.find((value) => value !== null);
      return first === undefined ? null : first;
    },
  },
  greatest: own('greatest', commonOutput),
  least: own('least', commonOutput),
  nullIf: kind('NULLIF', ([first]) => first?.output),
  concat: own('concat', () => text),
};

function call(of: FunctionKind, given: readonly unknown[]): FunctionCall {
  return new FunctionCall(of, given.map(argument));
}
function several(of: FunctionKind, name: string, given: readonly unknown[]): FunctionCall {
  if (given.length < 2) throw new TypeError(`${name} must take at least two expressions`);
  return call(of, given);
}

/** The text in lower case. */
export function Lower<const A extends Argument>(value: A): Expression<string, ArgumentPath<A>, 'mapped'> {
  return call(kinds.lower, [value]) as never;
}
/** The text in upper case. */
export function Upper<const A extends Argument>(value: A): Expression<string, ArgumentPath<A>, 'mapped'> {
  return call(kinds.upper, [value]) as never;
}
/** Number of characters. */
export function Length<const A extends Argument>(value: A): Expression<number, ArgumentPath<A>, 'mapped'> {
  return call(kinds.length, [value]) as never;
}
/** The moment the statement began, by the server's clock. */
export function Now(): Expression<Date, never, 'value'> {
  return call(kinds.now, []) as never;
}
/** The first argument that is not null. Strings name fields; text is written `Value('…')`. */
export function Coalesce<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.coalesce, 'Coalesce', values) as never;
}
/** The largest argument that is not null. */
export function Greatest<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.greatest, 'Greatest', values) as never;
}
/** The smallest argument that is not null. */
export function Least<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.least, 'Least', values) as never;
}
/** Null where both are equal, else the first. */
export function NullIf<const A extends Argument>(
  value: A,
  other: Argument,
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'nullable'> {
  return call(kinds.nullIf, [value, other]) as never;
}
/** The arguments as one text; null counts as empty. */
export function Concat<const A extends readonly Argument[]>(
  ...values: A
): Expression<string, ArgumentPath<A[number]>, 'value'> {
  return several(kinds.concat, 'Concat', values) as never;
}

/** The value as another type: `Cast('pages', fields.text())`. */
export function Cast<const A extends Argument, T>(
  value: A,
  type: Column<T, boolean, boolean, boolean>,
): Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'> {
  const field = requiredField(type);
  // The declared type, length included: a cast that is asked for may shorten.
  const of = kind(
    `CAST ${field.databaseType()}`,
    () => field,
    ([sql], dialect) => dialect.declaredCast(`(${sql})`, field),
  );
  return call(of, [value]) as never;
}
type PlainOf<T> = T extends { readonly storedAs: string; readonly value: infer V } ? V : T;

/** An expression with its type given, where it cannot be told: `ExpressionWrapper(F('a').div(F('b')), { outputField })`. */
export function ExpressionWrapper<const A extends Argument, T>(
  value: A,
  options: { readonly outputField: Column<T, boolean, boolean, boolean> },
): Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'> {
  const field = requiredField(options.outputField);
  const of = kind(
    `WRAP ${field.databaseType()}`,
    () => field,
    ([sql]) => `${sql}`,
  );
  return call(of, [value]) as never;
}

/** Any function of the server by name: `Func('title', { function: 'REVERSE', outputField: fields.text() })`. */
export function Func<const A extends readonly Argument[], T = unknown>(
  ...given: [...A, { readonly function: string; readonly outputField?: Column<T, boolean, boolean, boolean> }]
): Expression<PlainOf<T> | null, ArgumentPath<A[number]>, 'value'> {
  const options = given.at(-1) as { readonly function?: unknown } & FunctionOptions;
  const name = isOptions(options) ? options.function : undefined;
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/.test(name)) {
    throw new TypeError('Func needs the name of a function: { function: … }.');
  }
  const field = fieldOf(options.outputField);
  const output = (values: readonly ExpressionNode[]) => field ?? commonOutput(values);
  const of = kind(`${name} ${field?.databaseType() ?? ''}`, output, plain(name));
  return call({ ...of, typedByServer: field === undefined }, given.slice(0, -1)) as never;
}

function requiredField(given: unknown): Field {
  const field = fieldOf(given);
  if (field === undefined) throw new TypeError('The type of the result is missing.');
  return field;
}

/** One branch of a `Case`: the value of rows that meet the condition. */
export function When<const A extends Argument>(
  condition: object,
  then: A,
): WhenOf<ArgumentType<A>, ArgumentPath<A>> {
  const given: unknown = condition;
  const test =
    given instanceof Condition
      ? given
      : given instanceof ExpressionNode
        ? new Condition([given])
        : Condition.of(condition);
  if (test.empty) throw new TypeError("An empty Q() can't be used as a When() condition.");
  return new Branch(test, argument(then)) as never;
}
/** A branch whose value has type `T`, or that of the fields `P`. */
export interface WhenOf<T, P extends string> {
  readonly kind: 'branch';
  readonly type: T;
  readonly path: P;
}

interface CaseOptions<D> {
  /** Value of rows that meet no condition; null when absent. */
  readonly default?: D;
  readonly outputField?: unknown;
}
/** The value of the first branch whose condition a row meets: `Case(When({ … }, 1), { default: 0 })`. */
export function Case<T, P extends string, const D extends Argument = null>(
  ...given: [...WhenOf<T, P>[], CaseOptions<D>] | WhenOf<T, P>[]
): Expression<T | ArgumentType<D>, P | ArgumentPath<D>, 'case'> {
  const last: unknown = given.at(-1);
  const options: CaseOptions<unknown> = isOptions(last) ? last : {};
  const branches = given.filter((each): each is never => (each as unknown) instanceof Branch);
  const otherwise = options.default ?? null;
  return new CaseExpression(
    branches as unknown as readonly Branch[],
    otherwise === null ? new NullLiteral() : argument(otherwise),
    fieldOf(options.outputField),
  ) as never;
}

/** Decimals stay exact, anything else is a number. */
export function spread(of: Field | undefined): Field {
  return of instanceof DecimalField ? new DecimalField() : new FloatField();
}
