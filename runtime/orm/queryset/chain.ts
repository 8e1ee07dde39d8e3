import { FieldError, ValueError } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ConditionExpression } from '../expressions/conditional.ts';
import { FilteredRelationNode } from '../expressions/filtered-relation.ts';
import { ExpressionNode, OrderingTerm, type ShapeSink } from '../expressions/node.ts';
import { describe } from '../fields/text.ts';
import { addFilteredRelation } from '../query/filtered.ts';
import { addCondition, tryFilteredRelation } from '../query/filters.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';

// The chain operations of a query set, each in two halves: what its SQL depends on, and how the query changes.

/** One chain operation, as a query set applies it. */
export interface ChainStep {
  describe(sink: ShapeSink): void;
  build(query: Query, resolver: Resolver): void;
}

/** What `filter` was given: conditions, then lookups. */
export function conditionOf(parts: readonly unknown[]): Condition {
  const conditions = parts
    .filter((part) => part !== undefined)
    .map((part) => {
      if (part instanceof Condition) return part;
      if (part instanceof ExpressionNode) return new Condition([part]);
      return Condition.of(part);
    })
    .filter((condition) => !condition.empty);
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : new Condition(conditions);
}

export function filterStep(parts: readonly unknown[], negated: boolean): ChainStep | undefined {
  const given = conditionOf(parts);
  if (given.empty) return undefined;
  const condition = negated ? new Condition([given], 'AND', true) : given;
  return {
    describe: (sink) => {
      sink.token('filter');
      condition.describe(sink);
    },
    build: (query, resolver) => {
      query.requireUnsliced('Cannot filter a query once a slice has been taken.');
      addCondition(resolver, condition);
    },
  };
}

export function orderStep(terms: readonly unknown[]): ChainStep {
  return {
    describe: (sink) => {
      sink.token('order');
      for (const term of terms) {
        if (term instanceof OrderingTerm || term instanceof ExpressionNode) term.describe(sink);
        else describeNames(sink, [term]);
      }
    },
    build: (query, resolver) => {
      query.requireUnsliced('Cannot reorder a query once a slice has been taken.');
      query.reversed = false;
      query.ordering = terms.map((term) => {
        if (term instanceof OrderingTerm || term instanceof ExpressionNode) {
          const given = term instanceof OrderingTerm ? term : term.asc();
          requireNoAggregate(given.expression);
          return { form: 'term', term: given.resolve(resolver) } as const;
        }
        if (term === '?') return { form: 'random' } as const;
        const text = String(term);
        const name = text.replace(/^[-+]/, '');
        query.checkName(name);
        return { form: 'name', name, descending: text.startsWith('-') } as const;
      });
    },
  };
}

/** The entries of an object of expressions. */
function namedBy(part: unknown): [string, unknown][] {
  if (typeof part === 'object' && part !== null) return Object.entries(part);
  throw new TypeError(`Names are strings and expressions have names: ${describe(part)} is neither.`);
}

/** Adds names that the SQL depends on, so that no two lists of names look the same. */
function describeNames(sink: ShapeSink, names: readonly unknown[]): void {
  for (const name of names) {
    if (name !== null && typeof name !== 'string') {
      throw new TypeError(`A name is a string, not ${describe(name)}.`);
    }
    sink.token(name === null ? 'null' : `.${name}`);
  }
}

/** Only an annotation says what the groups are. */
function requireNoAggregate(expression: ExpressionNode): void {
  if (!expression.containsAggregate) return;
  throw new FieldError(
    `Using an aggregate in orderBy() without also including it in annotate() is not allowed: ${expression.label}`,
  );
}

/** Names given to aggregates and annotations: those of the object, and default ones of bare aggregates. */
export function namedExpressions<Given = ExpressionNode | Condition>(
  parts: readonly unknown[],
): [string, ExpressionNode | Given][] {
  return parts.flatMap((part): [string, ExpressionNode | Given][] => {
    if (!(part instanceof ExpressionNode)) return namedBy(part) as [string, Given][];
    const name = part.defaultAlias;
    if (name === undefined) throw new TypeError('Complex aggregates require an alias');
    return [[name, part]];
  });
}

export function annotateStep(parts: readonly unknown[], selected: boolean): ChainStep {
  const named = namedExpressions<Condition | FilteredRelationNode>(parts);
  return {
    describe: (sink) => {
      sink.token(selected ? 'annotate' : 'alias');
      for (const [name, expression] of named) {
        sink.token(name);
        if (expression instanceof FilteredRelationNode) {
          sink.token(`relation ${expression.relation}`);
          expression.condition.describe(sink);
        } else requireExpression(name, expression).describe(sink);
      }
    },
    build: (query, resolver) => {
      for (const [name, expression] of named) {
        query.requireFreeName(name, selected);
        if (expression instanceof FilteredRelationNode) {
          addFilteredRelation(resolver, name, expression.relation, expression.condition);
          tryFilteredRelation(query, name);
        } else addAnnotation(query, resolver, name, requireExpression(name, expression), selected);
      }
    },
  };
}

function addAnnotation(
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

function requireExpression(name: string, expression: unknown): ExpressionNode {
  if (expression instanceof ExpressionNode) return expression;
  if (expression instanceof Condition) return new ConditionExpression(expression);
  throw new TypeError(`QuerySet.annotate() received non-expression(s): ${name}.`);
}

/** `values(…)` and `valuesList(…)`. */
export function valuesStep(form: 'values' | 'tuples' | 'scalars', parts: readonly unknown[]): ChainStep {
  const expressions = parts.flatMap((part) => (typeof part === 'string' ? [] : namedBy(part)));
  const names = parts.filter((part) => typeof part === 'string');
  return {
    describe: (sink) => {
      sink.token(form);
      describeNames(sink, names);
      for (const [name, expression] of expressions) {
        sink.token(`=${name}`);
        requireExpression(name, expression).describe(sink);
      }
    },
    build: (query, resolver) => {
      const all = names.length === 0 && expressions.length === 0;
      const wanted = all
        ? [...query.model.fields.map((field) => field.attribute), ...query.selectedAnnotations]
        : names;
      for (const [name] of expressions) query.requireFreeName(name, false);
      query.related = undefined;
      query.loaded = undefined;
      query.selected = new Map();
      for (const name of wanted) selectName(query, resolver, name);
      query.selectedAnnotations = new Set(wanted.filter((name) => query.annotations.has(name)));
      query.rows = { form, names: wanted };
      if (query.grouping === 'rows') regroup(query, wanted);
      for (const [name, expression] of expressions) {
        addAnnotation(query, resolver, name, requireExpression(name, expression), true);
      }
    },
  };
}

function selectName(query: Query, resolver: Resolver, name: string): void {
  if (query.annotations.has(name)) {
    if (query.selectedAnnotations.has(name)) return;
    throw new FieldError(`Cannot select the '${name}' alias. Use annotate() to promote it.`);
  }
  query.selected?.set(name, resolver.path(name));
}

/** After annotate(), values() narrows what is returned, not what rows are counted by. */
function regroup(query: Query, names: readonly string[]): void {
  const columns = names.flatMap((name) => query.selected?.get(name)?.groupBy() ?? []);
  query.grouping = [query.keyColumn(), ...columns];
}

export function distinctStep(fields: readonly string[]): ChainStep {
  return {
    describe: (sink) => {
      sink.token('distinct');
      describeNames(sink, fields);
    },
    build: (query, resolver) => {
      query.requireUnsliced('Cannot create distinct fields once a slice has been taken.');
      query.distinct = true;
      query.distinctFields = fields.map((name) => resolver.path(name));
    },
  };
}

export function sliceStep(start: number, end: number | undefined): ChainStep {
  for (const bound of [start, end ?? 0]) {
    // Beyond the safe ones a number is written with an exponent, which is none to every server.
    if (!Number.isSafeInteger(bound)) throw new TypeError('Slice bounds must be whole numbers.');
    if (bound < 0) throw new ValueError('Negative indexing is not supported.');
  }
  return {
    describe: (sink) => sink.token(`slice ${start}:${end ?? ''}`),
    build: (query) => query.slice(start, end),
  };
}

export function reverseStep(): ChainStep {
  return {
    describe: (sink) => sink.token('reverse'),
    build: (query) => {
      query.requireUnsliced('Cannot reverse a query once a slice has been taken.');
      query.reversed = !query.reversed;
    },
  };
}

export function noneStep(): ChainStep {
  return {
    describe: (sink) => sink.token('none'),
    build: (query) => {
      query.empty = true;
    },
  };
}

export function relatedStep(paths: readonly (string | null)[]): ChainStep {
  return {
    describe: (sink) => {
      sink.token('related');
      describeNames(sink, paths);
    },
    build: (query) => {
      if (query.rows.form !== 'instances') {
        throw new TypeError('Cannot call select_related() after .values() or .values_list()');
      }
      if (paths[0] === null) {
        query.related = undefined;
        return;
      }
      const names = paths.length > 0 ? (paths as readonly string[]) : requiredRelations(query);
      for (const path of names) query.addRelated(path);
    },
  };
}
/** Without names every relation that cannot be null is followed, one level deep. */
function requiredRelations(query: Query): string[] {
  return query.model.fields
    .filter((field) => query.model.relation(field.name)?.form === 'forward' && !field.options.nullable)
    .map((field) => field.name);
}

export function lockStep(options: {
  nowait?: boolean;
  skipLocked?: boolean;
  of?: readonly string[];
  noKey?: boolean;
}): ChainStep {
  const { nowait = false, skipLocked = false, of = [], noKey = false } = options;
  if (nowait && skipLocked) throw new ValueError('The nowait option cannot be used with skip_locked.');
  return {
    describe: (sink) => {
      sink.token(`lock ${nowait} ${skipLocked} ${noKey}`);
      describeNames(sink, of);
    },
    build: (query) => {
      query.locking = { nowait, skipLocked, of, noKey };
    },
  };
}

/** `only` replaces what is loaded, `defer` takes away from it; the key is always loaded. */
export function loadStep(kind: 'only' | 'defer', names: readonly (string | null)[]): ChainStep {
  return {
    describe: (sink) => {
      sink.token(kind);
      describeNames(sink, names);
    },
    build: (query) => {
      if (names[0] === null) {
        query.loaded = undefined;
        return;
      }
      const attributes = names.map((name) => query.model.requireField(name as string).attribute);
      const { primaryKey, ancestorKeys } = query.model;
      const keys = [primaryKey, ...ancestorKeys].map((field) => field.attribute);
      const all = query.loaded ?? new Set(query.model.fields.map((field) => field.attribute));
      const kept = kind === 'only' ? attributes : [...all].filter((name) => !attributes.includes(name));
      query.loaded = new Set([...keys, ...kept]);
    },
  };
}
