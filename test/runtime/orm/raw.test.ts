import { FieldDoesNotExist, ProgrammingError, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, iterate, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const { behaviour } = harness();

behaviour('209 raw SQL gives instances', function* () {
  const rows = Book.objects.raw('SELECT * FROM book WHERE pages > %s AND title LIKE %s ORDER BY id', [
    100,
    '%a%',
  ]);
  expect(keys(yield* call(rows, 'list'))).toEqual([2, 3, 4, 5]);
  expect(lastStatement()).toContain('pages > $1 AND title LIKE $2');
  const [beta] = (yield* call<Book[]>(rows, 'list')) as [Book];
  expect(beta).toBeInstanceOf(Book);
  expect([beta.price, beta.meta, beta.publisherId]).toEqual(['20.00', { a: 'b', j: null }, 1]);
  expect(statements().length).toBe(1);
  expect(keys(yield* iterate(Book.objects.raw("SELECT * FROM book WHERE title LIKE 'Al%%'")))).toEqual([1]);
});
behaviour('209 named parameters', function* () {
  const sql = 'SELECT * FROM book WHERE pages = %(n)s OR id = %(id)s OR pages = %(n)s + 100 ORDER BY id';
  expect(keys(yield* call(Book.objects.raw(sql, { n: 100, id: 5 }), 'list'))).toEqual([1, 2, 5]);
  expect(lastStatement()).toContain('pages = $1 OR id = $2 OR pages = $1 + 100');
  const hostile = Book.objects.raw('SELECT * FROM book WHERE title = %(t)s', { t: "' OR true --" });
  expect(yield* call(hostile, 'list')).toEqual([]);
});
behaviour('209 further columns are attributes, missing ones are deferred', function* () {
  const rows = Book.objects.raw('SELECT id, title, pages * 2 AS twice FROM book WHERE id = 1');
  const [book] = (yield* call<(Book & { twice: string })[]>(rows, 'list')) as [Book & { twice: string }];
  expect([book.title, book.twice]).toEqual(['Alpha', '200']);
  expect(Object.hasOwn(book, 'pages')).toBe(false);
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
