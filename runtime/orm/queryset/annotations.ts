import { shown } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { expressionFrom } from '../expressions/arguments.ts';
import { FilteredRelationNode } from '../expressions/filtered-relation.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { isOptions } from '../options.ts';
import { addFilteredRelation } from '../query/filtered.ts';
import { tryFilteredRelation } from '../query/filters.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';
import type { ChainStep } from './chain.ts';

// Expressions by name: those of annotate(), alias(), values() and aggregate().

/** Expressions with their names, in the order they were given: those of objects, and default ones of bare aggregates. */
export type NamedExpressions = readonly (readonly [name: string, expression: ExpressionNode])[];

/**
 * @throws TypeError for what is no expression, and for expressions that have no name; ValueError when two have the same
 */
export function namedExpressions(method: string, parts: readonly unknown[]): NamedExpressions {
  const named = namedParts(method, parts, expressionFrom);
  return named as [string, ExpressionNode][];
}

/** @param read what an entry becomes; undefined when it is not what `method` takes */
function namedParts<Entry>(
  method: string,
  parts: readonly unknown[],
  read: (given: unknown) => Entry | undefined,
): [string, Entry][] {
  const entries = parts.flatMap((part): [string, unknown][] => {
    if (isOptions(part)) return Object.entries(part);
    const name = part instanceof ExpressionNode ? part.defaultAlias : undefined;
    if (expressionFrom(part) === undefined) return [['', part]];
    if (name === undefined) throw new TypeError(`Complex ${nounOf(method)} require an alias`);
    return [[name, part]];
  });
  const named = entries.map(([name, given]) => [name, read(given)] as const);
  const wrong = entries.filter((_entry, at) => named[at]?.[1] === undefined);
  if (wrong.length > 0) {
    const listed = wrong.map(([, given]) => shown(given)).join(', ');
    throw new TypeError(`QuerySet.${method}() received non-expression(s): ${listed}.`);
  }
  const names = entries.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new ValueError(
      `The named annotation '${twice}' conflicts with the default name for another annotation.`,
    );
  }
  return named as [string, Entry][];
}
function nounOf(method: string): string {
  return method === 'aggregate' ? 'aggregates' : 'annotations';
}

/** `annotate(…)` and `alias(…)`. */
export function annotateStep(parts: readonly unknown[], selected: boolean): ChainStep {
  const method = selected ? 'annotate' : 'alias';
  const named = namedParts(method, parts, (given) =>
    given instanceof FilteredRelationNode ? given : expressionFrom(given),
  );
  return {
    describe: (sink) => {
      sink.token(method);
      for (const [name, expression] of named) {
        sink.token(name);
        if (expression instanceof FilteredRelationNode) {
          sink.token(`relation ${expression.relation}`);
          expression.condition.describe(sink);
        } else expression.describe(sink);
      }
    },
    build: (query, resolver) => {
      for (const [name, expression] of named) {
        query.requireFreeName(name, selected);
        if (expression instanceof FilteredRelationNode) {
          addFilteredRelation(resolver, name, expression.relation, expression.condition);
          tryFilteredRelation(query, name);
        } else addAnnotation(query, resolver, name, expression, selected);
      }
    },
  };
}

export function addAnnotation(
  query: Query,
  resolver: Resolver,
  name: string,
  expression: ExpressionNode,
  selected: boolean,
): void {
  const resolved = expression.resolve(resolver);
  if (selected) query.addSelected(name, resolved);
  else query.addAnnotation(name, resolved, false);
  if (resolved.containsAggregate) query.groupBySelection();
}
