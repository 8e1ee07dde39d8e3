import {
  Cast,
  Count,
  F,
  FieldError,
  fields,
  JSONNull,
  KT,
  Lower,
  Max,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { onOtherEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const { behaviour } = harness();

type Where = Record<string, unknown>;
interface Filterable {
  filter(...where: unknown[]): Filterable;
  exclude(...where: unknown[]): Filterable;
  orderBy(...terms: unknown[]): Filterable;
  valuesList(...parts: unknown[]): Filterable;
}
const books = Book.objects as unknown as Filterable;
function* ids(rows: Filterable): Behaviour<unknown[]> {
  return yield* call<unknown[]>(rows.orderBy('id').valuesList('id', { flat: true }), 'list');
}
function finds(name: string, cases: readonly (readonly [Where, readonly number[]])[]): void {
  behaviour(name, function* () {
    for (const [where, expected] of cases) {
      expect(yield* ids(books.filter(where)), JSON.stringify(where)).toEqual(expected);
    }
  });
}

finds('158 keys and indexes', [
  [{ meta__a: 'b' }, [2]],
  [{ meta__a: 1 }, [1]],
  [{ meta__c: 14 }, [5]],
  [{ meta__c__gt: 2 }, [5]],
  [{ meta__c__lt: 2 }, []],
  [{ meta__k__l: 'm' }, [1]],
  [{ meta__0: 1 }, [4]],
  [{ meta__arr__0: 1 }, [1]],
  [{ meta__arr__1__f: 'g' }, [1]],
  [{ 'meta__-1__0': 2 }, [4]],
  [{ meta__a__in: ['b', 1, 7] }, [1, 2]],
  [{ meta__k: { l: 'm' } }, [1]],
  [{ meta: [1, [2]] }, [4]],
  [{ meta: { c: 14 } }, [5]],
  [{ meta__a: true }, []],
]);
finds('159 has keys', [
  [{ meta__hasKey: 'a' }, [1, 2]],
  [{ meta__k__hasKey: 'l' }, [1]],
  [{ meta__hasKeys: ['a', 'j'] }, [2]],
  [{ meta__hasAnyKeys: ['c', 'j'] }, [2, 5]],
  [{ meta__hasAnyKeys: [] }, []],
]);
finds('160 containment', [
  [{ meta__contains: { k: { l: 'm' } } }, [1]],
  [{ meta__contains: [1] }, [4]],
  [{ meta__containedBy: { a: 'b', j: null, z: 1 } }, [2]],
  [{ meta__k__contains: { l: 'm' } }, [1]],
]);
finds('161 SQL null, JSON null and no key', [
  [{ meta__isNull: true }, [3]],
  [{ meta__j: null }, [2]],
  [{ meta: null }, []],
  [{ meta__a__isNull: true }, [3, 4, 5]],
  [{ meta__a__isNull: false }, [1, 2]],
]);
finds('162 text inside JSON', [
  [{ meta__a__startsWith: 'b' }, [2]],
  [{ meta__k__l__iexact: 'M' }, [1]],
  [{ meta__k__l__icontains: 'M' }, [1]],
  [{ meta__a__regex: '^[a-z]$' }, [2]],
]);
behaviour('163 values inside JSON', function* () {
  const rows = Book.objects.orderBy('id');
  expect(yield* call(rows.valuesList('meta__a', { flat: true }), 'list')).toEqual([1, 'b', null, null, null]);
  expect(yield* call(rows.values('meta__k__l').slice(0, 1), 'list')).toEqual([{ meta__k__l: 'm' }]);
  const sorted = Book.objects.filter({ meta__a__isNull: false }).orderBy('-meta__a');
  expect(yield* call(sorted.valuesList('id', { flat: true }), 'list')).toEqual([1, 2]);
  const counted = Book.objects
    .values('meta__a')
    .annotate({ n: Count('id') })
    .orderBy('n', 'meta__a');
  expect(yield* call(counted, 'list')).toEqual([
    { meta__a: 'b', n: 1 },
    { meta__a: 1, n: 1 },
    { meta__a: null, n: 3 },
  ]);
  const annotated = Book.objects.annotate({ c: F('meta__c') }).filter({ c: 14 });
  expect(yield* call(annotated.valuesList('id', { flat: true }), 'list')).toEqual([5]);
});
behaviour('164 exclude drops rows that lack the key, and keeps those without a value', function* () {
  expect(yield* ids(books.exclude({ meta__a: 'b' }))).toEqual([1, 3]);
  expect(yield* ids(books.exclude({ meta__hasKey: 'a' }))).toEqual([3, 4, 5]);
});
behaviour('keys are quoted, values are parameters', function* () {
  expect(yield* ids(books.filter({ "meta__a'b": 'x' }))).toEqual([]);
  expect(yield* ids(books.filter({ 'meta__a\\"},{': 'x' }))).toEqual([]);
  expect(yield* ids(books.filter({ "meta__k__l' or true --": 'x' }))).toEqual([]);
  expect(yield* ids(books.filter({ meta__a: "b' --" }))).toEqual([]);
  const first = lastStatement();
  expect(yield* ids(books.filter({ meta__a: 'b' }))).toEqual([2]);
  expect(lastStatement()).toBe(first);
  expect(statements().length).toBe(5);
});

behaviour('JSON null is written by name, SQL null by null', function* () {
  const nulls = function* () {
    const json = yield* ids(books.filter({ meta: null, id__lte: 2 }));
    const sql = yield* ids(books.filter({ meta__isNull: true, id__lte: 2 }));
    return { json, sql };
  };
  const write = (value: unknown) => call(Book.objects.filter({ id: 1 }), 'update', { meta: value });
  yield* write(JSONNull());
  expect(yield* nulls()).toEqual({ json: [1], sql: [] });
  yield* write(null);
  expect(yield* nulls()).toEqual({ json: [], sql: [1] });
  yield* write(Value(null, { outputField: fields.json() }));
  expect(yield* ids(books.filter({ meta: JSONNull() }))).toEqual([1]);
  const book = yield* call<Book>(Book.objects, 'get', { id: 2 });
  book.meta = JSONNull() as never;
  yield* call(book, 'save');
  expect(yield* nulls()).toEqual({ json: [1, 2], sql: [] });
});
finds('values as expressions are compared as JSON', [
  [{ meta__a: Value('b') }, [2]],
  [{ meta__a: Value(1) }, [1]],
  [{ meta__a__in: [Value('b'), 1] }, [1, 2]],
  [{ meta__c__gt: Value(2) }, [5]],
]);

behaviour('what is at a key is taken as text', function* () {
  const rows = Book.objects.filter({ id__lte: 2 }).orderBy('id');
  expect(yield* call(rows.values({ a: KT('meta__a'), deep: KT('meta__k__l') }), 'list')).toEqual([
    { a: '1', deep: 'm' },
    { a: 'b', deep: null },
  ]);
  const sizes = Book.objects
    .filter({ meta__c__isNull: false })
    .annotate({ size: Cast(KT('meta__c'), fields.integer()) });
  expect(yield* call(sizes.filter({ size__gt: 13, pages__gt: F('size') }).values('size'), 'get')).toEqual({
    size: 14,
  });
  const ordered = Book.objects.filter({ id__lte: 2 }).orderBy(KT('meta__a').desc());
  expect(yield* call(ordered.valuesList(Lower(KT('meta__a')), { flat: true }), 'list')).toEqual(['b', '1']);
  const counted = Book.objects
    .filter({ id__lte: 2 })
    .values({ at: KT('meta__a') })
    .annotate({ n: Count('id') });
  expect(yield* call(counted.orderBy('at'), 'list')).toEqual([
    { at: '1', n: 1 },
    { at: 'b', n: 1 },
  ]);
  // Of rows that a query inside gives, too.
  const first = Book.objects.orderBy('id').slice(0, 3);
  expect(yield* call(first, 'aggregate', { a: Max(KT('meta__a')), n: Count(KT('meta__k__l')) })).toEqual({
    a: 'b',
    n: 1,
  });
});
behaviour('only JSON has keys', function* () {
  expect(() => KT('meta')).toThrow(new ValueError('Lookup must contain key or index transforms.'));
  const error = yield* thrownBy(() =>
    call(Book.objects.values({ x: KT('publisher__name') as never }), 'list'),
  );
  expect(error).toEqual(
    new FieldError("KT() takes a key or an index of JSON, which 'publisher__name' is not."),
  );
  expect(statements()).toEqual([]);
});
// Other databases compare what is in JSON with numbers and texts as they are.
behaviour('JSON beside a column of another type is refused before it is sent', function* () {
  if (onOtherEngine()) return;
  for (const where of [
    { pages: F('meta') },
    { pages__gt: F('meta__a') },
    { pages__in: [F('meta__a'), 3] },
    { pages__range: [F('meta'), 3] },
    { meta__a: F('pages') },
    { meta__lt: F('title') },
  ]) {
    const error = yield* thrownBy(() => ids(books.filter(where)));
    expect(error, JSON.stringify(where)).toBeInstanceOf(FieldError);
    expect(error.message).toMatch(/^Cannot compare \w+ with \w+: make a value of the other type of the JSON/);
  }
  expect(statements()).toEqual([]);
  expect(yield* ids(books.filter({ meta__a: F('meta__a'), title__contains: F('meta__k__l') }))).toEqual([]);
});
behaviour('a key may be asked for by another key, or by an expression', function* () {
  expect(yield* ids(books.filter({ meta__hasKey: F('meta__k__l') }))).toEqual([1]);
  expect(yield* ids(books.filter({ meta__k__hasKey: KT('meta__l') }))).toEqual([1]);
  expect(yield* ids(books.filter({ meta__hasKey: F('meta__c') }))).toEqual([5]);
  expect(yield* ids(books.filter({ meta__hasKey: Lower(Value('ARR')) }))).toEqual([1]);
});
behaviour('null at a key is the null of JSON, whatever compares it', function* () {
  expect(yield* ids(books.filter({ meta__j__iexact: null }))).toEqual([2]);
  expect(yield* ids(books.filter({ meta__iexact: null }))).toEqual([3]);
  // Excluding it leaves out rows without a value, too, unless it is written as JSON.
  expect(yield* ids(books.exclude({ meta__a: null }))).toEqual([1, 2]);
  expect(yield* ids(books.exclude({ meta__a: JSONNull() }))).toEqual([1, 2, 3]);
  expect(() => books.filter({ meta__contains: null })).toThrow(
    new ValueError('Cannot use None as a query value'),
  );
});
