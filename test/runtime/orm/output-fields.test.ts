import {
  Abs,
  Case,
  Coalesce,
  Concat,
  ExtractYear,
  F,
  FirstValue,
  fields,
  Greatest,
  Lag,
  Least,
  Length,
  Lower,
  NthValue,
  NullIf,
  Power,
  Round,
  Sum,
  ValueError,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const { behaviour } = harness();
const gamma = Book.objects.filter({ id: 3 });
const float = { outputField: fields.float() };
const text = { outputField: fields.text() };

behaviour('a function gives a value of the type that is asked for', function* () {
  const found = yield* call(
    gamma.values({
      least: Least('pages', 'price', float),
      most: Greatest('pages', 350, float),
      rated: Coalesce('rating', 'pages', float),
      name: Concat('title', 'isbn', text),
      low: Lower('title', { outputField: fields.char(20) }),
      letters: Length('title', float),
      near: Round('price', 0, float),
      size: Abs('pages', { outputField: fields.bigInteger() }),
      square: Power('pages', 2, { outputField: fields.integer() }),
      nothing: NullIf('pages', 300, float),
      year: ExtractYear('published', float),
      grade: Case(When({ pages__gt: 100 }, 1), { default: 0, outputField: fields.bigInteger() }),
    }),
    'get',
  );
  expect(found).toEqual({
    least: 30,
    most: 350,
    rated: 300,
    name: 'Gammai3',
    low: 'gamma',
    letters: 5,
    near: 30,
    size: 300n,
    square: 90000,
    nothing: null,
    year: 2021,
    grade: 1n,
  });
});
behaviour('what a function was asked for counts in lookups and arithmetic', function* () {
  const large = Book.objects
    .annotate({ size: Abs('pages', float) })
    .filter({ size__gt: 299.5, size__lt: 400.5 });
  expect(keys(yield* call(large.orderBy('id'), 'list'))).toEqual([3, 4]);
  const half = gamma.values({ x: Greatest('pages', 1, float).add(0.5) });
  expect(yield* call(half, 'get')).toEqual({ x: 300.5 });
});
behaviour('aggregates and windows give values of the type that is asked for', function* () {
  const big = { outputField: fields.bigInteger() };
  expect(yield* call(Book.objects, 'aggregate', Sum('pages', big))).toEqual({ pages__sum: 1500n });
  const rows = Book.objects
    .annotate({
      before: Window({ expression: Lag('pages', 1, 0, big), orderBy: 'id' }),
      first: Window({ expression: FirstValue('pages', big), orderBy: 'id' }),
      second: Window({ expression: NthValue('pages', 2, big), orderBy: 'id' }),
      total: Window({ expression: Sum('pages'), orderBy: 'id', outputField: fields.bigInteger() }),
    })
    .orderBy('id')
    .valuesList('before', 'first', 'second', 'total');
  expect(yield* call(rows.slice(0, 2), 'list')).toEqual([
    [0n, 100n, null, 100n],
    [100n, 100n, 200n, 300n],
  ]);
});
behaviour('queries that ask for other types are other queries', function* () {
  const as = (outputField: never) => gamma.values({ x: Coalesce('pages', 0, { outputField }) });
  expect(yield* call(as(fields.integer() as never), 'get')).toEqual({ x: 300 });
  expect(yield* call(as(fields.bigInteger() as never), 'get')).toEqual({ x: 300n });
  expect(yield* call(as(fields.float() as never), 'get')).toEqual({ x: 300 });
});
test('options of functions are looked at', () => {
  expect(() => Lower('title', 'isbn' as never)).toThrow(
    new TypeError("Lower() takes options by name, not 'isbn'."),
  );
  expect(() => Round('price', 1, { outputfield: fields.float() } as never)).toThrow(
    new TypeError("Round() got an unexpected option 'outputfield', perhaps you meant outputField?"),
  );
  expect(() => Coalesce('pages', F('id'), { outputField: 'float' } as never)).toThrow(
    new TypeError('An output field is given as fields.integer(), fields.text() and the like.'),
  );
  expect(() => Greatest('pages', float as never)).toThrow(
    new ValueError('Greatest must take at least two expressions'),
  );
});
