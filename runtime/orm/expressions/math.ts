import { BigIntegerField, DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { nameTransform } from '../lookups/registered.ts';
import type { FunctionName } from '../sql/dialect.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  OutputOptions,
  Typed,
} from '../types/expressions.ts';
import { commonOutput } from './beside.ts';
import { call, callWith, type FunctionKind, firstOutput, kind, own, plain } from './functions.ts';
import type { ExpressionNode } from './node.ts';
import { spread } from './spread.ts';

// Functions of numbers. A decimal stays a decimal, a string that loses nothing; all else comes as a JavaScript number.

const exact = new DecimalField();
const float = new FloatField();

/** As the argument: a whole number stays one. */
type Alike<A, T = unknown> = Typed<A, T, Expression<ArgumentType<A>, ArgumentPath<A>, 'nullable'>>;
/** A number that may have a fraction; a string where an argument is a decimal. */
type Real<A, T = unknown> = Typed<A, T, Expression<ArgumentType<A>, ArgumentPath<A>, 'real'>>;

/** The type of a result with fractions: exact where an argument is. */
function fraction(values: readonly ExpressionNode[]) {
  return values.some(({ output }) => output instanceof DecimalField) ? exact : spread(commonOutput(values));
}
/** What is left of whole numbers is whole: values beside it are sent as such. */
function remainder(values: readonly ExpressionNode[]) {
  const whole = values.every(
    ({ output }) => output instanceof IntegerField && !(output instanceof BigIntegerField),
  );
  return whole ? commonOutput(values) : fraction(values);
}
function real(called: string, write?: FunctionKind['write']) {
  const of = kind(called.toUpperCase(), fraction, write);
  return <const A extends Argument, T = unknown>(value: A, options?: OutputOptions<T>): Real<A, T> =>
    callWith(of, called, [value], options) as never;
}
function ownReal(name: FunctionName): FunctionKind {
  return own(name, fraction);
}

/** SQL of arguments for functions that PostgreSQL has for decimals only. */
function decimals(write: FunctionKind['write']): FunctionKind['write'] {
  return (values, dialect, nodes) => {
    const cast = values.map((sql, at) =>
      nodes[at]?.output instanceof FloatField ? dialect.cast(`(${sql})`, exact) : sql,
    );
    return write(cast, dialect, nodes);
  };
}
/** Keeps whole numbers whole: as floating point, large ones would lose their last digits. */
function whole(write: FunctionKind['write']): FunctionKind['write'] {
  return (values, dialect, nodes) => {
    const output = nodes[0]?.output;
    if (!(output instanceof IntegerField)) return write(values, dialect, nodes);
    const [first = '', ...more] = values;
    return dialect.cast(write([dialect.cast(`(${first})`, exact), ...more], dialect, nodes), output);
  };
}
function alike(called: string, write = plain(called.toUpperCase())) {
  const of = kind(called.toUpperCase(), firstOutput, whole(write));
  return <const A extends Argument, T = unknown>(value: A, options?: OutputOptions<T>): Alike<A, T> =>
    callWith(of, called, [value], options) as never;
}

/** The number without its sign. */
export const Abs = alike('Abs');
/** The smallest whole number that is not smaller. */
export const Ceil = alike('Ceil', plain('CEILING'));
/** The largest whole number that is not larger. */
export const Floor = alike('Floor');
/** -1, 0 or 1: the sign of the number. */
export const Sign = alike('Sign');

const round = kind('ROUND', firstOutput, decimals(whole(plain('ROUND'))));
/**
 * The number rounded to `precision` digits behind the point, 0 when absent; below 0, in front of it. Halves go away
 * from zero.
 */
export function Round<const A extends Argument, T = unknown>(
  value: A,
  precision: number | Expression = 0,
  options?: OutputOptions<T>,
): Alike<A, T> {
  return callWith(round, 'Round', [value, precision], options) as never;
}

/** Angle in radians whose cosine is the number. */
export const ACos = real('ACos');
/** Angle in radians whose sine is the number. */
export const ASin = real('ASin');
/** Angle in radians whose tangent is the number. */
export const ATan = real('ATan');
/** Cosine of an angle in radians. */
export const Cos = real('Cos');
/** Cotangent of an angle in radians. */
export const Cot = real('Cot', (values, dialect) => dialect.call('cot', values));
/** An angle in radians as degrees. */
export const Degrees = real('Degrees');
/** e to the power of the number. */
export const Exp = real('Exp');
/** Natural logarithm. */
export const Ln = real('Ln');
/** An angle in degrees as radians. */
export const Radians = real('Radians');
/** Sine of an angle in radians. */
export const Sin = real('Sin');
/** Square root. */
export const Sqrt = real('Sqrt');
/** Tangent of an angle in radians. */
export const Tan = real('Tan');

const two = {
  atan2: ownReal('atan2'),
  log: kind(
    'LOG',
    fraction,
    decimals((values, dialect) => dialect.call('log', values)),
  ),
  mod: kind(
    'MOD',
    remainder,
    decimals((values, dialect) => dialect.call('mod', values)),
  ),
  power: kind('POWER', fraction),
};
/** Angle in radians whose tangent is `y` divided by `x`, in the quadrant of both. */
export function ATan2<const A extends Argument, const B extends Argument, T = unknown>(
  y: A,
  x: B,
  options?: OutputOptions<T>,
): Real<A | B, T> {
  return callWith(two.atan2, 'ATan2', [y, x], options) as never;
}
/** Logarithm of `value` to the base `base`. */
export function Log<const A extends Argument, const B extends Argument, T = unknown>(
  base: A,
  value: B,
  options?: OutputOptions<T>,
): Real<A | B, T> {
  return callWith(two.log, 'Log', [base, value], options) as never;
}
/** What is left when `value` is divided by `divisor`. */
export function Mod<const A extends Argument, const B extends Argument, T = unknown>(
  value: A,
  divisor: B,
  options?: OutputOptions<T>,
): Real<A | B, T> {
  return callWith(two.mod, 'Mod', [value, divisor], options) as never;
}
/** `value` to the power of `exponent`. */
export function Power<const A extends Argument, const B extends Argument, T = unknown>(
  value: A,
  exponent: B,
  options?: OutputOptions<T>,
): Real<A | B, T> {
  return callWith(two.power, 'Power', [value, exponent], options) as never;
}

const constants = {
  pi: kind('PI', () => float),
  random: { ...own('random', () => float), volatile: true },
};
/** The number π. */
export function Pi(): Expression<number, never, 'value'> {
  return call(constants.pi, []) as never;
}
/** A number from 0 up to 1, another for each row. */
export function Random(): Expression<number, never, 'value'> {
  return call(constants.random, []) as never;
}

// What they are called when they are registered as transforms, as in Django.
for (const [name, made] of Object.entries({
  abs: Abs,
  ceil: Ceil,
  floor: Floor,
  round: Round,
  sign: Sign,
  acos: ACos,
  asin: ASin,
  atan: ATan,
  cos: Cos,
  cot: Cot,
  degrees: Degrees,
  exp: Exp,
  ln: Ln,
  radians: Radians,
  sin: Sin,
  sqrt: Sqrt,
  tan: Tan,
})) {
  nameTransform(made, name);
}
