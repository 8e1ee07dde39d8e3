import type { ModelConstructor } from '../models/meta.ts';
import type { QuerySetConstructor } from '../types/own-queryset.ts';
import type { QuerySet as TypedQuerySet } from '../types/queryset.ts';
import { ManagerBase, managerClassFor } from './manager.ts';
import { QuerySet as QuerySetBase } from './queryset.ts';

Object.defineProperty(QuerySetBase, 'asManager', {
  configurable: true,
  value(this: typeof QuerySetBase, model: ModelConstructor): ManagerBase {
    return new (managerClassFor(ManagerBase, this))(model);
  },
});

/** A lazy query, as `Book.objects.filter(…)` gives it. */
export type QuerySet<T, R = T, A = object> = TypedQuerySet<T, R, A>;
/** Extend it for query sets with methods of their own: `class BookQuerySet extends QuerySet<Book> { … }`. */
export const QuerySet = QuerySetBase as unknown as QuerySetConstructor;
