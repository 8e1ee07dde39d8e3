import { describe } from '../describe.ts';
import { NotSupportedError } from '../errors.ts';
import { isSubqueried } from '../expressions/condition.ts';
import { isOptions, requireFlags, requireOptions } from '../options.ts';
import type { Combination, Query } from '../query/query.ts';
import type { ChainStep } from './chain.ts';
import type { QuerySet } from './queryset.ts';

export type Combinator = Combination['combinator'];

/** `union`, `intersection` and `difference`: the rows of several query sets, as sets or, with `all`, as they come. */
export function combineStep(combinator: Combinator, others: readonly QuerySet[], all: boolean): ChainStep {
  const owners = others.map(() => ({}));
  return {
    describe: (sink) => {
      sink.token(`${combinator}${all ? ' all' : ''}`);
      for (const [at, other] of others.entries()) sink.subquery(owners[at] as object, other);
    },
    build: (query, resolver) => {
      const parts = [
        { query: query.copy(), offset: 0 },
        ...others.map((other, at) => ({
          query: other.query,
          offset: resolver.places.positionOf(owners[at] as object),
        })),
      ];
      query.combination = { combinator, all, parts };
      query.ordering = undefined;
      query.start = 0;
      query.end = undefined;
      query.empty = false;
      query.locking = undefined;
      query.distinct = false;
      query.distinctFields = [];
    },
  };
}

/**
 * Rows of `queryset` combined with those of others.
 *
 * @param given query sets; for a union then `{ all: true }`, which keeps rows that are equal
 */
export function combined(queryset: QuerySet, combinator: Combinator, given: readonly unknown[]): QuerySet {
  queryset.query.requireNoStep('combined');
  const last = given.at(-1);
  const options = isOptions(last) ? last : {};
  requireOptions(combinator, options, combinator === 'union' ? ['all'] : []);
  requireFlags(combinator, options);
  const others = (isOptions(last) ? given.slice(0, -1) : given).map((other) => partOf(combinator, other));
  if (others.length === 0) return queryset.all();
  return queryset.step(combineStep(combinator, others, options.all === true));
}
/** @throws TypeError for what is no query set, nor a manager, whose rows are all of them */
function partOf(combinator: Combinator, given: unknown): QuerySet {
  if (isSubqueried(given)) {
    return given.kind === 'manager'
      ? (given as unknown as { getQuerySet(): QuerySet }).getQuerySet()
      : (given as QuerySet);
  }
  throw new TypeError(`${combinator}() takes query sets, not ${describe(given)}.`);
}

/** @throws NotSupportedError after union(), intersection() or difference() */
export function requireUncombined(query: Query, operation: string): void {
  if (query.combination === undefined) return;
  throw new NotSupportedError(
    `Calling QuerySet.${operation}() after ${query.combination.combinator}() is not supported.`,
  );
}
