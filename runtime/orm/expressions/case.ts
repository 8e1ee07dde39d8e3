import { EmptyResultSet, FullResultSet } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { resolveCondition } from '../query/filters.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import { allTypedBeside, commonOutput } from './beside.ts';
import type { Condition } from './condition.ts';
import { type ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';
import { NullLiteral } from './value.ts';

/** `When({ … }, then)`: one branch of a `Case`. */
export class Branch {
  readonly kind = 'branch';
  readonly condition: Condition;
  readonly result: ExpressionNode;

  constructor(condition: Condition, then: ExpressionNode) {
    this.condition = condition;
    this.result = then;
  }
}

/** The value of the first branch whose condition holds. */
export class CaseExpression extends Computable {
  readonly #branches: readonly Branch[];
  readonly #otherwise: ExpressionNode;
  readonly #output: Field | undefined;

  constructor(branches: readonly Branch[], otherwise: ExpressionNode, output: Field | undefined) {
    super();
    this.#branches = branches;
    this.#otherwise = otherwise;
    this.#output = output;
  }
  override get children(): readonly ExpressionNode[] {
    return [...this.#branches.map(({ result }) => result), this.#otherwise];
  }
  get output(): Field | undefined {
    return this.#output;
  }
  override get label(): string {
    return 'Case';
  }
  describe(sink: ShapeSink): void {
    sink.token(`case ${this.#output?.databaseType() ?? ''}(`);
    for (const branch of this.#branches) {
      sink.token('when');
      branch.condition.describe(sink);
      branch.result.describe(sink);
    }
    sink.token('else');
    this.#otherwise.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ResolvedCase {
    const predicates = this.#branches.map(({ condition }) => resolveCondition(resolver, condition));
    const given = [...this.#branches.map(({ result }) => result), this.#otherwise];
    const results = allTypedBeside(given.map((each) => each.resolve(resolver)));
    return new ResolvedCase(predicates, results, this.#output ?? commonOutput(results));
  }
  toSql(): string {
    throw new Error('a case is resolved before it is compiled');
  }
}

/** A case with its conditions resolved. `results` has one more entry than `predicates`: the last is for no branch. */
class ResolvedCase extends ResolvedNode {
  readonly #predicates: readonly Predicate[];
  readonly #results: readonly ExpressionNode[];
  readonly output: Field | undefined;

  constructor(
    predicates: readonly Predicate[],
    results: readonly ExpressionNode[],
    output: Field | undefined,
  ) {
    super();
    this.#predicates = predicates;
    this.#results = results;
    this.output = output;
  }
  override get children(): readonly ExpressionNode[] {
    return this.#results;
  }
  override get containsAggregate(): boolean {
    return super.containsAggregate || this.#predicates.some((each) => each.containsAggregate);
  }
  override get containsWindow(): boolean {
    return super.containsWindow || this.#predicates.some((each) => each.containsWindow);
  }
  override groupBy(): readonly ExpressionNode[] {
    if (!this.containsAggregate && !this.containsWindow) return [this];
    return [
      ...this.#predicates.flatMap((each) => each.groupBy()),
      ...this.#results.flatMap((each) => each.groupBy()),
    ];
  }
  toSql(writer: SqlWriter): string {
    const branches: string[] = [];
    for (const [at, predicate] of this.#predicates.entries()) {
      const then = (this.#results[at] ?? new NullLiteral()).toSql(writer);
      const test = testSql(predicate, writer);
      if (test !== undefined) branches.push(`WHEN ${test} THEN ${then}`);
    }
    const otherwise = (this.#results.at(-1) ?? new NullLiteral()).toSql(writer);
    if (branches.length === 0) return otherwise;
    const sql = `CASE ${branches.join(' ')} ELSE ${otherwise} END`;
    // Untyped nulls on every branch would be text.
    return this.output === undefined ? sql : writer.dialect.cast(`(${sql})`, this.output);
  }
}

/** SQL of a branch's condition; undefined when it cannot hold. */
function testSql(predicate: Predicate, writer: SqlWriter): string | undefined {
  try {
    return predicate.toSql(writer);
  } catch (error) {
    if (error instanceof EmptyResultSet) return undefined;
    if (error instanceof FullResultSet) return 'TRUE';
    throw error;
  }
}
