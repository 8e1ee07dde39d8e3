import {
  Avg,
  Case,
  Coalesce,
  Count,
  Exists,
  F,
  FieldError,
  Max,
  Min,
  OuterRef,
  Q,
  StringAgg,
  Sum,
  Value,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();

behaviour('169 aggregates by name and by default name', function* () {
  expect(yield* call(Book.objects, 'aggregate', { total: Sum('pages') })).toEqual({ total: 1500 });
  expect(yield* call(Book.objects, 'aggregate', Sum('pages'), Avg('rating'), Count('id'))).toEqual({
    pages__sum: 1500,
    rating__avg: 4,
    id__count: 5,
  });
});
behaviour('170 decimals stay exact', function* () {
  const totals = yield* call<Record<string, string>>(Book.objects, 'aggregate', {
    low: Min('price'),
    high: Max('price'),
    mean: Avg('price'),
  });
  expect(totals).toMatchObject({ low: '10.00', high: '50.50' });
  expect(totals.mean).toMatch(/^30\.10*$/);
});
behaviour('172 defaults over no rows, computed here when nothing need be sent', function* () {
  const none = Book.objects.filter({ pages: 1 });
  expect(yield* call(none, 'aggregate', { s: Sum('pages', { default: 0 }) })).toEqual({ s: 0 });
  expect(yield* call(none, 'aggregate', { s: Sum('pages'), c: Count('id') })).toEqual({ s: null, c: 0 });
  const sent = statements().length;
  expect(
    yield* call(Book.objects.none(), 'aggregate', { s: Sum('pages', { default: 7 }), c: Count('id') }),
  ).toEqual({
    s: 7,
    c: 0,
  });
  expect(statements().length).toBe(sent);
  expect(() => Count('id', { default: 0 })).toThrow(new TypeError('Count does not allow default.'));
});
behaviour('173 aggregate of nothing is nothing', function* () {
  expect(yield* call(Book.objects, 'aggregate')).toEqual({});
  expect(statements()).toEqual([]);
});
behaviour('175 filter, distinct and star', function* () {
  const totals = yield* call(Book.objects, 'aggregate', {
    long: Count('id', { filter: Q({ pages__gt: 200 }) }),
    ratings: Count('rating', { distinct: true }),
    all: Count('*'),
  });
  expect(totals).toEqual({ long: 3, ratings: 3, all: 5 });
  expect(lastStatement()).toContain('FILTER (WHERE');
  expect(() => Count('*', { distinct: true })).toThrow(
    'Star cannot be used with distinct. Please specify a field.',
  );
});
behaviour('176 an expression of aggregates needs a name', function* () {
  const error = yield* thrownBy(() => call(Book.objects, 'aggregate', Sum('pages').add(Count('id'))));
  expect(error.message).toBe('Complex aggregates require an alias');
  expect(yield* call(Book.objects, 'aggregate', { x: Sum('pages').add(Count('id')) })).toEqual({ x: 1505 });
});
behaviour('178 an aggregate may name another', function* () {
  expect(yield* call(Book.objects, 'aggregate', { s: Sum('pages'), d: F('s').mul(2) })).toEqual({
    s: 1500,
    d: 3000,
  });
});
behaviour('179 a slice is summed as a slice', function* () {
  expect(yield* call(Book.objects.orderBy('id').slice(0, 2), 'aggregate', { s: Sum('pages') })).toEqual({
    s: 300,
  });
});
behaviour('181 annotate counts related rows, none as 0', function* () {
  const rows = Publisher.objects
    .annotate({ n: Count('books') })
    .orderBy('id')
    .valuesList('name', 'n');
  expect(yield* call(rows, 'list')).toEqual([
    ['Acme', 3],
    ['Birch', 2],
    ['Cedar', 0],
  ]);
});
behaviour('182 two relations multiply unless counted distinct', function* () {
  const both = Book.objects.annotate({ a: Count('authors'), r: Count('reviews') }).orderBy('id');
  expect(yield* call(both.valuesList('id', 'a', 'r'), 'list')).toEqual([
    [1, 2, 2],
    [2, 2, 2],
    [3, 2, 0],
    [4, 3, 3],
    [5, 0, 0],
  ]);
  const distinct = Book.objects
    .annotate({ a: Count('authors', { distinct: true }), r: Count('reviews', { distinct: true }) })
    .orderBy('id');
  expect(yield* call(distinct.valuesList('id', 'a', 'r'), 'list')).toEqual([
    [1, 1, 2],
    [2, 2, 1],
    [3, 2, 0],
    [4, 1, 3],
    [5, 0, 0],
  ]);
});
behaviour('184 a filter on an aggregate is HAVING', function* () {
  const rows = Publisher.objects
    .annotate({ n: Count('books') })
    .filter({ n__gt: 1 })
    .orderBy('id');
  expect(yield* call(rows.valuesList('id', 'n'), 'list')).toEqual([
    [1, 3],
    [2, 2],
  ]);
  expect(lastStatement()).toContain('HAVING COUNT(');
});
behaviour('185 a filter before and after annotate', function* () {
  const before = Publisher.objects
    .filter({ books__pages__gt: 150 })
    .annotate({ n: Count('books') })
    .orderBy('id');
  expect(yield* call(before.valuesList('id', 'n'), 'list')).toEqual([
    [1, 2],
    [2, 2],
  ]);
  const after = Publisher.objects
    .annotate({ n: Count('books') })
    .filter({ books__pages__gt: 150 })
    .orderBy('id');
  expect(yield* call(after.valuesList('id', 'n'), 'list')).toEqual([
    [1, 6],
    [2, 4],
  ]);
});
behaviour('186 values before annotate group the rows', function* () {
  const rows = Book.objects
    .values('publisherId')
    .annotate({ n: Count('id') })
    .orderBy('-n');
  expect(yield* call(rows, 'list')).toEqual([
    { publisherId: 1, n: 3 },
    { publisherId: 2, n: 2 },
  ]);
  expect(yield* call(rows, 'first')).toEqual({ publisherId: 1, n: 3 });
  const unordered = Book.objects.values('publisherId').annotate({ n: Count('id') });
  const error = yield* thrownBy(() => call(unordered, 'first'));
  expect(error.message).toBe(
    'Cannot use QuerySet.first() on an unordered queryset performing aggregation. Add an ordering with orderBy().',
  );
});
behaviour('187 alias computes without returning', function* () {
  const two = Book.objects
    .alias({ n: Count('authors') })
    .filter({ n: 2 })
    .orderBy('id');
  const rows = yield* call<object[]>(two, 'list');
  expect(rows.map((row) => (row as Book).id)).toEqual([2, 3]);
  expect(rows[0]).not.toHaveProperty('n');
  expect(() => two.values('n')).toThrow(
    new FieldError("Cannot select the 'n' alias. Use annotate() to promote it."),
  );
});
behaviour('188 arithmetic', function* () {
  const row = yield* call(
    Book.objects
      .annotate({
        plus: F('pages').add(1),
        times: F('pages').mul(2),
        rest: F('pages').mod(7),
        third: F('pages').div(3),
        half: F('pages').mul(0.5),
        dear: F('price').add('0.05'),
      })
      .values('plus', 'times', 'rest', 'third', 'half'),
    'get',
    { id: 1 },
  );
  expect(row).toEqual({ plus: 101, times: 200, rest: 2, third: 33, half: 50 });
});
behaviour('189 annotations join tables and order rows', function* () {
  const rows = Author.objects
    .annotate({ last: Max('books__published'), publishers: Count('books__publisher', { distinct: true }) })
    .orderBy('-last', 'name');
  expect(yield* call(rows.valuesList('name', 'last', 'publishers'), 'list')).toEqual([
    ['Dan', null, 0],
    ['Cyd', '2021-12-31', 1],
    ['Bob', '2021-01-01', 2],
    ['Ann', '2020-06-30', 1],
  ]);
});
behaviour('192 counting and summing over annotated rows', function* () {
  const rows = Publisher.objects.annotate({ n: Count('books') });
  expect(yield* call(rows, 'count')).toBe(3);
  expect(yield* call(rows.filter({ n__gt: 1 }), 'count')).toBe(2);
  expect(yield* call(rows, 'aggregate', { most: Max('n'), all: Sum('n') })).toEqual({ most: 3, all: 5 });
  expect(yield* call(Book.objects.values('publisherId').distinct(), 'count')).toBe(2);
  expect(yield* call(rows.filter({ n: 99 }), 'exists')).toBe(false);
  expect(yield* call(rows.filter({ n: 3 }), 'exists')).toBe(true);
});
behaviour('170 a default beside a decimal or a date has its type', function* () {
  const missing = Book.objects.filter({ id: 99 });
  const named = {
    exact: Sum('price', { default: '0.00' }),
    whole: Sum('price', { default: 0 }),
    day: Max('published', { default: '2000-01-01' }),
    half: Sum('pages', { default: 0.5 }),
  };
  const expected = { exact: '0.00', whole: '0', day: '2000-01-01', half: 0.5 };
  expect(yield* call(missing, 'aggregate', named)).toEqual(expected);
  expect(yield* call(Book.objects.none(), 'aggregate', named)).toEqual(expected);
  expect(statements().length).toBe(1);
});
behaviour('172 aggregates over nothing that only the server can tell are asked for', function* () {
  const nothing = Book.objects.none();
  expect(
    yield* call(nothing, 'aggregate', {
      n: Coalesce(Sum('pages'), 7),
      v: Sum('pages', { default: Value(3) }),
    }),
  ).toEqual({ n: 7, v: 3 });
  expect(statements().length).toBe(0);
  expect(yield* call(nothing, 'aggregate', { n: Count('id').add(1), s: Sum('pages').add(1) })).toEqual({
    n: 1,
    s: null,
  });
  expect(
    yield* call(Book.objects.filter({ id__in: [] }).distinct(), 'aggregate', { n: Count('id').add(1) }),
  ).toEqual({ n: 1 });
  expect(statements().length).toBe(2);
});
behaviour('175 an aggregate filter may be empty, certain, or a test of another table', function* () {
  const named = {
    none: Count('id', { filter: Q({ id__in: [] }) }),
    fallback: Sum('pages', { filter: Q({ id__in: [] }), default: 2 }),
    all: Count('id', { filter: Q({ id__in: [] }).not() }),
  };
  expect(yield* call(Book.objects, 'aggregate', named)).toEqual({ none: 0, fallback: 2, all: 5 });
  const long = Exists(Book.objects.filter({ publisher: OuterRef('pk'), pages__gt: 300 }));
  expect(yield* call(Publisher.objects, 'aggregate', { n: Count('id', { filter: long }) })).toEqual({ n: 2 });
});
behaviour('180 aggregates of aggregates, and orderings by them, are refused by name', function* () {
  expect(() => Publisher.objects.annotate({ n: Count('books') }).annotate({ s: Sum('n') })).toThrow(
    new FieldError("Cannot compute Sum('n'): 'n' is an aggregate"),
  );
  expect(() => Publisher.objects.orderBy(Count('books').desc())).toThrow(
    new FieldError(
      'Using an aggregate in orderBy() without also including it in annotate() is not allowed: Count',
    ),
  );
  const counted = Publisher.objects.annotate({ n: Count('books') });
  expect(yield* call(counted.orderBy(F('n').desc()).valuesList('n', { flat: true }), 'list')).toEqual([
    3, 2, 0,
  ]);
});
behaviour('197 joined texts may be distinct in their own order', function* () {
  const joined = {
    titles: StringAgg('publisher__name', ', ', { distinct: true, orderBy: 'publisher__name' }),
    pages: StringAgg('pages', '-', { orderBy: '-pages' }),
  };
  expect(yield* call(Book.objects, 'aggregate', joined)).toEqual({
    titles: 'Acme, Birch',
    pages: '500-400-300-200-100',
  });
});
behaviour(
  'a negated condition on a relation of many is tested for each row that is summarised',
  function* () {
    const others = Publisher.objects.annotate({
      n: Count('books', { filter: Q({ books__authors__name: 'Ann' }).not() }),
    });
    expect(yield* call(others.orderBy('id').valuesList('n', { flat: true }), 'list')).toEqual([2, 3, 0]);
    const written = { n: Count('id', { filter: Q({ authors__name: 'Ann' }).not() }) };
    expect(yield* call(Book.objects, 'aggregate', written)).toEqual({ n: 5 });
    const by = Case(When(Q({ authors__name: 'Ann' }).not(), Value('other')), { default: Value('Ann') });
    const rows = Book.objects.filter({ id__lte: 2 }).valuesList('id', by).orderBy('id', by);
    expect(yield* call(rows, 'list')).toEqual([
      [1, 'Ann'],
      [2, 'Ann'],
      [2, 'other'],
    ]);
    // filter() and exclude() ask for books of which no author is called so.
    const without = Book.objects.filter(Q({ authors__name: 'Ann' }).not());
    expect(yield* call(without, 'count')).toBe(3);
  },
);
