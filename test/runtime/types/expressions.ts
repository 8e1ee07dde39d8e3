// Checked, never run: the types of expressions.
import {
  ArrayAgg,
  Case,
  Cast,
  Coalesce,
  Count,
  Exists,
  ExtractYear,
  F,
  FilteredRelation,
  fields,
  Length,
  Lower,
  Now,
  OuterRef,
  Q,
  type QuerySet,
  Rank,
  StringAgg,
  Subquery,
  Sum,
  Value,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { Author, Book, Publisher } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
type Item<T> = T extends QuerySet<infer _M, infer R, infer _A> ? R : never;

export function expressions() {
  const texts = Book.objects.values({
    low: Lower('title'),
    country: Lower('publisher__country'),
    length: Length('title'),
    year: ExtractYear('published'),
    now: Now(),
    text: Cast('pages', fields.text()),
  });
  same<
    Equal<
      Item<typeof texts>,
      { low: string; country: string | null; length: number; year: number; now: Date; text: string }
    >
  >();
  const chosen = Book.objects.values({
    rating: Coalesce('rating', 0),
    either: Coalesce('rating', 'pages'),
    total: Coalesce(Sum('pages'), 0),
    size: Case(When({ pages__lt: 200 }, Value('small')), { default: Value('large') }),
    maybe: Case(When(Q({ pages__lt: 200 }), 1)),
    long: Q({ pages__gt: 300 }),
  });
  type Chosen = Item<typeof chosen>;
  same<Equal<Chosen['rating'], number>>();
  same<Equal<Chosen['total'], number>>();
  same<Equal<Chosen['size'], string>>();
  same<Equal<Chosen['long'], boolean>>();
  const listed = Author.objects.values({
    titles: ArrayAgg('books__title', { orderBy: '-books__pages' }),
    text: StringAgg('books__title', ', '),
    n: Count('books'),
    place: Window({ expression: Rank(), orderBy: 'name' }),
  });
  same<Equal<Item<typeof listed>['text'], string | null>>();
  same<Equal<Item<typeof listed>['place'], number>>();
  // @ts-expect-error the path inside a function is checked
  Book.objects.annotate({ x: Lower('titel') });
  // @ts-expect-error every path is
  Book.objects.annotate({ x: Coalesce('rating', 'pgaes') });

  const top = Book.objects
    .filter({ publisher: OuterRef('pk') })
    .values('title')
    .slice(0, 1);
  const topped = Publisher.objects.annotate({ top: Subquery(top) }).filter({ top__startsWith: 'A' });
  same<Equal<Item<typeof topped>['top'], string | null>>();
  const has = Exists(Book.objects.filter({ publisher: OuterRef('pk') }));
  Publisher.objects.filter(has);
  Publisher.objects.filter(has.not());
  Publisher.objects.annotate({ has }).filter({ has: true }).orderBy(F('name').desc());
}

export function filteredRelations() {
  const long = Publisher.objects.annotate({
    long: FilteredRelation('books', { condition: Q({ books__pages__gt: 250 }) }),
    n: Count('books'),
  });
  long.filter({ long__title__startsWith: 'A', long__author__name: 'x', long__isNull: false, n__gt: 1 });
  const rows = long.annotate({ written: Count('long') }).values('name', 'long__pages', 'long', 'written');
  same<
    Equal<
      Item<typeof rows>,
      { name: string; long__pages: number | null; long: number | null; written: number }
    >
  >();
  long.orderBy('-long__pages', F('long__title').asc());
  long.annotate({ authors: FilteredRelation('long__author') }).filter({ authors__name: 'x' });
  // @ts-expect-error a filtered relation is no value of a row
  long.get().long;
  // @ts-expect-error unknown field behind a filtered relation
  long.filter({ long__titel: 'A' });
  // @ts-expect-error value of wrong type behind a filtered relation
  long.filter({ long__pages: 'A' });
  // @ts-expect-error unknown path behind a filtered relation
  long.values('long__titel');
  // @ts-expect-error not a relation
  Publisher.objects.annotate({ x: FilteredRelation('name') });
}
