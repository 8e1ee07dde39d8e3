import {
  Count,
  F,
  FieldError,
  NotSupportedError,
  ProgrammingError,
  Sum,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, iterate, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const low = Book.objects.filter({ id__lt: 3 });
const high = Book.objects.filter({ id__gt: 4 });

behaviour('115 dates', function* () {
  expect(yield* call(Book.objects.dates('published', 'year'), 'list')).toEqual([
    '2020-01-01',
    '2021-01-01',
    '2022-01-01',
  ]);
  expect(yield* call(Book.objects.dates('published', 'month', 'DESC'), 'list')).toEqual([
    '2022-02-01',
    '2021-12-01',
    '2021-01-01',
    '2020-06-01',
    '2020-01-01',
  ]);
  expect(yield* call(Event.objects.dates('at', 'week'), 'list')).toEqual(['2024-01-01']);
  expect(() => Book.objects.dates('published', 'hour' as never)).toThrow(
    new ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'."),
  );
});
behaviour('116 datetimes', function* () {
  expect(yield* call(Event.objects.datetimes('at', 'day'), 'list')).toEqual([
    new Date('2024-01-01T00:00Z'),
    new Date('2024-01-02T00:00Z'),
    new Date('2024-01-03T00:00Z'),
  ]);
  expect(yield* call(Event.objects.datetimes('at', 'hour', 'DESC'), 'count')).toBe(3);
});
behaviour('202 intersection and difference', function* () {
  const upTo = Book.objects.filter({ id__lte: 3 });
  const from = Book.objects.filter({ id__gte: 2 });
  expect(keys(yield* call(upTo.intersection(from).orderBy('id'), 'list'))).toEqual([2, 3]);
  expect(keys(yield* call(upTo.difference(Book.objects.filter({ id: 2 })).orderBy('id'), 'list'))).toEqual([
    1, 3,
  ]);
});
behaviour('203 a union is ordered and sliced as a whole', function* () {
  expect(keys(yield* call(low.union(high).orderBy('-id').slice(0, 2), 'list'))).toEqual([5, 2]);
  const sliced = Book.objects.orderBy('-id').slice(0, 1).union(Book.objects.orderBy('id').slice(0, 1));
  expect(keys(yield* call(sliced.orderBy('id'), 'list'))).toEqual([1, 5]);
  const three = low.union(high, Book.objects.filter({ title: 'Gamma' })).orderBy('-pages');
  expect(keys(yield* iterate(three))).toEqual([5, 3, 2, 1]);
});
behaviour('204 all keeps rows that are equal', function* () {
  expect(yield* call(low.union(low), 'count')).toBe(2);
  expect(yield* call(low.union(low, { all: true }), 'count')).toBe(4);
});
behaviour('204 an empty part costs nothing', function* () {
  expect(keys(yield* call(low.union(Book.objects.none()).orderBy('id'), 'list'))).toEqual([1, 2]);
  expect(keys(yield* call(Book.objects.none().union(high), 'list'))).toEqual([5]);
  expect(keys(yield* call(low.difference(Book.objects.none()).orderBy('id'), 'list'))).toEqual([1, 2]);
  const sent = statements().length;
  expect(yield* call(low.intersection(Book.objects.none()), 'list')).toEqual([]);
  expect(yield* call(Book.objects.none().union(Book.objects.none()), 'list')).toEqual([]);
  expect(yield* call(Book.objects.none().difference(high), 'count')).toBe(0);
  expect(statements().length).toBe(sent);
});
behaviour('205 what stays allowed after a union', function* () {
  const both = low.union(high);
  expect(yield* call(both, 'count')).toBe(3);
  expect(yield* call(both, 'exists')).toBe(true);
  expect(yield* call(both, 'aggregate', { s: Sum('pages'), n: Count('id') })).toEqual({ s: 800, n: 3 });
  expect((yield* call<Book>(both.orderBy('-id'), 'first')).id).toBe(5);
  expect((yield* call<Book>(both.orderBy('-id'), 'last')).id).toBe(1);
  expect((yield* call<Book>(Book.objects.filter({ id: 1 }).union(Book.objects.none()), 'get')).id).toBe(1);
  expect(yield* call(both.values('title', 'id').orderBy('-id'), 'list')).toEqual([
    { title: 'alphabet', id: 5 },
    { title: 'Beta', id: 2 },
    { title: 'Alpha', id: 1 },
  ]);
  expect(yield* call(both.orderBy('id').valuesList('id', 'publisher__name'), 'list')).toEqual([
    [1, 'Acme'],
    [2, 'Acme'],
    [5, 'Acme'],
  ]);
  const named = Author.objects.valuesList('name').union(Publisher.objects.valuesList('name'));
  expect(yield* call(named, 'count')).toBe(7);
  const within = Book.objects.filter({ pk__in: low.union(high) }).orderBy('id');
  expect(keys(yield* call(within, 'list'))).toEqual([1, 2, 5]);
  const annotated = low
    .annotate({ twice: F('pages').mul(2) })
    .union(high.annotate({ twice: F('pages').mul(3) }));
  expect(yield* call(annotated.orderBy('-twice').valuesList('twice', { flat: true }), 'list')).toEqual([
    1500, 400, 200,
  ]);
  expect(yield* call(annotated, 'aggregate', { s: Sum('twice') })).toEqual({ s: 2100 });
});
behaviour('205 what is refused after a union', function* () {
  const both = low.union(high);
  const message = (name: string) => `Calling QuerySet.${name}() after union() is not supported.`;
  const loose = both as unknown as Record<string, (...values: unknown[]) => unknown>;
  for (const name of ['filter', 'exclude', 'annotate', 'alias', 'distinct', 'only', 'defer']) {
    expect(() => loose[name]?.({ id: 1 }), name).toThrow(new NotSupportedError(message(name)));
  }
  for (const name of ['selectRelated', 'prefetchRelated']) {
    expect(() => loose[name]?.('publisher'), name).toThrow(new NotSupportedError(message(name)));
  }
  const book = yield* call(Book.objects, 'get', { id: 1 });
  for (const [name, values] of [
    ['update', [{ pages: 1 }]],
    ['delete', []],
    ['contains', [book]],
  ] as const) {
    const error = yield* thrownBy(() => call(both, name, ...values));
    expect(error).toBeInstanceOf(NotSupportedError);
    expect(error.message).toBe(message(name));
  }
  const got = yield* thrownBy(() => call(both, 'get', { id: 1 }));
  expect(got.message).toBe('Calling QuerySet.get(...) with filters after union() is not supported.');
  const other = yield* thrownBy(() => call(low.difference(high), 'delete'));
  expect(other.message).toBe('Calling QuerySet.delete() after difference() is not supported.');
});
behaviour('206 parts of different width are refused before anything is sent', function* () {
  const sent = statements().length;
  for (const [uneven, operator] of [
    [Book.objects.values('id').union(Book.objects.values('id', 'title')), 'UNION'],
    [Book.objects.all().intersection(Author.objects.all()), 'INTERSECT'],
    [Book.objects.valuesList('id', 'title').difference(Book.objects.valuesList('id')), 'EXCEPT'],
  ] as const) {
    const error = yield* thrownBy(() => call(uneven, 'list'));
    expect(error).toBeInstanceOf(ProgrammingError);
    expect(error.message).toBe(`each ${operator} query must have the same number of columns`);
  }
  expect(statements().length).toBe(sent);
});
behaviour('columns of different type become what holds them all', function* () {
  const figures = Book.objects.filter({ id: 1 }).valuesList('pages', { flat: true });
  const rated = Author.objects.filter({ rating__isNull: false }).valuesList('rating', { flat: true });
  expect(yield* call(figures.union(rated).orderBy('pages'), 'list')).toEqual([3, 4.5, 100]);
  const keyed = figures.union(Author.objects.valuesList('id', { flat: true }));
  expect(yield* call(keyed.orderBy('pages'), 'list')).toEqual([1, 2, 3, 4, 100]);
  const prices = figures.union(Book.objects.filter({ id: 5 }).valuesList('price', { flat: true }));
  const exact = yield* call<unknown[]>(prices.orderBy('pages'), 'list');
  expect(exact.map((price) => typeof price)).toEqual(['string', 'string']);
  expect(exact.map(Number)).toEqual([50.5, 100]);
});
behaviour('combined rows are ordered by what they do not return, and by expressions', function* () {
  const both = low.union(high);
  const titles = both.valuesList('title', { flat: true });
  expect(yield* call(titles.orderBy('-pages'), 'list')).toEqual(['alphabet', 'Beta', 'Alpha']);
  expect(yield* call(both.orderBy('-pk').values('title'), 'list')).toEqual([
    { title: 'alphabet' },
    { title: 'Beta' },
    { title: 'Alpha' },
  ]);
  const turned = both.orderBy(F('pages').mul(-3)).valuesList('id', { flat: true });
  expect(yield* call(turned, 'list')).toEqual([5, 2, 1]);
  const byYear = both.orderBy('-published__year', F('title').desc()).valuesList('id', { flat: true });
  expect(yield* call(byYear, 'list')).toEqual([5, 2, 1]);
  expect(yield* call(byYear.slice(0, 2), 'count')).toBe(2);
  const signed = (books: typeof low, sign: number) => books.annotate({ sign: Value(sign) });
  const products = signed(low, -1)
    .union(signed(high, 2))
    .orderBy(F('sign').mul(F('pages')));
  expect(yield* call(products.valuesList('id', { flat: true }), 'list')).toEqual([2, 1, 5]);
});
behaviour('combined values may be narrowed further, not widened', function* () {
  const pairs = low.values('id', 'title').union(high.values('id', 'title'));
  const narrowed = yield* call<{ title: string }[]>(pairs.values('title'), 'list');
  expect(narrowed.map((row) => JSON.stringify(row)).sort()).toEqual(
    ['Alpha', 'Beta', 'alphabet'].map((title) => JSON.stringify({ title })),
  );
  const renamed = low.valuesList('id', 'pages').union(high.valuesList('pages', 'id')).valuesList('pages');
  expect(yield* call(renamed.orderBy('pages'), 'list')).toEqual([[5], [100], [200]]);
  const wider = yield* thrownBy(() => call(pairs.values('isbn'), 'list'));
  expect(wider).toEqual(new FieldError("Combined rows have no 'isbn'. Choices are: id, title"));
  expect(() => low.union(high).values({ twice: F('pages').mul(2) })).toThrow(
    new NotSupportedError('Calling QuerySet.annotate() after union() is not supported.'),
  );
});
behaviour('combinations that differ in a value share their SQL', function* () {
  const sql = (id: number, all: boolean) =>
    Book.objects
      .filter({ id })
      .union(Book.objects.filter({ pages__gt: id }), { all })
      .toSql().sql;
  expect(sql(1, false)).toBe(sql(2, false));
  expect(sql(1, false)).not.toBe(sql(1, true));
  expect(sql(1, false)).not.toBe(low.intersection(high).toSql().sql);
  yield* call(Book.objects, 'count');
});
behaviour('combined rows have the order that their model declares', function* () {
  const events = Event.objects.filter({ id: 1 }).union(Event.objects.filter({ id__gt: 1 }));
  expect(events.ordered).toBe(true);
  expect(keys(yield* call(events, 'list'))).toEqual([2, 3, 1]);
  expect(((yield* call(events, 'first')) as Event).id).toBe(2);
  expect(((yield* call(events, 'last')) as Event).id).toBe(1);
  expect(keys(yield* call(events.reverse(), 'list'))).toEqual([1, 3, 2]);
  expect(yield* call(events.values('name').slice(0, 1), 'list')).toEqual([{ name: 'e2' }]);
  expect(events.orderBy().ordered).toBe(false);
  // Rows that hold no rank cannot be ordered by it.
  const names = Event.objects.values('name').union(Event.objects.values('name'));
  expect(yield* call(names, 'count')).toBe(3);
  expect(names.toSql().sql).not.toContain('ORDER BY');
  const both = Event.objects.values('name', 'rank').union(Event.objects.values('name', 'rank'));
  expect(yield* call(both.slice(0, 1), 'list')).toEqual([{ name: 'e2', rank: 3 }]);
});
behaviour('the first of combined rows without an order is the one with the lowest key', function* () {
  const rows = Book.objects.filter({ id__gt: 3 }).union(Book.objects.filter({ id: 2 }));
  expect(((yield* call(rows, 'first')) as Book).id).toBe(2);
  expect(((yield* call(rows, 'last')) as Book).id).toBe(5);
});
