import { DateTimeField } from '../fields/dates.ts';
import type { Field, Wire } from '../fields/field.ts';
import { BigIntegerField, BooleanField, DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { BinaryField, JsonField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';

/** A JavaScript value inside an expression. Its SQL carries a cast, because the server must know its type. */
export class Value extends ExpressionNode {
  readonly value: unknown;
  readonly #output: Field;
  /** JSON null is a value, where SQL null is the lack of one. */
  readonly isJsonNull: boolean;

  constructor(value: unknown, given?: Field) {
    super();
    const output = given ?? fieldFor(value);
    this.isJsonNull = value === null && given instanceof JsonField;
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      throw new TypeError(`${String(value)} is no value of an expression.`);
    }
    this.value = value;
    this.#output = output;
  }
  get output(): Field {
    return this.#output;
  }
  override get emptyValue(): unknown {
    return this.value;
  }
  describe(sink: ShapeSink): void {
    if (this.value === null) {
      sink.token(this.isJsonNull ? 'json null' : 'null');
      return;
    }
    sink.token(`:${this.#output.castType()}`);
    sink.value(this, this.value);
  }
  resolve(resolver: Resolver): ExpressionNode {
    if (this.isJsonNull) return new JsonNullLiteral(this.#output);
    if (this.value === null) return new NullLiteral();
    const placeAs = (output: Field) => resolver.places.placeAs(this, output);
    return new Parameter(placeAs(this.#output), this.#output, undefined, placeAs);
  }
  toSql(): string {
    throw new Error('a value is resolved before it is compiled');
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** The resolved form of a value: where to find it when the query runs. */
export class Parameter extends ResolvedNode {
  readonly place: number;
  readonly #output: Field;
  readonly #finish: ((value: unknown) => Wire) | undefined;
  readonly #placeAs: ((output: Field) => number) | undefined;

  /** @param placeAs has the value encoded as another type */
  constructor(
    place: number,
    output: Field,
    finish?: (value: unknown) => Wire,
    placeAs?: (output: Field) => number,
  ) {
    super();
    this.place = place;
    this.#output = output;
    this.#finish = finish;
    this.#placeAs = placeAs;
  }
  get output(): Field {
    return this.#output;
  }
  /** The same value sent as another type. @throws what the type says of a value it does not take, once it is sent */
  as(output: Field): Parameter {
    return new Parameter(this.#placeAs?.(output) ?? this.place, output, this.#finish);
  }
  toSql(writer: SqlWriter): string {
    const mark = writer.parameter(this.place, this.#finish, this.#output);
    return writer.dialect.cast(mark, this.#output);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

class JsonNullLiteral extends ResolvedNode {
  readonly output: Field;

  constructor(output: Field) {
    super();
    this.output = output;
  }
  override get emptyValue(): null {
    return null;
  }
  toSql({ dialect }: SqlWriter): string {
    return dialect.json.null;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

export class NullLiteral extends ExpressionNode {
  override get emptyValue(): null {
    return null;
  }
  get output(): undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token('null');
  }
  resolve(): ExpressionNode {
    return this;
  }
  toSql(): string {
    return 'NULL';
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

const smallest = -(2 ** 31);
const largest = 2 ** 31 - 1;
const types = {
  integer: new IntegerField('integer', 'IntegerField'),
  bigint: new IntegerField('bigint', 'BigIntegerField'),
  exactBigint: new BigIntegerField(),
  float: new FloatField(),
  numeric: new DecimalField(),
  // Django's type of a written text: messages name it.
  text: Object.assign(new TextField(), { typeName: 'CharField' }),
  boolean: new BooleanField(),
  dateTime: new DateTimeField(),
  binary: new BinaryField(),
  json: new JsonField(),
};

/** The field type a JavaScript value has by itself. */
export function fieldFor(value: unknown): Field {
  switch (typeof value) {
    case 'number':
      if (!Number.isInteger(value)) return types.float;
      return value >= smallest && value <= largest ? types.integer : types.bigint;
    case 'bigint':
      return types.exactBigint;
    case 'boolean':
      return types.boolean;
    case 'string':
      return types.text;
    default:
      if (value instanceof Date) return types.dateTime;
      return value instanceof Uint8Array ? types.binary : types.json;
  }
}
