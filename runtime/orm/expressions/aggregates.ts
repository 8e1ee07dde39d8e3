import { FieldError, ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { BigIntegerField, DecimalField, FloatField, IntegerField } from '../fields/numbers.ts';
import { requireOptions } from '../options.ts';
import { resolveCondition } from '../query/filters.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import { conditionOrFalse } from '../sql/condition.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { fieldOf, requireName } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { wider } from './beside.ts';
import { countable, partColumns } from './column.ts';
import { type Condition, conditionFrom } from './condition.ts';
import { FieldReference, Star, WrittenValue } from './field-reference.ts';
import { typeToken } from './functions.ts';
import { ExpressionNode, inferredOutput, OrderingTerm, requireSingle, type ShapeSink } from './node.ts';
import { Parameter, Value } from './value.ts';

export interface AggregateOptions {
  readonly distinct?: boolean;
  /** Rows to take in, as `FILTER (WHERE …)`. */
  readonly filter?: Condition;
  /** Result where there are no rows; null otherwise. */
  readonly default?: unknown;
  /** Order of the values, for aggregates that keep them: names, or expressions with a direction. */
  readonly orderBy?: unknown;
  /** Text between the values of `StringAgg`. */
  readonly delimiter?: ExpressionNode;
  /** The other values of each row, for figures about pairs and the like. */
  readonly others?: readonly ExpressionNode[];
  readonly outputField?: unknown;
}

/**
 * Options of an aggregate as an application wrote them.
 *
 * @param more options of that aggregate alone
 * @throws TypeError for what there is not: a misspelt filter would be none
 */
export function aggregateOptions(
  name: string,
  given: unknown = {},
  more: readonly string[] = [],
): AggregateOptions {
  requireOptions(name, given, ['distinct', 'filter', 'default', 'orderBy', 'outputField', ...more]);
  return given as AggregateOptions;
}

/** What sets one aggregate apart from another; a new one is one such object. */
export interface AggregateKind {
  readonly name: string;
  readonly sql: string;
  /** What tells it, in the shape of a query, from kinds of the same SQL. */
  readonly described?: string;
  /** SQL with places for what `aggregatePlaces` names, where it is not a call of `sql`. */
  readonly template?: string;
  /** False where equal values count once anyway, or where counting them once would mean nothing. */
  readonly allowDistinct?: boolean;
  /** True where the order of the values shows in the result. */
  readonly allowOrderBy?: boolean;
  /** Type of the result, given that of the argument. */
  output(argument: Field | undefined): Field | undefined;
  /** Result over no rows at all. */
  readonly empty: unknown;
}

/** Families whose values JavaScript tells apart by itself. */
const ownFamilies: ReadonlySet<string | undefined> = new Set(['number', 'text', 'boolean', undefined]);

/** Type of a default: that of the result, where it is not one a JavaScript value has by itself. */
export function defaultType(output: Field | undefined): Field | undefined {
  return output instanceof DecimalField || !ownFamilies.has(output?.family) ? output : undefined;
}

/** Parts of an aggregate that hold columns and places. */
interface ResolvedParts {
  readonly predicate?: Predicate | undefined;
  readonly fallback?: ExpressionNode | undefined;
  readonly order?: readonly OrderingTerm[];
  readonly delimiter?: ExpressionNode | undefined;
  readonly others?: readonly ExpressionNode[];
}

const count = new IntegerField('bigint', 'BigIntegerField');

export const aggregateKinds = {
  count: { name: 'Count', sql: 'COUNT', allowDistinct: true, output: () => count, empty: 0 },
  sum: { name: 'Sum', sql: 'SUM', allowDistinct: true, output: sumOutput, empty: null },
  avg: { name: 'Avg', sql: 'AVG', allowDistinct: true, output: averageOutput, empty: null },
  min: { name: 'Min', sql: 'MIN', output: (argument) => argument, empty: null },
  max: { name: 'Max', sql: 'MAX', output: (argument) => argument, empty: null },
} as const satisfies Record<string, AggregateKind>;

/** The server widens sums; integers stay JavaScript numbers, exact bigints stay bigints. */
function sumOutput(argument: Field | undefined): Field | undefined {
  if (argument instanceof BigIntegerField) return argument;
  return argument instanceof IntegerField ? count : argument;
}
function averageOutput(argument: Field | undefined): Field | undefined {
  if (argument instanceof DecimalField || argument?.family === 'duration') return argument;
  return new FloatField();
}

/** `Count('books')`, `Sum('pages', { filter: Q({ … }) })`. */
export class Aggregate extends Computable {
  readonly #kind: AggregateKind;
  readonly argument: ExpressionNode;
  readonly options: AggregateOptions;
  readonly #resolved: ResolvedParts;
  readonly #order: readonly OrderingTerm[];

  constructor(
    kind: AggregateKind,
    argument: ExpressionNode,
    options: AggregateOptions = {},
    resolved: ResolvedParts = {},
  ) {
    super();
    requireAllowed(kind, options);
    if (argument instanceof Star && options.distinct)
      throw new ValueError('Star cannot be used with distinct. Please specify a field.');
    this.#kind = kind;
    this.argument = argument;
    const { filter } = options;
    this.options = filter === undefined ? options : { ...options, filter: conditionFrom(filter) };
    this.#resolved = resolved;
    this.#order = resolved.order ?? orderingTerms(options.orderBy);
  }
  override get children(): readonly ExpressionNode[] {
    const { others = [], delimiter } = this.#resolved;
    return [this.argument, ...others, ...(delimiter === undefined ? [] : [delimiter])];
  }
  override get containsAggregate(): boolean {
    return true;
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
  override get defaultAlias(): string | undefined {
    if (this.options.others?.length) return undefined;
    if (this.argument instanceof FieldReference)
      return `${this.argument.name}__${this.#kind.name.toLowerCase()}`;
    return this.argument instanceof Star ? `*__${this.#kind.name.toLowerCase()}` : undefined;
  }
  override get label(): string {
    return this.#kind.name;
  }
  get output(): Field | undefined {
    const given = fieldOf(this.options.outputField);
    if (given !== undefined) return given;
    const output = this.#kind.output(this.argument.output);
    const fallback = this.#resolved.fallback?.output;
    // A fraction in place of a whole number makes all results ones that may have fractions.
    const numbers = output?.family === 'number' && fallback?.family === 'number';
    return numbers ? wider(output, fallback) : output;
  }
  /** Result over no rows, known without asking the server. */
  override get emptyValue(): unknown {
    const given = this.options.default;
    if (given === undefined) return this.#kind.empty;
    return given instanceof ExpressionNode ? given.emptyValue : given;
  }

  describe(sink: ShapeSink): void {
    const { sql, template = '', described = '' } = this.#kind;
    const type = fieldOf(this.options.outputField);
    sink.token(
      `${described}${sql} ${template}${typeToken(type)}${this.options.distinct ? ' distinct' : ''}(`,
    );
    this.argument.describe(sink);
    for (const each of this.options.others ?? []) each.describe(sink);
    sink.token('|');
    this.options.delimiter?.describe(sink);
    for (const term of this.#order) term.describe(sink);
    sink.token('|');
    this.options.filter?.describe(sink);
    if (this.options.default !== undefined) {
      sink.token('default');
      this.#defaultValue().describe(sink);
    }
    sink.token(')');
  }
  resolve(resolver: Resolver): Aggregate {
    const argument = this.#counted(this.argument.resolve(resolver));
    if (argument.containsAggregate && !resolver.options.summarizing) {
      const given = this.argument;
      const name = given instanceof FieldReference ? given.name : given.label;
      throw new FieldError(`Cannot compute ${this.#kind.name}('${name}'): '${name}' is an aggregate`);
    }
    const others = (this.options.others ?? []).map((each) => each.resolve(resolver));
    if (this.#kind.sql !== 'COUNT') requireSingle(this.#kind.name, [argument, ...others]);
    for (const each of [argument, ...others]) if (each.containsWindow) throw this.#overWindow(each);
    if (others.some((each) => each.containsAggregate) && !resolver.options.summarizing) {
      throw new FieldError(`Cannot compute ${this.#kind.name}: its second argument is an aggregate`);
    }
    const { filter } = this.options;
    const predicate = filter === undefined ? undefined : resolveCondition(resolver, filter);
    if (predicate?.containsWindow)
      throw new FieldError(`Cannot compute ${this.#kind.name}: its filter has a window`);
    const fallback = this.options.default === undefined ? undefined : this.#fallback(argument, resolver);
    const order = this.#order.map((term) => term.resolve(resolver));
    const delimiter = this.options.delimiter?.resolve(resolver);
    return new Aggregate(this.#kind, argument, this.options, {
      predicate,
      fallback,
      order,
      delimiter,
      others,
    });
  }
  /** Of a key of several columns one is counted: a row of nulls, which an outer join makes, is none itself. */
  #counted(argument: ExpressionNode): ExpressionNode {
    const columns = this.#kind.sql === 'COUNT' ? partColumns(argument) : undefined;
    if (columns === undefined) return argument;
    if (this.options.distinct) throw new ValueError("COUNT(DISTINCT) doesn't support composite primary keys");
    return countable(columns);
  }
  /** Windows are made of groups, not groups of windows: the server would refuse it. */
  #overWindow(given: ExpressionNode): FieldError {
    const written = this.argument instanceof FieldReference ? this.argument.name : given.label;
    return new FieldError(`Cannot compute ${this.#kind.name}('${written}'): '${written}' has a window`);
  }
  toSql(writer: SqlWriter): string {
    const { predicate, fallback, delimiter, others = [] } = this.#resolved;
    const sql = writer.dialect.aggregate({
      function: this.#kind.sql,
      distinct: this.options.distinct === true,
      argument: { sql: this.argument.toSql(writer), field: inferredOutput(this.argument) },
      // A filter that no row passes leaves an aggregate over nothing; one that all pass is none.
      filter: predicate === undefined ? undefined : conditionOrFalse(predicate, writer),
      order: this.#order.map((term) => term.toSql(writer)),
      delimiter: delimiter?.toSql(writer),
      others: others.map((each) => each.toSql(writer)),
      template: this.#kind.template,
    });
    return fallback === undefined ? sql : `COALESCE(${sql}, ${fallback.toSql(writer)})`;
  }
  #fallback(argument: ExpressionNode, resolver: Resolver): ExpressionNode {
    const given = this.#defaultValue();
    const output = defaultType(fieldOf(this.options.outputField) ?? this.#kind.output(argument.output));
    if (!(given instanceof Value) || output === undefined) return given.resolve(resolver);
    return new Parameter(
      resolver.place(given, (value) => output.toWire(value)),
      output,
    );
  }
  // The same object each time: it is looked up by identity between the walk and the resolution.
  #default: ExpressionNode | undefined;
  #defaultValue(): ExpressionNode {
    const given = this.options.default;
    if (given instanceof WrittenValue) return given.value;
    this.#default ??= given instanceof ExpressionNode ? given : new Value(given);
    return this.#default;
  }
}

/** @throws TypeError for an option that the aggregate does not have */
function requireAllowed(kind: AggregateKind, { distinct, orderBy, ...options }: AggregateOptions): void {
  if (kind === aggregateKinds.count && options.default !== undefined) {
    throw new TypeError('Count does not allow default.');
  }
  if (distinct && !kind.allowDistinct) throw new TypeError(`${kind.name} does not allow distinct.`);
  if (orderBy !== undefined && !kind.allowOrderBy) {
    throw new TypeError(`${kind.name} does not allow orderBy.`);
  }
}

/** `orderBy` as an application writes it: one term or a list; `-` in front of a name turns the direction. */
export function orderingTerms(given: unknown): readonly OrderingTerm[] {
  if (given === undefined) return [];
  return (Array.isArray(given) ? given : [given]).map((term: unknown) => {
    if (term instanceof OrderingTerm) return term;
    if (term instanceof ExpressionNode) return term.asc();
    requireName('orderBy', term);
    const name = String(term);
    return new OrderingTerm(new FieldReference(name.replace(/^-/, '')), name.startsWith('-'));
  });
}
