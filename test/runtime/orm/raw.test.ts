import {
  connections,
  DataError,
  F,
  FieldDoesNotExist,
  ProgrammingError,
  Q,
  RawSQL,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, iterate, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const { behaviour, reset } = harness();

behaviour('209 raw SQL gives instances', function* () {
  const rows = Book.objects.raw('SELECT * FROM book WHERE pages > %s AND title LIKE %s ORDER BY id', [
    100,
    '%a%',
  ]);
  expect(keys(yield* call(rows, 'list'))).toEqual([2, 3, 4, 5]);
  expect(lastStatement()).toContain('pages > $1::integer AND title LIKE $2');
  const [beta] = (yield* call<Book[]>(rows, 'list')) as [Book];
  expect(beta).toBeInstanceOf(Book);
  expect([beta.price, beta.meta, beta.publisherId]).toEqual(['20.00', { a: 'b', j: null }, 1]);
  expect(statements().length).toBe(1);
  expect(keys(yield* iterate(Book.objects.raw("SELECT * FROM book WHERE title LIKE 'Al%%'")))).toEqual([1]);
});
behaviour('a number limits the rows of raw SQL, also in a query within an expression', function* () {
  const rows = Book.objects.raw('SELECT * FROM book ORDER BY id LIMIT %s OFFSET %s', [2, 1]);
  expect(keys(yield* call(rows, 'list'))).toEqual([2, 3]);
  const second = RawSQL<number>('(SELECT b.id FROM book b ORDER BY b.id LIMIT %s OFFSET %s)', [1, 1]);
  const found = Book.objects.annotate({ second }).filter({ id: F('second') });
  expect(keys(yield* call(found, 'list'))).toEqual([2]);
});
behaviour('a bigint beyond 64 bits is no other number in raw SQL', function* () {
  const huge = 10n ** 20n + 1n;
  const less = Book.objects.raw('SELECT * FROM book WHERE id < %s AND id > %s', [huge, -huge]);
  const far = Book.objects.annotate({ far: RawSQL<boolean>('id + 0 > %s', [-huge]) });
  if (testEngine().engine === 'sqlite') {
    for (const rows of [less, far]) {
      const error = yield* thrownBy(() => call(rows, 'list'));
      expect(error).toBeInstanceOf(DataError);
    }
  } else {
    expect(yield* call(less, 'list')).toHaveLength(5);
    expect(yield* call(far, 'list')).toHaveLength(5);
  }
});
behaviour('209 named parameters', function* () {
  const sql = 'SELECT * FROM book WHERE pages = %(n)s OR id = %(id)s OR pages = %(n)s + 100 ORDER BY id';
  expect(keys(yield* call(Book.objects.raw(sql, { n: 100, id: 5 }), 'list'))).toEqual([1, 2, 5]);
  expect(lastStatement()).toContain('pages = $1::integer OR id = $2::integer OR pages = $1::integer + 100');
  const hostile = Book.objects.raw('SELECT * FROM book WHERE title = %(t)s', { t: "' OR true --" });
  expect(yield* call(hostile, 'list')).toEqual([]);
});
behaviour('209 further columns are attributes, missing ones are deferred', function* () {
  const rows = Book.objects.raw<{ twice: number }>(
    'SELECT id, title, pages * 2 AS twice FROM book WHERE id = 1',
  );
  const [book] = (yield* call<(Book & { twice: number })[]>(rows, 'list')) as [Book & { twice: number }];
  expect([book.title, book.twice]).toEqual(['Alpha', 200]);
  expect(Object.hasOwn(book, 'pages')).toBe(false);
});
behaviour('209 further columns have the type the server gives them', function* () {
  const sql = `SELECT id, count(*) OVER () AS n, price * 2 AS exact, id > 1 AS later, ARRAY[id, 7] AS list,
    '{"a":[1]}'::jsonb AS json, published::timestamptz AS moment, interval '90 seconds' AS took,
    9007199254740993 AS big, %s AS number, %s AS text, %s AS nothing, NULL AS null FROM book WHERE id = 1`;
  const [row] = (yield* call<object[]>(Book.objects.raw(sql, [5, 'x', null]), 'list')) as [object];
  expect(row).toMatchObject({
    n: 1,
    exact: '20.00',
    later: false,
    list: [1, 7],
    json: { a: [1] },
    moment: new Date('2020-01-15T00:00:00Z'),
    took: 90_000,
    big: 9007199254740993n,
    number: 5,
    text: 'x',
    nothing: null,
    null: null,
  });
  const listed = Book.objects.raw('SELECT * FROM book WHERE id = ANY(%s) AND tags && %s', [[1, 2], ['blue']]);
  expect(keys(yield* call(listed, 'list'))).toEqual([1]);
});
behaviour('209 raw rows can be indexed, prefetched for, and read once', function* () {
  const rows = Book.objects.raw('SELECT * FROM book ORDER BY id');
  expect((yield* call<Book>(rows, 'at', 2)).pk).toBe(3);
  expect((yield* call<Book>(rows, 'at', 0)).pk).toBe(1);
  expect(statements().length).toBe(1);
  expect((yield* thrownBy(() => call(rows, 'at', 5))).name).toBe('IndexError');
  expect((yield* thrownBy(() => call(rows, 'at', -1))).message).toBe('Negative indexing is not supported.');
  const [first] = (yield* call<Book[]>(rows.prefetchRelated('authors'), 'list')) as [Book];
  expect(first.authors.all().loaded).toHaveLength(1);
  expect(statements().length).toBe(3);
  expect(keys(yield* call(rows.prefetchRelated('authors').prefetchRelated(null), 'list'))).toHaveLength(5);
  expect(statements().length).toBe(4);
});
behaviour('209 columns of other names are translated', function* () {
  const rows = Book.objects.raw('SELECT id, title AS naam, pages AS dikte FROM book ORDER BY id', [], {
    translations: { naam: 'title', dikte: 'pages' },
  });
  const [first] = (yield* call<Book[]>(rows, 'list')) as [Book];
  expect([first.title, first.pages]).toEqual(['Alpha', 100]);
  expect(Object.hasOwn(first, 'naam')).toBe(false);
});
behaviour('of columns of one name the first is the one of the model', function* () {
  const joined = 'JOIN publisher ON publisher.id = publisher_id WHERE book.id = 3';
  const own = Book.objects.raw(`SELECT * FROM book ${joined}`);
  expect(keys(yield* call(own, 'list'))).toEqual([3]);
  const renamed = Book.objects.raw(`SELECT book.*, name FROM book ${joined}`, [], {
    translations: { name: 'title' },
  });
  expect(((yield* call<Book[]>(renamed, 'list')) as [Book])[0].title).toBe('Gamma');
});
behaviour('a further column that would hide a member of the model is refused', function* () {
  for (const name of ['save', 'publisher', 'authors', 'constructor']) {
    const rows = Book.objects.raw(`SELECT id, 1 AS ${name} FROM book WHERE id = 1`);
    const error = yield* thrownBy(() => call(rows, 'list'));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe(
      `The column '${name}' of the raw query conflicts with a member of the model. Give it another name with AS.`,
    );
  }
});
behaviour('209 raw SQL must return the key, and take the parameters it is given', function* () {
  const error = yield* thrownBy(() => call(Book.objects.raw('SELECT title FROM book'), 'list'));
  expect(error).toBeInstanceOf(FieldDoesNotExist);
  expect(error.message).toBe('Raw query must include the primary key');
  const few = yield* thrownBy(() => call(Book.objects.raw('SELECT * FROM book WHERE id = %s', []), 'list'));
  expect(few).toBeInstanceOf(ValueError);
  const many = yield* thrownBy(() => call(Book.objects.raw('SELECT * FROM book', [1]), 'list'));
  expect(many).toBeInstanceOf(ValueError);
  const wrong = yield* thrownBy(() => call(Book.objects.raw('SELECT nope FROM book'), 'list'));
  expect(wrong).toBeInstanceOf(ProgrammingError);
});
behaviour('parameters are plain values: what a query is made of is refused before it is sent', function* () {
  const one = yield* call<Book>(Book.objects, 'get', { id: 1 });
  const before = statements().length;
  const refused = [
    [F('pages'), 'the expression F()'],
    [Q({ id: 1 }), 'a condition'],
    [Book.objects.values('id'), 'a queryset'],
    [Book.objects, 'a manager'],
    [one, '<Book>. Give its key'],
    [[1, F('id')], 'the expression F()'],
  ] as const;
  for (const [given, name] of refused) {
    const raw = Book.objects.raw('SELECT * FROM book WHERE id = %s', [given]);
    const error = yield* thrownBy(() => call(raw, 'list'));
    expect(error).toEqual(new TypeError(`A parameter of SQL is a plain value, not ${name}.`));
    expect(() => Book.objects.extra({ where: ['id = %s'], params: [given] })).toThrow(error);
  }
  expect(statements()).toHaveLength(before);
});
test('parameters of a cursor are plain values, too', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  await expect(cursor.aexecute('SELECT %s', [F('id')])).rejects.toThrow(
    new TypeError('A parameter of SQL is a plain value, not the expression F().'),
  );
  await cursor.aclose();
});
