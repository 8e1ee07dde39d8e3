import {
  connections,
  DataError,
  F,
  TransactionManagementError,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, call, leave, statements, stream, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Parent } from '../support/library.ts';

const setup = harness();
const { behaviour } = setup;
const books = () => Book.objects.orderBy('id');

/** Streams rows on whichever path runs, and collects their keys. */
function* streamedIds(rows: object, options?: { readonly chunkSize?: number }, stopAfter = Infinity) {
  const seen: number[] = [];
  yield* stream<{ id: number }>(rows, options, ({ id }) => (seen.push(id) >= stopAfter ? leave : undefined));
  return seen;
}
/** Statements without what is selected. */
const shapes = () => statements().map((sql) => sql.replace(/ FOR SELECT.*/, ''));
/** Server processes that hold a cursor of ours: whoever asks sees only the cursors of its own session. */
const openCursors = function* () {
  const cursor = connections.get().cursor();
  yield* call(cursor, 'execute', "select name from pg_cursors where name like 'migrate_async%'");
  return cursor.fetchAll().length;
};

behaviour('335 outside a transaction rows come from a cursor that is held', function* () {
  expect(yield* streamedIds(books(), { chunkSize: 2 })).toEqual([1, 2, 3, 4, 5]);
  expect(shapes()).toEqual([
    'DECLARE cursor NO SCROLL CURSOR WITH HOLD',
    'FETCH 2 FROM cursor',
    'FETCH 2 FROM cursor',
    'FETCH 2 FROM cursor',
    'CLOSE cursor',
  ]);
});
behaviour('335 inside a transaction the cursor is as long as the transaction', function* () {
  yield* atomic(function* () {
    expect(yield* streamedIds(books(), { chunkSize: 5 })).toEqual([1, 2, 3, 4, 5]);
    expect(yield* openCursors()).toBe(0);
  });
  expect(shapes().slice(0, 5)).toEqual([
    'BEGIN',
    'DECLARE cursor NO SCROLL CURSOR',
    'FETCH 5 FROM cursor',
    'FETCH 5 FROM cursor',
    'CLOSE cursor',
  ]);
});
behaviour('336 a chunk is 2,000 rows unless it is given', function* () {
  expect(yield* streamedIds(books())).toEqual([1, 2, 3, 4, 5]);
  expect(shapes()[1]).toBe('FETCH 2000 FROM cursor');
});
behaviour('337 a chunk has at least one row', function* () {
  for (const chunkSize of [0, -1, Number.NaN]) {
    const error = yield* thrownBy(() => streamedIds(books(), { chunkSize }));
    expect(error).toEqual(new ValueError('Chunk size must be strictly positive.'));
  }
  expect(yield* thrownBy(() => streamedIds(books(), { chunkSize: 1.5 }))).toBeInstanceOf(ValueError);
  expect(statements()).toEqual([]);
});
test('337 the sync iterator says so when it is called, the native one when it is read', async () => {
  expect(() => Book.objects.iterator({ chunkSize: 0 })).toThrow(ValueError);
  const rows = Book.objects.aiterator({ chunkSize: 0 });
  await expect(rows.next()).rejects.toThrow('Chunk size must be strictly positive.');
});
behaviour('308 a prefetch is made for each chunk', function* () {
  const rows = books().prefetchRelated('reviews');
  const stars: number[] = [];
  yield* stream<Book>(rows, { chunkSize: 2 }, (book) => stars.push((book.reviews.all().loaded ?? []).length));
  expect(stars).toEqual([2, 1, 0, 3, 0]);
  expect(statements().filter((sql) => sql.includes('FROM "review"'))).toHaveLength(3);
});
test('308 the sync iterator wants a chunk size for that, the native one has one', async () => {
  await setup.reset();
  const rows = books().prefetchRelated('reviews');
  expect(() => rows.iterator()).toThrow(
    new ValueError('chunkSize must be provided when using QuerySet.iterator() after prefetchRelated().'),
  );
  const seen: number[] = [];
  for await (const book of rows.aiterator()) seen.push(book.id);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});
behaviour('338 leaving the loop closes the cursor before anything else is done', function* () {
  expect(yield* streamedIds(books(), { chunkSize: 2 }, 1)).toEqual([1]);
  expect(shapes().at(-1)).toBe('CLOSE cursor');
  yield* atomic(function* () {
    expect(yield* streamedIds(books(), { chunkSize: 2 }, 3)).toEqual([1, 2, 3]);
    expect(shapes().at(-1)).toBe('CLOSE cursor');
    expect(yield* openCursors()).toBe(0);
  });
});
behaviour('338 so does an error in the loop', function* () {
  const boom = yield* thrownBy(() =>
    stream(books(), { chunkSize: 2 }, () => {
      throw new RangeError('boom');
    }),
  );
  expect(boom).toBeInstanceOf(RangeError);
  expect(shapes().at(-1)).toBe('CLOSE cursor');
});
behaviour('339 nothing is sent for a query that cannot match', function* () {
  expect(yield* streamedIds(Book.objects.none())).toEqual([]);
  expect(yield* streamedIds(Book.objects.filter({ id__in: [] }))).toEqual([]);
  expect(statements()).toEqual([]);
});
behaviour('339 parameters, values, annotations and relations work as in a list', function* () {
  const rows: unknown[] = [];
  const keep = (row: unknown) => rows.push(row);
  yield* stream(books().filter({ title__contains: 'lpha', pages__gt: 50 }).values('id'), {}, keep);
  yield* stream(books().valuesList('title', { flat: true }).slice(3, 4), {}, keep);
  yield* stream<Book>(books().selectRelated('publisher').filter({ id: 3 }), {}, (book) =>
    rows.push(book.publisher.name),
  );
  expect(rows).toEqual([{ id: 1 }, { id: 5 }, 'Delta_50%', 'Birch']);
});
behaviour('341 other queries of the transaction go between two fetches', function* () {
  yield* atomic(function* () {
    const counts: unknown[] = [];
    yield* stream(books(), { chunkSize: 1 }, function* () {
      yield* call(Parent.objects, 'create', { name: 'x' });
      counts.push(yield* call(Parent.objects, 'count'));
    });
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });
});
behaviour('341 streams may be nested', function* () {
  const pairs: number[][] = [];
  const nested = function* () {
    yield* stream<Book>(books().slice(0, 2), { chunkSize: 1 }, function* (outer) {
      yield* stream<Book>(books().slice(0, 2), { chunkSize: 1 }, (inner) => pairs.push([outer.id, inner.id]));
    });
  };
  yield* nested();
  yield* atomic(nested);
  const expected = [1, 2].flatMap((outer) => [1, 2].map((inner) => [outer, inner]));
  expect(pairs).toEqual([...expected, ...expected]);
});
behaviour('342 a stream neither uses nor fills the cache', function* () {
  const rows = books();
  yield* streamedIds(rows, { chunkSize: 5 }, 1);
  expect(rows.loaded).toBeUndefined();
  yield* call(rows, 'list');
  yield* streamedIds(rows);
  expect(shapes().filter((sql) => sql.startsWith('DECLARE'))).toHaveLength(2);
});
behaviour('211 locked rows are streamed inside a transaction only', function* () {
  const locked = books().selectForUpdate();
  expect(yield* thrownBy(() => streamedIds(locked))).toBeInstanceOf(TransactionManagementError);
  yield* atomic(function* () {
    expect(yield* streamedIds(locked, { chunkSize: 3 })).toEqual([1, 2, 3, 4, 5]);
  });
});
behaviour('a failing statement arrives as its error, and leaves nothing behind', function* () {
  const division = books().annotate({ n: Value(1).div(F('id').sub(3)) });
  const error = yield* thrownBy(() => streamedIds(division, { chunkSize: 1 }));
  expect(error).toBeInstanceOf(DataError);
  yield* atomic(function* () {
    const seen: number[] = [];
    const inside = yield* thrownBy(() =>
      atomic(() => stream<Book>(division, { chunkSize: 1 }, ({ id }) => seen.push(id))),
    );
    expect(seen).toEqual([1, 2]);
    expect(inside).toBeInstanceOf(DataError);
    expect(yield* openCursors()).toBe(0);
    yield* call(Parent.objects, 'create', { name: 'after' });
  });
  expect(yield* call(Parent.objects, 'count')).toBe(1);
});
