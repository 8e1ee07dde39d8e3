import {
  Case,
  Concat,
  Contains,
  Count,
  EndsWith,
  Exact,
  Exists,
  F,
  FieldError,
  GreaterThan,
  GreaterThanOrEqual,
  IContains,
  IEndsWith,
  IExact,
  In,
  IRegex,
  IStartsWith,
  IsNull,
  Length,
  LessThan,
  LessThanOrEqual,
  Lower,
  OuterRef,
  Range,
  Regex,
  StartsWith,
  Value,
  ValueError,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();

function* found(condition: object): Behaviour<unknown[]> {
  return keys(yield* call<Book[]>(Book.objects.filter(condition).orderBy('id'), 'list'));
}

behaviour('a lookup compares any two values', function* () {
  expect(yield* found(GreaterThan(Length('title'), 5))).toEqual([4, 5]);
  expect(yield* found(GreaterThanOrEqual('pages', F('rating').mul(100)))).toEqual([5]);
  expect(yield* found(GreaterThan(250, F('pages')))).toEqual([1, 2]);
  expect(yield* found(LessThan('pages', 200.5))).toEqual([1, 2]);
  expect(yield* found(LessThanOrEqual('publisher__awards', 1))).toEqual([3, 4]);
  expect(yield* found(Exact('published__year', 2021))).toEqual([3, 4]);
  expect(yield* found(Exact('authors__name', 'Ann'))).toEqual([1, 2]);
  expect(yield* found(In('pages', [100, 200, null]))).toEqual([1, 2]);
  expect(yield* found(In('id', Review.objects.values('book')))).toEqual([1, 2, 4]);
  expect(yield* found(Range('pages', [150, 300]))).toEqual([2, 3]);
  expect(yield* found(IsNull('rating', true))).toEqual([3]);
  expect(yield* found(GreaterThan('pages', 2 ** 40))).toEqual([]);
});
behaviour('and so do those of text', function* () {
  expect(yield* found(IExact('title', 'ALPHA'))).toEqual([1]);
  expect(yield* found(Contains(Concat('title', Value('!')), 'a!'))).toEqual([1, 2, 3]);
  expect(yield* found(IContains('title', 'LPH'))).toEqual([1, 5]);
  expect(yield* found(StartsWith(Lower('title'), 'al'))).toEqual([1, 5]);
  expect(yield* found(IStartsWith('title', 'DELTA_'))).toEqual([4]);
  expect(yield* found(EndsWith('title', 'a'))).toEqual([1, 2, 3]);
  expect(yield* found(IEndsWith('title', 'BET'))).toEqual([5]);
  expect(yield* found(Regex('title', '^[AB]'))).toEqual([1, 2]);
  expect(yield* found(IRegex('title', '^[AB]'))).toEqual([1, 2, 5]);
});
behaviour('they are combined, negated and computed like other conditions', function* () {
  expect(yield* found(Exact('pages', 100).or(GreaterThan('pages', 400)))).toEqual([1, 5]);
  expect(yield* found(GreaterThan('pages', 200).and({ title__startsWith: 'G' }))).toEqual([3]);
  expect(yield* found(GreaterThan('pages', 200).not())).toEqual([1, 2]);
  const thick = Book.objects.annotate({ thick: GreaterThan('pages', 200) }).orderBy('id');
  expect(yield* call(thick.valuesList('thick', { flat: true }), 'list')).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(keys(yield* call(thick.filter({ thick: false }), 'list'))).toEqual([1, 2]);
  const kind = Case(When(GreaterThan('pages', 200).and(LessThanOrEqual('pages', 400)), Value('middle')), {
    default: Value('other'),
  });
  const counted = Book.objects
    .values({ kind })
    .annotate({ n: Count('id') })
    .orderBy('kind');
  expect(yield* call(counted, 'list')).toEqual([
    { kind: 'middle', n: 2 },
    { kind: 'other', n: 3 },
  ]);
  const filtered = { n: Count('id', { filter: GreaterThan('pages', 200) }) };
  expect(yield* call(Book.objects, 'aggregate', filtered)).toEqual({ n: 3 });
  expect(keys(yield* call(Book.objects.orderBy(LessThan('pages', 300), '-id'), 'list'))).toEqual([
    5, 4, 3, 2, 1,
  ]);
  const several = Publisher.objects.annotate({ n: Count('books') }).filter(GreaterThan('n', 2));
  expect(keys(yield* call(several, 'list'))).toEqual([1]);
  const better = Review.objects.filter(GreaterThan('stars', OuterRef('rating')), { book: OuterRef('pk') });
  expect(keys(yield* call(Book.objects.filter(Exists(better)).orderBy('id'), 'list'))).toEqual([1, 2]);
});
behaviour('what cannot be compared is refused before it is sent', function* () {
  // @ts-expect-error no such column
  expect(() => Book.objects.filter(GreaterThan('nope', 1))).toThrow(FieldError);
  // @ts-expect-error nor one that a function reads
  expect(() => Book.objects.filter(GreaterThan(Length('nope'), 1))).toThrow(FieldError);
  // @ts-expect-error nothing is greater than null
  expect(() => Book.objects.filter(GreaterThan('pages', null))).toThrow(
    new ValueError('Cannot use None as a query value'),
  );
  // @ts-expect-error a text is no number
  expect(() => Book.objects.filter(Exact('pages', 'abc'))).toThrow(
    new ValueError("Field 'pages' expected a number but got 'abc'."),
  );
  // @ts-expect-error undefined is no value
  expect(() => GreaterThan('pages', undefined)).toThrow(ValueError);
  yield* call(Book.objects, 'count');
});
