import { FieldError, ValueError } from '../errors.ts';
import { Column } from '../expressions/column.ts';
import type { ExpressionNode, OrderingTerm } from '../expressions/node.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { FilteredRelation } from './filtered.ts';
import { Joins, TableAlias } from './joins.ts';
import type { Loading } from './loading.ts';
import { OuterColumn, type OuterName, outerKey } from './outer.ts';
import { followPath, type ResolvedPath } from './paths.ts';
import type { Places } from './resolver.ts';
import { WhereNode } from './where.ts';

/** Relations to load by joins: `author: { mentor: {} }`. */
export interface RelatedTree {
  readonly [name: string]: RelatedTree;
}
export interface LockingClause {
  readonly nowait: boolean;
  readonly skipLocked: boolean;
  readonly noKey: boolean;
  readonly of: readonly string[];
}
/** Query sets whose rows are taken together. */
export interface Combination {
  readonly combinator: 'union' | 'intersection' | 'difference';
  /** True keeps rows that are equal. */
  readonly all: boolean;
  /** Each with the place of its first value. */
  readonly parts: readonly { readonly query: Query; readonly offset: number }[];
}
/** What a row of the result is made of. */
export type RowForm =
  | { readonly form: 'instances' }
  | { readonly form: 'values'; readonly names: readonly string[] }
  | { readonly form: 'tuples'; readonly names: readonly string[] }
  | { readonly form: 'named'; readonly names: readonly string[] }
  | { readonly form: 'scalars'; readonly names: readonly string[] };

/**
 * One term of orderBy(). Names, and expressions as they were written, are resolved when the query is compiled, because
 * an ordering that is dropped before must not leave joins behind.
 */
export type OrderingEntry =
  | { readonly form: 'random' }
  | { readonly form: 'name'; readonly name: string; readonly descending: boolean }
  | { readonly form: 'term'; readonly term: OrderingTerm }
  | { readonly form: 'written'; readonly term: OrderingTerm; readonly places: Places };

/**
 * A query without its values: what is selected, joined, tested and ordered. Query sets share queries, so one that is
 * published is never changed: `copy`, change the copy, publish that.
 */
export class Query {
  readonly model: ModelMeta;
  joins: Joins;
  where = new WhereNode();
  /** Named expressions, in the order they were added. */
  annotations = new Map<string, ExpressionNode>();
  /** Annotations that are returned; those of `alias()` are not. */
  selectedAnnotations = new Set<string>();
  /** Relations with conditions of their own, by the names they were given. */
  filteredRelations: ReadonlyMap<string, FilteredRelation> = new Map();
  rows: RowForm = { form: 'instances' };
  /** Expressions of `values()`, by name. */
  selected: Map<string, ExpressionNode> | undefined;
  /** Undefined when the model's own ordering applies. */
  ordering: readonly OrderingEntry[] | undefined;
  /** True after `reverse()`. */
  reversed = false;
  distinct = false;
  distinctFields: readonly ExpressionNode[] = [];
  start = 0;
  end: number | undefined;
  /** Of the rows that are read, every how many-th is wanted. */
  step = 1;
  /** Expressions of GROUP BY; `rows` groups by the model's key. */
  grouping: 'none' | 'rows' | readonly ExpressionNode[] = 'none';
  related: RelatedTree | undefined;
  /** True where no names were given: what is not loaded is then not followed. */
  relatedUnasked = false;
  locking: LockingClause | undefined;
  /** Columns to load; undefined loads all. */
  loading: Loading | undefined;
  /** Tables beside the joined ones, which only SQL of the application's own can name. */
  extraTables: readonly string[] = [];
  /** Query whose rows this one summarises, in place of a table. */
  inner: Query | undefined;
  /** Set when the rows are those of several queries; conditions and joins of this one are then not used. */
  combination: Combination | undefined;
  /** Names it takes from the query it is used in. */
  outerNames: ReadonlyMap<string, OuterName> = new Map();
  /** True when the query cannot match anything: `none()`. */
  empty = false;

  constructor(model: ModelMeta) {
    this.model = model;
    this.joins = new Joins(new TableAlias(model));
  }

  /** Joined tables of which the next condition means the rows that are joined already: the pairs of an owner. */
  shared: ReadonlySet<TableAlias> | undefined;

  copy(): Query {
    const copy: Query = Object.assign(Object.create(Query.prototype), this);
    copy.joins = this.joins.copy();
    copy.annotations = new Map(this.annotations);
    copy.selectedAnnotations = new Set(this.selectedAnnotations);
    if (this.selected !== undefined) copy.selected = new Map(this.selected);
    return copy;
  }

  /** What a name of an outer query stands for in this one. */
  outside(name: OuterName): ExpressionNode {
    this.outerNames = new Map(this.outerNames).set(outerKey(name), name);
    return new OuterColumn(name);
  }

  get base(): TableAlias {
    return this.joins.base;
  }
  get sliced(): boolean {
    return this.start !== 0 || this.end !== undefined || this.step !== 1;
  }
  /** True when conditions, ordering and the like may still be added. */
  requireUnsliced(message: string): void {
    if (this.sliced) throw new TypeError(message);
  }
  get hasAggregates(): boolean {
    for (const annotation of this.annotations.values()) if (annotation.containsAggregate) return true;
    return false;
  }
  get hasWindows(): boolean {
    for (const annotation of this.annotations.values()) if (annotation.containsWindow) return true;
    return this.where.containsWindow;
  }
  get ordered(): boolean {
    if (this.empty) return true;
    if (this.ordering !== undefined) return this.ordering.length > 0;
    // A grouped query drops the model's own ordering: it would add columns to the groups.
    return (this.model.options.ordering?.length ?? 0) > 0 && this.grouping === 'none';
  }

  /** SQL has no steps: the rows between are read, and left out. */
  requireNoStep(use: string): void {
    if (this.step === 1) return;
    throw new TypeError(`A slice with a step cannot be ${use}: it is known only once its rows are read.`);
  }

  /** Narrows to every `step`-th of rows `start` to `end` of what is selected now. */
  slice(start: number, end: number | undefined, step = 1): void {
    const limit = this.end;
    const first = this.start;
    this.start = first + start * this.step;
    if (end !== undefined) this.end = first + end * this.step;
    this.step *= step;
    if (limit !== undefined) this.end = Math.min(this.end ?? limit, limit);
    if (this.end !== undefined && this.start >= this.end) {
      this.empty = true;
      this.start = Math.min(this.start, this.end);
    }
  }

  addAnnotation(name: string, expression: ExpressionNode, selected: boolean): void {
    this.annotations.set(name, expression);
    if (selected) this.selectedAnnotations.add(name);
    else this.selectedAnnotations.delete(name);
  }
  /** As `addAnnotation`, for one that is returned: a query of values returns it too. */
  addSelected(name: string, expression: ExpressionNode): void {
    this.addAnnotation(name, expression, true);
    const { rows } = this;
    if (rows.form === 'instances' || rows.names.includes(name)) return;
    this.rows = { ...rows, names: [...rows.names, name] };
  }
  /** Groups by what is selected so far, for an aggregate that was added. */
  groupBySelection(): void {
    if (this.selected === undefined) {
      if (this.grouping === 'none') this.grouping = 'rows';
      return;
    }
    const expressions = [...this.selected.values()].filter((expression) => !expression.containsAggregate);
    this.grouping = expressions.flatMap((expression) => expression.groupBy());
  }

  /**
   * Checks that an annotation can have a name and does not hide a column or relation.
   *
   * @param attribute true when instances get it, which must keep their methods
   */
  requireFreeName(name: string, attribute: boolean): void {
    requireName(name);
    const taken =
      this.selected === undefined
        ? this.model.field(name) !== undefined || this.model.relation(name) !== undefined
        : this.selected.has(name);
    if (taken) {
      throw new ValueError(`The annotation '${name}' conflicts with a field on the model.`);
    }
    if (attribute && this.rows.form === 'instances' && name in this.model.modelClass.prototype) {
      throw new ValueError(`The annotation '${name}' conflicts with a member of the model.`);
    }
  }

  /** Checks the relations named by selectRelated and adds them to the tree. */
  addRelated(path: string): void {
    const names = path.split('__');
    let model = this.model;
    for (const [at, name] of names.entries()) {
      const filtered = at === 0 ? this.filteredRelations.get(name)?.path.relation : undefined;
      if (filtered !== undefined) {
        model = filtered.target;
        continue;
      }
      const relation = model.relation(name);
      const single = relation?.form === 'forward' || (relation?.form === 'reverse' && relation.single);
      if (!single) throw unrelated(model, name, at === 0 ? [...this.filteredRelations.keys()] : []);
      model = relation.target;
    }
    this.related = grow(this.related ?? {}, names);
  }
  keyColumn(): Column {
    return new Column(this.base, this.model.primaryKey);
  }
  /** True when a name of `values()` or of an ordering exists. */
  checkName(name: string): void {
    if (this.annotations.has(name)) return;
    const names = name.split('__');
    if (this.annotations.has(names[0] as string)) return;
    this.follow(names);
  }
  /** Follows names as far as they are fields and relations of the model, or relations that were annotated. */
  follow(names: readonly string[]): ResolvedPath {
    return followPath(this.model, names, this.annotations.keys(), this.filteredRelations);
  }
}

/** Checks that something can have a name in a result: an aggregate may be called as a field is. */
export function requireName(name: string): void {
  if (/[\s'"`;]|--|\/\*|\*\/|\p{Cc}|\p{Cs}/u.test(name)) {
    throw new ValueError(
      'Column aliases cannot contain whitespace characters, control characters, quotation marks, semicolons, or SQL comments.',
    );
  }
  if (name === '__proto__') throw new ValueError(`'${name}' cannot be the name of a value.`);
}

function grow(tree: RelatedTree, names: readonly string[]): RelatedTree {
  const [first, ...rest] = names;
  if (first === undefined) return tree;
  return { ...tree, [first]: grow(tree[first] ?? {}, rest) };
}

/** What is wrong with a name given to selectRelated. */
function unrelated(model: ModelMeta, name: string, annotated: readonly string[]): FieldError {
  const own = [...model.relations]
    .filter(([, relation]) => relation.form === 'forward' || (relation.form === 'reverse' && relation.single))
    .map(([choice]) => choice);
  const choices = [...own, ...annotated];
  const listed = choices.length === 0 ? '(none)' : choices.join(', ');
  const known = model.field(name) !== undefined;
  return new FieldError(
    known
      ? `Non-relational field given in selectRelated: '${name}'. Choices are: ${listed}`
      : `Invalid field name(s) given in selectRelated: '${name}'. Choices are: ${listed}`,
  );
}
