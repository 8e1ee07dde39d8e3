import {
  Avg,
  Case,
  Cast,
  Coalesce,
  Count,
  Exists,
  ExpressionWrapper,
  F,
  FieldError,
  fields,
  Greatest,
  JSONObject,
  Max,
  Mod,
  NullIf,
  OuterRef,
  Q,
  Round,
  RowNumber,
  Subquery,
  Sum,
  Trunc,
  TruncYear,
  Upper,
  Value,
  ValueError,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event, Publisher, Review } from '../support/library.ts';

// What steps of a chain mean together, where each alone is plain: found by composing them at random.

const { behaviour } = harness();

type Listed = { valuesList(name: 'id', options: { readonly flat: true }): object };
function* ids(queryset: Listed) {
  return yield* call<number[]>(queryset.valuesList('id', { flat: true }), 'list');
}
const row = Window({ expression: RowNumber(), partitionBy: 'publisher', orderBy: 'id' });

behaviour('256 rows without a related row are updated and deleted', function* () {
  const alone = Review.objects.exclude({ book__authors__name: 'Ann' });
  expect(yield* call(alone, 'update', { stars: 1 })).toBe(3);
  expect(yield* call(alone, 'delete')).toEqual([3, { Review: 3 }]);
  expect(yield* call(Book.objects.exclude({ authors__name: 'Ann' }), 'update', { rating: 1 })).toBe(3);
  expect(yield* ids(Book.objects.filter({ rating: 1 }).orderBy('id'))).toEqual([3, 4, 5]);
  const unread = Exists(Review.objects.filter({ book: OuterRef('pk') })).not();
  expect(yield* call(Book.objects.filter(unread), 'update', { pages: 1 })).toBe(3);
});
behaviour('256 a query set is a value to update to', function* () {
  const best = Review.objects
    .filter({ book: OuterRef('pk') })
    .orderBy('-stars')
    .values('stars')
    .slice(0, 1);
  yield* call(Book.objects, 'update', { rating: best } as never);
  const ratings = Book.objects.orderBy('id').valuesList('rating', { flat: true });
  expect(yield* call(ratings, 'list')).toEqual([5, 4, null, 3, null]);
});
behaviour('128 what a list of rows is ordered by is no column of it', function* () {
  const names = Book.objects.orderBy('-pages').values('publisher').distinct();
  expect(yield* ids(Publisher.objects.filter({ id__in: names }).orderBy('id'))).toEqual([1, 2]);
  const longest = Book.objects.orderBy('-pages').values('publisher').distinct().slice(0, 2);
  expect(yield* ids(Publisher.objects.filter({ id__in: longest }).orderBy('id'))).toEqual([1, 2]);
  const one = Book.objects.orderBy('-pages').values('publisher').distinct().slice(0, 1);
  expect(yield* ids(Publisher.objects.filter({ id__in: one }))).toEqual([1]);
});
behaviour('114 distinct values of rows that are kept by a window', function* () {
  const firsts = Book.objects
    .annotate({ row })
    .filter({ row__gt: 1 })
    .distinct('publisher')
    .orderBy('publisher', 'id');
  expect(yield* ids(firsts)).toEqual([2, 4]);
  const titles = Book.objects
    .annotate({ row })
    .filter({ row__lte: 2 })
    .distinct('publisher')
    .orderBy('publisher', '-pages');
  expect(yield* call(titles.values('title'), 'list')).toEqual([{ title: 'Beta' }, { title: 'Delta_50%' }]);
});
behaviour('194 what depends on windows is grouped by what the windows are made of', function* () {
  const above = Window({ expression: Max('pages'), partitionBy: 'publisher' });
  const longest = Book.objects.annotate({ longest: Q({ pages__gte: above }) });
  expect(yield* call(longest.orderBy('id').valuesList('longest', { flat: true }), 'list')).toEqual([
    ...[false, false, false, true, true],
  ]);
});
behaviour('187 a subquery about an aggregate is one of each group', function* () {
  const same = Book.objects
    .filter({ pages: OuterRef('hundreds') })
    .values('title')
    .slice(0, 1);
  const publishers = Publisher.objects
    .annotate({ hundreds: Count('books').mul(100) })
    .annotate({ same: Subquery(same) })
    .orderBy('id');
  expect(yield* call(publishers.valuesList('name', 'same'), 'list')).toEqual([
    ['Acme', 'Gamma'],
    ['Birch', 'Beta'],
    ['Cedar', null],
  ]);
  expect(yield* ids(publishers.filter({ same__startsWith: 'G' }))).toEqual([1]);
});
behaviour('106 an aggregate in a choice is no ordering without groups', function* () {
  const chosen = Case(When({ rating__gt: 3 }, Count('authors')), { default: 0 });
  expect(() => Book.objects.orderBy(chosen)).toThrow(
    new FieldError(
      'Using an aggregate in orderBy() without also including it in annotate() is not allowed: Case',
    ),
  );
  const rows = Book.objects
    .annotate({ n: Count('authors') })
    .orderBy(Case(When({ n: 2 }, 0), { default: 1 }), 'id');
  expect(yield* ids(rows)).toEqual([2, 3, 1, 4, 5]);
});
behaviour('187 an alias is not aggregated over', function* () {
  const hidden = Book.objects.alias({ n: Count('authors') });
  const error = yield* thrownBy(() => call(hidden, 'aggregate', { most: Max('n') }));
  expect(error).toEqual(new FieldError("Cannot aggregate over the 'n' alias. Use annotate() to promote it."));
  expect(statements()).toEqual([]);
  expect(yield* call(hidden.filter({ n: 2 }), 'aggregate', { all: Sum('pages') })).toEqual({ all: 500 });
  expect(yield* call(hidden, 'aggregate', { some: Sum('pages', { filter: Q({ n: 2 }) }) })).toEqual({
    some: 500,
  });
});
behaviour('205 combined rows are aggregated over what they return', function* () {
  const both = Book.objects.filter({ id: 1 }).union(Book.objects.filter({ id: 2 }));
  expect(yield* call(both, 'aggregate', { all: Sum('pages') })).toEqual({ all: 300 });
  const before = statements().length;
  const joined = yield* thrownBy(() => call(both, 'aggregate', { n: Count('authors') }));
  expect(joined).toEqual(new FieldError('Joined field references are not permitted in this query'));
  const named = yield* thrownBy(() => call(both.values('title'), 'aggregate', { all: Sum('pages') }));
  expect(named).toEqual(new FieldError("Combined rows have no 'pages'. Choices are: title"));
  expect(statements()).toHaveLength(before);
});
behaviour('175 aggregates over rows that were cut take in some of them', function* () {
  const some = Book.objects.orderBy('id').slice(0, 3);
  const figures = {
    long: Sum('pages', { filter: Q({ pages__gt: 100 }) }),
    acme: Count('id', { filter: Q({ publisher__name: 'Acme' }).or({ rating: null }) }),
    chosen: Sum(Case(When({ title__startsWith: 'A' }, F('pages')), { default: 1 })),
    other: Count('id', { filter: Q({ rating: 4 }).not() }),
    none: Sum('pages', { filter: Q({ pages__gt: 100 }).not(), default: 0 }),
  };
  expect(yield* call(some, 'aggregate', figures)).toEqual({
    long: 500,
    acme: 3,
    chosen: 102,
    other: 2,
    none: 100,
  });
  const grouped = Publisher.objects.annotate({ n: Count('books') });
  const most = {
    few: Count('id', { filter: Q({ n__lt: 3 }) }),
    names: Max('name', { filter: Q({ n: F('awards') }) }),
  };
  expect(yield* call(grouped, 'aggregate', most)).toEqual({ few: 2, names: 'Cedar' });
});
behaviour('194 aggregates are not made of windows', function* () {
  const error = (what: string) => new FieldError(`Cannot compute ${what}`);
  expect(() => Book.objects.annotate({ row }).annotate({ s: Sum('row') })).toThrow(
    error("Sum('row'): 'row' has a window"),
  );
  expect(() => Publisher.objects.annotate({ s: Sum(Window({ expression: Max('awards') })) })).toThrow(
    error("Sum('Window'): 'Window' has a window"),
  );
  expect(() =>
    Book.objects.annotate({ row }).annotate({ s: Sum('pages', { filter: Q({ row: 1 }) }) }),
  ).toThrow(error('Sum: its filter has a window'));
  expect(yield* call(Book.objects.annotate({ row }), 'aggregate', { most: Max('row') })).toEqual({ most: 3 });
});
behaviour('113 values() may be asked for a name that it does not return', function* () {
  const shouted = Book.objects
    .values('id')
    .annotate({ title: Upper('title') })
    .orderBy('id')
    .slice(0, 1);
  expect(yield* call(shouted, 'list')).toEqual([{ id: 1, title: 'ALPHA' }]);
  expect(() => Book.objects.values('title').annotate({ title: Upper('title') })).toThrow(
    new ValueError("The annotation 'title' conflicts with a field on the model."),
  );
  const twice = Book.objects
    .values('id')
    .annotate({ n: Count('authors') })
    .annotate({ n: Count('reviews') });
  expect(yield* call(twice.orderBy('id').slice(0, 1), 'list')).toEqual([{ id: 1, n: 2 }]);
});
behaviour('196 a number keeps the type of what it stands for', function* () {
  const price = Book.objects
    .orderBy('id')
    .values({ x: Round(NullIf('price', 'rating'), 1) })
    .slice(0, 1);
  expect(yield* call(price, 'list')).toEqual([{ x: '10.0' }]);
  const halves = Book.objects.annotate({ x: ExpressionWrapper(F('id'), { outputField: fields.float() }) });
  expect(yield* ids(halves.filter({ x__gt: 2.5, x__lt: 3.5 }))).toEqual([3]);
  expect(
    yield* ids(
      Book.objects
        .annotate({ x: Mod('id', 3) })
        .filter({ x__gt: 1.5 })
        .orderBy('id'),
    ),
  ).toEqual([2, 5]);
  const dated = Greatest(Value('2021-05-05', { outputField: fields.date() }), Value('2020-01-01'));
  expect(yield* call(Book.objects.values({ dated }).slice(0, 1), 'list')).toEqual([{ dated: '2021-05-05' }]);
  expect(() => Book.objects.values({ x: JSONObject({ n: F('pages').add('1.50') }) })).toThrow(
    new FieldError(
      "Cannot infer type of '+' expression involving these types: IntegerField, CharField. You must set outputField.",
    ),
  );
  expect(yield* call(Book.objects, 'aggregate', { x: Avg(Cast('pages', fields.float())) })).toEqual({
    x: 300,
  });
  expect(yield* call(Book.objects, 'aggregate', { x: Sum(Coalesce('rating', 0.5)) })).toEqual({ x: 16.5 });
});
behaviour('136 a moment is cut to a date or a time', function* () {
  const dates = Event.objects.annotate({ x: Trunc('at', 'month', { outputField: fields.date() }) });
  expect(yield* call(dates.values('x').distinct().orderBy('x'), 'list')).toEqual([{ x: '2024-01-01' }]);
  expect(keys(yield* call(dates.filter({ x: '2024-01-01' }).orderBy('id'), 'list'))).toEqual([1, 2, 3]);
  const times = Event.objects
    .annotate({ x: Trunc('at', 'minute', { outputField: fields.time() }) })
    .orderBy('id');
  expect(yield* call(times.valuesList('x', { flat: true }), 'list')).toEqual([
    '13:30:00',
    '11:30:00',
    '12:30:00',
  ]);
  const refused = (queryset: () => unknown, error: Error) => expect(queryset).toThrow(error);
  refused(
    () => Event.objects.annotate({ x: Trunc('at', 'month', { outputField: fields.integer() }) }),
    new ValueError('outputField must be either DateField, TimeField, or DateTimeField'),
  );
  refused(
    () => Book.objects.annotate({ x: TruncYear('published', { outputField: fields.dateTime() }) }),
    new ValueError("Cannot truncate DateField 'published' to DateTimeField."),
  );
  refused(
    () => Book.objects.annotate({ x: TruncYear('published', { timeZone: 'Asia/Tokyo' }) }),
    new ValueError('timeZone can only be used with DateTimeField.'),
  );
});
behaviour('128 a query set that is compared with has one column', function* () {
  const two = Author.objects.values('id', 'name');
  expect(() => Book.objects.filter({ contact__in: two })).toThrow(
    new ValueError("The QuerySet value for the 'in' lookup must have 1 selected fields (received 2)"),
  );
  expect(() => Book.objects.filter({ contact: two.slice(0, 1) as never })).toThrow(
    new ValueError('The QuerySet value for the exact lookup must have 1 selected fields (received 2)'),
  );
  yield* call(Book.objects, 'count');
  expect(lastStatement()).toContain('COUNT');
});
