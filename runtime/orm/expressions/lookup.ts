import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { type Registrable, registerOnTransform, unregisterOnTransform } from '../lookups/registered.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { LookupConstructor, TransformConstructor } from '../types/own-lookups.ts';
import { argument } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { allTypedBeside } from './beside.ts';
import { FuncNode, identityOf, writtenBy } from './func.ts';
import { type ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';

const boolean = new BooleanField();

/** A condition of an application's own on two values: a lookup, and an expression that is true or false. */
export abstract class LookupNode extends Computable {
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;

  constructor(left: unknown, right: unknown) {
    super();
    this.left = argument(left);
    this.right = argument(right);
  }
  override get children(): readonly ExpressionNode[] {
    return [this.left, this.right];
  }
  get output(): Field {
    return boolean;
  }
  /** SQL of the condition, from the SQL of both sides. */
  abstract sql(left: string, right: string, database: string): string;

  describe(sink: ShapeSink): void {
    const text = writtenBy((database) => this.sql('\u0001', '\u0002', database));
    sink.token(`lookup ${identityOf(this.constructor)} ${text}(`);
    this.left.describe(sink);
    this.right.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    const sides = allTypedBeside([this.left.resolve(resolver), this.right.resolve(resolver)]);
    const [left = this.left, right = this.right] = sides;
    return new AppliedLookup(this, left, right);
  }
  toSql(): string {
    throw new Error('a lookup is resolved before it is compiled');
  }
}

/** A lookup applied to columns and values of a query. */
export class AppliedLookup extends ResolvedNode {
  readonly #lookup: LookupNode;
  readonly #left: ExpressionNode;
  readonly #right: ExpressionNode;
  readonly output = boolean;

  constructor(lookup: LookupNode, left: ExpressionNode, right: ExpressionNode) {
    super();
    this.#lookup = lookup;
    this.#left = left;
    this.#right = right;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.#left, this.#right];
  }
  toSql(writer: SqlWriter): string {
    const sql = this.#lookup.sql(this.#left.toSql(writer), this.#right.toSql(writer), writer.dialect.name);
    // Whatever stands beside it: an application's OR must not reach further than its own condition.
    return `(${sql})`;
  }
}

/** A part of a value that takes lookups of its own, made by a function of the server. */
export class TransformNode extends FuncNode {
  static readonly arity = 1;
}
Object.defineProperties(TransformNode, {
  registerLookup: {
    value(this: object, given: Registrable, name?: string) {
      registerOnTransform(this, given, name);
    },
  },
  unregisterLookup: {
    value(this: object, given: Registrable, name?: string) {
      unregisterOnTransform(this, given, name);
    },
  },
});

/** Extend it for a lookup of an application's own. */
export const Lookup = LookupNode as unknown as LookupConstructor;
/** Extend it for a transform of an application's own, as `Func` is extended. */
export const Transform = TransformNode as unknown as TransformConstructor;
