import type { QuerySet } from './queryset.ts';

/** What prefetched rows were asked for with, where that was a query set of the caller's own. */
const asked = new WeakMap<readonly object[], QuerySet>();

/** Remembers that the rows of one instance came by `queryset`, so that what is made of them is narrowed as they are. */
export function rememberAsked(rows: readonly object[], queryset: QuerySet): void {
  asked.set(rows, queryset);
}
export function askedWith(rows: readonly object[]): QuerySet | undefined {
  return asked.get(rows);
}
