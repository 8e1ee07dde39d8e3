import { Column } from '../expressions/column.ts';
import { wireArray } from '../fields/structured.ts';
import { among, ListParameter } from '../lookups/operand.ts';
import type { ManyToManyRelation } from '../models/relations.ts';
import { ownerName } from '../models/state.ts';
import type { ChainStep } from './chain.ts';
import { slicePerOwner } from './per-owner.ts';

/**
 * Narrows the rows of a relation's target to those paired with the given owners.
 *
 * @param withOwner also returns whose each row is; a row paired with two owners comes twice
 */
export function throughStep(
  relation: ManyToManyRelation,
  owners: readonly unknown[],
  withOwner = false,
): ChainStep {
  const marker = {};
  const { ownKey } = relation;
  return {
    describe: (sink) => {
      sink.token(`through ${relation.model.table}.${relation.name} ${withOwner}`);
      sink.value(marker, owners);
    },
    build: (query, resolver) => {
      const pairs = query.joins.add(query.base, relation.backwards, new Set());
      query.joins.demote([pairs]);
      const column = new Column(pairs, ownKey);
      const encode = (keys: unknown) => wireArray((keys as unknown[]).map((key) => ownKey.toWire(key)));
      const list = new ListParameter(resolver.place(marker, encode), ownKey);
      query.where = query.where.and(among(column, list));
      if (!withOwner) return;
      slicePerOwner(query, column);
      query.addAnnotation(ownerName, column, true);
    },
  };
}
