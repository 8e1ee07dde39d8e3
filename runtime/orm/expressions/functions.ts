import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Dialect, FunctionName } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { argument } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { allTypedBeside } from './beside.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';

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

  constructor(kind: FunctionKind, values: readonly ExpressionNode[]) {
    super();
    this.kindOfFunction = kind;
    this.values = values;
  }
  override get children(): readonly ExpressionNode[] {
    return this.values;
  }
  get output(): Field | undefined {
    return this.kindOfFunction.output(this.values);
  }
  override get label(): string {
    return /^\w*/.exec(this.kindOfFunction.name)?.[0] ?? '';
  }
  override get typedByServer(): boolean {
    return this.kindOfFunction.typedByServer ?? false;
  }
  override get emptyValue(): unknown {
    const { empty } = this.kindOfFunction;
    return empty === undefined ? super.emptyValue : empty(this.values.map((value) => value.emptyValue));
  }
  override groupBy(): readonly ExpressionNode[] {
    return this.kindOfFunction.volatile ? [] : super.groupBy();
  }
  describe(sink: ShapeSink): void {
    sink.token(`function ${this.kindOfFunction.name}(`);
    for (const value of this.values) value.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): FunctionCall {
    const values = this.values.map((value) => value.resolve(resolver));
    return new FunctionCall(this.kindOfFunction, this.kindOfFunction.alike ? allTypedBeside(values) : values);
  }
  toSql(writer: SqlWriter): string {
    const values = this.values.map((value) => value.toSql(writer));
    return this.kindOfFunction.write(values, writer.dialect, this.values);
  }
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

export function call(of: FunctionKind, given: readonly unknown[]): FunctionCall {
  return new FunctionCall(of, given.map(argument));
}
export function several(of: FunctionKind, name: string, given: readonly unknown[]): FunctionCall {
  if (given.length < 2) throw new TypeError(`${name} must take at least two expressions`);
  return call(of, given);
}

/** The type of the first argument. */
export function firstOutput([first]: readonly ExpressionNode[]): Field | undefined {
  return first?.output;
}
