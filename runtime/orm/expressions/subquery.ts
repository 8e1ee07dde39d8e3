import { EmptyResultSet } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { BooleanField } from '../fields/numbers.ts';
import { ArrayField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import { bindOuter, type OuterBindings, type OuterName } from '../query/outer.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';
import { SelectCompiler } from '../sql/select.ts';
import { existsSubquery, onlyColumn } from '../sql/subquery.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import { Condition, isSubqueried, type Subqueried } from './condition.ts';
import { ExpressionNode, type ShapeSink } from './node.ts';

const boolean = new BooleanField();

function requireQuerySet(given: unknown, name: string): Subqueried {
  if (isSubqueried(given)) return given;
  throw new TypeError(`${name} takes a query set.`);
}

/** `OuterRef('pk')` as it is written: a name of the query around this one. */
export class OuterReference extends Computable {
  readonly outer: OuterName;

  /** @param outward how many queries lie between: 1 for the one around this one */
  constructor(path: string, outward: number) {
    super();
    this.outer = { path, outward };
  }
  get output(): undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token(`outer${this.outer.outward} ${this.outer.path}`);
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

  constructor(queryset: unknown, output: Field | undefined) {
    super();
    this.#queryset = requireQuerySet(queryset, 'Subquery');
    this.#output = output;
  }
  get output(): Field | undefined {
    return this.#output;
  }
  override get label(): string {
    return 'Subquery';
  }
  describe(sink: ShapeSink): void {
    sink.token(`value ${this.#output?.databaseType() ?? ''}`);
    sink.subquery(this, this.#queryset);
  }
  resolve(resolver: Resolver): ExpressionNode {
    const query = described(resolver, this);
    const outer = bindOuter(query, resolver);
    return new ResolvedValue(query, resolver.places.positionOf(this), outer, this.#output);
  }
  toSql(): string {
    throw new Error('a subquery is resolved before it is compiled');
  }
}

/** All values of a query set as one array: `ArraySubquery(Book.objects.filter(…).values('title'))`. */
export class SubqueryArray extends Computable {
  readonly #queryset: Subqueried;

  constructor(queryset: unknown) {
    super();
    this.#queryset = requireQuerySet(queryset, 'ArraySubquery');
  }
  get output(): undefined {
    return undefined;
  }
  override get label(): string {
    return 'ArraySubquery';
  }
  describe(sink: ShapeSink): void {
    sink.token('array');
    sink.subquery(this, this.#queryset);
  }
  resolve(resolver: Resolver): ExpressionNode {
    const query = described(resolver, this);
    return resolvedArray(query, resolver.places.positionOf(this), bindOuter(query, resolver));
  }
  toSql(): string {
    throw new Error('a subquery is resolved before it is compiled');
  }
}
/** @param offset place of the query's first value */
export function resolvedArray(query: Query, offset: number, outer: OuterBindings): ExpressionNode {
  return new ResolvedArray(query, offset, outer, undefined);
}

class ResolvedValue extends ExpressionNode {
  readonly #query: Query;
  readonly #offset: number;
  readonly #outer: OuterBindings;
  readonly #column: ExpressionNode;
  readonly #output: Field | undefined;

  constructor(query: Query, offset: number, outer: OuterBindings, output: Field | undefined) {
    super();
    this.#query = query;
    this.#offset = offset;
    this.#outer = outer;
    this.#column = onlyColumn(query, 'single');
    this.#output = output ?? this.#column.output;
  }
  get output(): Field | undefined {
    return this.#output;
  }
  /** What the names of the query around it stand for: an aggregate among them makes this one of each group. */
  override get children(): readonly ExpressionNode[] {
    return [...this.#outer.values()];
  }
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): ExpressionNode {
    return this;
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

class ResolvedArray extends ResolvedValue {
  override get output(): Field {
    return new ArrayField(super.output ?? new TextField());
  }
  override toSql(writer: SqlWriter): string {
    return writer.dialect.arrayOf(this.select(writer) ?? '[]', this.output.castType());
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

class ResolvedExists extends ExpressionNode {
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
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): ExpressionNode {
    return this;
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
