import { ValueError } from '../errors.ts';
import { requireOptions } from '../options.ts';
import type { AnyCondition, FilteredRelationOf } from '../types/expressions.ts';
import { Condition } from './condition.ts';

/** A relation to join with a condition, as it is written: `FilteredRelation('books', { condition: Q({ … }) })`. */
export class FilteredRelationNode {
  readonly kind = 'filteredRelation';
  readonly relation: string;
  readonly condition: Condition;

  constructor(relation: unknown, condition: unknown = new Condition([])) {
    if (typeof relation !== 'string' || relation === '')
      throw new ValueError('relationName cannot be empty.');
    if (!(condition instanceof Condition)) throw new ValueError('condition argument must be a Q() instance.');
    this.relation = relation;
    this.condition = condition;
  }
}

/**
 * A relation joined with a further condition in its ON clause, so that rows without a match stay. `annotate` gives it
 * a name that lookups, `values`, orderings and aggregates use as they use the relation's own.
 *
 * @param relation relations that lead to it, such as `books` or `books__reviews`
 * @param options `condition` on that relation and on columns of the model itself
 * @throws ValueError when there is no relation or the condition is no `Q(…)`
 */
export function FilteredRelation<const P extends string>(
  relation: P,
  options: { readonly condition?: AnyCondition } = {},
): FilteredRelationOf<P> {
  requireOptions('FilteredRelation', options, ['condition']);
  return new FilteredRelationNode(relation, options.condition) as never;
}
