import { ValueError } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import type { Field } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey } from '../models/keys.ts';
import { metaKey } from '../models/registry.ts';
import { stateOf } from '../models/state.ts';
import { QuerySet } from '../queryset/queryset.ts';
import { loadMissing } from './missing.ts';
import { doesNotExist, first } from './read.ts';
import type { Operation } from './steps.ts';

/**
 * The row before or after an instance by one of its dates; rows of the same date go by their keys.
 *
 * @param where further conditions on the row that is looked for
 * @throws DoesNotExist when there is none; ValueError for an instance without a key
 */
export function* neighbour(
  instance: ModelInstance,
  field: Field,
  direction: 'next' | 'previous',
  where: readonly unknown[],
): Operation<object> {
  const meta = instance[metaKey];
  const key = instance.pk;
  if (!hasKey(instance)) {
    throw new ValueError('getNextBy… and getPreviousBy… cannot be used on unsaved objects.');
  }
  yield* loadMissing([instance], [field]);
  const [lookup, sign] = direction === 'next' ? ['gt', ''] : ['lt', '-'];
  const value = instance[field.attribute];
  const beyond = Condition.of({ [`${field.name}__${lookup}`]: value }).or({
    [field.name]: value,
    [`pk__${lookup}`]: key,
  });
  const rows = new QuerySet(meta)
    .using(stateOf(instance).alias ?? 'default')
    .filter(...where)
    .filter(beyond)
    // The column is finer than a Date, so the row itself may lie beyond what the instance holds.
    .exclude({ pk: key })
    .orderBy(`${sign}${field.name}`, `${sign}pk`);
  const found = yield* first(rows);
  if (found === null) throw doesNotExist(meta);
  return found as object;
}
