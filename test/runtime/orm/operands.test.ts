import {
  type AnyCondition,
  ArraySubquery,
  Exists,
  Lower,
  OuterRef,
  Q,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();

behaviour(
  '167 arrays are compared with lists of expressions, and overlap with the arrays of other rows',
  function* () {
    const ids = (where: object) =>
      call(
        Book.objects
          .filter(where as never)
          .orderBy('id')
          .valuesList('id', { flat: true }),
        'list',
      );
    expect(yield* ids({ tags__contains: [Lower(Value('RED'))] })).toEqual([1, 2, 5]);
    expect(yield* ids({ tags: [Lower(Value('RED')), 'blue'] })).toEqual([1]);
    expect(yield* ids({ tags__containedBy: Value(['red', 'blue']) })).toEqual([1, 2, 4]);
    const ofAlpha = Book.objects.filter({ title: 'Alpha' });
    expect(yield* ids({ tags__overlap: ofAlpha.valuesList('tags') })).toEqual([1, 2, 5]);
    expect(yield* ids({ tags__overlap: Book.objects.none().valuesList('tags') })).toEqual([]);
  },
);
behaviour('167 the values of a query set make one array', function* () {
  const stars = Review.objects
    .filter({ book: OuterRef('pk') })
    .orderBy('-stars')
    .values('stars');
  const books = Book.objects.annotate({ stars: ArraySubquery(stars) }).orderBy('id');
  expect(yield* call(books.valuesList('stars', { flat: true }), 'list')).toEqual([
    [5, 3],
    [4],
    [],
    [3, 2, 1],
    [],
  ]);
  const least = Book.objects.annotate({ all: ArraySubquery(stars) }).filter({ all__len__gte: 2 });
  expect(yield* call(least, 'count')).toBe(2);
});
behaviour('null is refused by every lookup that does not ask for it', function* () {
  for (const lookup of ['contains', 'istartsWith', 'regex', 'gt', 'in', 'range'] as const) {
    const where = { [`title__${lookup}`]: null } as never;
    expect(() => Book.objects.filter(where), lookup).toThrow(
      new ValueError('Cannot use None as a query value'),
    );
  }
  expect(yield* call(Book.objects.filter({ rating__iexact: null } as never), 'count')).toBe(1);
});
behaviour('a relation is compared with rows of its own model', function* () {
  const wrong = (where: object) => () => Book.objects.filter(where as never);
  const message = 'Cannot use QuerySet for "Author": Use a QuerySet for "Publisher".';
  expect(wrong({ publisher__in: Author.objects.all() })).toThrow(new ValueError(message));
  expect(() => Publisher.objects.filter({ books: Author.objects.slice(0, 1) } as never)).toThrow(
    'Cannot use QuerySet for "Author": Use a QuerySet for "Book".',
  );
  // What selects a column of its own says so itself.
  const keys = Author.objects.filter({ id: 1 }).values('id');
  expect(yield* call(wrong({ publisher__in: keys })(), 'count')).toBe(3);
});
behaviour('a row is no value of a column that refers to none', function* () {
  const ann = yield* call<Author>(Author.objects, 'get', { id: 1 });
  expect(() => Book.objects.filter({ pages: ann } as never)).toThrow(ValueError);
  expect(() => Book.objects.filter({ title: ann } as never)).toThrow(ValueError);
  expect(yield* call(Author.objects.filter({ pk: ann } as never), 'count')).toBe(1);
});
behaviour('a year before the first is refused', function* () {
  expect(() => Book.objects.filter({ published__year__gt: -5 })).toThrow(
    new ValueError('year -5 is out of range'),
  );
  expect(() => Book.objects.filter({ published__isoYear: 0 })).toThrow('year 0 is out of range');
  yield* call(Book.objects, 'count');
});
behaviour('a value beside a column takes its type', function* () {
  const found = Book.objects.filter({ published: Value('2020-01-15') }).valuesList('id', { flat: true });
  expect(yield* call(found, 'list')).toEqual([1]);
});
behaviour('Q takes expressions, and several conditions', function* () {
  const reviewed = Exists(Review.objects.filter({ book: OuterRef('pk'), stars__gte: 4 }));
  const ids = (condition: AnyCondition) =>
    call(Book.objects.filter(condition).orderBy('id').valuesList('id', { flat: true }), 'list');
  expect(yield* ids(Q(reviewed))).toEqual([1, 2]);
  expect(yield* ids(Q(reviewed).not())).toEqual([3, 4, 5]);
  expect(yield* ids(Q(reviewed, { pages: 200 }))).toEqual([2]);
  expect(yield* ids(Q(Q({ pages__gt: 100 }), { pages__lt: 400 }).or({ id: 5 }))).toEqual([2, 3, 5]);
});
