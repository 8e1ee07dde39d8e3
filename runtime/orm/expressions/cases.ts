import { isOptions, requireOptions } from '../options.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  OutputOptions,
} from '../types/expressions.ts';
import type { Plain } from '../types/schema.ts';
import { argument, fieldOf } from './arguments.ts';
import { Branch, CaseExpression } from './case.ts';
import { conditionFrom } from './condition.ts';
import { NullLiteral } from './value.ts';

/** One branch of a `Case`: the value of rows that meet the condition. */
export function When<const A extends Argument>(
  condition: object,
  then: A,
): WhenOf<ArgumentType<A>, ArgumentPath<A>> {
  const given: unknown = condition;
  // A branch is an object, too: its properties would be taken for lookups.
  if (given instanceof Branch) {
    throw new TypeError('When() supports a Q object, a boolean expression, or lookups as a condition.');
  }
  const test = conditionFrom(given as object);
  if (test.empty) throw new TypeError("An empty Q() can't be used as a When() condition.");
  return new Branch(test, argument(then)) as never;
}
/** A branch whose value has type `T`, or that of the fields `P`. */
export interface WhenOf<T, P extends string> {
  readonly kind: 'branch';
  readonly type: T;
  readonly path: P;
}

interface CaseOptions<D, O> extends OutputOptions<O> {
  /** Value of rows that meet no condition; null when absent. */
  readonly default?: D;
}
/** Of a type that was given; null where no branch holds. */
type CaseOf<T, P extends string, D extends Argument, O> = unknown extends O
  ? Expression<T | ArgumentType<D>, P | ArgumentPath<D>, 'case'>
  : Expression<Plain<O> | Extract<T | D, null>, P | ArgumentPath<D>, 'mapped'>;
/** The value of the first branch whose condition a row meets: `Case(When({ … }, 1), { default: 0 })`. */
export function Case<T, P extends string, const D extends Argument = null, O = unknown>(
  ...given: [...WhenOf<T, P>[], CaseOptions<D, O>] | WhenOf<T, P>[]
): CaseOf<T, P, D, O> {
  const last: unknown = given.at(-1);
  const options: CaseOptions<unknown, unknown> = isOptions(last) ? last : {};
  requireOptions('Case', options, ['default', 'outputField']);
  const branches = (isOptions(last) ? given.slice(0, -1) : given) as readonly unknown[];
  if (!branches.every((each) => each instanceof Branch)) {
    throw new TypeError('Case() takes branches made with When(), then { default }.');
  }
  const otherwise = options.default ?? null;
  return new CaseExpression(
    branches as readonly Branch[],
    otherwise === null ? new NullLiteral() : argument(otherwise),
    fieldOf(options.outputField),
  ) as never;
}
