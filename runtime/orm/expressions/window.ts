import { NotSupportedError, ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Aggregate } from './aggregates.ts';
import { Computable } from './arithmetic.ts';
import { typedBeside } from './beside.ts';
import { AppliedFunction, FuncNode } from './func.ts';
import { typeToken } from './functions.ts';
import type { ExpressionNode, OrderingTerm, ShapeSink } from './node.ts';

/** A function that only has a meaning over a window: `Rank()`. */
export class WindowFunction extends Computable {
  readonly #name: string;
  readonly #values: readonly ExpressionNode[];
  readonly #fixed: Field | undefined;

  /** @param output type of the result; absent where it is that of the first value */
  constructor(name: string, values: readonly ExpressionNode[], output?: Field) {
    super();
    this.#name = name;
    this.#values = values;
    this.#fixed = output;
  }
  override get children(): readonly ExpressionNode[] {
    return this.#values;
  }
  override groupBy(): readonly ExpressionNode[] {
    return this.#values.flatMap((value) => value.groupBy());
  }
  /** The same, its result of another type. */
  as(output: Field | undefined): WindowFunction {
    return output === undefined ? this : new WindowFunction(this.#name, this.#values, output);
  }
  get output(): Field | undefined {
    return this.#fixed ?? this.#values[0]?.output;
  }
  describe(sink: ShapeSink): void {
    sink.token(`${this.#name}${typeToken(this.#fixed)}(`);
    for (const value of this.#values) value.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): WindowFunction {
    const values = this.#values.map((value) => value.resolve(resolver));
    const [value, offset, fallback] = values;
    if (value === undefined || offset === undefined || fallback === undefined) {
      return new WindowFunction(this.#name, values, this.#fixed);
    }
    // What stands in for a missing neighbour is of the neighbour's type.
    const beside = typedBeside(fallback, value.output);
    return new WindowFunction(this.#name, [value, offset, beside], this.#fixed);
  }
  toSql(writer: SqlWriter): string {
    return `${this.#name}(${this.#values.map((value) => value.toSql(writer)).join(', ')})`;
  }
}

/** How far a window reaches from the row, as SQL: made of keywords and whole numbers only. */
export type FrameSql = string & { readonly frame: unique symbol };

export interface WindowParts {
  readonly expression: ExpressionNode;
  readonly partitionBy: readonly ExpressionNode[];
  readonly order: readonly OrderingTerm[];
  readonly frame: FrameSql | undefined;
}

function isWindowCompatible(expression: ExpressionNode): boolean {
  if (expression instanceof Aggregate) return expression.options.default === undefined;
  const func = expression instanceof AppliedFunction ? expression.func : expression;
  if (func instanceof FuncNode) return func.settings.windowCompatible === true;
  return expression instanceof WindowFunction;
}

/** A value computed from the rows around each row. */
export class WindowExpression extends Computable {
  readonly #parts: WindowParts;

  constructor(parts: WindowParts) {
    super();
    this.#parts = parts;
    const { expression } = parts;
    if (!isWindowCompatible(expression)) {
      throw new ValueError(`Expression '${expression.label}' isn't compatible with OVER clauses.`);
    }
  }
  override get containsWindow(): boolean {
    return true;
  }
  override get label(): string {
    return 'Window';
  }
  override groupBy(): readonly ExpressionNode[] {
    const { expression, partitionBy, order } = this.#parts;
    const own = expression instanceof Aggregate ? expression.argument.groupBy() : expression.groupBy();
    return [
      ...own,
      ...partitionBy.flatMap((each) => each.groupBy()),
      ...order.flatMap((term) => term.expression.groupBy()),
    ];
  }
  get output(): Field | undefined {
    return this.#parts.expression.output;
  }
  describe(sink: ShapeSink): void {
    const { expression, partitionBy, order, frame } = this.#parts;
    sink.token(`window ${frame ?? ''}(`);
    expression.describe(sink);
    sink.token('partition');
    for (const each of partitionBy) each.describe(sink);
    sink.token('order');
    for (const term of order) term.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): WindowExpression {
    const { expression, partitionBy, order, frame } = this.#parts;
    return new WindowExpression({
      expression: expression.resolve(resolver),
      partitionBy: partitionBy.map((each) => each.resolve(resolver)),
      order: order.map((term) => term.resolve(resolver)),
      frame,
    });
  }
  toSql(writer: SqlWriter): string {
    const { expression, partitionBy, order, frame } = this.#parts;
    const over: string[] = [];
    if (partitionBy.length > 0) {
      over.push(`PARTITION BY ${partitionBy.map((each) => each.toSql(writer)).join(', ')}`);
    }
    if (order.length > 0) {
      const terms = order.map((term) => term.toSql(writer));
      over.push(`ORDER BY ${terms.join(', ')}`);
    }
    if (frame !== undefined) {
      if (frame.includes(' EXCLUDE ') && writer.dialect.frameExclusion !== true) {
        throw new NotSupportedError('This backend does not support window frame exclusions.');
      }
      over.push(frame);
    }
    return `${expression.toSql(writer)} OVER (${over.join(' ')})`;
  }
}
