import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { resolveCondition } from '../query/filters.ts';
import type { Resolver } from '../query/resolver.ts';
import { certain, isConstant, type Predicate } from '../query/where.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import type { Condition } from './condition.ts';
import { type ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';

const boolean = new BooleanField();

/** A condition as a value: true, false or null. */
export class ConditionExpression extends Computable {
  readonly #condition: Condition;

  constructor(condition: Condition) {
    super();
    this.#condition = condition;
  }
  get output(): Field {
    return boolean;
  }
  describe(sink: ShapeSink): void {
    this.#condition.describe(sink);
  }
  resolve(resolver: Resolver): ExpressionNode {
    return new ResolvedCondition(resolveCondition(resolver, this.#condition));
  }
  toSql(): string {
    throw new Error('a condition is resolved before it is compiled');
  }
}

/** A resolved condition as a value. */
export class ResolvedCondition extends ResolvedNode {
  readonly predicate: Predicate;

  constructor(predicate: Predicate) {
    super();
    this.predicate = predicate;
  }
  get output(): Field {
    return boolean;
  }
  override get containsAggregate(): boolean {
    return this.predicate.containsAggregate;
  }
  override get containsWindow(): boolean {
    return this.predicate.containsWindow;
  }
  override groupBy(): readonly ExpressionNode[] {
    return this.containsAggregate || this.containsWindow ? this.predicate.groupBy() : [this];
  }
  /** In brackets, for it may stand beside an operator: `IS NULL` binds less than `=`. */
  toSql(writer: SqlWriter): string {
    const sql = certain(this.predicate, writer);
    return isConstant(sql) ? sql : `(${sql})`;
  }
}
