import type { inspect } from 'node:util';
import type { QuerySet } from './queryset.ts';

/** What `console.log` shows of a query set: its rows when it has them, else its SQL. Nothing is sent for it. */
export const printed = Symbol.for('nodejs.util.inspect.custom');

export function printedForm(queryset: QuerySet, options: object, show: typeof inspect): string {
  const { loaded, meta } = queryset;
  const content = loaded === undefined ? queryset.toSql().sql || 'nothing to send' : show(loaded, options);
  return `<QuerySet of ${meta.label}: ${content}>`;
}
