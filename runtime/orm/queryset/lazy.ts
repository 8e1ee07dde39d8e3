import { OutsideRange } from '../lookups/operand.ts';
import { registryVersion } from '../lookups/registered.ts';
import type { FetchMode } from '../models/fetch-modes.ts';
import type { ModelMeta } from '../models/meta.ts';
import { Collected, encoded, requireSame, type SubqueryParts, subqueryParts } from '../query/collected.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import { QueryShape } from '../query/shapes.ts';
import { isTotallyOrdered } from '../query/total-order.ts';
import type { ChainStep } from './chain.ts';
import type { PrefetchEntry } from './prefetch.ts';

/** What a query set carries beside its query. */
export interface QuerySetState {
  readonly alias: string | undefined;
  readonly prefetches: readonly PrefetchEntry[];
  /** Instance every row is related to, for the query sets of a related manager. */
  readonly known: { readonly name: string; readonly instance: object } | undefined;
  readonly signal: AbortSignal | undefined;
  /** How instances fetch what was not loaded; undefined is one by one. */
  readonly fetchMode?: FetchMode | undefined;
  /** The database that a query set inside this one says it is on. */
  readonly inner?: string | undefined;
}
export const plainState: QuerySetState = {
  alias: undefined,
  prefetches: [],
  known: undefined,
  signal: undefined,
};
let roots = new WeakMap<ModelMeta, QueryShape>();
let rootsVersion = 0;

/**
 * A query that has not run, and the rows once it has. What it is made of never changes: each step makes another one of
 * the same class. Compiled queries are found again by the shape.
 */
export abstract class LazyQuery {
  readonly kind = 'queryset';
  readonly meta: ModelMeta;
  readonly shape: QueryShape;
  /** Encoded values, in the order they were written. */
  readonly parameters: readonly unknown[];
  readonly state: QuerySetState;
  #cache: unknown[] | undefined;

  constructor(
    meta: ModelMeta,
    shape: QueryShape | undefined,
    values: readonly unknown[],
    state: QuerySetState,
  ) {
    this.meta = meta;
    this.shape = shape ?? rootShape(meta);
    this.parameters = values;
    this.state = state;
  }

  get query(): Query {
    return this.shape.query;
  }
  /** @throws ValueError when a query set inside this one says that it is on another */
  get database(): string {
    const { alias = 'default', inner } = this.state;
    if (inner !== undefined) requireSame(alias, inner);
    return alias;
  }
  get loaded(): readonly unknown[] | undefined {
    return this.#cache;
  }
  get ordered(): boolean {
    return this.query.ordered;
  }
  get totallyOrdered(): boolean {
    return isTotallyOrdered(this.query);
  }
  /** Keeps what a full read gave. */
  fill(rows: unknown[]): void {
    this.#cache = rows;
  }
  /** Forgets it, after the rows were changed. */
  empty(): void {
    this.#cache = undefined;
  }
  [subqueryParts](): SubqueryParts {
    this.query.requireNoStep('used as a subquery');
    const { alias, inner = alias } = this.state;
    return {
      shape: this.shape.number,
      query: this.query,
      values: this.parameters,
      database: alias === undefined ? inner : this.database,
    };
  }
  /** The same query with other circumstances; the cache is left behind. */
  with(changes: Partial<QuerySetState>): this {
    return this.derived(this.shape, this.parameters, { ...this.state, ...changes });
  }
  /** A query set of the same class, for whatever class of an application this is. */
  protected derived(shape: QueryShape, values: readonly unknown[], state = this.state): this {
    const Own = this.constructor as new (...parts: ConstructorParameters<typeof LazyQuery>) => this;
    return new Own(this.meta, shape, values, state);
  }

  /** The query set one chain call further. */
  step(step: ChainStep, outside: ReadonlyMap<object, 'above' | 'below'> = new Map()): this {
    const collected = new Collected(outside);
    step.describe(collected);
    const shape = this.shape.child(collected.key, () => {
      const query = this.query.copy();
      const places = new Places(this.parameters.length, collected);
      const { shared } = query;
      step.build(query, new Resolver(query, places));
      // What a step shares, it shares with the next one.
      if (query.shared === shared) query.shared = undefined;
      return { query, encoders: places.encoders };
    });
    const state = stateAround(this.state, collected.database);
    if (collected.values.length === 0) return this.derived(shape, this.parameters, state);
    const values = [...this.parameters];
    for (const [at, value] of collected.values.entries()) {
      try {
        values.push(encode(value, shape.encoders[at]));
      } catch (error) {
        if (!(error instanceof OutsideRange)) throw error;
        // No row can have that number: build the query for that case instead.
        return this.step(step, new Map(outside).set(collected.owners[at] as object, error.side));
      }
    }
    return this.derived(shape, values, state);
  }
}

/** @param inner database of a query set that a step brought */
function stateAround(state: QuerySetState, inner: string | undefined): QuerySetState {
  if (inner === undefined || inner === state.inner) return state;
  if (state.inner !== undefined) requireSame(state.inner, inner);
  return { ...state, inner };
}

function encode(value: unknown, encoder: ((value: unknown) => unknown) | undefined): unknown {
  if (typeof value === 'object' && value !== null && encoded in value) return value[encoded as never];
  return encoder === undefined ? value : encoder(value);
}

function rootShape(meta: ModelMeta): QueryShape {
  if (rootsVersion !== registryVersion()) {
    // Names may mean something else now than when queries were compiled.
    rootsVersion = registryVersion();
    roots = new WeakMap();
  }
  let root = roots.get(meta);
  if (root === undefined) {
    meta.requireSound();
    root = QueryShape.root(new Query(meta));
    roots.set(meta, root);
  }
  return root;
}
