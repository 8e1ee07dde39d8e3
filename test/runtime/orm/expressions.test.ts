import {
  ArrayAgg,
  Case,
  Cast,
  Coalesce,
  Concat,
  Count,
  ExpressionWrapper,
  ExtractIsoYear,
  ExtractMonth,
  ExtractYear,
  F,
  Func,
  fields,
  Greatest,
  JSONBAgg,
  Least,
  Length,
  Lower,
  Now,
  NullIf,
  Q,
  StdDev,
  StringAgg,
  Sum,
  TruncDate,
  TruncTime,
  TruncYear,
  Upper,
  Value,
  ValueError,
  Variance,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Counter, Event, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const gamma = Book.objects.filter({ id: 3 });

behaviour('113 values takes expressions', function* () {
  const rows = Book.objects.filter({ id: 1 }).values({ u: Upper('title'), l: Lower('title') });
  expect(yield* call(rows, 'list')).toEqual([{ u: 'ALPHA', l: 'alpha' }]);
});
behaviour('190 update by case', function* () {
  const pages = Case(When({ rating__isNull: true }, 0), { default: F('pages').add(1) });
  expect(yield* call(Book.objects, 'update', { pages })).toBe(5);
  const after = Book.objects.orderBy('id').valuesList('pages', { flat: true });
  expect(yield* call(after, 'list')).toEqual([101, 201, 0, 401, 501]);
});
behaviour('196 functions of several values', function* () {
  const row = yield* call(
    gamma.values({
      most: Greatest('pages', 350),
      least: Least('pages', 350),
      nothing: NullIf('isbn', Value('i3')),
      rated: Coalesce('rating', 0),
      length: Length('title'),
      both: Concat('title', Value('-'), 'isbn'),
      missing: Concat('title', Value('/'), 'rating'),
    }),
    'get',
  );
  expect(row).toEqual({
    most: 350,
    least: 300,
    nothing: null,
    rated: 0,
    length: 5,
    both: 'Gamma-i3',
    missing: 'Gamma/',
  });
  expect(() => Coalesce('rating')).toThrow(new ValueError('Coalesce must take at least two expressions'));
});
behaviour('196 a fraction beside a decimal stays exact', function* () {
  const price = Coalesce(NullIf('price', Value('10.00')), 0.1);
  const rows = Book.objects.annotate({ paid: price }).orderBy('id').valuesList('paid', { flat: true });
  expect(yield* call(rows, 'list')).toEqual(['0.1', '20.00', '30.00', '40.00', '50.50']);
});
behaviour('197 aggregates that keep the values', function* () {
  const years = Book.objects
    .annotate({ year: TruncYear('published') })
    .values('year')
    .annotate({ n: Count('id') })
    .orderBy('year');
  expect(yield* call(years.valuesList('year', 'n'), 'list')).toEqual([
    ['2020-01-01', 2],
    ['2021-01-01', 2],
    ['2022-01-01', 1],
  ]);
  expect(
    yield* call(Book.objects, 'aggregate', {
      text: StringAgg('isbn', ',', { orderBy: 'id' }),
      list: ArrayAgg('isbn', { orderBy: '-id' }),
      ratings: ArrayAgg('rating', { distinct: true, orderBy: F('rating').desc({ nullsLast: true }) }),
      json: JSONBAgg('title', { filter: Q({ pages__lt: 300 }), orderBy: ['pages'] }),
      numbers: StringAgg('pages', '-', { filter: Q({ pages__gt: 300 }), orderBy: 'id' }),
    }),
  ).toEqual({
    text: 'i1,i2,i3,i4,i5',
    list: ['i5', 'i4', 'i3', 'i2', 'i1'],
    ratings: [5, 4, 3, null],
    json: ['Alpha', 'Beta'],
    numbers: '400-500',
  });
});
behaviour('198 defaults of aggregates that keep the values', function* () {
  const none = Book.objects.filter({ pages: 1 });
  const totals = {
    list: ArrayAgg('title', { default: [] }),
    some: ArrayAgg('title', { default: ['x"y', 'z'] }),
    json: JSONBAgg('title', { default: [] }),
    text: StringAgg('title', ',', { default: Value('-') }),
    nothing: ArrayAgg('title'),
  };
  const expected = { list: [], some: ['x"y', 'z'], json: [], text: '-', nothing: null };
  expect(yield* call(none, 'aggregate', totals)).toEqual(expected);
  const perPublisher = Publisher.objects
    .annotate({
      titles: ArrayAgg('books__title', { orderBy: 'books__id', filter: Q({ books__pages__gt: 150 }) }),
    })
    .orderBy('id')
    .valuesList('titles', { flat: true });
  expect(yield* call(perPublisher, 'list')).toEqual([['Beta', 'alphabet'], ['Gamma', 'Delta_50%'], null]);
});
behaviour('199 spread', function* () {
  expect(
    yield* call(Book.objects, 'aggregate', {
      deviation: StdDev('pages'),
      variance: Variance('pages'),
      sample: Variance('pages', { sample: true }),
    }),
  ).toEqual({ deviation: 141.42135623731, variance: 20000, sample: 25000 });
});
behaviour('a case orders, filters, groups and counts', function* () {
  const size = Case(When({ pages__lt: 200 }, Value('small')), When(Q({ pages__lt: 400 }), Value('middle')), {
    default: Value('large'),
  });
  const sized = Book.objects.annotate({ size });
  expect(yield* call(sized.orderBy('id').valuesList('size', { flat: true }), 'list')).toEqual([
    'small',
    'middle',
    'middle',
    'large',
    'large',
  ]);
  expect(keys(yield* call(sized.filter({ size: 'middle' }).orderBy('id'), 'list'))).toEqual([2, 3]);
  const grouped = sized
    .values('size')
    .annotate({ n: Count('id') })
    .orderBy('size');
  expect(yield* call(grouped, 'list')).toEqual([
    { size: 'large', n: 2 },
    { size: 'middle', n: 2 },
    { size: 'small', n: 1 },
  ]);
  const first = Book.objects.orderBy(Case(When({ title: 'Gamma' }, 0), { default: 1 }), 'id');
  expect(keys(yield* call(first, 'list'))).toEqual([3, 1, 2, 4, 5]);
  const counted = Sum(Case(When({ pages__gt: 200 }, 1), { default: 0 }) as never);
  expect(yield* call(Book.objects, 'aggregate', { long: counted })).toEqual({ long: 3 });
});
behaviour('a branch that cannot hold is left out, one that always holds is taken', function* () {
  const value = Case(When({ pk__in: [] }, 1), When(Q({ pk__in: [] }).not(), 2), { default: 3 });
  expect(yield* call(gamma.values({ value }), 'get')).toEqual({ value: 2 });
  expect(yield* call(gamma.values({ value: Case(When({ pk__in: [] }, 1)) }), 'get')).toEqual({ value: null });
  expect(() => When(Q(), 1)).toThrow("An empty Q() can't be used as a When() condition.");
  expect(() => When(When({ id: 1 }, 1), 2)).toThrow(
    new TypeError('When() supports a Q object, a boolean expression, or lookups as a condition.'),
  );
});
behaviour('a condition is a value', function* () {
  const rows = Book.objects.annotate({ long: Q({ pages__gt: 300 }) }).orderBy('id');
  expect(yield* call(rows.valuesList('long', { flat: true }), 'list')).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(keys(yield* call(rows.filter({ long: true }), 'list'))).toEqual([4, 5]);
});
behaviour('casts, wrapped expressions and functions by name', function* () {
  const row = yield* call(
    gamma.values({
      text: Cast('pages', fields.text()),
      short: Cast('title', fields.char(3)),
      number: Cast(Value('12'), fields.integer()),
      share: ExpressionWrapper(F('price').div(F('pages')), { outputField: fields.float() }),
      reversed: Func('title', { function: 'REVERSE', outputField: fields.text() }),
    }),
    'get',
  );
  expect(row).toEqual({ text: '300', short: 'Gam', number: 12, share: 0.1, reversed: 'ammaG' });
  expect(() => Func('title', { function: 'lower(x); --' })).toThrow(TypeError);
});
behaviour('parts of dates and moments', function* () {
  const row = yield* call(
    gamma.values({
      y: ExtractYear('published'),
      iso: ExtractIsoYear('published'),
      m: ExtractMonth('published'),
    }),
    'get',
  );
  expect(row).toEqual({ y: 2021, iso: 2020, m: 1 });
  const event = Event.objects.filter({ id: 1 }).values({ day: TruncDate('at'), time: TruncTime('at') });
  expect(yield* call(event, 'get')).toEqual({ day: '2024-01-03', time: '13:30:15' });
  const years = Book.objects.annotate({ y: ExtractYear('published') }).filter({ y__gte: 2021 });
  expect(keys(yield* call(years.orderBy('id'), 'list'))).toEqual([3, 4, 5]);
});
behaviour('functions stand on the right of a lookup and in an update', function* () {
  expect(keys(yield* call(Book.objects.filter({ title: Lower('title') }), 'list'))).toEqual([5]);
  expect(yield* call(gamma, 'update', { title: Concat(Upper('title'), Value('!')) })).toBe(1);
  expect(yield* call(gamma.valuesList('title', { flat: true }), 'get')).toBe('GAMMA!');
  yield* call(Counter.objects, 'create', { key: 'k' });
  expect(yield* call(Counter.objects, 'update', { updated: Now() })).toBe(1);
});
behaviour('queries that differ in a value share their SQL; other structures do not', function* () {
  const named = (name: string, then: number) =>
    Book.objects.annotate({ x: Case(When({ title: name }, then), { default: 0 }) });
  yield* call(named('a', 1), 'list');
  const first = lastStatement();
  yield* call(named("b' --", 2), 'list');
  expect(lastStatement()).toBe(first);
  expect(first).not.toContain("'");
  const shapes = [
    Book.objects.annotate({ x: Lower('title') }),
    Book.objects.annotate({ x: Upper('title') }),
    Book.objects.annotate({ x: Coalesce('title', 'isbn') }),
    Book.objects.annotate({ x: Coalesce('isbn', 'title') }),
    Book.objects.annotate({ x: Concat('title', 'isbn') }),
    Book.objects.annotate({ x: Cast('title', fields.text()) }),
    Book.objects.annotate({ x: Cast('title', fields.char(3)) }),
    Book.objects.annotate({ x: ArrayAgg('title') }),
    Book.objects.annotate({ x: ArrayAgg('title', { orderBy: 'title' }) }),
    Book.objects.annotate({ x: ArrayAgg('title', { orderBy: '-title' }) }),
    Book.objects.annotate({ x: ArrayAgg('title', { filter: Q({ pages: 1 }) }) }),
    Book.objects.annotate({ x: ExtractYear('published') }),
    Book.objects.annotate({ x: ExtractMonth('published') }),
  ].map((rows) => rows.toSql().sql);
  expect(new Set(shapes).size).toBe(shapes.length);
});
