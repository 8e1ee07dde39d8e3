import { Count, FieldError, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event } from '../support/library.ts';

const { behaviour } = harness();

behaviour('53 get reads one row, asks for 21, and drops the ordering', function* () {
  const book = yield* call<Book>(Book.objects.orderBy('title'), 'get', { isbn: 'i1' });
  expect(book.id).toBe(1);
  expect(book).toBeInstanceOf(Book);
  expect(lastStatement()).toMatch(/LIMIT 21$/);
  expect(lastStatement()).not.toContain('ORDER BY');
});
behaviour('55 get of several rows names how many', function* () {
  const error = yield* thrownBy(() => call(Book.objects, 'get', { pages__gt: 150 }));
  expect(error).toBeInstanceOf(Book.MultipleObjectsReturned);
  expect(error.constructor.name).toBe('MultipleObjectsReturned');
  expect(error.message).toBe('get() returned more than one Book -- it returned 4!');
});
behaviour('56 get counts up to twenty', function* () {
  const more = (n: number) => Array.from({ length: n }, (_, i) => ({ name: `n${i}`, age: 99 }));
  yield* call(Author.objects, 'bulkCreate', more(20));
  const twenty = yield* thrownBy(() => call(Author.objects, 'get', { age: 99 }));
  expect(twenty.message).toBe('get() returned more than one Author -- it returned 20!');
  yield* call(Author.objects, 'create', { name: 'x', age: 99 });
  const many = yield* thrownBy(() => call(Author.objects, 'get', { age: 99 }));
  expect(many.message).toBe('get() returned more than one Author -- it returned more than 20!');
});
behaviour('58 get cannot filter a slice', function* () {
  const error = yield* thrownBy(() => call(Book.objects.all().slice(0, 1), 'get', { id: 1 }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe('Cannot filter a query once a slice has been taken.');
});
behaviour('59 get of none() sends nothing', function* () {
  const error = yield* thrownBy(() => call(Book.objects.none(), 'get'));
  expect(error).toBeInstanceOf(Book.DoesNotExist);
  expect(error.message).toBe('Book matching query does not exist.');
  expect(statements()).toEqual([]);
});
behaviour('61 get leaves the cache alone', function* () {
  const books = Book.objects.all();
  yield* call(books, 'get', { id: 2 });
  expect(books.loaded).toBeUndefined();
});
behaviour('62 first and last of an unordered query go by key', function* () {
  expect((yield* call<Book>(Book.objects, 'first')).id).toBe(1);
  expect(lastStatement()).toMatch(/ORDER BY "book"."id" ASC LIMIT 1$/);
  expect((yield* call<Book>(Book.objects, 'last')).id).toBe(5);
  expect(lastStatement()).toMatch(/ORDER BY "book"."id" DESC LIMIT 1$/);
});
behaviour('64 first and last of nothing are null', function* () {
  const none = Book.objects.filter({ pages: 1 });
  expect(yield* call(none, 'first')).toBeNull();
  expect(yield* call(none, 'last')).toBeNull();
});
behaviour('65 first of a slice keeps its offset', function* () {
  const book = yield* call<Book>(Book.objects.orderBy('id').slice(1, 3), 'first');
  expect(book.id).toBe(2);
  expect(lastStatement()).toMatch(/LIMIT 1 OFFSET 1$/);
});
behaviour('67 last of a slice is refused', function* () {
  const error = yield* thrownBy(() => call(Book.objects.all().slice(0, 2), 'last'));
  expect(error.message).toBe('Cannot reverse a query once a slice has been taken.');
});
behaviour('70 first honours an ordering that was cleared', function* () {
  yield* call(Event.objects.orderBy(), 'first');
  expect(lastStatement()).not.toContain('ORDER BY');
});
behaviour('71 latest and earliest order by the named field', function* () {
  expect((yield* call<Book>(Book.objects, 'latest', 'published')).id).toBe(5);
  expect((yield* call<Book>(Book.objects, 'earliest', 'published')).id).toBe(1);
  expect((yield* call<Book>(Book.objects, 'earliest', '-published')).id).toBe(5);
});
behaviour('73 latest takes several fields; nulls come first downwards', function* () {
  expect((yield* call<Book>(Book.objects, 'latest', 'rating', 'pages')).id).toBe(3);
});
behaviour('74 latest needs a field or getLatestBy', function* () {
  const error = yield* thrownBy(() => call(Book.objects, 'latest'));
  expect(error).toBeInstanceOf(ValueError);
  expect((yield* call<Event>(Event.objects, 'latest')).name).toBe('e1');
});
behaviour('76 earliest of a slice is refused, of nothing does not exist', function* () {
  const sliced = yield* thrownBy(() => call(Book.objects.all().slice(0, 2), 'earliest', 'id'));
  expect(sliced.message).toBe('Cannot change a query once a slice has been taken.');
  const missing = yield* thrownBy(() => call(Book.objects.filter({ pages: 1 }), 'earliest', 'id'));
  expect(missing).toBeInstanceOf(Book.DoesNotExist);
});
behaviour('79 count of a slice counts the slice', function* () {
  expect(yield* call(Book.objects.all().slice(1, 3), 'count')).toBe(2);
  expect(lastStatement()).toContain('LIMIT 2 OFFSET 1');
  expect(yield* call(Book.objects.all().slice(10, 20), 'count')).toBe(0);
});
behaviour('80 count counts joined rows, distinct ones once', function* () {
  const books = Book.objects.filter({ authors__age__gte: 30 });
  expect(yield* call(books, 'count')).toBe(6);
  expect(yield* call(books.distinct(), 'count')).toBe(4);
});
behaviour('82 what cannot match is known without asking', function* () {
  expect(yield* call(Book.objects.none(), 'count')).toBe(0);
  expect(yield* call(Book.objects.none(), 'exists')).toBe(false);
  expect(yield* call(Book.objects.all().slice(0, 0), 'exists')).toBe(false);
  expect(statements()).toEqual([]);
});
behaviour('83 exists selects 1 and drops the ordering', function* () {
  expect(yield* call(Book.objects.orderBy('title'), 'exists')).toBe(true);
  expect(lastStatement()).toBe('SELECT 1 AS "a" FROM "book" LIMIT 1');
  expect(yield* call(Book.objects.all().slice(3), 'exists')).toBe(true);
  expect(yield* call(Book.objects.all().slice(10), 'exists')).toBe(false);
});
behaviour('85 contains checks what it is given', function* () {
  const unsaved = yield* thrownBy(() => call(Book.objects, 'contains', new Book()));
  expect(unsaved.message).toBe('QuerySet.contains() cannot be used on unsaved objects.');
  const other = yield* thrownBy(() => call(Book.objects, 'contains', {}));
  expect(other.message).toBe("'obj' must be a model instance.");
  const author = yield* call<Author>(Author.objects, 'get', { id: 1 });
  const before = statements().length;
  expect(yield* call(Book.objects, 'contains', author)).toBe(false);
  expect(statements().length).toBe(before);
  const values = yield* thrownBy(() => call(Book.objects.values('id'), 'contains', author));
  expect(values.message).toBe('Cannot call QuerySet.contains() after .values() or .valuesList().');
});
behaviour('86 inBulk maps keys to rows and leaves out the missing', function* () {
  const found = yield* call<Map<number, Book>>(Book.objects, 'inBulk', [2, 1, 99]);
  expect([...found.keys()].sort()).toEqual([1, 2]);
  expect(yield* call(Book.objects, 'inBulk', [])).toEqual(new Map());
});
behaviour('88 inBulk goes by any unique field', function* () {
  const found = yield* call<Map<string, Book>>(Book.objects, 'inBulk', ['i1', 'i5'], { fieldName: 'isbn' });
  expect([...found].map(([isbn, { id }]) => [isbn, id])).toEqual([
    ['i1', 1],
    ['i5', 5],
  ]);
});
behaviour('89 inBulk refuses other fields and slices', function* () {
  const field = yield* thrownBy(() => call(Book.objects, 'inBulk', ['x'], { fieldName: 'title' }));
  expect(field.message).toBe("inBulk()'s fieldName must be a unique field but 'title' isn't.");
  const sliced = yield* thrownBy(() => call(Book.objects.all().slice(0, 1), 'inBulk', [1]));
  expect(sliced.message).toBe("Cannot use 'limit' or 'offset' with inBulk().");
});
behaviour('91 inBulk goes by what distinct leaves one row of', function* () {
  const first = Book.objects.orderBy('publisher', 'pages').distinct('publisher');
  const found = yield* call<Map<number, Book>>(first, 'inBulk', [1, 2], { fieldName: 'publisher' });
  expect([...found].map(([key, { id }]) => [key, id])).toEqual([
    [1, 1],
    [2, 3],
  ]);
  const all = yield* call<Map<number, Book>>(first.reverse(), 'inBulk', null, { fieldName: 'publisher' });
  expect([...all.keys()]).toEqual([2, 1]);
  for (const other of [first.distinct('publisher', 'pages'), first.distinct('id'), first.distinct()]) {
    const refused = yield* thrownBy(() => call(other, 'inBulk', [1], { fieldName: 'publisher' }));
    expect(refused.message).toBe("inBulk()'s fieldName must be a unique field but 'publisher' isn't.");
  }
});
behaviour('92 at reads one row', function* () {
  expect((yield* call<Book>(Book.objects.orderBy('id'), 'at', 0)).id).toBe(1);
  expect((yield* thrownBy(() => call(Book.objects, 'at', 50))).name).toBe('IndexError');
  expect((yield* thrownBy(() => call(Book.objects, 'at', -1))).message).toBe(
    'Negative indexing is not supported.',
  );
});
behaviour('97 at queries each time until the query set is evaluated', function* () {
  const books = Book.objects.orderBy('id');
  yield* call(books, 'at', 0);
  yield* call(books, 'at', 0);
  expect(statements().length).toBe(2);
  yield* call(books, 'list');
  yield* call(books, 'at', 1);
  expect(statements().length).toBe(3);
});
behaviour('98 first and aggregate query even when everything is loaded', function* () {
  const books = Book.objects.orderBy('id');
  yield* call(books, 'list');
  yield* call(books, 'count');
  yield* call(books, 'exists');
  expect(statements().length).toBe(1);
  yield* call(books, 'first');
  expect(statements().length).toBe(2);
});
behaviour('100 a chained query set has a cache of its own', function* () {
  const books = Book.objects.orderBy('id');
  const rows = yield* call<Book[]>(books, 'list');
  expect(keys(rows)).toEqual([1, 2, 3, 4, 5]);
  expect(books.all().loaded).toBeUndefined();
  expect(yield* call(books, 'list')).toBe(rows);
});
behaviour('107 an unknown name lists the choices', function* () {
  const error = yield* thrownBy(() => call(Author.objects, 'get', { nope: 1 }));
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toBe(
    "Cannot resolve keyword 'nope' into field. Choices are: age, books, contactFor, email, id, name, profile, rating",
  );
});
behaviour('68 first and last of groups need an ordering', function* () {
  const groups = Book.objects.values('publisher').annotate({ n: Count('id') });
  for (const method of ['first', 'last']) {
    const error = yield* thrownBy(() => call(groups, method));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `Cannot use QuerySet.${method}() on an unordered queryset performing aggregation. Add an ordering with orderBy().`,
    );
  }
  expect(yield* call(groups.orderBy('-n'), 'first')).toEqual({ publisher: 1, n: 3 });
  expect(yield* call(groups.orderBy('-n'), 'last')).toEqual({ publisher: 2, n: 2 });
});
behaviour('208 explain takes formats and options it knows', function* () {
  expect(yield* call<string>(Book.objects, 'explain', { format: 'json' })).toContain('Seq Scan');
  expect(lastStatement()).toMatch(/^EXPLAIN \(FORMAT JSON\) SELECT/);
  expect(yield* call<string>(Book.objects, 'explain', { verbose: true })).toContain('Output: id');
  expect(lastStatement()).toMatch(/^EXPLAIN \(VERBOSE true\) SELECT/);
  const refused = (options: object) => thrownBy(() => call(Book.objects, 'explain', options));
  expect((yield* refused({ format: 'NOPE' })).message).toBe(
    'NOPE is not a recognized format. Allowed formats: JSON, TEXT, XML, YAML',
  );
  expect((yield* refused({ 'a;b': true })).message).toBe("Invalid option name: 'a;b'.");
  expect((yield* refused({ TEST2: 1, TEST: true, verbose: true })).message).toBe(
    'Unknown options: TEST, TEST2',
  );
});

behaviour('68 groups made by the key have the order of the key', function* () {
  const counted = Book.objects.values('id').annotate({ n: Count('authors') });
  expect(yield* call(counted, 'first')).toEqual({ id: 1, n: 1 });
  expect(yield* call(counted, 'last')).toEqual({ id: 5, n: 0 });
});
