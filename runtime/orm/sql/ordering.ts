import { Column } from '../expressions/field-reference.ts';
import { OrderingTerm } from '../expressions/node.ts';
import { applyRest } from '../lookups/transforms.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { TableAlias } from '../query/joins.ts';
import { joinPath } from '../query/paths.ts';
import type { OrderingEntry, Query, Written } from '../query/query.ts';

export type ResolvedOrdering = OrderingTerm | 'random';

/** What an entry of orderBy() means in this query; a relation may mean several terms. */
function resolveOrdering(entry: OrderingEntry, query: Query): ResolvedOrdering[] {
  switch (entry.form) {
    case 'random':
      return ['random'];
    case 'term':
      return [entry.term];
    case 'name': {
      const annotation = query.selected?.get(entry.name) ?? query.annotations.get(entry.name);
      if (annotation !== undefined) return [new OrderingTerm(annotation, entry.descending)];
      return byPath(query, entry.name.split('__'), entry.descending);
    }
  }
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
export type OrderingSource = string | Written;

/** What orderBy() said of combined rows, for the parts to select what they do not return yet. */
export function namedOrdering(query: Query): readonly NamedTerm[] {
  return (query.ordering ?? []).flatMap((entry) => {
    const terms = resolveOrdering(entry, query);
    return terms.map((term) => ({
      term: query.reversed && term !== 'random' ? term.reversed() : term,
      source: terms.length === 1 ? sourceOf(entry) : undefined,
    }));
  });
}
function sourceOf(entry: OrderingEntry): OrderingSource | undefined {
  if (entry.form === 'name') return entry.name;
  return entry.form === 'random' ? undefined : entry.written;
}

/** The ordering a model declares. */
function defaultOrdering(model: ModelMeta, query: Query): ResolvedOrdering[] {
  return (model.options.ordering ?? []).flatMap((term) => {
    if (typeof term !== 'string')
      return [term as unknown as OrderingTerm].map((given) => declared(given, query));
    const descending = term.startsWith('-');
    return byPath(query, (descending ? term.slice(1) : term).split('__'), descending);
  });
}

function declared(term: OrderingTerm, query: Query): OrderingTerm {
  const { expression } = term;
  const name = 'name' in expression ? String(expression.name) : '';
  const [resolved] = byPath(query, name.split('__'), term.descending);
  return resolved === 'random' || resolved === undefined
    ? term
    : new OrderingTerm(resolved.expression, term.descending, term.nulls);
}

/** A relation is ordered by its model's own ordering where it has one, else by its key. */
function byPath(query: Query, names: readonly string[], descending: boolean): ResolvedOrdering[] {
  const path = query.follow(names);
  const own = path.relation?.target.options.ordering ?? [];
  if (path.relation !== undefined && own.length > 0 && names.at(-1) !== 'pk') {
    let alias: TableAlias = query.base;
    for (const hop of path.hops) alias = query.joins.add(alias, hop, undefined);
    return relatedOrdering(query, path.relation.target, alias, descending);
  }
  const joined = joinPath(query.joins, path, undefined);
  const column = new Column(joined.alias, joined.field, path.field);
  return [new OrderingTerm(applyRest(column, path), descending)];
}

function relatedOrdering(
  query: Query,
  model: ModelMeta,
  alias: TableAlias,
  descending: boolean,
): OrderingTerm[] {
  return (model.options.ordering ?? []).flatMap((term) => {
    if (typeof term !== 'string') return [];
    const field = model.field(term.replace(/^-/, ''));
    return field === undefined
      ? []
      : [
          new OrderingTerm(
            new Column(query.joins.toOwner(alias, model, field), field),
            term.startsWith('-') !== descending,
          ),
        ];
  });
}
