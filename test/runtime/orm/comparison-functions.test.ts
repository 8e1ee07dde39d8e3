import {
  Coalesce,
  Collate,
  F,
  Func,
  fields,
  JSONArray,
  JSONObject,
  Lower,
  NullIf,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, lastStatement } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book } from '../support/library.ts';

const { behaviour } = harness();

behaviour('rows become JSON objects by keys of any kind', function* () {
  const rows = Book.objects.filter({ id: 1 }).values({
    x: JSONObject({ title: Lower('title'), pages: 'pages', "it's": Value('"'), half: F('pages').div(8) }),
  });
  expect(yield* call(rows, 'get')).toEqual({ x: { title: 'alpha', pages: 100, "it's": '"', half: 12 } });
  const nested = Book.objects
    .annotate({ x: JSONObject({ by: JSONObject({ name: 'publisher__name' }), tags: 'tags', meta: 'meta' }) })
    .filter({ id: 2 })
    .values('x');
  expect(yield* call(nested, 'get')).toEqual({
    x: { by: { name: 'Acme' }, tags: ['red'], meta: { a: 'b', j: null } },
  });
  expect(yield* call(Book.objects.filter({ id: 1 }).values({ x: JSONObject({}) }), 'get')).toEqual({ x: {} });
  const found = Book.objects
    .annotate({ x: JSONObject({ t: 'title' }) })
    .filter({ ['x__t' as 'x']: 'Beta' as never });
  expect(keys(yield* call(found, 'list'))).toEqual([2]);
});
behaviour('objects with other keys are other SQL', function* () {
  const sql = (key: string) => Book.objects.values({ x: JSONObject({ [key]: 'title' }) }).toSql().sql;
  expect(sql('a')).not.toBe(sql('b'));
  expect(
    yield* call(Book.objects.filter({ id: 1 }).values({ x: JSONObject({ b: 'pages' }) }), 'get'),
  ).toEqual({
    x: { b: 100 },
  });
});
behaviour('values become JSON arrays', function* () {
  const rows = Book.objects.filter({ id__lte: 3 }).orderBy('id');
  expect(
    yield* call(
      rows.values({ x: JSONArray('title', 'rating', Value(true)) }).valuesList('x', { flat: true }),
      'list',
    ),
  ).toEqual([
    ['Alpha', 4, true],
    ['Beta', 3, true],
    ['Gamma', null, true],
  ]);
  expect(yield* call(rows.values({ x: JSONArray() }), 'first')).toEqual({ x: [] });
});
behaviour('texts are compared and ordered by a collation', function* () {
  const byLetter = Book.objects.orderBy(Collate('title', 'en-x-icu'), 'id');
  expect(keys(yield* call(byLetter, 'list'))).toEqual([1, 5, 2, 4, 3]);
  expect(lastStatement()).toContain('COLLATE "en-x-icu" ASC');
  const binary = Book.objects.orderBy(Collate(F('title'), 'C').desc());
  expect(keys(yield* call(binary, 'list'))).toEqual([5, 3, 4, 2, 1]);
  const same = Author.objects.filter({ name: Collate(Value('Ann'), 'C') });
  expect(keys(yield* call(same, 'list'))).toEqual([1]);
});
test('a collation has a plain name', () => {
  expect(() => Collate('title', 'x"; drop table book; --')).toThrow(
    new ValueError(`Invalid collation name: 'x"; drop table book; --'.`),
  );
});
behaviour('values beside a function of another kind keep their own type', function* () {
  const rounded = Func('price', 0, { function: 'ROUND', outputField: fields.decimal(6, 0) });
  expect(yield* call(Book.objects.filter({ id: 5 }).values({ x: rounded }), 'get')).toEqual({ x: '51' });
  const kept = Coalesce(NullIf('price', 10), '0.5' as never, Value('0.5'));
  const sql = () => Book.objects.values({ x: kept });
  expect(sql).toThrow("Cannot resolve keyword '0.5' into field");
  const prices = Book.objects.orderBy('id').values({ x: Coalesce(NullIf('price', 10), Value('0.5')) });
  expect(yield* call(prices.slice(0, 2).valuesList('x', { flat: true }), 'list')).toEqual(['0.5', '20.00']);
});
