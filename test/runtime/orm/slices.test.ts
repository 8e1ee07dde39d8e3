import {
  ArraySubquery,
  Concat,
  Exists,
  F,
  JSONObject,
  NotSupportedError,
  OuterRef,
  Subquery,
  Upper,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const titles = Book.objects
  .filter({ publisher: OuterRef('pk') })
  .orderBy('title')
  .values('title');

behaviour('a slice of a text is cut by the database', function* () {
  const parts = Book.objects.filter({ id: 1 }).values({
    start: F('title').slice(0, 2),
    end: F('title').slice(3),
    middle: F('title').slice(1, 4).slice(1, 2),
    of: F('publisher__name').slice(1, 3),
    loud: Upper(F('title').slice(0, 3)),
    all: F('title').slice(),
    none: F('title').slice(2, 2),
  });
  expect(yield* call(parts, 'get')).toEqual({
    start: 'Al',
    end: 'ha',
    middle: 'p',
    of: 'cm',
    loud: 'ALP',
    all: 'Alpha',
    none: '',
  });
});
behaviour('a slice filters, orders, updates and is taken of annotations', function* () {
  const same = Book.objects.filter({
    isbn__startsWith: F('isbn').slice(0, 1),
    title: F('title').slice(0, 5),
  });
  expect(keys(yield* call(same.orderBy('id'), 'list'))).toEqual([1, 2, 3]);
  const ordered = Book.objects.orderBy(F('isbn').slice(1).desc());
  expect(keys(yield* call(ordered, 'list'))).toEqual([5, 4, 3, 2, 1]);
  const shown = Book.objects
    .annotate({ shown: Concat('title', Value('!')) })
    .annotate({ cut: F('shown').slice(3) });
  expect(yield* call(shown.filter({ id: 2 }).values('cut'), 'get')).toEqual({ cut: 'a!' });
  expect(yield* call(Book.objects.filter({ id: 4 }), 'update', { title: F('title').slice(0, 5) })).toBe(1);
  expect(yield* call(Book.objects.filter({ title: 'Delta' }), 'count')).toBe(1);
});
behaviour('a slice of a column of the query around is a part of that column', function* () {
  const alike = Book.objects
    .filter({ title__istartsWith: OuterRef('title').slice(0, 5) })
    .exclude({ id: OuterRef('id') });
  expect(keys(yield* call(Book.objects.filter(Exists(alike)).orderBy('id'), 'list'))).toEqual([1, 5]);
  const further = Publisher.objects.filter({ name__startsWith: OuterRef(OuterRef('title').slice(0, 1)) });
  const both = Book.objects.filter(Exists(Book.objects.filter(Exists(further), { id: OuterRef('id') })));
  expect(keys(yield* call(both.orderBy('id'), 'list'))).toEqual([1, 2]);
});
behaviour('167 a slice of an array is an array, and so is a slice of that', function* () {
  const parts = Book.objects.filter({ id: 5 }).values({
    first: F('tags').slice(0, 2),
    rest: F('tags').slice(1),
    one: F('tags').slice(0, 3).slice(1).slice(1, 2),
    named: F('tags__0_2__1'),
  } as never);
  expect(yield* call(parts, 'get')).toEqual({
    first: ['green', 'blue'],
    rest: ['blue', 'red'],
    one: ['red'],
    named: 'blue',
  });
});
behaviour('only texts and arrays are sliced', function* () {
  const error = yield* thrownBy(() => call(Book.objects.values({ x: F('pages').slice(0, 1) }), 'list'));
  expect(error).toEqual(new NotSupportedError('This field does not support slicing.'));
});
test('a slice has two whole numbers, the larger one last', () => {
  expect(() => F('title').slice(-1)).toThrow(new ValueError('Negative indexing is not supported.'));
  expect(() => F('title').slice(0, -1)).toThrow(new ValueError('Negative indexing is not supported.'));
  expect(() => F('title').slice(3, 2)).toThrow(
    new ValueError('Slice stop must be greater than slice start.'),
  );
  expect(() => F('title').slice('1' as never)).toThrow(
    new TypeError("slice() takes whole numbers, not '1'."),
  );
});

behaviour('167 rows of a subquery become an array, in their order', function* () {
  const listed = Publisher.objects.annotate({ titles: ArraySubquery(titles) }).orderBy('id');
  expect(yield* call(listed.valuesList('titles', { flat: true }), 'list')).toEqual([
    ['Alpha', 'Beta', 'alphabet'].sort(),
    ['Delta_50%', 'Gamma'],
    [],
  ]);
  expect(lastStatement()).toContain('ARRAY(SELECT');
  expect(keys(yield* call(listed.filter({ titles__contains: ['Alpha'] }), 'list'))).toEqual([1]);
  expect(keys(yield* call(listed.filter({ titles__len: 0 }), 'list'))).toEqual([3]);
  const newest = ArraySubquery(titles.orderBy('-published').slice(0, 1));
  expect(yield* call(Publisher.objects.filter({ id: 2 }).values({ newest }), 'get')).toEqual({
    newest: ['Delta_50%'],
  });
});
behaviour(
  '167 an array of a subquery holds values of any type, and none where no row can match',
  function* () {
    const rows = Book.objects.filter({ publisher: OuterRef('pk') }).orderBy('id');
    const found = yield* call(
      Publisher.objects.filter({ id: 2 }).values({
        days: ArraySubquery(rows.values('published')),
        prices: ArraySubquery(rows.valuesList('price', { flat: true })),
        cards: ArraySubquery(rows.values({ card: JSONObject({ title: 'title', pages: 'pages' }) })),
        names: ArraySubquery(rows.values({ name: OuterRef('name') })),
        none: ArraySubquery(Book.objects.none().values('title')),
      }),
      'get',
    );
    expect(found).toEqual({
      days: ['2021-01-01', '2021-12-31'],
      prices: ['30.00', '40.00'],
      cards: [
        { title: 'Gamma', pages: 300 },
        { title: 'Delta_50%', pages: 400 },
      ],
      names: ['Birch', 'Birch'],
      none: [],
    });
  },
);
test('an array of a subquery is made of one column of a query set', () => {
  expect(() => ArraySubquery(5 as never)).toThrow(new TypeError('ArraySubquery takes a query set.'));
  expect(() => Publisher.objects.values({ x: ArraySubquery(Book.objects.values('id', 'title')) })).toThrow(
    ValueError,
  );
});
behaviour('an in lookup takes the rows of a subquery', function* () {
  const known = Publisher.objects.filter({ awards__gt: 0 }).values('pk');
  const books = Book.objects.filter({ publisher__in: Subquery(known) }).orderBy('id');
  expect(keys(yield* call(books, 'list'))).toEqual([1, 2, 3, 4, 5]);
  const many = Subquery(Publisher.objects.filter({ awards__gt: 2 }).values('pk'));
  expect(keys(yield* call(Book.objects.exclude({ publisher__in: many }), 'list'))).toEqual([3, 4]);
  const none = Subquery(Publisher.objects.none().values('pk'));
  expect(yield* call(Book.objects.filter({ publisher__in: none }), 'list')).toEqual([]);
});
