import { ExpressionNode } from '../expressions/node.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Query } from './query.ts';
import type { Resolver } from './resolver.ts';

/** A name of a query further out. */
export interface OuterName {
  readonly path: string;
  /** 1 for the query around this one, 2 for the one around that. */
  readonly outward: number;
}
/** What the names of an outer query mean there, by `outerKey`. */
export type OuterBindings = ReadonlyMap<string, ExpressionNode>;

export function outerKey({ path, outward }: OuterName): string {
  return `${outward}:${path}`;
}

/**
 * The resolved form of an outer reference. What it stands for is known only once the query is used inside another,
 * and it may be used inside several: the writer of each has its own answer.
 */
export class OuterColumn extends ExpressionNode {
  readonly #key: string;

  constructor(name: OuterName) {
    super();
    this.#key = outerKey(name);
  }
  get output(): undefined {
    return undefined;
  }
  describe(): void {
    throw new Error('a resolved expression has no shape of its own');
  }
  resolve(): ExpressionNode {
    return this;
  }
  toSql(writer: SqlWriter): string {
    return writer.outer(this.#key);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/** Resolves the outer names of `inner` in the query that uses it. */
export function bindOuter(inner: Query, resolver: Resolver): OuterBindings {
  const bindings = new Map<string, ExpressionNode>();
  for (const name of inner.outerNames.values()) {
    const { path, outward } = name;
    const meaning =
      outward === 1 ? resolver.path(path) : resolver.query.outside({ path, outward: outward - 1 });
    bindings.set(outerKey(name), meaning);
  }
  return bindings;
}
