import { describe } from '../describe.ts';
import { FieldError, ValueError } from '../errors.ts';
import { partColumns } from '../expressions/column.ts';
import { Condition, conditionOf } from '../expressions/condition.ts';
import { ConditionExpression } from '../expressions/conditional.ts';
import { ExpressionNode, OrderingTerm, type ShapeSink } from '../expressions/node.ts';
import { addCondition } from '../query/filters.ts';
import type { Query } from '../query/query.ts';
import { Resolver } from '../query/resolver.ts';

// The chain operations of a query set, each in two halves: what its SQL depends on, and how the query changes.

/** One chain operation, as a query set applies it. */
export interface ChainStep {
  describe(sink: ShapeSink): void;
  build(query: Query, resolver: Resolver): void;
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

/** A name, a chance or an expression, as `orderBy` takes them. */
type Term = string | OrderingTerm;

/** @throws FieldError for what nothing can be ordered by */
function orderingTerms(terms: readonly unknown[]): Term[] {
  const read = terms.map((term): Term | undefined => {
    if (term instanceof OrderingTerm || typeof term === 'string') return term;
    if (term instanceof Condition) return new ConditionExpression(term).asc();
    return term instanceof ExpressionNode ? term.asc() : undefined;
  });
  const wrong = terms.filter((_term, at) => read[at] === undefined);
  if (wrong.length === 0) return read as Term[];
  throw new FieldError(`Invalid orderBy arguments: ${wrong.map(describe).join(', ')}`);
}

export function orderStep(given: readonly unknown[]): ChainStep {
  const terms = orderingTerms(given);
  return {
    describe: (sink) => {
      sink.token('order');
      for (const term of terms) {
        if (typeof term === 'string') sink.token(`.${term}`);
        else term.describe(sink);
      }
    },
    build: (query, resolver) => {
      query.requireUnsliced('Cannot reorder a query once a slice has been taken.');
      // As in Django what reverse() said holds for a later order, too.
      query.ordering = terms.map((term) => {
        if (term === '?') return { form: 'random' } as const;
        if (typeof term !== 'string') {
          const { expression } = term;
          const resolved = tried(query, term, resolver);
          // One that was annotated is named, by a query that has groups.
          const bare = expression.containsAggregate || query.grouping === 'none';
          if (bare && resolved.expression.containsAggregate) throw ungrouped(expression);
          return { form: 'written', term, places: resolver.places } as const;
        }
        const name = term.replace(/^[-+]/, '');
        query.checkName(name);
        return { form: 'name', name, descending: term.startsWith('-') } as const;
      });
    },
  };
}

/** A term resolved in a copy of the query: its values find their encoders, its mistakes are named, nothing is joined. */
function tried(query: Query, term: OrderingTerm, { places, options }: Resolver): OrderingTerm {
  const trial = query.copy();
  const resolved = term.resolve(new Resolver(trial, places, options));
  query.outerNames = trial.outerNames;
  return resolved;
}

/** Adds names that the SQL depends on, so that no two lists of names look the same. */
export function describeNames(sink: ShapeSink, names: readonly unknown[]): void {
  for (const name of names) {
    if (typeof name !== 'string') throw new TypeError(`A name is a string, not ${describe(name)}.`);
    sink.token(`.${name}`);
  }
}

/** Only an annotation says what the groups are. */
function ungrouped({ label }: ExpressionNode): FieldError {
  return new FieldError(
    `Using an aggregate in orderBy() without also including it in annotate() is not allowed: ${label}`,
  );
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
      query.distinctFields = fields.flatMap((name): readonly ExpressionNode[] => {
        const field = resolver.path(name);
        return partColumns(field) ?? [field];
      });
    },
  };
}

/** Every `step`-th of rows `start` to `end`; a null stands for no bound, as Python's None in a slice. */
export function sliceStep(
  given: number | null,
  end: number | null | undefined,
  every: number | null | undefined,
): ChainStep {
  const start = given ?? 0;
  const step = every ?? 1;
  if (!Number.isSafeInteger(step) || step < 1) {
    throw new ValueError('The step of a slice must be a positive whole number.');
  }
  for (const bound of [start, end ?? 0]) {
    // Beyond the safe ones a number is written with an exponent, which is none to every server.
    if (!Number.isSafeInteger(bound)) throw new TypeError('Slice bounds must be whole numbers.');
    if (bound < 0) throw new ValueError('Negative indexing is not supported.');
  }
  return {
    describe: (sink) => sink.token(`slice ${start}:${end ?? ''}:${step}`),
    build: (query) => query.slice(start, end ?? undefined, step),
  };
}

/** The rows between those that a slice with a step wants, too. */
export function everyRowStep(): ChainStep {
  return {
    describe: (sink) => sink.token('every row'),
    build: (query) => {
      query.step = 1;
    },
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
