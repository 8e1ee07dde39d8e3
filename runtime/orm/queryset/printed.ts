import type { inspect } from 'node:util';
import type { ModelMeta } from '../models/meta.ts';

interface Shown {
  readonly loaded: readonly unknown[] | undefined;
  readonly meta: ModelMeta;
  toSql(): { readonly sql: string };
}

/** What `console.log` shows of a query set: its rows when it has them, else its SQL. Nothing is sent for it. */
export const printed = Symbol.for('nodejs.util.inspect.custom');

export function printedForm(kind: string, queryset: Shown, options: object, show: typeof inspect): string {
  const { loaded, meta } = queryset;
  const content = loaded === undefined ? queryset.toSql().sql || 'nothing to send' : show(loaded, options);
  return `<${kind} of ${meta.label}: ${content}>`;
}
