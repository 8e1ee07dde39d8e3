import { EmptyResultSet, FieldError, FullResultSet } from '../errors.ts';
import { Column } from '../expressions/field-reference.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import type { Decoder, Field } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import type { Hop, Relation } from '../models/relations.ts';
import type { FilteredRelation } from '../query/filtered.ts';
import { joinCondition } from '../query/filters.ts';
import type { TableAlias } from '../query/joins.ts';
import { type LoadMask, loadMask } from '../query/loading.ts';
import { joinPath } from '../query/paths.ts';
import type { Combination, Query, RelatedTree } from '../query/query.ts';
import { splitHaving, splitWindows, type WhereNode } from '../query/where.ts';
import { addedByOrdering, combinedOrdering, combinedSql } from './combine.ts';
import { requireInitial } from './distinct.ts';
import { orderingOf, pathedOrdering, type ResolvedOrdering } from './ordering.ts';
import { qualified } from './qualify.ts';
import type { InstanceShape, RelatedShape, RowShape } from './shape.ts';
import type { SqlWriter } from './writer.ts';

interface Selected {
  readonly expression: ExpressionNode;
  readonly name?: string | undefined;
}
/** Instances of one table, and what is joined to them. */
interface Joined {
  readonly model: ModelMeta;
  readonly alias: TableAlias;
  readonly related: RelatedTree | undefined;
  /** What to load; undefined for everything. */
  readonly mask: LoadMask | undefined;
  /** Relations that lead there. */
  readonly path: readonly string[];
}
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

/** Compiles SELECT statements; one instance per statement. */
export class SelectCompiler {
  readonly #query: Query;
  readonly #writer: SqlWriter;
  readonly #columns: Selected[] = [];
  /** Tables of the instances that are selected, by the relations that lead to them. */
  readonly #followed = new Map<string, TableAlias>();
  #evenIfEmpty = false;

  constructor(query: Query, writer: SqlWriter) {
    // Ordering and related rows may join further tables, which the published query must not see.
    this.#query = query.copy();
    this.#writer = writer;
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
    const row = expressions === undefined ? this.#selectRow(named) : this.#selectOnly(expressions);
    const ordering = ordered ? orderingOf(this.#query) : [];
    this.#selectOrderingOfDistinct(ordering);
    const { where: onRows, windows } = splitWindows(query.where);
    const { where, having } = splitHaving(onRows);
    const conditions = this.#conditions(where);
    const groupConditions = condition(() => having.toSql(writer));
    const windowConditions = condition(() => windows.toSql(writer));
    const grouping = this.#grouping(ordering, [...having.groupBy(), ...windows.groupBy()]);
    const tail: string[] = [];
    if (conditions !== undefined) tail.push(`WHERE ${conditions}`);
    if (grouping.length > 0) tail.push(`GROUP BY ${grouping.join(', ')}`);
    if (groupConditions !== undefined) tail.push(`HAVING ${groupConditions}`);
    const parts: string[] = [];
    const orderingSql: string[] = [];
    const distinctOn = query.distinctFields.map((field) => field.toSql(writer));
    if (windowConditions === undefined) {
      orderingSql.push(...ordering.map((entry) => this.#orderingSql(entry)));
      const columns = this.#columns.map(({ expression, name }) => this.#columnSql(expression, name));
      const distinct = this.#distinct(distinctOn, ordering);
      parts.push(`SELECT ${distinct}${columns.join(', ')}`, this.#from(), ...tail);
    } else {
      const columns = this.#columns.map(({ expression, name }) => ({ sql: expression.toSql(writer), name }));
      const outer = qualified({
        columns,
        ordering,
        distinct: distinctOn,
        condition: windowConditions,
        writer,
      });
      orderingSql.push(...outer.ordering);
      const inner = [`SELECT ${outer.inner.join(', ')}`, this.#from(), ...tail].join(' ');
      parts.push(
        `SELECT ${this.#distinct(outer.distinct, ordering)}${outer.columns.join(', ')} FROM (${inner}) "qualify"`,
        outer.where,
      );
    }
    if (orderingSql.length > 0) parts.push(`ORDER BY ${orderingSql.join(', ')}`);
    const limits = writer.dialect.limits(query.start, query.end);
    if (limits !== '') parts.push(limits);
    const locking = this.#locking();
    if (locking !== '') parts.push(locking);
    const sql = parts.join(' ');
    return { sql: expressions === undefined ? sql : this.#only(expressions.length, sql), row };
  }
  /** The first columns alone, where further ones had to be selected to be ordered by. */
  #only(count: number, sql: string): string {
    if (this.#columns.length === count) return sql;
    const names = this.#columns.slice(0, count).map(({ name = '' }) => quote(name));
    return `SELECT ${names.join(', ')} FROM (${sql}) "ordered"`;
  }

  #conditions(where: WhereNode): string | undefined {
    if (!this.#evenIfEmpty) return condition(() => where.toSql(this.#writer));
    if (this.#query.empty) return 'FALSE';
    try {
      return condition(() => where.toSql(this.#writer));
    } catch (error) {
      if (error instanceof EmptyResultSet) return 'FALSE';
      throw error;
    }
  }

  #combined(
    combination: Combination,
    ordered: boolean,
    expressions: readonly Selected[] | undefined,
  ): CompiledSelect {
    const query = this.#query;
    const writer = this.#writer;
    const { rows } = query;
    const row = expressions === undefined ? this.#selectRow(false) : this.#selectOnly(expressions);
    const names = rows.form !== 'instances' ? rows.names : expressions === undefined ? undefined : ['pk'];
    const pathed = ordered ? pathedOrdering(query) : [];
    const whole = rows.form === 'instances' && expressions === undefined;
    const added = whole ? addedByOrdering(pathed, this.#columns, (each, name) => this.#add(each, name)) : [];
    const parts = [
      combinedSql(combination, names, added, writer.dialect, (part, offset) => {
        const compiler = new SelectCompiler(part, writer.nested(offset));
        return compiler.compile({ ordered: part.sliced || part.distinctFields.length > 0 }).sql;
      }),
    ];
    const terms = pathed.map(({ term }) => term);
    const ordering = combinedOrdering(terms, this.#columns, writer);
    if (ordering.length > 0) parts.push(`ORDER BY ${ordering.join(', ')}`);
    const limits = writer.dialect.limits(query.start, query.end);
    if (limits !== '') parts.push(limits);
    return { sql: parts.join(' '), row };
  }

  #columnSql(expression: ExpressionNode, name: string | undefined): string {
    const sql = expression.toSql(this.#writer);
    return name === undefined ? sql : `${sql} AS ${quote(name)}`;
  }
  #decoderOf(expression: ExpressionNode): Decoder | undefined {
    return expression.typedByServer ? undefined : this.#decoder(expression.output);
  }
  #decoder(field: Field | undefined): Decoder | undefined {
    return field === undefined ? undefined : this.#writer.dialect.decoder(field);
  }
  #add(expression: ExpressionNode, name?: string): number {
    return this.#columns.push({ expression, name }) - 1;
  }

  #selectOnly(expressions: readonly Selected[]): RowShape {
    const columns = expressions.map(({ expression, name = this.#ownName() }) => ({
      name: name ?? '',
      at: this.#add(expression, name),
      decoder: this.#decoderOf(expression),
    }));
    return { form: 'tuples', columns };
  }

  /** What DISTINCT has to order by is selected beside it, and taken away again by name. */
  #ownName(): string | undefined {
    const { distinct, distinctFields, sliced } = this.#query;
    return distinct && sliced && distinctFields.length === 0 ? `only${this.#columns.length}` : undefined;
  }

  #selectRow(named: boolean): RowShape {
    const { rows } = this.#query;
    if (rows.form !== 'instances') {
      const columns = rows.names.map((name) => this.#selectNamed(name, named));
      return { form: rows.form, columns };
    }
    if (named && !this.#query.distinct) {
      // The query around this one needs a row for each row, and the annotations it names.
      this.#add(this.#query.keyColumn());
      const columns = [...this.#query.selectedAnnotations].map((name) => this.#selectNamed(name, named));
      return { form: 'tuples', columns };
    }
    const { model, base, related } = this.#query;
    const mask = loadMask(model, this.#query.loading, this.#query.filteredRelations);
    const instance = this.#selectInstance({ model, alias: base, related, mask, path: [] });
    const annotations = [...this.#query.selectedAnnotations].map((name) => this.#selectNamed(name));
    return { form: 'instances', instance, annotations };
  }
  #selectNamed(name: string, named = false) {
    const expression = this.#query.selected?.get(name) ?? this.#query.annotations.get(name);
    if (expression === undefined) throw new FieldError(`Cannot select '${name}'.`);
    const isColumn = expression instanceof Column && !this.#query.annotations.has(name);
    return {
      name,
      at: this.#add(expression, isColumn && !named ? undefined : name),
      decoder: this.#decoderOf(expression),
    };
  }
  #selectInstance({ model, alias, related, mask, path }: Joined): InstanceShape {
    this.#followed.set(path.join('__'), alias);
    const fields = model.fields.filter((field) => mask?.attributes.has(field.attribute) ?? true);
    const ancestors = model.ancestorKeys;
    const columns = fields.map((field) => ({
      name: field.attribute,
      at: this.#add(
        ancestors.includes(field)
          ? new Column(alias, model.primaryKey)
          : new Column(this.#query.joins.toOwner(alias, model, field), field),
      ),
      decoder: this.#decoder(field),
    }));
    const key = columns.find((column) => column.name === model.primaryKey.attribute);
    const relations = Object.entries(related ?? {}).map(([name, tree]) => {
      const filtered = alias === this.#query.base ? this.#query.filteredRelations.get(name) : undefined;
      if (filtered !== undefined) return this.#selectFiltered(filtered, tree, mask?.related.get(name));
      const relation = model.relation(name) as Relation;
      requireLoaded(model, relation, mask);
      const [hop] = relation.hops;
      const owner = this.#query.joins.follow(alias, model.pathTo(hop.from));
      const child = this.#query.joins.add(owner, hop, undefined);
      return {
        name,
        instance: this.#selectInstance({
          model: relation.target,
          alias: child,
          related: tree,
          mask: mask?.related.get(name),
          path: [...path, name],
        }),
        // The other side of a one-to-one is known without asking.
        backwards: relation.form === 'reverse' ? relation.field.name : undefined,
        attribute: false,
      };
    });
    return { model, columns, keyAt: key?.at ?? 0, relations, partial: fields.length < model.fields.length };
  }

  /** What a filtered relation leads to becomes an attribute: the relation itself may hold more rows. */
  #selectFiltered(
    { name, path }: FilteredRelation,
    tree: RelatedTree,
    mask: LoadMask | undefined,
  ): RelatedShape {
    const { alias } = joinPath(this.#query.joins, path, undefined);
    const relation = path.relation as Relation;
    return {
      name,
      instance: this.#selectInstance({
        model: relation.target,
        alias,
        related: tree,
        mask,
        path: [name],
      }),
      backwards: relation.form === 'reverse' && path.hops.length === 1 ? relation.field.name : undefined,
      attribute: true,
    };
  }

  #from(): string {
    const writer = this.#writer;
    const { joins, base, inner } = this.#query;
    if (inner !== undefined) {
      const ordered = inner.sliced || inner.distinctFields.length > 0;
      return `FROM (${new SelectCompiler(inner, writer).compile({ ordered, named: true, evenIfEmpty: this.#evenIfEmpty }).sql}) subquery`;
    }
    const tables = [tableSql(base, writer)];
    for (const [alias, { type }] of joins.used()) {
      const join = alias.join;
      if (join === undefined) continue;
      const { parent, hop } = join;
      const keys = joinSql(parent, alias, hop, writer);
      const further = this.#joinCondition(alias);
      const on = further === undefined ? keys : `${keys} AND ${further}`;
      tables.push(`${type} JOIN ${tableSql(alias, writer)} ON (${on})`);
    }
    const others = this.#query.extraTables.filter((table) => writer.isFree(table));
    return `FROM ${[tables.join(' '), ...others.map(quote)].join(', ')}`;
  }

  /** What the join of a filtered relation tests beside the keys. */
  #joinCondition(alias: TableAlias): string | undefined {
    const predicate = joinCondition(this.#query, alias);
    if (predicate === undefined) return undefined;
    try {
      return condition(() => predicate.toSql(this.#writer));
    } catch (error) {
      // No row is joined; the rows themselves stay.
      if (error instanceof EmptyResultSet) return 'FALSE';
      throw error;
    }
  }

  /** @param columns what DISTINCT ON names, as it is called where it stands */
  #distinct(columns: readonly string[], ordering: readonly ResolvedOrdering[]): string {
    const { distinct, distinctFields } = this.#query;
    if (!distinct) return '';
    if (distinctFields.length === 0) return 'DISTINCT ';
    const writer = this.#writer;
    const sql = writer.dialect.distinctOn(columns);
    requireInitial(
      distinctFields.map((field) => field.toSql(writer)),
      ordering.map((term) => (term === 'random' ? undefined : term.expression.toSql(writer))),
    );
    return sql;
  }

  /** Ordering columns that SELECT DISTINCT does not return are added to it, as SQL demands. */
  #selectOrderingOfDistinct(ordering: readonly ResolvedOrdering[]): void {
    if (!this.#query.distinct || this.#query.distinctFields.length > 0) return;
    const selected = new Set(this.#columns.map(({ expression }) => expression.toSql(this.#writer)));
    for (const term of ordering) {
      if (term === 'random') continue;
      const sql = term.expression.toSql(this.#writer);
      if (!selected.has(sql)) this.#add(term.expression);
    }
  }

  #orderingSql(entry: ResolvedOrdering): string {
    if (entry === 'random') return this.#writer.dialect.random;
    return entry.toSql(this.#writer, this.#annotationName(entry.expression));
  }
  /** An annotation that is returned is ordered by under its name. */
  #annotationName(expression: ExpressionNode): string | undefined {
    const found = this.#columns.find(
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
      ...this.#columns.flatMap(({ expression }) => expression.groupBy()),
      ...ordering.flatMap((entry) => (entry === 'random' ? [] : entry.expression.groupBy())),
      ...having,
    ];
    const needed = writer.dialect.havingNeedsColumns ? having : [];
    return [...new Set(withoutDependent(expressions, needed).map((expression) => expression.toSql(writer)))];
  }

  #locking(): string {
    const { locking } = this.#query;
    if (locking === undefined) return '';
    const known = this.#lockable();
    const unknown = locking.of.filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new FieldError(
        `Invalid field name(s) given in selectForUpdate({ of: [...] }): ${unknown.join(', ')}. Only relational fields followed in the query are allowed. Choices are: ${[...known.keys()].join(', ')}.`,
      );
    }
    const tables = locking.of.map((name) => this.#writer.nameOf(known.get(name) as TableAlias));
    return this.#writer.dialect.locking({ ...locking, tables });
  }
  /** Tables that can be locked alone, by name: those of instances, or those that values come from. */
  #lockable(): Map<string, TableAlias> {
    const { base, joins } = this.#query;
    const known = new Map([['self', base]]);
    if (this.#followed.size > 0) {
      for (const [name, alias] of this.#followed) if (alias !== base) known.set(name, alias);
      return known;
    }
    const paths = new Map<TableAlias | undefined, string[]>([[base, []]]);
    for (const [alias] of joins.used()) {
      const way = paths.get(alias.join?.parent);
      if (way === undefined || alias.join === undefined) continue;
      const path = [...way, alias.join.hop.fromField.name];
      paths.set(alias, path);
      known.set(path.join('__'), alias);
    }
    return known;
  }
}

/** @throws FieldError for a relation that is joined though its column is not loaded */
function requireLoaded(model: ModelMeta, relation: Relation, mask: LoadMask | undefined): void {
  if (relation.form !== 'forward' || mask === undefined || mask.attributes.has(relation.field.attribute))
    return;
  throw new FieldError(
    `Field ${model.label}.${relation.name} cannot be both deferred and traversed using selectRelated at the same time.`,
  );
}

/** SQL of a condition; undefined when every row meets it. */
function condition(write: () => string): string | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof FullResultSet) return undefined;
    throw error;
  }
}

function joinSql(parent: TableAlias, alias: TableAlias, hop: Hop, writer: SqlWriter): string {
  const { fromField, toField, only } = hop;
  const from = writer.column(parent, fromField);
  if (only === undefined) return `${from} = ${writer.column(alias, toField)}`;
  // The key of a generic relation may be kept in a column of another type.
  const sameType = keyType(fromField) === keyType(toField);
  const key = sameType ? from : writer.dialect.cast(from, toField);
  return `${key} = ${writer.column(alias, toField)} AND ${writer.column(alias, only.field)} = ${writer.dialect.literal(only.value)}`;
}
/** Whole numbers of any size compare with each other. */
function keyType(field: Field): string {
  return field.family === 'number' || field.family === 'relation' ? 'number' : field.castType();
}

function tableSql(alias: TableAlias, writer: SqlWriter): string {
  const name = writer.nameOf(alias);
  const table = quote(alias.model.table);
  return name === table ? table : `${table} ${name}`;
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
