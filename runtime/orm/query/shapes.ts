import { optimises } from '../optimisations.ts';
import { PlainFilters } from '../queryset/plain-filter.ts';
import type { Query } from './query.ts';
import type { Encoder } from './resolver.ts';

let shapeCount = 0;
/** Shapes kept per model; beyond it all are forgotten, so that generated queries cannot fill the memory. */
const mostShapes = 2_000;

/** Counts what is remembered under one root. Too much of it begins a new generation: what is in use comes back. */
class Memory {
  generation = 0;
  #used = 0;

  take(): void {
    this.#used += 1;
    if (this.#used <= mostShapes) return;
    this.generation += 1;
    this.#used = 0;
  }
}

/**
 * A query without its values, as a node of the tree of all chains that were ever written for a model. The same chain
 * with other values reaches the same node, whose query is built and whose SQL is compiled already.
 */
export class QueryShape {
  readonly number = ++shapeCount;
  readonly query: Query;
  /** Encoders of the values this step added, in order. */
  readonly encoders: readonly (Encoder | undefined)[];
  readonly #memory: Memory;
  readonly #children = new Map<string, QueryShape>();
  readonly #plans = new Map<string, unknown>();
  #plainFilters: PlainFilters | undefined;
  #generation: number;

  private constructor(query: Query, encoders: readonly (Encoder | undefined)[], memory: Memory) {
    this.query = query;
    this.encoders = encoders;
    this.#memory = memory;
    this.#generation = memory.generation;
  }
  static root(query: Query): QueryShape {
    return new QueryShape(query, [], new Memory());
  }
  /** The plain filters that were applied to this shape. */
  get plainFilters(): PlainFilters {
    this.#forget();
    this.#plainFilters ??= new PlainFilters();
    return this.#plainFilters;
  }

  /** The shape one chain call further, built by `build` the first time. */
  child(
    key: string,
    build: () => { readonly query: Query; readonly encoders: readonly (Encoder | undefined)[] },
  ): QueryShape {
    this.#forget();
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const { query, encoders } = build();
    this.#memory.take();
    const made = new QueryShape(query, encoders, this.#memory);
    if (optimises('shape-cache')) this.#children.set(key, made);
    return made;
  }
  /** Drops what an earlier generation remembered here; an application may hold on to this shape for ever. */
  #forget(): void {
    if (this.#generation === this.#memory.generation) return;
    this.#generation = this.#memory.generation;
    this.#children.clear();
    this.#plainFilters = undefined;
  }
  /** Something compiled for this shape, made by `compile` the first time. */
  plan<Plan>(key: string, compile: () => Plan): Plan {
    const known = this.#plans.get(key);
    if (known !== undefined) return known as Plan;
    const made = compile();
    if (optimises('shape-cache')) this.#plans.set(key, made);
    return made;
  }
}
