import { FieldError, ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { requireFlags, requireOptions } from '../options.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';

/**
 * Collects what the SQL of a query depends on (tokens) and what it does not (values), in one walk over what the
 * caller wrote. Equal tokens mean equal SQL, so a compiled query can be found again without building it.
 */
export interface ShapeSink {
  token(token: string): void;
  /** A value to be sent as a parameter. `owner` is the object it will be looked up by when the query is built. */
  value(owner: object, value: unknown): void;
  /** A query set used as a value; it brings its own values along. */
  subquery(owner: object, queryset: { readonly kind: 'queryset' | 'manager' }): void;
  /** Which end of its column's range a number lies beyond, once an attempt to encode it has shown that. */
  outside(owner: object): 'above' | 'below' | undefined;
}

/** Stands for a value that only the server can tell. */
export const unknownValue = Symbol('unknown value');

/**
 * A value computed by the database. What an application writes is unresolved: it names fields and holds values.
 * `resolve` turns it into a form that holds columns of a query and places of values, so that it can be compiled once.
 */
export abstract class ExpressionNode {
  readonly kind = 'expression';

  abstract describe(sink: ShapeSink): void;
  abstract resolve(resolver: Resolver): ExpressionNode;
  /** SQL of a resolved expression. */
  abstract toSql(writer: SqlWriter): string;
  /** Field whose decoder and lookups apply to the result; undefined when unknown. */
  abstract get output(): Field | undefined;
  /** True when values may be of another type than `output`, so that the server has to say what they are. */
  get typedByServer(): boolean {
    return false;
  }
  /** The value over no rows at all, where it is known without asking the server. */
  get emptyValue(): unknown {
    return unknownValue;
  }
  /** All rows of a query that is used as a value, for `in`; undefined for what is one value. */
  get rows(): ExpressionNode | undefined {
    return undefined;
  }
  get children(): readonly ExpressionNode[] {
    return [];
  }
  get containsAggregate(): boolean {
    return this.children.some((child) => child.containsAggregate);
  }
  /** True when the value depends on rows beside its own: it can be selected and ordered by, not tested in WHERE. */
  get containsWindow(): boolean {
    return this.children.some((child) => child.containsWindow);
  }
  /** What must be in GROUP BY for this expression to be selectable. */
  groupBy(): readonly ExpressionNode[] {
    const split = this.containsAggregate || this.containsWindow;
    return split ? this.children.flatMap((child) => child.groupBy()) : [this];
  }
  /** What to call it in messages. */
  get label(): string {
    return this.constructor.name;
  }
  /** Key of an unnamed aggregate: `pages__sum`. */
  get defaultAlias(): string | undefined {
    return undefined;
  }

  asc(options: NullsOrder = {}): OrderingTerm {
    return new OrderingTerm(this, false, nullsOrder('asc', options));
  }
  desc(options: NullsOrder = {}): OrderingTerm {
    return new OrderingTerm(this, true, nullsOrder('desc', options));
  }
}

/** What `resolve` makes: it knows columns and places, and is never described. */
export abstract class ResolvedNode extends ExpressionNode {
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): this {
    return this;
  }
}

function nullsOrder(call: string, options: NullsOrder): NullsOrder {
  requireOptions(call, options, ['nullsFirst', 'nullsLast']);
  requireFlags(call, options as Readonly<Record<string, unknown>>);
  if (options.nullsFirst === true && options.nullsLast === true) {
    throw new ValueError('nullsFirst and nullsLast are mutually exclusive.');
  }
  return options;
}

/** The type of an expression, where another one was given in place of what cannot be told from its parts. */
export function inferredOutput(expression: ExpressionNode | undefined): Field | undefined {
  return inferred(() => expression?.output);
}
/** What `tell` says; undefined where it says that the type cannot be told. */
export function inferred(tell: () => Field | undefined): Field | undefined {
  try {
    return tell();
  } catch (error) {
    if (error instanceof FieldError) return undefined;
    throw error;
  }
}

/** @throws ValueError where an expression takes one value and was given a key of several */
export function requireSingle(taker: string, given: readonly (ExpressionNode | undefined)[]): void {
  if (given.every((each) => inferredOutput(each)?.family !== 'composite')) return;
  throw new ValueError(`${taker} expression does not support composite primary keys.`);
}

export interface NullsOrder {
  readonly nullsFirst?: boolean;
  readonly nullsLast?: boolean;
}

/** One term of ORDER BY. */
export class OrderingTerm {
  readonly kind = 'ordering';
  readonly expression: ExpressionNode;
  readonly descending: boolean;
  readonly nulls: NullsOrder;

  constructor(expression: ExpressionNode, descending: boolean, nulls: NullsOrder = {}) {
    this.expression = expression;
    this.descending = descending;
    this.nulls = nulls;
  }
  describe(sink: ShapeSink): void {
    sink.token(
      `${this.descending ? 'desc' : 'asc'}${this.nulls.nullsFirst ? 'F' : ''}${this.nulls.nullsLast ? 'L' : ''}(`,
    );
    this.expression.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): OrderingTerm {
    return new OrderingTerm(this.expression.resolve(resolver), this.descending, this.nulls);
  }
  reversed(): OrderingTerm {
    const { nullsFirst, nullsLast } = this.nulls;
    const nulls = { ...(nullsFirst ? { nullsLast: true } : {}), ...(nullsLast ? { nullsFirst: true } : {}) };
    return new OrderingTerm(this.expression, !this.descending, nulls);
  }
  /** The whole term. @param sql the expression, where it stands under another name */
  toSql(writer: SqlWriter, sql = this.expression.toSql(writer)): string {
    return writer.dialect.ordered(sql, this.descending, this.nulls);
  }
}
