import { Count, F, fields, NotSupportedError, Q, RawSQL, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();

behaviour('extra conditions are joined by AND, and their values are parameters', function* () {
  const rows = Book.objects.extra({
    where: ['pages > %s', 'title LIKE %s OR title = %s'],
    params: [100, '%a%', "x' OR true --"],
  });
  expect(keys(yield* call(rows.orderBy('id'), 'list'))).toEqual([2, 3, 4, 5]);
  expect(lastStatement()).toContain('WHERE ((pages > $1::integer) AND (title LIKE $2 OR title = $3))');
  expect(yield* call(rows.filter({ pages__lt: 300 }), 'count')).toBe(1);
  expect(yield* call(rows, 'exists')).toBe(true);
  expect(yield* call(rows.exclude({ id: 5 }), 'update', { rating: 1 })).toBe(3);
  const inside = Publisher.objects.filter({
    books__in: Book.objects.extra({ where: ['pages > %s'], params: [450] }),
  });
  expect(keys(yield* call(inside, 'list'))).toEqual([1]);
  expect(keys(yield* call(Book.objects.extra({ where: ["title LIKE 'Al%%'"] }), 'list'))).toEqual([1]);
});
behaviour('extra columns are attributes, values and orderings', function* () {
  const rows = Book.objects.extra({
    select: { big: 'pages > %s', twice: 'pages * %s' },
    selectParams: [250, 2],
  });
  const book = yield* call<Book & { big: boolean; twice: number }>(rows, 'get', { id: 5 });
  expect([book.big, book.twice]).toEqual([true, 1000]);
  expect(book).toBeInstanceOf(Book);
  expect(yield* call(rows.orderBy('-twice').values('id', 'big').slice(0, 2), 'list')).toEqual([
    { id: 5, big: true },
    { id: 4, big: true },
  ]);
  const grouped = rows
    .values('big')
    .annotate({ n: Count('id') })
    .orderBy('big');
  expect(yield* call(grouped, 'list')).toEqual([
    { big: false, n: 2 },
    { big: true, n: 3 },
  ]);
  expect(yield* call(rows, 'count')).toBe(5);
  expect(yield* call(rows.extra({ where: ['pages > %s'], params: [100] }), 'count')).toBe(4);
});
behaviour(
  'extra tables can be named by conditions, and an extra ordering replaces the ordering',
  function* () {
    const acme = Book.objects.extra({
      tables: ['publisher'],
      where: ['publisher.id = book.publisher_id AND publisher.name = %s'],
      params: ['Acme'],
    });
    expect(keys(yield* call(acme.orderBy('id'), 'list'))).toEqual([1, 2, 5]);
    expect(lastStatement()).toContain('FROM "book", "publisher" WHERE');
    expect(yield* call(acme, 'update', { pages: 1 })).toBe(3);
    expect(keys(yield* call(Book.objects.orderBy('id').extra({ orderBy: ['-book.id'] }), 'list'))).toEqual([
      5, 4, 3, 2, 1,
    ]);
    const rest = Book.objects.extra({ select: { rest: 'id % 3' }, orderBy: ['-rest', 'id'] });
    expect(keys(yield* call(rest, 'list'))).toEqual([2, 5, 1, 4, 3]);
    expect(keys(yield* call(rest.reverse(), 'list'))).toEqual([3, 4, 1, 5, 2]);
  },
);
behaviour('extra is refused where a query cannot change any more', function* () {
  expect(() => Book.objects.slice(0, 2).extra({ where: ['true'] })).toThrow(
    new TypeError('Cannot change a query once a slice has been taken.'),
  );
  expect(() => Book.objects.union(Book.objects.all()).extra({ where: ['true'] })).toThrow(
    new NotSupportedError('Calling QuerySet.extra() after union() is not supported.'),
  );
  expect(() => Book.objects.extra({ where: ['pages > %s'] })).toThrow(ValueError);
  expect(() => Book.objects.extra({ where: ['true'], params: [1] })).toThrow(ValueError);
  expect(() => Book.objects.extra({ select: { title: '1' } })).toThrow(
    new ValueError("The annotation 'title' conflicts with a field on the model."),
  );
  const wrong = yield* thrownBy(() => call(Book.objects.extra({ where: ['nope = 1'] }), 'list'));
  expect(wrong.name).toBe('ProgrammingError');
});
behaviour(
  'extra parts that differ in a value share their SQL, in their text or number type they do not',
  function* () {
    const above = (where: string, value: unknown) => Book.objects.extra({ where: [where], params: [value] });
    yield* call(above('pages > %s', 100), 'list');
    const sql = lastStatement();
    expect(yield* call(above('pages > %s', 400), 'list')).toHaveLength(1);
    expect(lastStatement()).toBe(sql);
    expect(yield* call(above('pages > %s', 399.5), 'list')).toHaveLength(2);
    expect(lastStatement()).not.toBe(sql);
    expect(yield* call(above('pages < %s', 400), 'list')).toHaveLength(3);
  },
);
behaviour('raw SQL is an expression', function* () {
  const rows = Book.objects.annotate({
    twice: RawSQL('pages * %s', [2], { outputField: fields.integer() }),
    label: RawSQL('title || %(mark)s || %(mark)s', { mark: '!' }),
  });
  expect(
    yield* call(rows.filter({ twice__gte: 800 }).orderBy('-twice').valuesList('id', 'label'), 'list'),
  ).toEqual([
    [5, 'alphabet!!'],
    [4, 'Delta_50%!!'],
  ]);
  const same = Book.objects.filter({ pages: RawSQL('id * %s', [100]) });
  expect(yield* call(same, 'count')).toBe(5);
  expect(
    keys(yield* call(Book.objects.filter(RawSQL('id > %s', [4], { outputField: fields.boolean() })), 'list')),
  ).toEqual([5]);
  expect(
    yield* call(Book.objects.filter(Q({ id: 1 })), 'update', {
      pages: F('pages').add(RawSQL('%s + 1', [1])),
    }),
  ).toBe(1);
});
