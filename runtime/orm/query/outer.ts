import { NotSupportedError } from '../errors.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import { type Bounds, sliceOf } from '../expressions/slices.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Query } from './query.ts';
import type { Resolver } from './resolver.ts';

/** A name of a query further out. */
export interface OuterName {
  readonly path: string;
  /** 1 for the query around this one, 2 for the one around that. */
  readonly outward: number;
  /** Parts of what is found there, one of the other. */
  readonly slices: readonly Bounds[];
}
/** What the names of an outer query mean there, by `outerKey`. */
export type OuterBindings = ReadonlyMap<string, ExpressionNode>;

export function outerKey({ path, outward, slices }: OuterName): string {
  return `${outward}:${path}${slices.map(({ start, end }) => `[${start}:${end}]`).join('')}`;
}

/**
 * The resolved form of an outer reference. What it stands for is known only once the query is used inside another,
 * and it may be used inside several: the writer of each has its own answer.
 */
export class OuterColumn extends ResolvedNode {
  readonly key: string;

  constructor(name: OuterName) {
    super();
    this.key = outerKey(name);
  }
  get output(): undefined {
    return undefined;
  }
  toSql(writer: SqlWriter): string {
    return writer.outer(this.key);
  }
  override groupBy(): readonly ExpressionNode[] {
    return [];
  }
}

/**
 * Resolves the outer names of `inner` in the query that uses it.
 *
 * @throws NotSupportedError for a window: its rows are not there yet when the inner query is made
 */
export function bindOuter(inner: Query, resolver: Resolver): OuterBindings {
  const bindings = new Map<string, ExpressionNode>();
  for (const name of inner.outerNames.values()) {
    const { path, outward, slices } = name;
    const meaning =
      outward === 1
        ? slices.reduce(sliceOf, resolver.path(path))
        : resolver.query.outside({ path, outward: outward - 1, slices });
    if (meaning.containsWindow) {
      throw new NotSupportedError(`Referencing outer query window expression is not supported: ${path}.`);
    }
    bindings.set(outerKey(name), meaning);
  }
  return bindings;
}
