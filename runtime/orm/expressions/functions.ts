import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { isOptions, requireOptions } from '../options.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Dialect, FunctionName } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { OutputOptions } from '../types/expressions.ts';
import { argument, fieldOf } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { allTypedBeside } from './beside.ts';
import { type ExpressionNode, inferred, requireSingle, type ShapeSink } from './node.ts';

/** What sets one function apart from another; a new one is one such object. */
export interface FunctionKind {
  /** Identifies the SQL it writes, its arguments aside. */
  readonly name: string;
  output(values: readonly ExpressionNode[]): Field | undefined;
  /** @param nodes what `values` is the SQL of */
  write(values: readonly string[], dialect: Dialect, nodes: readonly ExpressionNode[]): string;
  /** Result where the values are those over no rows; absent where only the server can tell. */
  empty?(values: readonly unknown[]): unknown;
  /** True when the result may be of another type than `output`, so that the server has to tell. */
  readonly typedByServer?: boolean;
  /** True when the arguments are of one type, which a plain value beside a column takes from it. */
  readonly alike?: boolean;
  /** True when every row has a value of its own, so that rows cannot be grouped by it. */
  readonly volatile?: boolean;
}

/** A function of the database applied to expressions: `Lower('title')`. */
export class FunctionCall extends Computable {
  readonly kindOfFunction: FunctionKind;
  readonly values: readonly ExpressionNode[];
  readonly #given: Field | undefined;
  readonly #called: string | undefined;

  /**
   * @param given type of the result, where it is not the one that the arguments make
   * @param called what an application calls it
   */
  constructor(kind: FunctionKind, values: readonly ExpressionNode[], given?: Field, called?: string) {
    super();
    this.#called = called;
    this.kindOfFunction = kind;
    this.values = values;
    this.#given = given;
  }
  override get children(): readonly ExpressionNode[] {
    return this.values;
  }
  get output(): Field | undefined {
    return this.#given ?? this.kindOfFunction.output(this.values);
  }
  override get label(): string {
    return this.#called ?? /^\w*/.exec(this.kindOfFunction.name)?.[0] ?? '';
  }
  override get typedByServer(): boolean {
    return this.#given === undefined && (this.kindOfFunction.typedByServer ?? false);
  }
  override get emptyValue(): unknown {
    const { empty } = this.kindOfFunction;
    return empty === undefined ? super.emptyValue : empty(this.values.map((value) => value.emptyValue));
  }
  override groupBy(): readonly ExpressionNode[] {
    return this.kindOfFunction.volatile ? [] : super.groupBy();
  }
  describe(sink: ShapeSink): void {
    sink.token(`function ${this.kindOfFunction.name}${typeToken(this.#given)}(`);
    for (const value of this.values) value.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): FunctionCall {
    const values = this.values.map((value) => value.resolve(resolver));
    requireSingle(this.label, values);
    const { alike } = this.kindOfFunction;
    return new FunctionCall(
      this.kindOfFunction,
      alike ? allTypedBeside(values) : values,
      this.#given,
      this.#called,
    );
  }
  toSql(writer: SqlWriter): string {
    const values = this.values.map((value) => value.toSql(writer));
    const sql = this.kindOfFunction.write(values, writer.dialect, this.values);
    if (this.#given === undefined) return sql;
    return asNumber(sql, outputIn(this.kindOfFunction, this.values), this.#given, writer.dialect);
  }
}

function outputIn(kind: FunctionKind, values: readonly ExpressionNode[]): Field | undefined {
  return inferred(() => kind.output(values));
}
/** What tells one type from another in the shape of a query. */
export function typeToken(field: Field | undefined): string {
  return field === undefined ? '' : ` as ${field.typeName} ${field.databaseType()}`;
}

/** A number of one type as one of another, which is what values beside it are sent as. */
export function asNumber(
  sql: string,
  from: Field | undefined,
  to: Field | undefined,
  dialect: Dialect,
): string {
  if (from === undefined || to === undefined || from.castType() === to.castType()) return sql;
  return from.family === 'number' && to.family === 'number' ? dialect.cast(`(${sql})`, to) : sql;
}

/** `NAME(value, …)` */
export function plain(name: string): FunctionKind['write'] {
  return (values) => `${name}(${values.join(', ')})`;
}
export function kind(name: string, output: FunctionKind['output'], write = plain(name)): FunctionKind {
  return { name, output, write };
}
/** A function that databases write in different ways. */
export function own(name: FunctionName, output: FunctionKind['output']): FunctionKind {
  return kind(name, output, (values, dialect) => dialect.call(name, values));
}

export function call(of: FunctionKind, given: readonly unknown[], output?: Field): FunctionCall {
  return new FunctionCall(of, given.map(argument), output);
}
/**
 * A function of the given name, with the options of a call as an application wrote it: `{ outputField }`.
 *
 * @throws TypeError for other options
 */
export function callWith(
  of: FunctionKind,
  called: string,
  given: readonly unknown[],
  options: unknown,
): FunctionCall {
  return new FunctionCall(of, given.map(argument), outputGiven(called, options), called);
}
const same = kind('WRAP', firstOutput, ([sql = '']) => sql);
/** An expression as one of another type. */
export function wrapped(expression: ExpressionNode, output: Field): FunctionCall {
  return new FunctionCall(same, [expression], output);
}
/** The type that an application wants a result to have. */
export function outputGiven(called: string, options: unknown = {}): Field | undefined {
  requireOptions(called, options, ['outputField']);
  return fieldOf((options as OutputOptions<unknown>).outputField);
}
/** A function of two expressions or more, and options behind them. */
export function several(of: FunctionKind, name: string, given: readonly unknown[]): FunctionCall {
  const last = given.at(-1);
  const values = isOptions(last) ? given.slice(0, -1) : given;
  if (values.length < 2) throw new ValueError(`${name} must take at least two expressions`);
  return callWith(of, name, values, isOptions(last) ? last : undefined);
}

/** The type of the first argument. */
export function firstOutput([first]: readonly ExpressionNode[]): Field | undefined {
  return first?.output;
}
