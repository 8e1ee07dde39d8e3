import { Count, F, fields, JSONNull, Value } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call, lastStatement, statements } from '../support/differential.ts';
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
