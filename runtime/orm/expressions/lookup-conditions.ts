import type { Argument, ArgumentPath, Condition as TypedCondition } from '../types/expressions.ts';
import { argument } from './arguments.ts';
import { Comparison, Condition } from './condition.ts';

/** The lookup as it would be written by name, for types to check: of an expression, that its field is there. */
type Tested<A, Name extends string, Right> = TypedCondition<
  A extends string
    ? { readonly [Path in `${A}__${Name}`]: Right }
    : { readonly [Path in ArgumentPath<A> as `${Path}__isNull`]: boolean }
>;
/** A lookup between any two values: a condition that `filter`, `annotate`, `When` and `Q` take. */
function lookup<Name extends string>(name: Name) {
  return <const A extends Argument, const Right extends object | string | number | bigint | boolean | null>(
    left: A,
    right: Right,
  ): Tested<A, Name, Right> => new Condition([new Comparison(argument(left), name, right)]) as never;
}

/** Both sides are equal. A string on the left names a field; on the right it is text. */
export const Exact = lookup('exact');
/** Both sides are equal, whatever their case. */
export const IExact = lookup('iexact');
/** The left side is greater. */
export const GreaterThan = lookup('gt');
/** The left side is greater, or both are equal. */
export const GreaterThanOrEqual = lookup('gte');
/** The left side is smaller. */
export const LessThan = lookup('lt');
/** The left side is smaller, or both are equal. */
export const LessThanOrEqual = lookup('lte');
/** The left side is one of a list, or one of the values of a query set. */
export const In = lookup('in');
/** The left side lies between two bounds, or is one of them. */
export const Range = lookup('range');
/** The left side has no value, or with `false` has one. */
export const IsNull = lookup('isNull');
/** The left side has the other in it. */
export const Contains = lookup('contains');
/** The left side has the other in it, whatever their case. */
export const IContains = lookup('icontains');
/** The left side begins with the other. */
export const StartsWith = lookup('startsWith');
/** The left side begins with the other, whatever their case. */
export const IStartsWith = lookup('istartsWith');
/** The left side ends with the other. */
export const EndsWith = lookup('endsWith');
/** The left side ends with the other, whatever their case. */
export const IEndsWith = lookup('iendsWith');
/** The left side matches a regular expression of the server's kind. */
export const Regex = lookup('regex');
/** The left side matches a regular expression, whatever its case. */
export const IRegex = lookup('iregex');
