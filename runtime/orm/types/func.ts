import type { Argument, ArgumentPath, Expression, ListOptions } from './expressions.ts';
import type { Any, Column, Plain } from './schema.ts';

/** What is said about a function of the server. */
export interface FuncOptions<T = unknown> {
  /** Name of the function; may be absent where the template does without. */
  readonly function?: string;
  /** The SQL, with `%(function)s` and `%(expressions)s`; `%%` is a percent sign. Never text that came from a request. */
  readonly template?: string;
  /** What stands between the arguments; `, ` when absent. */
  readonly argJoiner?: string;
  /** Number of arguments, where it is fixed. */
  readonly arity?: number;
  /** Type of the result; what the server says it is when absent. */
  readonly outputField?: Column<T, boolean, boolean, boolean, boolean>;
}
/** An instance of a class that extends `Func`. `T` is the type of the value, `Path` the fields it reads. */
export interface FuncExpression<T = unknown, Path extends string = never>
  extends Expression<T, Path, 'value'> {
  /**
   * SQL of the function; override it where the template is not enough.
   *
   * @param values SQL of the arguments
   * @param database `postgresql`, `sqlite` or `mysql`
   */
  sql(values: readonly string[], database: string): string;
}
/** What a class that extends `Func` says about itself. */
export interface FuncStatics {
  readonly function: string | undefined;
  readonly template: string | undefined;
  readonly argJoiner: string | undefined;
  readonly arity: number | undefined;
  /** True for a function that `Window` takes. */
  readonly windowCompatible: boolean | undefined;
  readonly outputField: Column<Any, boolean, boolean, boolean, boolean> | undefined;
}
export interface FuncConstructor extends FuncStatics {
  <const A extends readonly Argument[], T = unknown>(
    ...given: [...A, FuncOptions<T>]
  ): Expression<Plain<T> | null, ArgumentPath<A[number]>, 'value'>;
  new <T = unknown, Path extends string = never>(
    ...given: (Argument | FuncOptions)[]
  ): FuncExpression<T, Path>;
}

/** What is said about an aggregate of the server, and about one use of it. */
export interface AggregateSettings<T = unknown> extends ListOptions<T> {
  /** Name of the aggregate; may be absent where the template does without. */
  readonly function?: string;
  /**
   * The SQL, with `%(function)s`, `%(distinct)s`, `%(expressions)s` and `%(orderBy)s`; `%%` is a percent sign. Never text
   * that came from a request.
   */
  readonly template?: string;
}
/** What a class that extends `Aggregate` says about itself. */
export interface AggregateStatics {
  readonly function: string | undefined;
  readonly template: string | undefined;
  readonly arity: number | undefined;
  /** True where equal values may be counted once: `{ distinct: true }`. */
  readonly allowDistinct: boolean | undefined;
  /** True where the order of the values shows in the result: `{ orderBy }`. */
  readonly allowOrderBy: boolean | undefined;
  /** Result over no rows, where it is not null. */
  readonly emptyResultSetValue: unknown;
  readonly outputField: Column<Any, boolean, boolean, boolean, boolean> | undefined;
}
export interface AggregateConstructor extends AggregateStatics {
  <const A extends readonly Argument[], T = unknown>(
    ...given: [...A, AggregateSettings<T>]
  ): Expression<Plain<T> | null, ArgumentPath<A[number]>, 'aggregate'>;
  new <T = unknown, Path extends string = never>(
    ...given: (Argument | AggregateSettings)[]
  ): Expression<T, Path, 'aggregate'>;
}
