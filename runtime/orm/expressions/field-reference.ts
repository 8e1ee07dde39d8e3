import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import { Computable } from './arithmetic.ts';
import { ExpressionNode, type ShapeSink } from './node.ts';
import { type Bounds, boundsOf, sliceOf } from './slices.ts';
import { Value } from './value.ts';

/** `F('pages')`: a field, relation path or annotation by name. */
export class FieldReference extends Computable {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
  get output(): undefined {
    return undefined;
  }
  override get label(): string {
    return 'F';
  }
  slice(start?: number, end?: number): Slice {
    return new Slice(this, boundsOf(start, end));
  }
  describe(sink: ShapeSink): void {
    sink.token(`F${this.name}`);
  }
  resolve(resolver: Resolver): ExpressionNode {
    return resolver.path(this.name);
  }
  toSql(): string {
    throw new Error('a field reference is resolved before it is compiled');
  }
}

/** `F('title').slice(0, 3)`: a part of a text or an array. */
export class Slice extends Computable {
  readonly #inner: ExpressionNode;
  readonly #bounds: Bounds;

  constructor(inner: ExpressionNode, bounds: Bounds) {
    super();
    this.#inner = inner;
    this.#bounds = bounds;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.#inner];
  }
  get output(): undefined {
    return undefined;
  }
  slice(start?: number, end?: number): Slice {
    return new Slice(this, boundsOf(start, end));
  }
  describe(sink: ShapeSink): void {
    sink.token(`slice ${this.#bounds.start} ${this.#bounds.end}(`);
    this.#inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    return sliceOf(this.#inner.resolve(resolver), this.#bounds);
  }
  toSql(): string {
    throw new Error('a slice is resolved before it is compiled');
  }
}

/** `Value(3)` as an application writes it: a value that takes part in arithmetic. */
export class WrittenValue extends Computable {
  /** Under which the value is looked up when the query is built. */
  readonly value: Value;

  constructor(value: unknown, output?: Field) {
    super();
    this.value = new Value(value, output);
  }
  get output(): Field {
    return this.value.output;
  }
  override get emptyValue(): unknown {
    return this.value.value;
  }
  override get label(): string {
    return 'Value';
  }
  describe(sink: ShapeSink): void {
    this.value.describe(sink);
  }
  resolve(resolver: Resolver): ExpressionNode {
    return this.value.resolve(resolver);
  }
  toSql(): string {
    return this.value.toSql();
  }
}

/** `*`, for `Count('*')`. */
export class Star extends ExpressionNode {
  get output(): undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token('*');
  }
  resolve(): ExpressionNode {
    return this;
  }
  toSql(): string {
    return '*';
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}
