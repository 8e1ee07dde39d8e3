import { FieldError } from '../errors.ts';
import { Column } from '../expressions/column.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { ExpressionNode, OrderingTerm } from '../expressions/node.ts';
import { applyRest, applyTransforms } from '../lookups/transforms.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Relation } from '../models/relations.ts';
import { constantPlaces } from '../query/constants.ts';
import { joinPath } from '../query/paths.ts';
import type { OrderingEntry, Query } from '../query/query.ts';
import { Resolver } from '../query/resolver.ts';

export type ResolvedOrdering = OrderingTerm | 'random';

/** What an entry of orderBy() means in this query; a relation may mean several terms. */
function resolveOrdering(entry: OrderingEntry, query: Query): ResolvedOrdering[] {
  switch (entry.form) {
    case 'random':
      return ['random'];
    case 'term':
      return [entry.term];
    case 'written':
      return [ofSelected(entry.term, query) ?? entry.term.resolve(new Resolver(query, entry.places))];
    case 'name': {
      const known = query.selected?.get(entry.name) ?? query.annotations.get(entry.name);
      if (known !== undefined) return [new OrderingTerm(known, entry.descending)];
      const [first = '', ...rest] = entry.name.split('__');
      const annotation = query.annotations.get(first);
      if (annotation === undefined) return byPath(query, [first, ...rest], entry.descending);
      return [new OrderingTerm(applyTransforms(annotation, rest), entry.descending)];
    }
  }
}

/** A column that is returned is meant by its name, whichever other joins lead to such a column. */
function ofSelected({ expression, descending, nulls }: OrderingTerm, query: Query): OrderingTerm | undefined {
  const selected = expression instanceof FieldReference ? query.selected?.get(expression.name) : undefined;
  return selected === undefined ? undefined : new OrderingTerm(selected, descending, nulls);
}

/** The ordering of a query: what orderBy() said, else what the model declares. */
export function orderingOf(query: Query): readonly ResolvedOrdering[] {
  const terms =
    query.ordering === undefined
      ? query.grouping === 'none'
        ? defaultOrdering(query.model, query)
        : []
      : query.ordering.flatMap((entry) => resolveOrdering(entry, query));
  return query.reversed ? terms.map((term) => (term === 'random' ? term : term.reversed())) : terms;
}

/** A term, and how another query of the model finds the same value, where it can. */
export interface NamedTerm {
  readonly term: ResolvedOrdering;
  readonly source: OrderingSource | undefined;
}
/** A path, or an expression as it was written. */
export type OrderingSource = string | Extract<OrderingEntry, { readonly form: 'written' }>;

/** What combined rows are ordered by, for the parts to select what they do not return yet. */
export function namedOrdering(query: Query): readonly NamedTerm[] {
  const named = query.ordering?.flatMap((entry) => namedTerms(entry, query)) ?? defaultNamed(query);
  if (!query.reversed) return named;
  return named.map(({ term, source }) => ({ term: term === 'random' ? term : term.reversed(), source }));
}
function namedTerms(entry: OrderingEntry, query: Query): NamedTerm[] {
  const terms = resolveOrdering(entry, query);
  return terms.map((term) => ({ term, source: terms.length === 1 ? sourceOf(entry) : undefined }));
}
/** The model's own ordering of combined rows; a relation is ordered by its key, which is what they return of it. */
function defaultNamed(query: Query): readonly NamedTerm[] {
  const { ordering = [] } = query.grouping === 'none' ? query.model.options : {};
  // Combined rows cannot be ordered by chance.
  if (ordering.includes('?')) return [];
  return ordering.flatMap((term): NamedTerm[] => {
    if (typeof term !== 'string') {
      const given = givenTerm(term);
      const source = { form: 'written', term: given, places: constantPlaces(given) } as const;
      return declared(term, query, [], false, new Set()).map((each) => ({ term: each, source }));
    }
    const name = term.replace(/^[-+]/, '');
    const names = name.split('__');
    const { relation, rest } = query.follow(names);
    const path = relation === undefined || rest.length > 0 ? names : [...names, 'pk'];
    return byPath(query, path, term.startsWith('-')).map((each) => ({ term: each, source: name }));
  });
}
function sourceOf(entry: OrderingEntry): OrderingSource | undefined {
  if (entry.form === 'name') return entry.name;
  return entry.form === 'written' ? entry : undefined;
}

/** The ordering a model declares. */
function defaultOrdering(model: ModelMeta, query: Query): ResolvedOrdering[] {
  return (model.options.ordering ?? []).flatMap((term) => declared(term, query, [], false, new Set()));
}

/**
 * One term of a declared ordering.
 *
 * @param prefix relations that lead to the model that declares it
 * @param seen relations whose target's ordering is being looked at
 */
function declared(
  term: unknown,
  query: Query,
  prefix: readonly string[],
  turned: boolean,
  seen: ReadonlySet<Relation>,
): ResolvedOrdering[] {
  if (term === '?') return ['random'];
  if (typeof term === 'string') {
    const names = term.replace(/^[-+]/, '').split('__');
    return byPath(query, [...prefix, ...names], term.startsWith('-') !== turned, seen);
  }
  const given = givenTerm(term);
  const resolver = new Resolver(query, constantPlaces(given), { prefix });
  const resolved = given.resolve(resolver);
  return [turned ? resolved.reversed() : resolved];
}

/** An expression that a model declares is ordered by as it grows, unless it says how. */
function givenTerm(term: unknown): OrderingTerm {
  return term instanceof ExpressionNode ? term.asc() : (term as OrderingTerm);
}

/** A relation is ordered by its model's own ordering where it has one, else by its key. */
function byPath(
  query: Query,
  names: readonly string[],
  descending: boolean,
  seen: ReadonlySet<Relation> = new Set(),
): ResolvedOrdering[] {
  const path = query.follow(names);
  const { relation } = path;
  const own = relation?.target.options.ordering ?? [];
  if (relation !== undefined && path.rest.length === 0 && own.length > 0 && names.at(-1) !== 'pk') {
    if (seen.has(relation)) throw new FieldError('Infinite loop caused by ordering.');
    const further = new Set([...seen, relation]);
    return own.flatMap((term) => declared(term, query, names, descending, further));
  }
  const joined = joinPath(query.joins, path, undefined);
  const column = new Column(joined.alias, joined.field, path.field);
  return [new OrderingTerm(applyRest(column, path), descending)];
}
