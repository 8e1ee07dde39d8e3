import { Column } from '../expressions/column.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import { wireArray } from '../fields/structured.ts';
import { subquery } from '../lookups/comparisons.ts';
import { among, ListParameter, Test } from '../lookups/operand.ts';
import type { ManyToManyRelation } from '../models/relations.ts';
import { ownerName } from '../models/state.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import type { ChainStep } from './chain.ts';
import { slicePerOwner } from './per-owner.ts';
import { QuerySet } from './queryset.ts';

/**
 * Narrows the rows of a relation's target to those paired with the given owners.
 *
 * @param owners what pairs hold of them, or the query that finds them
 * @param withOwner also returns whose each row is; a row paired with two owners comes twice
 */
export function throughStep(
  relation: ManyToManyRelation,
  owners: readonly unknown[] | QuerySet,
  withOwner = false,
): ChainStep {
  const marker = {};
  const { ownKey } = relation;
  return {
    describe: (sink) => {
      sink.token(`through ${relation.model.table}.${relation.name} ${withOwner}`);
      if (owners instanceof QuerySet) sink.subquery(marker, owners);
      else sink.value(marker, owners);
    },
    build: (query, resolver) => {
      // What a query set of a prefetch asks of pairs, it asks of those of each owner.
      const pairs = query.joins.add(query.base, relation.backwards, withOwner ? undefined : new Set());
      query.joins.demote([pairs]);
      query.shared = new Set([pairs]);
      const column = new Column(pairs, ownKey);
      query.where = query.where.and(amongOwners(column, ownKey, marker, resolver));
      if (!withOwner) return;
      slicePerOwner(query, column);
      query.addAnnotation(ownerName, column, true);
    },
  };
}

/** The operand was described under `marker`: as a query, or as a list. */
function amongOwners(column: Column, ownKey: ForeignKeyField, marker: object, resolver: Resolver): Predicate {
  const query = resolver.places.queryOf(marker);
  if (query !== undefined) {
    const rows = subquery({ form: 'subquery', owner: marker, query }, resolver, 'list', column);
    return new Test([column], (writer) => `${column.toSql(writer)} IN ${rows.toSql(writer)}`);
  }
  const encode = (keys: unknown) => wireArray((keys as unknown[]).map((key) => ownKey.toWire(key)));
  return among(column, new ListParameter(resolver.place(marker, encode), ownKey));
}
