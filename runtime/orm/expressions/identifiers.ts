import { DurationField } from '../fields/dates.ts';
import { UuidField } from '../fields/text.ts';
import type { Expression } from '../types/expressions.ts';
import { call, own } from './functions.ts';
import { ExpressionNode } from './node.ts';
import { Value } from './value.ts';

const uuid = new UuidField();
const kinds = {
  uuid4: { ...own('uuid4', () => uuid), volatile: true },
  uuid7: { ...own('uuid7', () => uuid), volatile: true },
};

/** A random UUID, another for each row. */
export function UUID4(): Expression<string, never, 'value'> {
  return call(kinds.uuid4, []) as never;
}
/**
 * A UUID that sorts by the moment it is made, another for each row; from PostgreSQL 18 on.
 *
 * @param shift milliseconds, or an expression, that the moment is moved by
 */
export function UUID7(shift?: number | Expression): Expression<string, never, 'value'> {
  if (shift === undefined) return call(kinds.uuid7, []) as never;
  const given: unknown = shift;
  return call(kinds.uuid7, [
    given instanceof ExpressionNode ? given : new Value(given, new DurationField()),
  ]) as never;
}
