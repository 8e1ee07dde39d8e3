import { EmptyResultSet } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { ArrayField } from '../fields/structured.ts';
import { bindOuter, type OuterBindings, OuterColumn, type OuterName, outerKey } from '../query/outer.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';
import { SelectCompiler } from '../sql/select.ts';
import { existsSubquery, onlyColumn, SubqueryExpression } from '../sql/subquery.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import { Condition, isSubqueried, type Subqueried } from './condition.ts';
import { type ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';
import { type Bounds, boundsOf } from './slices.ts';

const boolean = new BooleanField();

function requireQuerySet(given: unknown, name: string): Subqueried {
  if (isSubqueried(given)) return given;
  throw new TypeError(`${name} takes a query set.`);
}

/** `OuterRef('pk')` as it is written: a name of the query around this one. */
export class OuterReference extends Computable {
  readonly outer: OuterName;

  /** @param outward how many queries lie between: 1 for the one around this one */
  constructor(path: string, outward: number, slices: readonly Bounds[] = []) {
    super();
    this.outer = { path, outward, slices };
  }
  slice(start?: number, end?: number): OuterReference {
    const { path, outward, slices } = this.outer;
    return new OuterReference(path, outward, [...slices, boundsOf(start, end)]);
  }
  get output(): undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token(`outer ${outerKey(this.outer)}`);
  }
  resolve(resolver: Resolver): ExpressionNode {
    return resolver.query.outside(this.outer);
  }
  toSql(): string {
    throw new Error('an outer reference is resolved before it is compiled');
  }
}

/** A query set as one value of each row: `Subquery(Book.objects.filter(…).values('title').slice(0, 1))`. */
export class SubqueryValue extends Computable {
  readonly #queryset: Subqueried;
  readonly #output: Field | undefined;
  readonly #listed: boolean;

  /** @param listed true for an array of the values of all rows */
  constructor(queryset: unknown, output: Field | undefined, listed = false) {
    super();
    this.#listed = listed;
    this.#queryset = requireQuerySet(queryset, listed ? 'ArraySubquery' : 'Subquery');
    this.#output = output;
  }
  get output(): Field | undefined {
    return this.#output;
  }
  override get label(): string {
    return this.#listed ? 'ArraySubquery' : 'Subquery';
  }
  describe(sink: ShapeSink): void {
    sink.token(
      `${this.#listed ? 'array' : 'value'} ${this.#output?.typeName} ${this.#output?.databaseType() ?? ''}`,
    );
    sink.subquery(this, this.#queryset);
  }
  resolve(resolver: Resolver): ExpressionNode {
    const query = described(resolver, this);
    const outer = bindOuter(query, resolver);
    const Resolved = this.#listed ? ResolvedList : ResolvedValue;
    return new Resolved(query, resolver.places.positionOf(this), outer, this.#output);
  }
  toSql(): string {
    throw new Error('a subquery is resolved before it is compiled');
  }
}

/** @param offset place of the query's first value */
export function resolvedArray(query: Query, offset: number, outer: OuterBindings): ExpressionNode {
  return new ResolvedList(query, offset, outer, undefined);
}

class ResolvedValue extends ResolvedNode {
  readonly #query: Query;
  readonly #offset: number;
  readonly #outer: OuterBindings;
  readonly #column: ExpressionNode;
  readonly output: Field | undefined;

  constructor(query: Query, offset: number, outer: OuterBindings, output: Field | undefined) {
    super();
    this.#query = query;
    this.#offset = offset;
    this.#outer = outer;
    this.#column = onlyColumn(query, 'single');
    this.output = output ?? this.outputOf(this.#typedColumn);
  }
  /** The column, or what it stands for in the query around this one. */
  get #typedColumn(): ExpressionNode {
    const column = this.#column;
    return (column instanceof OuterColumn ? this.#outer.get(column.key) : undefined) ?? column;
  }
  protected outputOf({ output }: ExpressionNode): Field | undefined {
    return output;
  }
  override get typedByServer(): boolean {
    return this.output === undefined;
  }
  override get rows(): ExpressionNode | undefined {
    return new SubqueryExpression(this.#query, this.#offset, [this.#column], this.#outer);
  }
  /** What the names of the query around it stand for: an aggregate among them makes this one of each group. */
  override get children(): readonly ExpressionNode[] {
    return [...this.#outer.values()];
  }
  toSql(writer: SqlWriter): string {
    return this.select(writer) ?? 'NULL';
  }
  /** The query in brackets; undefined when it cannot have rows. */
  protected select(writer: SqlWriter): string | undefined {
    const compiler = new SelectCompiler(this.#query, writer.nested(this.#offset, this.#outer));
    try {
      return `(${compiler.compile({ ordered: true, expressions: [{ expression: this.#column }] }).sql})`;
    } catch (error) {
      if (error instanceof EmptyResultSet) return undefined;
      throw error;
    }
  }
}

/** The values of all rows as an array. */
class ResolvedList extends ResolvedValue {
  protected override outputOf({ output }: ExpressionNode): Field | undefined {
    return output === undefined ? undefined : new ArrayField(output);
  }
  override get rows(): undefined {
    return undefined;
  }
  override toSql(writer: SqlWriter): string {
    const rows = this.select(writer);
    // What only the server knows the type of cannot be an empty list.
    if (this.output === undefined) return rows === undefined ? 'NULL' : writer.dialect.arrayOf(rows);
    return writer.dialect.arrayOf(rows ?? '[]', this.output.castType());
  }
}

/** True for rows the query set has a row for: `Exists(Book.objects.filter({ publisher: OuterRef('pk') }))`. */
export class ExistsTest extends Computable {
  readonly #queryset: Subqueried;
  readonly #negated: boolean;

  constructor(queryset: unknown, negated = false) {
    super();
    this.#queryset = requireQuerySet(queryset, 'Exists');
    this.#negated = negated;
  }
  get output(): Field {
    return boolean;
  }
  override get label(): string {
    return 'Exists';
  }
  not(): ExistsTest {
    return new ExistsTest(this.#queryset, !this.#negated);
  }
  and(other: Condition | ExpressionNode): Condition {
    return new Condition([this]).and(other);
  }
  or(other: Condition | ExpressionNode): Condition {
    return new Condition([this]).or(other);
  }
  xor(other: Condition | ExpressionNode): Condition {
    return new Condition([this]).xor(other);
  }
  describe(sink: ShapeSink): void {
    sink.token(this.#negated ? 'not exists' : 'exists');
    sink.subquery(this, this.#queryset);
  }
  resolve(resolver: Resolver): ExpressionNode {
    const query = described(resolver, this);
    const outer = bindOuter(query, resolver);
    return new ResolvedExists(query, resolver.places.positionOf(this), outer, this.#negated);
  }
  toSql(): string {
    throw new Error('a subquery is resolved before it is compiled');
  }
}

class ResolvedExists extends ResolvedNode {
  readonly #query: Query;
  readonly #offset: number;
  readonly #outer: OuterBindings;
  readonly #negated: boolean;

  constructor(query: Query, offset: number, outer: OuterBindings, negated: boolean) {
    super();
    this.#query = query;
    this.#offset = offset;
    this.#outer = outer;
    this.#negated = negated;
  }
  get output(): Field {
    return boolean;
  }
  /** What the names of the query around it stand for: an aggregate among them makes this one of each group. */
  override get children(): readonly ExpressionNode[] {
    return [...this.#outer.values()];
  }
  toSql(writer: SqlWriter): string {
    try {
      const sql = existsSubquery(this.#query, this.#offset, this.#outer).toSql(writer);
      return this.#negated ? `NOT ${sql}` : sql;
    } catch (error) {
      if (error instanceof EmptyResultSet) return this.#negated ? 'TRUE' : 'FALSE';
      throw error;
    }
  }
}

function described(resolver: Resolver, owner: object): Query {
  const query = resolver.places.queryOf(owner);
  if (query === undefined) throw new Error('the query set was not described');
  return query;
}
