import { ValueError } from '../errors.ts';
import type { Condition } from '../expressions/condition.ts';
import type { Hop } from '../models/relations.ts';
import type { TableAlias } from './joins.ts';
import { followPath, type ResolvedPath } from './paths.ts';
import type { Query } from './query.ts';
import type { Places, Resolver } from './resolver.ts';

/** A relation under a name of its own, joined with a further condition: `FilteredRelation('books', { condition })`. */
export interface FilteredRelation {
  readonly name: string;
  readonly relation: string;
  /** Relations that lead there; the condition is tested by the last join. */
  readonly path: ResolvedPath;
  /** How many joins of `path` each name of `relation` stands for. */
  readonly steps: readonly number[];
  readonly condition: Condition;
  /** Where the condition's values are. */
  readonly places: Places;
}

/** The join of a filtered relation: compared by identity, so that it is never shared with the plain relation's. */
export interface FilteredHop extends Hop {
  readonly filtered: FilteredRelation;
}
export function isFiltered(hop: Hop): hop is FilteredHop {
  return 'filtered' in hop;
}

/**
 * Makes a filtered relation known to a query.
 *
 * @throws ValueError when the relation or its condition leads somewhere else
 */
export function addFilteredRelation(
  resolver: Resolver,
  name: string,
  relation: string,
  condition: Condition,
): void {
  const { query, places } = resolver;
  if (name.includes('.')) {
    throw new ValueError(`FilteredRelation doesn't support aliases with periods (got '${name}').`);
  }
  const names = relation.split('__');
  const path = query.follow(names);
  if (path.rest.length > 0 || path.relation === undefined) {
    throw new ValueError(`FilteredRelation's relationName cannot contain lookups (got '${relation}').`);
  }
  const steps = names.map((_name, at) => query.follow(names.slice(0, at + 1)).hops.length);
  const filtered: FilteredRelation = {
    name,
    relation,
    steps: steps.map((length, at) => length - (steps[at - 1] ?? 0)),
    condition,
    places,
    get path() {
      return ending;
    },
  };
  const last = path.hops.at(-1) as Hop;
  // The key on this side says nothing about the condition, so it cannot stand in for the target's.
  const hop: FilteredHop = { ...last, direct: false, filtered };
  const ending: ResolvedPath = { ...path, hops: [...path.hops.slice(0, -1), hop] };
  query.filteredRelations = new Map(query.filteredRelations).set(name, filtered);
}

/** The tables a filtered relation's condition may name: those on its own way. */
export interface OnWay {
  readonly filtered: FilteredRelation;
  /** Table at the end of each name of the relation. */
  readonly tables: readonly TableAlias[];
}
export function onWayTo(alias: TableAlias, filtered: FilteredRelation): OnWay {
  const tables: TableAlias[] = [];
  let current: TableAlias | undefined = alias;
  for (const step of filtered.steps.toReversed()) {
    if (current !== undefined) tables.unshift(current);
    for (let left = step; left > 0; left--) current = current?.join?.parent;
  }
  return { filtered, tables };
}

/**
 * Follows a path of a filtered relation's condition.
 *
 * @throws ValueError when it leaves the relation's way, or goes further
 */
export function followOnWay(query: Query, names: readonly string[], { filtered, tables }: OnWay) {
  const way = filtered.relation.split('__');
  let shared = 0;
  while (shared < way.length && shared < names.length && names[shared] === way[shared]) shared++;
  const start = tables[shared - 1];
  const path = followPath((start ?? query.base).model, names.slice(shared), query.annotations.keys());
  const written = names.join('__');
  const further = names.length - shared - path.rest.length;
  if (further > 1 && shared < way.length) {
    throw new ValueError(
      `FilteredRelation's condition doesn't support relations outside the '${filtered.relation}' (got '${written}').`,
    );
  }
  if (further > 1) {
    throw new ValueError(
      `FilteredRelation's condition doesn't support nested relations deeper than the relationName (got '${written}' for '${filtered.relation}').`,
    );
  }
  return { ...path, start };
}
