import { FieldError, ValueError } from '../errors.ts';
import { AnnotationReference, Column } from '../expressions/column.ts';
import {
  Comparison,
  type Condition,
  type ConditionPart,
  isSubqueried,
  Leaf,
  listOf,
} from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { compare, isNull } from '../lookups/comparisons.ts';
import { buildLookup } from '../lookups/index.ts';
import { type Operand, Test } from '../lookups/operand.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Hop } from '../models/relations.ts';
import { existsSubquery } from '../sql/subquery.ts';
import { isFiltered, onWayTo } from './filtered.ts';
import { type Joins, JoinVotes, type TableAlias } from './joins.ts';
import { isNullable, joinPath, pointedAt, type ResolvedPath } from './paths.ts';
import { Query } from './query.ts';
import { Resolver } from './resolver.ts';
import { type Predicate, WhereNode } from './where.ts';

/** Lookups for which null stands for a row without a value. */
const nullTests: ReadonlySet<string> = new Set(['exact', 'iexact']);

/** What a condition became, and the joins without which it could not hold. */
interface Built {
  readonly predicate: Predicate | undefined;
  readonly needed: ReadonlySet<TableAlias>;
}
/** Negation around a condition: of its own branch, and of the whole counted modulo two. */
interface Negation {
  readonly branch: boolean;
  readonly current: boolean;
}
/** Adds a condition to a query: one `filter()` or `exclude()` call. */
export function addCondition(resolver: Resolver, condition: Condition): void {
  const { query } = resolver;
  const inner = query.joins.inner();
  const reusable = new Set<TableAlias>(query.shared);
  const builder = new FilterBuilder(resolver.with({ reusable }), 'rows');
  const { predicate } = builder.condition(condition, { branch: false, current: false });
  if (predicate !== undefined) {
    requireGrouped(query, predicate);
    query.where = query.where.and(predicate);
  }
  // An OR may have made joins outer that an earlier filter relies on.
  query.joins.demote(inner);
}

/** Only an annotation says what the groups are; without one the server would refuse the condition. */
function requireGrouped(query: Query, predicate: Predicate): void {
  if (!predicate.containsAggregate || query.grouping !== 'none') return;
  throw new FieldError(
    'Using an aggregate in filter() without also including it in annotate() is not allowed.',
  );
}

/** What the join of a filtered relation tests beside the keys; undefined when its condition says nothing. */
export function joinCondition(query: Query, alias: TableAlias): Predicate | undefined {
  const hop = alias.join?.hop;
  if (hop === undefined || !isFiltered(hop)) return undefined;
  const { filtered } = hop;
  const resolver = new Resolver(query, filtered.places, { onWay: onWayTo(alias, filtered) });
  const builder = new FilterBuilder(resolver, 'joined');
  return builder.condition(filtered.condition, { branch: false, current: false }).predicate;
}

/** Resolves the condition of a relation that was just added: its values find their encoders, its mistakes are named. */
export function tryFilteredRelation(query: Query, name: string): void {
  const trial = query.copy();
  const { alias } = joinPath(trial.joins, trial.follow([name]), undefined);
  joinCondition(trial, alias);
  query.outerNames = trial.outerNames;
}

/**
 * The predicate of a condition, for places outside WHERE such as an aggregate's filter. It is about the joined rows that
 * are there: what it negates is tested on each of them, where `exclude()` asks whether there is one.
 */
export function resolveCondition(resolver: Resolver, condition: Condition): Predicate {
  const builder = new FilterBuilder(resolver, 'joined');
  const { predicate, needed } = builder.condition(condition, { branch: false, current: false });
  // Rows that fail the condition still count for the rest of the query.
  resolver.query.joins.promote(needed);
  return predicate ?? new WhereNode();
}

/** Rows that a relation is compared with are rows of the model it leads to. */
function requireRowsOf(target: ModelMeta, { model, rows, combination }: Query): void {
  if (rows.form !== 'instances' || combination !== undefined) return;
  if (model.isA(target) || target.isA(model)) return;
  throw new ValueError(`Cannot use QuerySet for "${model.label}": Use a QuerySet for "${target.label}".`);
}

/**
 * What a negated condition on a relation of many is about: `rows` have no related row that matches, as filter() and
 * exclude() ask; elsewhere it is tested for each row that was `joined`, as an aggregate's filter needs.
 */
type Negated = 'rows' | 'joined';

class FilterBuilder {
  readonly #resolver: Resolver;
  readonly #negated: Negated;

  constructor(resolver: Resolver, negated: Negated) {
    this.#resolver = resolver;
    this.#negated = negated;
  }

  condition(condition: Condition, outer: Negation): Built {
    const current = outer.current !== condition.negated;
    const negation = { branch: outer.branch || condition.negated, current };
    const votes = new JoinVotes(condition.connector, condition.parts.length, current);
    const children: Predicate[] = [];
    for (const part of condition.parts) {
      const built = this.#part(part, negation);
      votes.add(built.needed);
      if (built.predicate !== undefined) children.push(built.predicate);
    }
    const needed = votes.settle(this.#resolver.query.joins);
    if (children.length === 0) return { predicate: undefined, needed };
    return { predicate: new WhereNode(children, condition.connector, condition.negated), needed };
  }

  #part(part: ConditionPart, negation: Negation): Built {
    if (part instanceof Leaf) return this.#leaf(part, negation);
    if (part instanceof Comparison) return { predicate: this.#comparison(part), needed: new Set() };
    if (!(part instanceof ExpressionNode)) return this.condition(part, negation);
    const expression = part.resolve(this.#resolver);
    if (expression.output?.family !== 'boolean')
      throw new TypeError('Cannot filter against a non-conditional expression.');
    return { predicate: new Test([expression], (writer) => expression.toSql(writer)), needed: new Set() };
  }

  #comparison({ left, leaf }: Comparison): Predicate {
    const lhs = left.resolve(this.#resolver);
    return buildLookup(lhs, [leaf.path], this.#operand(leaf), this.#resolver).predicate;
  }

  #leaf(leaf: Leaf, negation: Negation): Built {
    const { query, options } = this.#resolver;
    const names = leaf.path.split('__');
    if (!options.joinsAllowed && names.length > 1 && query.model.relation(names[0] as string) !== undefined) {
      throw new FieldError('Joined field references are not permitted in this query');
    }
    if (options.summarizing) return { predicate: this.#ofSummary(leaf, names, negation), needed: new Set() };
    const annotated = this.#annotation(leaf, names);
    if (annotated !== undefined) return { predicate: annotated, needed: new Set() };
    const path = this.#resolver.follow(names);
    if (negation.branch && this.#negated === 'rows' && path.hops.some((hop) => hop.many)) {
      return this.#excludeMany(leaf, path);
    }
    return this.#tested(leaf, path, negation);
  }

  /** The lookup of a leaf on the column that its path leads to. */
  #tested(leaf: Leaf, path: ResolvedPath, negation: Negation): Built {
    const { query, options } = this.#resolver;
    const before = new Map([...query.joins.all()].map(([alias, state]) => [alias, state.uses]));
    const operand = this.#operand(leaf);
    if (operand.form === 'subquery' && path.relation !== undefined) {
      requireRowsOf(path.relation.target, operand.query);
    }
    const used = [...query.joins.all()]
      .filter(([alias, state]) => state.uses > (before.get(alias) ?? 0))
      .map(([alias]) => alias);
    const joined = joinPath(query.joins, path, options.reusable);
    for (const alias of joined.joined) options.reusable?.add(alias);
    const { relation } = path;
    // The key on this side stands in for the column that was named, whose lookups it takes.
    const output = relation === undefined ? path.field : joined.field;
    // A key that is a foreign key itself is held one step before: what is asked is whom it points at in the end.
    const asked = relation?.form === 'forward' && joined.field instanceof ForeignKeyField;
    const lhs = new Column(joined.alias, joined.field, asked ? relation.field : output);
    const { predicate, lookup } = buildLookup(lhs, path.rest, operand, this.#resolver);
    const needed = new Set([...used, ...joined.passed, ...pointedAt(query.joins, joined)]);
    const built = this.#guard(lhs, predicate, lookup, operand, negation, needed);
    if (!leaf.namesNull || !negation.current || built.predicate === undefined) return built;
    // As in Django 6.1: rows without a value are excluded by a list that names null.
    return { ...built, predicate: new WhereNode([built.predicate, isNull(lhs, true)], 'OR') };
  }

  /** Keeps rows whose column is null out of a negated condition's way, as Django does for exclude(). */
  #guard(
    lhs: Column,
    predicate: Predicate,
    lookup: string,
    operand: Operand,
    negation: Negation,
    joined: Set<TableAlias>,
  ): Built {
    const { joins } = this.#resolver.query;
    const asksNull = lookup === 'isNull' || (operand.form === 'null' && nullTests.has(lookup));
    const wantsNull = asksNull && (operand.form === 'null' || (operand.form === 'boolean' && operand.value));
    if (wantsNull && !negation.current) return { predicate, needed: new Set() };
    if (!negation.current || wantsNull) return { predicate, needed: joined };
    // The null of JSON is a value, but as in Django one that excludes rows without any, too.
    if (asksNull || (lookup === 'json' && operand.form === 'null')) return { predicate, needed: new Set() };
    const guards: Predicate[] = [predicate];
    if (isNullable(lhs.field) || joins.typeOf(lhs.alias) === 'LEFT OUTER') guards.push(isNull(lhs, false));
    if (
      operand.form === 'expression' &&
      operand.expression instanceof Column &&
      isNullable(operand.expression.field)
    ) {
      guards.push(isNull(operand.expression, false));
    }
    return { predicate: new WhereNode(guards), needed: new Set() };
  }

  #annotation(leaf: Leaf, names: readonly string[]): Predicate | undefined {
    const { annotations } = this.#resolver.query;
    // The longest name wins: an annotation may itself contain `__`.
    for (let length = names.length; length > 0; length--) {
      const annotation = annotations.get(names.slice(0, length).join('__'));
      if (annotation === undefined) continue;
      const operand = this.#operand(leaf);
      return buildLookup(annotation, names.slice(length), operand, this.#resolver).predicate;
    }
    return undefined;
  }

  /** Rows of a subquery are looked at by the names it hands them out under. */
  #ofSummary(leaf: Leaf, names: readonly string[], negation: Negation): Predicate {
    const resolver = this.#resolver.with({ hidden: new Set() });
    const { annotations } = resolver.query;
    let length = names.length;
    while (length > 0 && !annotations.has(names.slice(0, length).join('__'))) length--;
    if (length === 0) length = names.length - resolver.query.follow(names).rest.length;
    const lhs = resolver.path(names.slice(0, length).join('__'));
    const operand = this.#operand(leaf);
    const { predicate } = buildLookup(lhs, names.slice(length), operand, resolver);
    const source = lhs instanceof AnnotationReference ? lhs.source : lhs;
    const plain = source instanceof Column && operand.form !== 'null' && leaf.lastName !== 'isNull';
    if (!negation.current || !plain || !isNullable(source.field)) return predicate;
    return new WhereNode([predicate, isNull(lhs, false)]);
  }

  #item(item: Leaf | ExpressionNode): Operand {
    if (item instanceof Leaf) return this.#operand(item);
    return { form: 'expression', expression: item.resolve(this.#resolver) };
  }
  #operand(leaf: Leaf): Operand {
    const { value } = leaf;
    const side = this.#resolver.places.outside(leaf);
    if (side !== undefined) return { form: 'outside', side };
    if (value === null) return { form: 'null' };
    if (typeof value === 'boolean') return { form: 'boolean', value };
    if (value instanceof ExpressionNode) {
      return { form: 'expression', expression: value.resolve(this.#resolver) };
    }
    if (isSubqueried(value)) {
      const query = this.#resolver.places.queryOf(leaf);
      if (query === undefined) throw new ValueError('The query set was not described.');
      return { form: 'subquery', owner: leaf, query };
    }
    if (leaf.items !== undefined) return { form: 'items', items: leaf.items.map((item) => this.#item(item)) };
    const list = listOf(leaf);
    if (list !== undefined) {
      const sample = list.find((each) => each !== null);
      return { form: 'list', owner: leaf, empty: list.length === 0, sample, values: list };
    }
    return { form: 'value', owner: leaf, sample: value };
  }

  /**
   * Excludes by a relation of many rows: `NOT EXISTS` of a related row that matches. A plain negation would ask for
   * a related row that does not match, which is another question.
   */
  #excludeMany(leaf: Leaf, path: ResolvedPath): Built {
    return this.#excludeFromFirstMany(leaf, path) ?? this.#excludeFromStart(leaf, path);
  }

  /** A subquery of the first table of many rows: what leads there is in the query around it. */
  #excludeFromFirstMany(leaf: Leaf, path: ResolvedPath): Built | undefined {
    const { query, places, options } = this.#resolver;
    const { hops } = path;
    if (options.reusable && firstOfMany(query.joins, hops, options.reusable) !== undefined) return undefined;
    const at = hops.findIndex(({ many }) => many);
    const first = hops[at] as Hop;
    if (first.only !== undefined || hops.some(isFiltered) || this.#namesTheQuery(leaf)) return undefined;
    const inner = new Query(first.to);
    const builder = new FilterBuilder(new Resolver(inner, places, { reusable: new Set() }), 'rows');
    const rest = { ...path, hops: hops.slice(at + 1) };
    const { predicate, needed } = builder.#tested(leaf, rest, { branch: false, current: false });
    // A row that has none of the related rows has no column to be null, either.
    if (predicate === undefined || needed.size < inner.joins.used().length) return undefined;
    inner.joins.demote(needed);
    const start = { hops: hops.slice(0, at), field: first.fromField, relation: undefined, rest: [] };
    const { alias, field } = joinPath(query.joins, start, undefined);
    const key = new Column(alias, field);
    inner.where = inner.where.and(predicate).and(compare(new Column(inner.base, first.toField), '=', key));
    return { predicate: existsFor(key, inner), needed: new Set() };
  }
  /** True when a value may be one of the query's own rows, or what stands for no row at all. */
  #namesTheQuery(leaf: Leaf): boolean {
    const { value, items } = leaf;
    if (value === null || value === true || value instanceof ExpressionNode || items !== undefined)
      return true;
    return isSubqueried(value) && (this.#resolver.places.queryOf(leaf)?.outerNames.size ?? 0) > 0;
  }

  #excludeFromStart(leaf: Leaf, { hops }: ResolvedPath): Built {
    const { query, places, options } = this.#resolver;
    const inner = new Query(query.model);
    inner.filteredRelations = query.filteredRelations;
    // A value may be an annotation of the query around: it stays one of that query's rows.
    inner.annotations = new Map(query.annotations);
    const resolver = new Resolver(inner, places, { reusable: new Set() });
    const builder = new FilterBuilder(resolver, 'rows');
    const { predicate } = builder.#leaf(leaf, { branch: false, current: false });
    if (predicate !== undefined) inner.where = inner.where.and(predicate);
    for (const name of inner.outerNames.values()) query.outside(name);
    inner.where = inner.where.and(compare(inner.keyColumn(), '=', query.keyColumn()));
    // As in Django the rows that are joined already are meant where the condition may share them.
    const joined = options.reusable && firstOfMany(query.joins, hops, options.reusable);
    const excluded = joined && firstOfMany(inner.joins, hops, undefined);
    if (joined !== undefined && excluded !== undefined) {
      const { primaryKey } = joined.model;
      const same = compare(new Column(excluded, primaryKey), '=', new Column(joined, primaryKey));
      inner.where = inner.where.and(same);
    }
    return { predicate: existsFor(query.keyColumn(), inner), needed: new Set() };
  }
}

/** The table of the first relation of many rows on the way, where it is joined and may be shared. */
function firstOfMany(
  joins: Joins,
  hops: readonly Hop[],
  reusable: ReadonlySet<TableAlias> | undefined,
): TableAlias | undefined {
  let alias: TableAlias | undefined = joins.base;
  for (const hop of hops) {
    alias = joins.known(alias, hop, reusable);
    if (alias === undefined || hop.many) return alias;
  }
  return undefined;
}

/** EXISTS of rows that belong to `key`: among conditions on groups it is one of what those are made by, as in Django. */
function existsFor(key: Column, inner: Query): Predicate {
  const exists = existsSubquery(inner);
  return new Test([key], (writer) => exists.toSql(writer));
}
