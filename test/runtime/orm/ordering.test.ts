import { Count, F, FieldError, Lower, Max, TruncMonth, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();

behaviour('103 nulls come last upwards, first downwards, or where they are told', function* () {
  expect(keys(yield* call<Book[]>(Book.objects.orderBy('rating', 'id'), 'list'))).toEqual([2, 1, 5, 4, 3]);
  expect(keys(yield* call<Book[]>(Book.objects.orderBy('-rating', 'id'), 'list'))).toEqual([3, 4, 1, 5, 2]);
  const last = Book.objects.orderBy(F('rating').desc({ nullsLast: true }), 'id');
  expect(keys(yield* call<Book[]>(last, 'list'))).toEqual([4, 1, 5, 2, 3]);
});
behaviour('104 a random order has all rows', function* () {
  const count = (yield* call<number[]>(Book.objects.orderBy('?').valuesList('pages'), 'count')) as unknown;
  expect(count).toBe(5);
  expect(Book.objects.orderBy('?').toSql().sql).toContain('ORDER BY RANDOM()');
});
behaviour('105 ordering across relations, and by a relation itself', function* () {
  const byName = Book.objects.orderBy('-publisher__name', 'id');
  expect(keys(yield* call<Book[]>(byName, 'list'))).toEqual([3, 4, 1, 2, 5]);
  yield* call(Book.objects.orderBy('publisher', 'id'), 'list');
  expect(lastStatement()).toContain('ORDER BY "book"."publisher_id" ASC');
});
behaviour('106 a second ordering replaces the first', function* () {
  const books = Book.objects.orderBy('title').orderBy('-id');
  expect(keys(yield* call<Book[]>(books, 'list'))).toEqual([5, 4, 3, 2, 1]);
  expect(keys(yield* call<Book[]>(books.reverse(), 'list'))).toEqual([1, 2, 3, 4, 5]);
});
behaviour('107 an ordering by an unknown name is refused', function* () {
  const error = yield* thrownBy(function* () {
    // @ts-expect-error there is no such field
    yield* call(Book.objects.orderBy('nope'), 'list');
  });
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toContain(
    "Cannot resolve keyword 'nope' into field. Choices are: authors, contact, contactId, id,",
  );
});
behaviour('108 a model has an ordering of its own', function* () {
  const names = yield* call<string[]>(Event.objects.valuesList('name', { flat: true }), 'list');
  expect(names).toEqual(['e2', 'e3', 'e1']);
});
behaviour('109 ordering columns are added to a distinct selection', function* () {
  const rows = Book.objects.valuesList('publisherId', { flat: true }).distinct();
  expect(yield* call<number[]>(rows.orderBy('publisherId'), 'list')).toEqual([1, 2]);
  expect(yield* call<number[]>(rows.orderBy('title'), 'list')).toEqual([1, 1, 2, 2, 1]);
});
behaviour('110 values has a key for every column, foreign keys by attribute', function* () {
  const row = yield* call<object>(Book.objects.values(), 'get', { id: 1 });
  expect(Object.keys(row)).toEqual([
    'id',
    'title',
    'isbn',
    'pages',
    'price',
    'rating',
    'published',
    'publisherId',
    'contactId',
    'meta',
    'tags',
  ]);
});
behaviour('112 values across a many-to-many relation repeat rows', function* () {
  const rows = yield* call<object[]>(Book.objects.values('id', 'authors').orderBy('id', 'authors'), 'list');
  expect(rows.length).toBe(7);
  expect(rows.slice(1, 3)).toEqual([
    { id: 2, authors: 1 },
    { id: 2, authors: 2 },
  ]);
  expect(rows[6]).toEqual({ id: 5, authors: null });
});
behaviour('111 valuesList gives tuples, or scalars when flat', function* () {
  const tuples = Book.objects.orderBy('id').valuesList('id', 'publisher__name');
  expect((yield* call<unknown[]>(tuples, 'list'))[0]).toEqual([1, 'Acme']);
  expect(yield* call(Book.objects.orderBy('id').valuesList('title', { flat: true }), 'first')).toBe('Alpha');
});
behaviour('114 distinct by a column keeps the first row of each', function* () {
  const reviews = Review.objects.orderBy('book', '-stars').distinct('book');
  expect(keys(yield* call<Review[]>(reviews, 'list'))).toEqual([1, 3, 6]);
});
behaviour('118 whether a query set is ordered', function* () {
  expect(Event.objects.all().ordered).toBe(true);
  expect(Event.objects.orderBy().ordered).toBe(false);
  expect(Book.objects.all().ordered).toBe(false);
  expect(Book.objects.none().ordered).toBe(true);
  expect(Book.objects.orderBy('id').ordered).toBe(true);
  yield* call(Author.objects, 'count');
});
behaviour('95 a slice is final', function* () {
  const slice = () => Book.objects.orderBy('id').slice(0, 2);
  const messages = [
    [() => slice().filter({ id: 1 }), 'Cannot filter a query once a slice has been taken.'],
    [() => slice().orderBy('id'), 'Cannot reorder a query once a slice has been taken.'],
    [() => slice().reverse(), 'Cannot reverse a query once a slice has been taken.'],
    [() => slice().distinct('id'), 'Cannot create distinct fields once a slice has been taken.'],
  ] as const;
  for (const [step, message] of messages) expect(step).toThrow(new TypeError(message));
  const update = yield* thrownBy(() => call(slice(), 'update', { pages: 1 }));
  expect(update.message).toBe('Cannot update a query once a slice has been taken.');
  const remove = yield* thrownBy(() => call(slice(), 'delete'));
  expect(remove.message).toBe("Cannot use 'limit' or 'offset' with delete().");
  expect(keys(yield* call<Book[]>(slice().slice(1), 'list'))).toEqual([2]);
});

behaviour('nulls cannot come first and last', function* () {
  expect(() => F('rating').asc({ nullsFirst: true, nullsLast: true })).toThrow(
    new ValueError('nullsFirst and nullsLast are mutually exclusive.'),
  );
  expect(() => F('rating').desc({ nullslast: true } as never)).toThrow(
    "desc() got an unexpected option 'nullslast', perhaps you meant nullsLast?",
  );
  yield* call(Book.objects.orderBy(F('rating').asc({ nullsFirst: false })), 'count');
});
behaviour('a name behind a relation or a column that is not there is refused with what is', function* () {
  const refused = function* (term: string) {
    return (yield* thrownBy(() => call(Book.objects.orderBy(term as never), 'list'))).message;
  };
  expect(yield* refused('publisher__nam')).toBe(
    "Cannot resolve keyword 'nam' into field. Choices are: awards, books, id, name",
  );
  expect(yield* refused('title__upper')).toBe(
    "Cannot resolve keyword 'upper' into field. Join on 'title' not permitted.",
  );
  expect(yield* refused('published__yaer')).toBe(
    "Cannot resolve keyword 'yaer' into field. Join on 'published' not permitted, perhaps you meant year?",
  );
  expect(() => Book.objects.values('publisher__nam' as never)).toThrow(FieldError);
  expect(() => Book.objects.annotate({ n: F('publisher__nam') } as never)).toThrow(
    'Choices are: awards, books',
  );
});

behaviour('what is ordered by once is not ordered by again', function* () {
  const ordering = (books: { toSql(): { sql: string } }) => books.toSql().sql.replace(/^.* ORDER BY /, '');
  expect(ordering(Book.objects.orderBy(F('title').asc(), F('title').desc()))).toBe('"book"."title" ASC');
  expect(ordering(Book.objects.orderBy('-pages', 'title', 'pages'))).toBe(
    '"book"."pages" DESC, "book"."title" ASC',
  );
  expect(ordering(Book.objects.orderBy(Lower('title').desc({ nullsLast: true }), Lower('title')))).toMatch(
    /^LOWER\([^,]*\) DESC NULLS LAST$/,
  );
  const books = Book.objects.orderBy('publisher__id', 'publisher', '-id');
  expect(keys(yield* call<Book[]>(books, 'list'))).toEqual([5, 2, 1, 4, 3]);
});
behaviour('the first row of each value of an annotation', function* () {
  const first = Book.objects
    .annotate({ house: F('publisher__name'), half: F('pages').div(2) })
    .orderBy('house', '-pages');
  const rows = first.distinct('house' as never).valuesList('house' as never, 'id');
  expect(yield* call(rows, 'list')).toEqual([
    ['Acme', 5],
    ['Birch', 4],
  ]);
  expect(
    yield* call(first.distinct('house' as never, 'half' as never).orderBy('half', 'house'), 'count'),
  ).toBe(5);
});
behaviour('rows are ordered by a part of what was annotated', function* () {
  const month = Book.objects.annotate({ month: TruncMonth('published') });
  expect(keys(yield* call(month.orderBy('-month__year', 'id'), 'list'))).toEqual([5, 3, 4, 1, 2]);
  const alias = Book.objects.alias({ day: F('published') }).orderBy('-day__month', 'id');
  expect(keys(yield* call(alias, 'list'))).toEqual([4, 2, 5, 1, 3]);
  const last = Publisher.objects.annotate({ last: Max('books__published') });
  expect(keys(yield* call(last.filter({ last__isNull: false }).orderBy('last__year'), 'list'))).toEqual([
    2, 1,
  ]);
  const years = Book.objects
    .values({ on: F('published') })
    .orderBy('-on__day')
    .slice(0, 2);
  expect(yield* call(years, 'list')).toEqual([{ on: '2021-12-31' }, { on: '2020-06-30' }]);
  expect(((yield* call(month, 'latest', 'month__month', 'id')) as Book).id).toBe(4);
  const error = yield* thrownBy(() => call(month.orderBy('month__yea' as 'id'), 'list'));
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toContain("Unsupported lookup 'yea' for DateField");
});
behaviour('what was reversed stays so, whatever order is named afterwards', function* () {
  const turned = Book.objects.reverse();
  expect(((yield* call(turned, 'first')) as Book).id).toBe(5);
  expect(((yield* call(turned, 'last')) as Book).id).toBe(1);
  expect(keys(yield* call(turned.orderBy('id').slice(0, 2), 'list'))).toEqual([5, 4]);
  expect(keys(yield* call(turned.orderBy('id').reverse().slice(0, 2), 'list'))).toEqual([1, 2]);
  expect(((yield* call(turned, 'latest', 'id')) as Book).id).toBe(1);
  expect(yield* call(turned.dates('published', 'year'), 'first')).toBe('2022-01-01');
});
behaviour('an order may leave no two rows in one place', function* () {
  const total = [
    Book.objects.orderBy('pk'),
    Book.objects.orderBy('title', '-id'),
    Book.objects.orderBy(F('isbn').desc()),
    Book.objects.orderBy('isbn').reverse().slice(0, 2),
    Book.objects.values('title').orderBy('id'),
  ];
  expect(total.map((rows) => rows.totallyOrdered)).toEqual(total.map(() => true));
  const partial = [
    Book.objects.all(),
    Book.objects.none(),
    Book.objects.orderBy('title'),
    Book.objects.orderBy('publisher', 'publisher__id'),
    Book.objects.orderBy(Lower('isbn')),
    Book.objects.orderBy('?'),
    // Several authors may have no address.
    Author.objects.orderBy('email'),
    Event.objects.all(),
    Event.objects.orderBy(),
    Book.objects.annotate({ n: Count('authors') }).orderBy('n'),
  ];
  expect(partial.map((rows) => rows.totallyOrdered)).toEqual(partial.map(() => false));
  yield* call(Book.objects, 'count');
});
