import { defaultType } from '../expressions/aggregates.ts';
import { type ExpressionNode, unknownValue } from '../expressions/node.ts';
import { Query, requireName } from '../query/query.ts';
import { Resolver } from '../query/resolver.ts';
import type { NamedExpressions } from './annotations.ts';
import type { ChainStep } from './chain.ts';

/** Turns a query into one row of aggregates over its rows. */
export function summaryStep(named: NamedExpressions): ChainStep {
  return {
    describe: (sink) => {
      sink.token('summary');
      for (const [name, expression] of named) {
        sink.token(name);
        expression.describe(sink);
      }
    },
    build: (query, resolver) => {
      query.requireNoStep('aggregated');
      const aliases = [...query.annotations.keys()].filter((name) => !query.selectedAnnotations.has(name));
      const hidden = new Set(aliases);
      const inner = needsSubquery(query) ? query.copy() : undefined;
      if (inner !== undefined) become(query, inner);
      else clear(query);
      const names: string[] = [];
      for (const [name, expression] of named) {
        requireName(name);
        const resolved = resolveSummary(name, expression, query, inner, resolver.with({ hidden }));
        query.annotations.set(name, resolved);
        query.selectedAnnotations.add(name);
        names.push(name);
      }
      query.rows = { form: 'values', names };
    },
  };
}

/** Rows that are cut, merged or grouped must be made before they can be summarised. */
function needsSubquery(query: Query): boolean {
  return (
    query.combination !== undefined ||
    query.sliced ||
    query.distinct ||
    query.grouping !== 'none' ||
    query.hasAggregates ||
    query.hasWindows
  );
}

function clear(query: Query): void {
  query.ordering = [];
  query.related = undefined;
  query.loading = undefined;
  query.locking = undefined;
  query.selected = undefined;
  query.selectedAnnotations = new Set();
}

/** Makes `query` the one around `inner`. */
function become(query: Query, inner: Query): void {
  inner.related = undefined;
  inner.loading = undefined;
  inner.locking = undefined;
  if (!inner.sliced && inner.distinctFields.length === 0) inner.ordering = [];
  Object.assign(query, new Query(inner.model));
  query.ordering = [];
  query.inner = inner;
  query.empty = inner.empty;
}

function resolveSummary(
  name: string,
  expression: ExpressionNode,
  query: Query,
  inner: Query | undefined,
  resolver: Resolver,
): ExpressionNode {
  const summarizing =
    inner === undefined
      ? resolver
      : new Resolver(inner, resolver.places, {
          ...resolver.options,
          summarizing: true,
          reusable: undefined,
          outer: query,
        });
  const resolved = expression.resolve(summarizing);
  if (!resolved.containsAggregate) {
    throw new TypeError(`${name} is not an aggregate expression`);
  }
  return resolved;
}

/**
 * Results over no rows, for a query that is known to have none; undefined when the server has to be asked for one.
 *
 * @param summary the query of the summary, which knows the types
 */
export function emptySummary(named: NamedExpressions, summary: Query): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  for (const [name, expression] of named) {
    const value = expression.emptyValue;
    if (value === unknownValue) return undefined;
    const type = defaultType(summary.annotations.get(name)?.output);
    values[name] = value === null ? null : (type?.convert(value) ?? value);
  }
  return values;
}
