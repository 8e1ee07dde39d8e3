import type { Argument, Expression } from './expressions.ts';
import type { FuncOptions, FuncStatics } from './func.ts';
import type { Any, Column } from './schema.ts';

/** An instance of a class that extends `Lookup`: a condition, which `filter` takes as it is, too. */
export interface LookupExpression extends Expression<boolean, never, 'value'> {
  /**
   * SQL of the condition; a class writes its own.
   *
   * @param left SQL of the column or expression
   * @param right SQL of the value: a parameter, an array of the values of a list, or an expression
   * @param database `postgresql`, `sqlite` or `mysql`
   */
  sql(left: string, right: string, database: string): string;
}
export interface LookupConstructor {
  new (left: Argument, right: Argument): LookupExpression;
  /** Name of the lookup in filters: `ne` for `title__ne`. */
  readonly lookupName: string | undefined;
  /** True where `null` may be given; it is refused otherwise. */
  readonly acceptsNull: boolean | undefined;
  /** Type of the value, where it is not that of the column. */
  readonly operandField: Column<Any, boolean, boolean, boolean, boolean> | undefined;
  /** What a value, or each value of a list, becomes before it is sent. */
  readonly prepare: ((value: never) => unknown) | undefined;
}

/** An instance of a class that extends `Transform`. */
export interface TransformExpression<T = unknown, Path extends string = never>
  extends Expression<T, Path, 'value'> {
  /** SQL of the function; override it where the template is not enough. */
  sql(values: readonly string[], database: string): string;
}
export interface TransformConstructor extends FuncStatics, RegistersLookups {
  new <T = unknown, Path extends string = never>(
    ...given: (Argument | FuncOptions)[]
  ): TransformExpression<T, Path>;
  /** Name of the transform in filters: `abs` for `balance__abs__lt`. */
  readonly lookupName: string | undefined;
  /** True where the value is transformed, too. */
  readonly bilateral: boolean | undefined;
}

/** A class that extends `Lookup` or `Transform`, or a function of one value, such as `Length`. */
type LookupLike = (abstract new (...given: never[]) => object) | ((value: never) => object);
export interface RegistersLookups {
  /**
   * Adds a lookup or transform. Types learn of it by `RegisteredLookups` and `RegisteredTransforms`.
   *
   * @param name what it is called in filters, in place of its `lookupName`
   */
  registerLookup(lookup: LookupLike, name?: string): void;
  unregisterLookup(lookup: LookupLike, name?: string): void;
}
