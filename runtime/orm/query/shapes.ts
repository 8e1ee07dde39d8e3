import type { Query } from './query.ts';
import type { Encoder } from './resolver.ts';

let shapeCount = 0;
/** Shapes kept per model; beyond it the oldest are forgotten, so that generated queries cannot fill the memory. */
const mostShapes = 2_000;

/** Counts what is remembered under one root. */
class Budget {
  used = 0;
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
  readonly #budget: Budget;
  readonly #children = new Map<string, QueryShape>();
  readonly #plans = new Map<string, unknown>();

  private constructor(query: Query, encoders: readonly (Encoder | undefined)[], budget: Budget) {
    this.query = query;
    this.encoders = encoders;
    this.#budget = budget;
  }
  static root(query: Query): QueryShape {
    return new QueryShape(query, [], new Budget());
  }

  /** The shape one chain call further, built by `build` the first time. */
  child(
    key: string,
    build: () => { readonly query: Query; readonly encoders: readonly (Encoder | undefined)[] },
  ): QueryShape {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const { query, encoders } = build();
    const made = new QueryShape(query, encoders, this.#budget);
    if (this.#budget.used < mostShapes) {
      this.#budget.used += 1;
      this.#children.set(key, made);
    }
    return made;
  }
  /** Something compiled for this shape, made by `compile` the first time. */
  plan<Plan>(key: string, compile: () => Plan): Plan {
    const known = this.#plans.get(key);
    if (known !== undefined) return known as Plan;
    const made = compile();
    this.#plans.set(key, made);
    return made;
  }
}
