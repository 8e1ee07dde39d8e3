import type { Field } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Hop } from '../models/relations.ts';
import { isFiltered } from './filtered.ts';

/** One use of a table in a query. Compared by identity, so that it keeps its meaning in copies and subqueries. */
export class TableAlias {
  readonly model: ModelMeta;
  /** How it is joined; absent for the query's own table. */
  readonly join: { readonly parent: TableAlias; readonly hop: Hop } | undefined;

  constructor(model: ModelMeta, join?: { readonly parent: TableAlias; readonly hop: Hop }) {
    this.model = model;
    this.join = join;
  }
  /** What to call it: a filtered relation by its own name, anything else by its table. */
  get label(): string {
    const hop = this.join?.hop;
    return hop !== undefined && isFiltered(hop) ? hop.filtered.name : this.model.table;
  }
}

export type JoinType = 'INNER' | 'LEFT OUTER';
export interface JoinState {
  readonly type: JoinType;
  /** How many parts of the query use it; unused joins are left out. */
  readonly uses: number;
}

/** The tables of one query: which are joined, how, and which later conditions may share them. */
export class Joins {
  readonly base: TableAlias;
  readonly #states: Map<TableAlias, JoinState>;

  constructor(base: TableAlias, states: ReadonlyMap<TableAlias, JoinState> = new Map()) {
    this.base = base;
    this.#states = new Map(states);
  }
  copy(): Joins {
    return new Joins(this.base, this.#states);
  }
  /** Joined tables that something uses, parents before children. */
  used(): [TableAlias, JoinState][] {
    return [...this.#states].filter(([, state]) => state.uses > 0);
  }
  all(): IterableIterator<[TableAlias, JoinState]> {
    return this.#states.entries();
  }
  uses(alias: TableAlias): number {
    return this.#states.get(alias)?.uses ?? 0;
  }
  typeOf(alias: TableAlias): JoinType | undefined {
    return this.#states.get(alias)?.type;
  }

  /**
   * Joins the table at the end of `hop`, or shares a join that is there.
   *
   * @param reusable tables that may be shared though they can hold several rows; undefined when all may
   */
  add(parent: TableAlias, hop: Hop, reusable: ReadonlySet<TableAlias> | undefined): TableAlias {
    const known = this.known(parent, hop, reusable);
    const state = known && this.#states.get(known);
    if (known !== undefined && state !== undefined) {
      this.#states.set(known, { ...state, uses: state.uses + 1 });
      return known;
    }
    const alias = new TableAlias(hop.to, { parent, hop });
    const outer = hop.nullable || this.typeOf(parent) === 'LEFT OUTER';
    this.#states.set(alias, { type: outer ? 'LEFT OUTER' : 'INNER', uses: 1 });
    return alias;
  }
  /** The join that is there for a hop and may be shared; of several the last one, as in Django. */
  known(parent: TableAlias, hop: Hop, reusable: ReadonlySet<TableAlias> | undefined): TableAlias | undefined {
    let last: TableAlias | undefined;
    for (const alias of this.#states.keys()) {
      if (alias.join?.parent !== parent || alias.join.hop !== hop) continue;
      if (!hop.many || reusable === undefined || reusable.has(alias)) last = alias;
    }
    return last;
  }
  /** Joins one table after the other; the last one. */
  follow(start: TableAlias, hops: readonly Hop[]): TableAlias {
    return hops.reduce((alias, hop) => this.add(alias, hop, undefined), start);
  }
  /** The table that holds a field of `model`: an inherited one lies in the table of the parent. */
  toOwner(alias: TableAlias, model: ModelMeta, field: Field): TableAlias {
    return this.follow(alias, model.pathTo(field.model));
  }
  release(alias: TableAlias): void {
    const state = this.#states.get(alias);
    if (state !== undefined) this.#states.set(alias, { ...state, uses: state.uses - 1 });
  }

  /** Makes joins outer where rows may be missing, and everything joined behind them. */
  promote(aliases: Iterable<TableAlias>): void {
    const queue = [...aliases];
    for (let alias = queue.shift(); alias !== undefined; alias = queue.shift()) {
      const state = this.#states.get(alias);
      if (state === undefined || alias.join === undefined || state.type === 'LEFT OUTER') continue;
      if (!alias.join.hop.nullable && this.typeOf(alias.join.parent) !== 'LEFT OUTER') continue;
      this.#states.set(alias, { ...state, type: 'LEFT OUTER' });
      for (const child of this.#states.keys()) if (child.join?.parent === alias) queue.push(child);
    }
  }
  /** Makes joins inner, and everything they are joined through: an inner join behind an outer one undoes it. */
  demote(aliases: Iterable<TableAlias>): void {
    for (const start of aliases) {
      for (let alias: TableAlias | undefined = start; alias !== undefined; alias = alias.join?.parent) {
        const state = this.#states.get(alias);
        if (state === undefined || state.type === 'INNER') break;
        this.#states.set(alias, { ...state, type: 'INNER' });
      }
    }
  }
  inner(): TableAlias[] {
    return [...this.#states].filter(([, state]) => state.type === 'INNER').map(([alias]) => alias);
  }
}

/**
 * Decides join types for one AND or OR of conditions, as Django's JoinPromoter. A condition votes for the joins it
 * needs a row in: under OR a join must be outer unless every branch needs it, under AND one vote makes it inner.
 */
export class JoinVotes {
  readonly #effective: 'AND' | 'OR';
  readonly #branches: number;
  readonly #votes = new Map<TableAlias, number>();

  constructor(connector: Connector, branches: number, negated: boolean) {
    const either = connector === 'OR' || connector === 'XOR';
    this.#effective = negated !== either ? 'OR' : 'AND';
    this.#branches = branches;
  }
  add(needed: Iterable<TableAlias>): void {
    for (const alias of needed) this.#votes.set(alias, (this.#votes.get(alias) ?? 0) + 1);
  }
  /** Applies the outcome; returns the joins that are needed as a whole. */
  settle(joins: Joins): Set<TableAlias> {
    const promoted: TableAlias[] = [];
    const demoted = new Set<TableAlias>();
    for (const [alias, votes] of this.#votes) {
      if (this.#effective === 'OR' && votes < this.#branches) promoted.push(alias);
      else demoted.add(alias);
    }
    joins.promote(promoted);
    joins.demote(demoted);
    return demoted;
  }
}
export type Connector = 'AND' | 'OR' | 'XOR';
