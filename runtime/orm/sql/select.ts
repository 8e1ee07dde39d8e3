import { EmptyResultSet, FieldError } from '../errors.ts';
import { Column, partColumns } from '../expressions/column.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { quote } from '../models/naming.ts';
import type { TableAlias } from '../query/joins.ts';
import type { Combination, Query } from '../query/query.ts';
import { isConstant, splitHaving, splitWindows, type WhereNode } from '../query/where.ts';
import { addedByOrdering, combinedOrdering, combinedParts, combinedRow, isReturned } from './combine.ts';
import { condition, conditionOrFalse } from './condition.ts';
import { requireInitial } from './distinct.ts';
import { type NamedTerm, namedOrdering, orderingOf, type ResolvedOrdering } from './ordering.ts';
import { qualified } from './qualify.ts';
import { type Selected, Selection } from './selection.ts';
import type { RowShape } from './shape.ts';
import { tablesSql } from './tables.ts';
import type { SqlWriter } from './writer.ts';

export interface CompiledSelect {
  readonly sql: string;
  readonly row: RowShape;
}
export interface SelectOptions {
  /** Keep the ordering; a subquery without a slice needs none. */
  readonly ordered: boolean;
  /** Give every column a name, for a query around this one. */
  readonly named?: boolean;
  /** Writes a condition that cannot hold, where the statement has a row all the same: aggregates over nothing. */
  readonly evenIfEmpty?: boolean;
  /** Select these instead of what the query's row form says. */
  readonly expressions?: readonly Selected[];
}

interface Clauses {
  /** WHERE, GROUP BY and HAVING. */
  readonly rows: readonly string[];
  /** Conditions on values of windows. */
  readonly windows: string | undefined;
}
/** A statement up to its ordering. */
interface Written {
  readonly parts: readonly string[];
  readonly ordering: readonly string[];
}

/** Compiles SELECT statements; one instance per statement. */
export class SelectCompiler {
  readonly #query: Query;
  readonly #writer: SqlWriter;
  readonly #selection: Selection;
  #evenIfEmpty = false;

  constructor(query: Query, writer: SqlWriter) {
    // Ordering and related rows may join further tables, which the published query must not see.
    this.#query = query.copy();
    this.#writer = writer;
    this.#selection = new Selection(this.#query, writer);
  }

  /**
   * @returns the SQL and what each row becomes
   * @throws EmptyResultSet when the query cannot match a row
   */
  compile({ ordered, named = false, evenIfEmpty = false, expressions }: SelectOptions): CompiledSelect {
    const query = this.#query;
    const writer = this.#writer;
    if (query.empty && !evenIfEmpty) throw new EmptyResultSet();
    this.#evenIfEmpty = evenIfEmpty;
    if (query.combination !== undefined) return this.#combined(query.combination, ordered, expressions);
    writer.own([query.base, ...[...query.joins.all()].map(([alias]) => alias)]);
    if (query.inner === undefined) writer.nameOf(query.base);
    const row = expressions === undefined ? this.#selection.row(named) : this.#selection.only(expressions);
    const wanted = this.#selection.columns.length;
    const ordering = ordered ? this.#ordering() : [];
    this.#selectOrderingOfDistinct(ordering);
    const clauses = this.#clauses(ordering);
    const { windows } = clauses;
    const written =
      windows === undefined ? this.#plain(clauses, ordering) : this.#qualified(clauses, windows, ordering);
    const sql = [
      ...written.parts,
      written.ordering.length > 0 ? `ORDER BY ${written.ordering.join(', ')}` : '',
      writer.dialect.limits(query.start, query.end),
      this.#locking(),
    ]
      .filter((part) => part !== '')
      .join(' ');
    return { sql: expressions === undefined ? sql : this.#only(wanted, sql), row };
  }

  /** What narrows and groups the rows, and the conditions that are about windows over them. */
  #clauses(ordering: readonly ResolvedOrdering[]): Clauses {
    const writer = this.#writer;
    const { where: onRows, windows } = splitWindows(this.#query.where);
    const { where, having } = splitHaving(onRows);
    const conditions = this.#conditions(where);
    const groupConditions = condition(having, writer);
    const windowConditions = condition(windows, writer);
    const grouping = this.#grouping(ordering, [...having.groupBy(), ...windows.groupBy()]);
    const rows: string[] = [];
    if (conditions !== undefined) rows.push(`WHERE ${conditions}`);
    if (grouping.length > 0) rows.push(`GROUP BY ${grouping.join(', ')}`);
    if (groupConditions !== undefined) rows.push(`HAVING ${groupConditions}`);
    return { rows, windows: windowConditions };
  }
  #plain({ rows }: Clauses, ordering: readonly ResolvedOrdering[]): Written {
    const { distinctFields } = this.#query;
    const distinctOn = distinctFields.map((field) => field.toSql(this.#writer));
    const orderingSql = ordering.flatMap((entry) => this.#orderingSql(entry) ?? []);
    const columns = this.#selection.columns.map(({ expression, name }) => this.#columnSql(expression, name));
    const named = distinctFields.map(
      (field, at) => this.#annotationName(field) ?? (distinctOn[at] as string),
    );
    const distinct = this.#distinct(distinctOn, named, ordering);
    return {
      parts: [`SELECT ${distinct}${columns.join(', ')}`, this.#from(), ...rows],
      ordering: orderingSql,
    };
  }
  /** Conditions about windows stand in a query around the one that has the windows: SQL has no clause for them. */
  #qualified({ rows }: Clauses, windows: string, ordering: readonly ResolvedOrdering[]): Written {
    const writer = this.#writer;
    const distinctOn = this.#query.distinctFields.map((field) => field.toSql(writer));
    const columns = this.#selection.columns.map(({ expression, name }) => ({
      sql: expression.toSql(writer),
      name,
    }));
    const outer = qualified({ columns, ordering, distinct: distinctOn, condition: windows, writer });
    const inner = [`SELECT ${outer.inner.join(', ')}`, this.#from(), ...rows].join(' ');
    const distinct = this.#distinct(distinctOn, outer.distinct, ordering);
    return {
      parts: [`SELECT ${distinct}${outer.columns.join(', ')} FROM (${inner}) "qualify"`, outer.where],
      ordering: outer.ordering,
    };
  }
  /** The first columns alone, where further ones had to be selected to be ordered by. */
  #only(count: number, sql: string): string {
    if (this.#selection.columns.length === count) return sql;
    const names = this.#selection.columns.slice(0, count).map(({ name = '' }) => quote(name));
    return `SELECT ${names.join(', ')} FROM (${sql}) "ordered"`;
  }

  #conditions(where: WhereNode): string | undefined {
    if (!this.#evenIfEmpty) return condition(where, this.#writer);
    return this.#query.empty ? 'FALSE' : conditionOrFalse(where, this.#writer);
  }

  #combined(
    combination: Combination,
    ordered: boolean,
    expressions: readonly Selected[] | undefined,
  ): CompiledSelect {
    const query = this.#query;
    const writer = this.#writer;
    const { rows } = query;
    const row = expressions === undefined ? this.#selection.row(false) : this.#selection.only(expressions);
    const names = rows.form !== 'instances' ? rows.names : expressions === undefined ? undefined : ['pk'];
    const { columns } = this.#selection;
    const named = ordered ? this.#combinedOrdering(combination, expressions === undefined) : [];
    const add = (each: ExpressionNode, name: string) => this.#selection.add(each, name);
    const added = expressions === undefined ? addedByOrdering(named, columns, add) : [];
    const combined = combinedParts(combination, names, added, writer.dialect, (part, offset) => {
      const compiler = new SelectCompiler(part, writer.nested(offset));
      const { sql } = compiler.compile({ ordered: part.sliced || part.distinctFields.length > 0 });
      return { sql, columns: compiler.#selection.columns.map(({ expression }) => expression) };
    });
    const terms = named.map(({ term }) => term);
    const parts = [combined.sql];
    const ordering = combinedOrdering(terms, columns, writer);
    if (ordering.length > 0) parts.push(`ORDER BY ${ordering.join(', ')}`);
    const limits = writer.dialect.limits(query.start, query.end);
    if (limits !== '') parts.push(limits);
    return { sql: parts.join(' '), row: combinedRow(row, combined.columns, writer.dialect) };
  }

  /** The model's own ordering is left out where the parts do not return what it needs, and cannot return more. */
  #combinedOrdering({ parts }: Combination, widened: boolean): readonly NamedTerm[] {
    const named = namedOrdering(this.#query);
    if (this.#query.ordering !== undefined) return named;
    if (widened && parts.every(({ query }) => query.rows.form === 'instances')) return named;
    const returned = named.every(
      ({ term }) => term !== 'random' && isReturned(term, this.#selection.columns),
    );
    return returned ? named : [];
  }

  #columnSql(expression: ExpressionNode, name: string | undefined): string {
    const sql = expression.toSql(this.#writer);
    return name === undefined ? sql : `${sql} AS ${quote(name)}`;
  }

  #from(): string {
    const writer = this.#writer;
    const { inner } = this.#query;
    if (inner === undefined) return tablesSql(this.#query, writer);
    const ordered = inner.sliced || inner.distinctFields.length > 0;
    return `FROM (${new SelectCompiler(inner, writer).compile({ ordered, named: true, evenIfEmpty: this.#evenIfEmpty }).sql}) subquery`;
  }

  /**
   * @param named what DISTINCT ON names
   * @param columns the same as it is called where it stands
   */
  #distinct(
    named: readonly string[],
    columns: readonly string[],
    ordering: readonly ResolvedOrdering[],
  ): string {
    if (!this.#query.distinct) return '';
    if (named.length === 0) return 'DISTINCT ';
    const writer = this.#writer;
    const sql = writer.dialect.distinctOn(columns);
    requireInitial(
      named,
      ordering.flatMap((term) => {
        if (term === 'random') return [undefined];
        const columns: readonly ExpressionNode[] = partColumns(term.expression) ?? [term.expression];
        return columns.map((column) => column.toSql(writer));
      }),
    );
    return sql;
  }

  /** Ordering once more by what is ordered by already would change nothing. */
  #ordering(): readonly ResolvedOrdering[] {
    const terms = orderingOf(this.#query);
    if (terms.length < 2) return terms;
    const seen = new Set<string>();
    return terms.filter((term) => {
      if (term === 'random') return true;
      const sql = term.expression.toSql(this.#writer);
      return seen.size < seen.add(sql).size;
    });
  }
  /** Ordering columns that SELECT DISTINCT does not return are added to it, as SQL demands. */
  #selectOrderingOfDistinct(ordering: readonly ResolvedOrdering[]): void {
    if (!this.#query.distinct || this.#query.distinctFields.length > 0) return;
    const selected = new Set(this.#selection.columns.map(({ expression }) => expression.toSql(this.#writer)));
    for (const term of ordering) {
      if (term === 'random') continue;
      const sql = term.expression.toSql(this.#writer);
      if (!selected.has(sql)) this.#selection.add(term.expression);
    }
  }

  /** One term; undefined for a condition that became a constant, which the server does not order by. */
  #orderingSql(entry: ResolvedOrdering): string | undefined {
    if (entry === 'random') return this.#writer.dialect.random;
    const columns = partColumns(entry.expression);
    if (columns === undefined) {
      const sql = this.#annotationName(entry.expression) ?? entry.expression.toSql(this.#writer);
      return isConstant(sql) ? undefined : entry.toSql(this.#writer, sql);
    }
    return columns.map((column) => entry.toSql(this.#writer, column.toSql(this.#writer))).join(', ');
  }
  /** An annotation that is returned is ordered by under its name. */
  #annotationName(expression: ExpressionNode): string | undefined {
    const found = this.#selection.columns.find(
      (column) => column.expression === expression && column.name !== undefined,
    );
    return found?.name === undefined ? undefined : quote(found.name);
  }

  #grouping(ordering: readonly ResolvedOrdering[], having: readonly ExpressionNode[]): string[] {
    const { grouping } = this.#query;
    if (grouping === 'none') return [];
    const writer = this.#writer;
    const explicit = grouping === 'rows' ? [this.#query.keyColumn()] : grouping;
    const expressions = [
      ...explicit,
      ...this.#selection.columns.flatMap(({ expression }) => expression.groupBy()),
      ...ordering.flatMap((entry) => (entry === 'random' ? [] : entry.expression.groupBy())),
      ...having,
    ];
    const needed = writer.dialect.havingNeedsColumns ? having : [];
    const columns = withoutDependent(expressions, needed).flatMap(
      (each): readonly ExpressionNode[] => partColumns(each) ?? [each],
    );
    // The server takes no constants here, and a condition that cannot hold became one.
    return [...new Set(columns.map((column) => column.toSql(writer)))].filter((sql) => !isConstant(sql));
  }

  #locking(): string {
    const { locking } = this.#query;
    if (locking === undefined) return '';
    const known = this.#selection.lockable();
    const unknown = locking.of.filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new FieldError(
        `Invalid field name(s) given in selectForUpdate({ of: [...] }): ${unknown.join(', ')}. Only relational fields followed in the query are allowed. Choices are: ${[...known.keys()].join(', ')}.`,
      );
    }
    const tables = locking.of.map((name) => this.#writer.nameOf(known.get(name) as TableAlias));
    return this.#writer.dialect.locking({ ...locking, tables });
  }
}

/** Columns of a table whose key is in GROUP BY depend on it and are left out, but for those that are needed. */
function withoutDependent(
  expressions: readonly ExpressionNode[],
  needed: readonly ExpressionNode[],
): ExpressionNode[] {
  const keyed = new Set<TableAlias>();
  for (const expression of expressions) {
    if (expression instanceof Column && expression.field.options.primaryKey) keyed.add(expression.alias);
  }
  return expressions.filter(
    (expression) =>
      !(expression instanceof Column) ||
      expression.field.options.primaryKey ||
      !keyed.has(expression.alias) ||
      needed.includes(expression),
  );
}
