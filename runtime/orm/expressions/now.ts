import { DateTimeField } from '../fields/dates.ts';
import type { Expression } from '../types/expressions.ts';
import { call, own } from './functions.ts';

const moment = new DateTimeField();
const now = own('now', () => moment);

/** The moment the statement began, by the server's clock. */
export function Now(): Expression<Date, never, 'value'> {
  return call(now, []) as never;
}
