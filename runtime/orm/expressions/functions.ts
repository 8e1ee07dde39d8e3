import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import { allTypedBeside } from './beside.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';

/** What sets one function apart from another; a new one is one such object. */
export interface FunctionKind {
  /** Identifies the SQL it writes, its arguments aside. */
  readonly name: string;
  output(values: readonly ExpressionNode[]): Field | undefined;
  write(values: readonly string[], dialect: Dialect): string;
  /** Result where the values are those over no rows; absent where only the server can tell. */
  empty?(values: readonly unknown[]): unknown;
  /** True when the result may be of another type than `output`, so that the server has to tell. */
  readonly typedByServer?: boolean;
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
  override get typedByServer(): boolean {
    return this.kindOfFunction.typedByServer ?? false;
  }
  override get emptyValue(): unknown {
    const { empty } = this.kindOfFunction;
    return empty === undefined ? super.emptyValue : empty(this.values.map((value) => value.emptyValue));
  }
  describe(sink: ShapeSink): void {
    sink.token(`function ${this.kindOfFunction.name}(`);
    for (const value of this.values) value.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): FunctionCall {
    const values = allTypedBeside(this.values.map((value) => value.resolve(resolver)));
    return new FunctionCall(this.kindOfFunction, values);
  }
  toSql(writer: SqlWriter): string {
    const values = this.values.map((value) => value.toSql(writer));
    return this.kindOfFunction.write(values, writer.dialect);
  }
}
