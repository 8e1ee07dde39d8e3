import { FieldError } from '../errors.ts';
import { DateField, DateTimeField, DurationField, TimeField } from '../fields/dates.ts';
import type { Field } from '../fields/field.ts';
import { DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import type { Resolver } from '../query/resolver.ts';
import type { ArithmeticOperator } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { typedBeside } from './beside.ts';
import { ExpressionNode, type ShapeSink } from './node.ts';
import { Parameter, Value } from './value.ts';

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
    const combined = new Combined(
      this.#beside(left, right, this.left, resolver),
      this.operator,
      this.#beside(right, left, this.right, resolver),
    );
    requireNumbers(combined.left, combined.right);
    requireNumbers(combined.right, combined.left);
    return combined;
  }
  /** A number beside a date or time is a duration in milliseconds, as duration columns hold it. */
  #beside(value: ExpressionNode, other: ExpressionNode, written: ExpressionNode, resolver: Resolver) {
    const moment = other.output !== undefined && isMoment(other.output);
    if (moment && value instanceof Parameter && value.output?.family === 'number') {
      // `Value(…)` as an application writes it holds the value it stands for.
      const owner = 'value' in written && written.value instanceof Value ? written.value : written;
      return new Parameter(
        resolver.place(owner, (given) => duration.toWire(given)),
        duration,
      );
    }
    return typedBeside(value, other.output);
  }
  toSql(writer: SqlWriter): string {
    const { left, right } = this;
    return writer.dialect.arithmetic(
      this.operator,
      { sql: left.toSql(writer), field: left.output },
      { sql: right.toSql(writer), field: right.output },
    );
  }
  get output(): Field | undefined {
    const { left, right } = this;
    if (left.output === undefined || right.output === undefined) return left.output ?? right.output;
    const output = combinedOutput(left.output, this.operator, right.output);
    if (output !== undefined) return output;
    throw mixed(left.output, right.output);
  }
}

function mixed(left: Field, right: Field): FieldError {
  return new FieldError(
    `Expression contains mixed types: ${left.typeName}, ${right.typeName}. You must set outputField.`,
  );
}
/** No type of the result makes text a number. @throws FieldError for a text beside one */
function requireNumbers(value: ExpressionNode, { output }: ExpressionNode): void {
  if (!(value instanceof Parameter) || value.output.family !== 'text' || output?.family !== 'number') return;
  throw mixed(output, value.output);
}

function combinedOutput(left: Field, operator: ArithmeticOperator, right: Field): Field | undefined {
  if (left instanceof IntegerField && right instanceof IntegerField) {
    if (operator === 'pow') return new FloatField();
    return right.decoder === left.decoder || left.range.maximum >= right.range.maximum ? left : right;
  }
  if (left.family === 'number' && right.family === 'number') {
    return left instanceof FloatField || right instanceof FloatField ? new FloatField() : new DecimalField();
  }
  if (left instanceof DurationField && right instanceof DurationField) return left;
  if (right instanceof DurationField && isMoment(left))
    return left instanceof DateField ? new DateTimeField() : left;
  if (left instanceof DurationField && isMoment(right)) return right;
  if (operator === 'sub' && isMoment(left) && left.constructor === right.constructor)
    return new DurationField();
  return left.constructor === right.constructor ? left : undefined;
}

const duration = new DurationField();

function isMoment(field: Field): boolean {
  return field instanceof DateField || field instanceof DateTimeField || field instanceof TimeField;
}
