import {
  ArrayAgg,
  Case,
  Coalesce,
  F,
  fields,
  Greatest,
  Lag,
  Max,
  NullIf,
  Sum,
  Value,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const { behaviour } = harness();
const missing = Book.objects.filter({ id: 99 });
const alpha = Book.objects.filter({ id: 1 });

behaviour('a written value beside a decimal, a date or an array is one, too', function* () {
  const rows = alpha.annotate({
    exact: Coalesce('price', Value('0')),
    larger: Greatest('price', Value('12.5')),
    other: NullIf('price', Value('10')),
    chosen: Case(When({ id: 2 }, F('price')), { default: Value('7.5') }),
    day: Coalesce('published', Value('2000-01-01')),
    words: Coalesce('tags', Value(['none'])),
  });
  expect(yield* call(rows.values('exact', 'larger', 'other', 'chosen', 'day', 'words'), 'get')).toEqual({
    exact: '10.00',
    larger: '12.5',
    other: null,
    chosen: '7.5',
    day: '2020-01-15',
    words: yield* call(alpha.valuesList('tags', { flat: true }), 'get'),
  });
});

behaviour('a default that is a written value has the type of its aggregate', function* () {
  expect(
    yield* call(missing, 'aggregate', {
      sum: Sum('price', { default: Value('0.00') }),
      last: Max('published', { default: Value('2000-01-01') }),
      titles: ArrayAgg('title', { default: Value(['none']) }),
      stars: ArrayAgg('reviews__stars', { default: Value([]) }),
    }),
  ).toEqual({ sum: '0.00', last: '2000-01-01', titles: ['none'], stars: [] });
});

behaviour('what stands in for a missing neighbour has the type of its neighbours', function* () {
  const before = Window({ expression: Lag('price', 1, '0.00'), orderBy: 'id' });
  const day = Window({ expression: Lag('published', 1, '2000-01-01'), orderBy: 'id' });
  expect(yield* call(alpha.annotate({ before, day }).values('before', 'day'), 'get')).toEqual({
    before: '0.00',
    day: '2000-01-01',
  });
});

behaviour('a written value is of the type that it is given', function* () {
  const price = Value('7.50', { outputField: fields.decimal(6, 2) });
  const day = Value('2000-01-01', { outputField: fields.date() });
  const rows = alpha.annotate({ price2: price.add(1), day, year: F('published').sub(day) });
  const found = yield* call(rows.values('price2', 'day'), 'get');
  expect(found).toEqual({ price2: '8.50', day: '2000-01-01' });
  const wrong = Value('seven', { outputField: fields.decimal(6, 2) });
  const error = yield* thrownBy(() => call(alpha.annotate({ wrong }), 'get'));
  expect(error.message).toBe('“seven” value must be a decimal number.');
  expect(() => Value(1, { outputField: 'integer' as never })).toThrow('fields.integer()');
});
