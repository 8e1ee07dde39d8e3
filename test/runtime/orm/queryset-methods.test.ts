import { Count, DatabaseError, F, NotSupportedError, Prefetch, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, leave, statements, stream, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();

behaviour('304 a slice of rows by chance is taken for each owner', function* () {
  const some = Prefetch('reviews', { queryset: Review.objects.orderBy('?').slice(0, 2) });
  const books = yield* call<Book[]>(Book.objects.prefetchRelated(some).orderBy('id'), 'list');
  const counts = [];
  for (const book of books) counts.push(yield* call<number>(book.reviews, 'count'));
  expect(counts).toEqual([2, 1, 0, 2, 0]);
  expect(statements()).toHaveLength(2);
  const shuffled = Prefetch('authors', { queryset: Author.objects.orderBy('?').slice(1, 3) });
  const [, second] = yield* call<Book[]>(Book.objects.prefetchRelated(shuffled).orderBy('id'), 'list');
  expect(yield* call(second?.authors.all() as object, 'count')).toBe(1);
});
behaviour('208 explain takes what an option is set to', function* () {
  const options = { analyze: true, serialize: 'text', timing: false, summary: false, buffers: false };
  const plan = yield* call<string>(Book.objects, 'explain', options);
  expect(lastStatement()).toMatch(
    /^EXPLAIN \(ANALYZE true, SERIALIZE TEXT, TIMING false, SUMMARY false, BUFFERS false\)/,
  );
  expect(plan).toContain('Serialization');
  const error = yield* thrownBy(() => call(Book.objects, 'explain', { serialize: 'json' }));
  expect(error).toEqual(
    new ValueError(
      "'json' is not a value of the option SERIALIZE. Allowed values: true, false, 'text', 'binary', 'none'",
    ),
  );
  const wrong = yield* thrownBy(() => call(Book.objects, 'explain', { costs: 'on); drop table book; --' }));
  expect(wrong).toBeInstanceOf(ValueError);
});
behaviour('335 a raw query is read from a cursor, in chunks, until the reader leaves', function* () {
  const raw = Book.objects.raw('-- all of them\nSELECT * FROM book WHERE pages > %s ORDER BY id', [100]);
  const seen: unknown[] = [];
  yield* stream<Book>(raw, { chunkSize: 2 }, ({ id }) => {
    seen.push(id);
    return seen.length === 3 ? leave : undefined;
  });
  expect(seen).toEqual([2, 3, 4]);
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual(['DECLARE', 'FETCH', 'FETCH', 'CLOSE']);
  expect(raw.loaded).toBeUndefined();
});
behaviour('335 a raw query that writes or locks is read at once', function* () {
  const changed = Book.objects.raw("UPDATE book SET title = 'x' WHERE id < %s RETURNING *", [3]);
  const seen: string[] = [];
  yield* stream<Book>(changed, { chunkSize: 1 }, ({ title }) => void seen.push(title));
  expect(seen).toEqual(['x', 'x']);
  const locked = Book.objects.raw('SELECT * FROM book WHERE id = 1 FOR UPDATE');
  yield* stream<Book>(locked, undefined, ({ title }) => void seen.push(title));
  const named = Book.objects.raw(
    "WITH w AS (UPDATE book SET title = 'y' WHERE id = 2 RETURNING *) SELECT * FROM w",
  );
  yield* stream<Book>(named, undefined, ({ title }) => void seen.push(title));
  expect(seen).toEqual(['x', 'x', 'x', 'y']);
});
behaviour('335 rows of a raw query that are streamed have what was prefetched', function* () {
  const raw = Book.objects.raw('SELECT * FROM book ORDER BY id').prefetchRelated('reviews');
  const counts: number[] = [];
  yield* stream<Book>(raw, { chunkSize: 2 }, function* (book: Book) {
    counts.push((yield* call<Review[]>(book.reviews.all(), 'list')).length);
  });
  expect(counts).toEqual([2, 1, 0, 3, 0]);
  expect(statements().filter((sql) => sql.includes('"review"'))).toHaveLength(3);
});
behaviour('205 dates of combined rows are refused by their own name', function* () {
  const both = Book.objects.filter({ id: 1 }).union(Book.objects.filter({ id: 2 }));
  expect(() => both.dates('published', 'year')).toThrow(
    new NotSupportedError('Calling QuerySet.dates() after union() is not supported.'),
  );
  const moments = Event.objects.all().difference(Event.objects.filter({ id: 1 }));
  expect(() => moments.datetimes('at', 'day')).toThrow(
    new NotSupportedError('Calling QuerySet.datetimes() after difference() is not supported.'),
  );
  yield* call(both, 'count');
});
behaviour('206 combined rows are ordered by what they do not return', function* () {
  const both = Book.objects.filter({ pages__lt: 300 }).union(Book.objects.filter({ pages__gt: 200 }));
  expect(keys(yield* call(both.orderBy('-publisher__name', '-id'), 'list'))).toEqual([4, 3, 5, 2, 1]);
  expect(lastStatement()).toContain('"__orderbycol1"');
  expect(keys(yield* call(both.orderBy(F('pages').desc()), 'list'))).toEqual([5, 4, 3, 2, 1]);
  const partly = Book.objects
    .only('title')
    .filter({ id__lte: 2 })
    .union(Book.objects.only('title').filter({ id: 5 }));
  expect(keys(yield* call(partly.orderBy('-pages'), 'list'))).toEqual([5, 2, 1]);
  expect(keys(yield* call(partly.orderBy('-pages').reverse(), 'list'))).toEqual([1, 2, 5]);
  const named = Book.objects.values('title').filter({ id__lte: 2 }).union(Book.objects.values('title'));
  const error = yield* thrownBy(() => call(named.orderBy('pages'), 'list'));
  expect(error).toEqual(new DatabaseError('ORDER BY term does not match any column in the result set.'));
});
behaviour('302 rows of a many-to-many prefetch are like any others', function* () {
  const books = yield* call<Book[]>(Book.objects.prefetchRelated('authors').orderBy('id'), 'list');
  const [ann] = yield* call<Author[]>(books[1]?.authors.all() as object, 'list');
  const plain = yield* call<Author>(Author.objects, 'get', { id: 1 });
  expect(Object.keys(ann as object)).toEqual(Object.keys(plain));
  expect('_prefetch_owner' in { ...ann }).toBe(false);
});
void [Count, Publisher];
