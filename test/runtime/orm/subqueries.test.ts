import {
  Count,
  Exists,
  type Expression,
  F,
  FieldError,
  fields,
  OuterRef,
  Q,
  Subquery,
  Sum,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();
const ofPublisher = Book.objects.filter({ publisher: OuterRef('pk') });

behaviour('191 a subquery is a value of each row', function* () {
  const top = Subquery(ofPublisher.orderBy('-pages').values('title').slice(0, 1));
  const rows = Publisher.objects.annotate({ top }).orderBy('id').valuesList('id', 'top');
  expect(yield* call(rows, 'list')).toEqual([
    [1, 'alphabet'],
    [2, 'Delta_50%'],
    [3, null],
  ]);
  expect(statements().length).toBe(1);
  const named = Publisher.objects.annotate({ top }).filter({ top__startsWith: 'alpha' });
  expect(keys(yield* call(named, 'list'))).toEqual([1]);
  expect(keys(yield* call(Publisher.objects.orderBy(top.desc({ nullsLast: true })), 'list'))).toEqual([
    1, 2, 3,
  ]);
});
behaviour('191 a column of the query around keeps its type as the value of a subquery', function* () {
  const of = (x: Expression<unknown, never>) =>
    Subquery(Publisher.objects.filter({ id: OuterRef('publisher') }).values({ x }));
  const rows = Book.objects.filter({ id: 1 }).values({
    price1: of(OuterRef('price')),
    day: of(OuterRef('published')),
    year: of(OuterRef('published__year')),
  });
  expect(yield* call(rows, 'get')).toEqual({ price1: '10.00', day: '2020-01-15', year: 2020 });
  const more = Book.objects.filter({ id: 1 }).values({ more: of(OuterRef('pages').add(1)) });
  expect(Number((yield* call<{ more: unknown }>(more, 'get')).more)).toBe(101);
});
behaviour('191 a subquery may group, and take values of its own', function* () {
  const pages = ofPublisher
    .filter({ pages__gt: 150 })
    .values('publisher')
    .annotate({ n: Sum('pages') })
    .values('n');
  const rows = Publisher.objects
    .filter({ awards__gte: 0 })
    .annotate({ pages: Subquery(pages, { outputField: fields.integer() }) })
    .filter({ name__contains: 'r' })
    .orderBy('id');
  expect(yield* call(rows.valuesList('id', 'pages'), 'list')).toEqual([
    [2, 700],
    [3, null],
  ]);
});
behaviour('192 exists', function* () {
  const has = Exists(ofPublisher.filter({ pages__gte: 400 }));
  expect(keys(yield* call(Publisher.objects.filter(has).orderBy('id'), 'list'))).toEqual([1, 2]);
  expect(keys(yield* call(Publisher.objects.filter(has.not()).orderBy('id'), 'list'))).toEqual([3]);
  expect(keys(yield* call(Publisher.objects.exclude(has).orderBy('id'), 'list'))).toEqual([3]);
  expect(
    keys(yield* call(Publisher.objects.filter(has.and(Q({ awards: 1 }))).orderBy('id'), 'list')),
  ).toEqual([2]);
  const marked = Publisher.objects.annotate({ has }).orderBy('id').valuesList('has', { flat: true });
  expect(yield* call(marked, 'list')).toEqual([true, true, false]);
  const none = Exists(Book.objects.none());
  expect(yield* call(Publisher.objects.filter(none), 'list')).toEqual([]);
  expect(yield* call(Publisher.objects.filter(none.not()), 'count')).toBe(3);
});
behaviour('193 a query set with an outer reference is no query of its own', function* () {
  const error = yield* thrownBy(() => call(ofPublisher, 'list'));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toBe(
    'This queryset contains a reference to an outer query and may only be used in a subquery.',
  );
  expect((yield* thrownBy(() => call(ofPublisher, 'count'))).message).toBe(error.message);
  const unknown = yield* thrownBy(() =>
    call(Publisher.objects.filter(Exists(Book.objects.filter({ pages: OuterRef('nope') }))), 'list'),
  );
  expect(unknown).toBeInstanceOf(FieldError);
});
behaviour('193 outer references reach across relations, annotations and queries', function* () {
  const longer = Book.objects.filter({
    pages__gt: OuterRef('half'),
    publisher__awards: OuterRef('publisher__awards'),
  });
  const rows = Book.objects.annotate({ half: F('pages').mul(2) }).filter(Exists(longer));
  expect(keys(yield* call(rows.orderBy('id'), 'list'))).toEqual([1, 2]);
  const reviewed = Review.objects.filter({ book: OuterRef('pk'), stars: OuterRef(OuterRef('awards')) });
  const books = Book.objects.filter({ publisher: OuterRef('pk') }).filter(Exists(reviewed));
  expect(keys(yield* call(Publisher.objects.filter(Exists(books)).orderBy('id'), 'list'))).toEqual([1, 2]);
  const shared = Book.objects.exclude({ authors__age: OuterRef('age') }).filter({ authors: OuterRef('pk') });
  expect(yield* call(Author.objects.filter(Exists(shared)), 'list')).toEqual([]);
  const sameNames = Author.objects.filter({ pk__in: Author.objects.filter({ name: OuterRef('name') }) });
  expect(yield* call(Author.objects.filter(Exists(sameNames.filter({ pk: OuterRef('pk') }))), 'count')).toBe(
    4,
  );
});
behaviour('194 subqueries group, update and delete', function* () {
  const top = Subquery(ofPublisher.orderBy('-pages').values('pages').slice(0, 1));
  const grouped = Publisher.objects
    .annotate({ top })
    .values('top')
    .annotate({ n: Count('id') })
    .orderBy('top');
  expect(yield* call(grouped, 'list')).toEqual([
    { top: 400, n: 1 },
    { top: 500, n: 1 },
    { top: null, n: 1 },
  ]);
  const best = Review.objects
    .filter({ book: OuterRef('pk') })
    .orderBy('-stars')
    .values('stars')
    .slice(0, 1);
  expect(yield* call(Book.objects, 'update', { rating: Subquery(best) })).toBe(5);
  const ratings = Book.objects.orderBy('id').valuesList('rating', { flat: true });
  expect(yield* call(ratings, 'list')).toEqual([5, 4, null, 3, null]);
  const gone = Book.objects.filter(Exists(Review.objects.filter({ book: OuterRef('pk') })).not());
  expect((yield* call<[number]>(gone, 'delete'))[0]).toBeGreaterThanOrEqual(2);
  expect(yield* call(Book.objects, 'count')).toBe(3);
});
behaviour('subqueries that differ in a value share their SQL', function* () {
  const above = (pages: number, awards: number) =>
    Publisher.objects
      .filter({ awards__gte: awards })
      .filter(Exists(ofPublisher.filter({ pages__gt: pages })));
  expect(keys(yield* call(above(450, 0), 'list'))).toEqual([1]);
  const sql = lastStatement();
  expect(keys(yield* call(above(350, 2), 'list'))).toEqual([1]);
  expect(lastStatement()).toBe(sql);
  yield* call(Publisher.objects.filter({ awards__gte: 0 }).filter(Exists(ofPublisher).not()), 'list');
  expect(lastStatement()).not.toBe(sql);
});
