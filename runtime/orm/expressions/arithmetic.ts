import { type Field, isMoment } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { ArithmeticOperator } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { numberAsDuration, typedBeside } from './beside.ts';
import { ExpressionNode, requireSingle, type ShapeSink } from './node.ts';
import { cannotInfer, combinedOutput, outputBesideNull } from './operators.ts';
import { NullLiteral, Parameter, Value } from './value.ts';

/** An expression with the arithmetic methods applications use: `F('pages').add(1)`. */
export abstract class Computable extends ExpressionNode {
  add(other: unknown): Combined {
    return new Combined(this, 'add', operand(other));
  }
  sub(other: unknown): Combined {
    return new Combined(this, 'sub', operand(other));
  }
  mul(other: unknown): Combined {
    return new Combined(this, 'mul', operand(other));
  }
  div(other: unknown): Combined {
    return new Combined(this, 'div', operand(other));
  }
  mod(other: unknown): Combined {
    return new Combined(this, 'mod', operand(other));
  }
  pow(other: unknown): Combined {
    return new Combined(this, 'pow', operand(other));
  }
  bitAnd(other: unknown): Combined {
    return new Combined(this, 'bitAnd', operand(other));
  }
  bitOr(other: unknown): Combined {
    return new Combined(this, 'bitOr', operand(other));
  }
  bitXor(other: unknown): Combined {
    return new Combined(this, 'bitXor', operand(other));
  }
  bitLeftShift(other: unknown): Combined {
    return new Combined(this, 'bitLeftShift', operand(other));
  }
  bitRightShift(other: unknown): Combined {
    return new Combined(this, 'bitRightShift', operand(other));
  }
}

function operand(value: unknown): ExpressionNode {
  return value instanceof ExpressionNode ? value : new Value(value);
}

/** Two expressions with an operator between them. */
export class Combined extends Computable {
  readonly left: ExpressionNode;
  readonly operator: ArithmeticOperator;
  readonly right: ExpressionNode;

  constructor(left: ExpressionNode, operator: ArithmeticOperator, right: ExpressionNode) {
    super();
    this.left = left;
    this.operator = operator;
    this.right = right;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.left, this.right];
  }
  override get label(): string {
    return 'CombinedExpression';
  }
  describe(sink: ShapeSink): void {
    sink.token('(');
    this.left.describe(sink);
    sink.token(this.operator);
    this.right.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): Combined {
    const left = this.left.resolve(resolver);
    const right = this.right.resolve(resolver);
    requireSingle(this.label, [left, right]);
    const combined = new Combined(this.#beside(left, right), this.operator, this.#beside(right, left));
    this.#requireNumbers(combined);
    return combined;
  }
  /** A written value as what it must be beside `other`, where that is not what JavaScript says it is. */
  #beside(value: ExpressionNode, { output }: ExpressionNode): ExpressionNode {
    if (output === undefined || !(value instanceof Parameter)) return value;
    // A number beside a date, a time or a duration is a duration in milliseconds, as duration columns hold it.
    if (this.#moves && (isMoment(output) || output.family === 'duration')) {
      const duration = numberAsDuration(value);
      if (duration !== undefined) return duration;
    }
    // Nothing else that is done to dates and durations takes a date or a duration.
    if (output.family === 'duration' || (isMoment(output) && this.operator !== 'sub')) return value;
    return typedBeside(value, output);
  }
  get #moves(): boolean {
    return this.operator === 'add' || this.operator === 'sub';
  }
  /** No type of the result makes text a number. @throws FieldError for a text beside one */
  #requireNumbers({ left, right }: Combined): void {
    const isText = (each: ExpressionNode) => each instanceof Parameter && each.output.family === 'text';
    const isNumber = ({ output }: ExpressionNode) => output?.family === 'number';
    if ((isText(left) && isNumber(right)) || (isText(right) && isNumber(left))) {
      throw cannotInfer(left.output, this.operator, right.output);
    }
  }
  toSql(writer: SqlWriter): string {
    const { left, right } = this;
    return writer.dialect.arithmetic(
      this.operator,
      { sql: left.toSql(writer), field: left.output },
      { sql: right.toSql(writer), field: right.output },
    );
  }
  /** True where one side is of a type that only the server knows: the other one does not say what they make. */
  override get typedByServer(): boolean {
    return this.children.some((each) => each.typedByServer || isUnknown(each));
  }
  get output(): Field | undefined {
    const { left, operator, right } = this;
    if (isUnknown(left) || isUnknown(right)) return undefined;
    const output = outputOf(left.output, operator, right.output);
    if (output !== undefined || (left.output === undefined && right.output === undefined)) return output;
    throw cannotInfer(left.output, operator, right.output);
  }
}

/** True for what has a type that is not known here: a column further out, SQL of the application's own. */
function isUnknown(expression: ExpressionNode): boolean {
  return expression.output === undefined && !(expression instanceof NullLiteral);
}
function outputOf(left: Field | undefined, operator: ArithmeticOperator, right: Field | undefined) {
  if (left !== undefined && right !== undefined) return combinedOutput(left, operator, right);
  const known = left ?? right;
  return known === undefined ? undefined : outputBesideNull(known, operator);
}
