import { Count, Prefetch, Sum } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, iterate, lastStatement, leave, stream } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const books = Book.objects.orderBy('id');

behaviour('94 a slice with a step is every so-manieth row', function* () {
  expect(keys(yield* call<Book[]>(books.slice(0, 5, 2), 'list'))).toEqual([1, 3, 5]);
  expect(keys(yield* iterate<Book>(books.slice(1, null, 3)))).toEqual([2, 5]);
  expect(lastStatement()).toMatch(/ OFFSET 1$/);
  expect(keys(yield* call<Book[]>(books.slice(null, null, 4), 'list'))).toEqual([1, 5]);
  expect(keys(yield* call<Book[]>(books.slice(0, 5, 1), 'list'))).toEqual([1, 2, 3, 4, 5]);
  const titles = books.slice(0, 4, 2).valuesList('title', { flat: true });
  expect(yield* call(titles, 'list')).toEqual(['Alpha', 'Gamma']);
});
behaviour('94 rows of such a slice are counted, found by place and sliced again', function* () {
  const odd = books.slice(0, 5, 2);
  expect(yield* call(odd, 'count')).toBe(3);
  expect(yield* call(books.slice(1, 5, 2), 'count')).toBe(2);
  expect(yield* call(odd, 'exists')).toBe(true);
  expect(yield* call(books.slice(7, null, 2), 'exists')).toBe(false);
  expect((yield* call<Book>(odd, 'at', 1)).id).toBe(3);
  expect((yield* call<Book>(odd, 'first')).id).toBe(1);
  expect(keys(yield* call<Book[]>(odd.slice(1), 'list'))).toEqual([3, 5]);
  expect(keys(yield* call<Book[]>(odd.slice(0, 3, 2), 'list'))).toEqual([1, 5]);
  const loaded = books.slice(0, 5, 2);
  yield* call(loaded, 'list');
  expect(yield* call(loaded, 'count')).toBe(3);
});
behaviour('94 the rows between are left out of a stream, too, however it is cut', function* () {
  for (const chunkSize of [1, 2, 3]) {
    const seen: number[] = [];
    yield* stream<Book>(books.slice(0, 5, 2), { chunkSize }, ({ id }) => {
      seen.push(id);
      return id === 5 ? leave : undefined;
    });
    expect(seen).toEqual([1, 3, 5]);
  }
});
behaviour('94 what SQL has no steps for is refused', function* () {
  const odd = books.slice(null, null, 2);
  expect(() => odd.filter({ id: 1 })).toThrow('Cannot filter a query once a slice has been taken.');
  expect(() => Book.objects.filter({ pk__in: odd })).toThrow(
    new TypeError(
      'A slice with a step cannot be used as a subquery: it is known only once its rows are read.',
    ),
  );
  expect(() => odd.union(books)).toThrow('A slice with a step cannot be combined');
  expect(() => books.union(odd)).toThrow('A slice with a step cannot be used as a subquery');
  expect(() => Publisher.objects.prefetchRelated(Prefetch('books', { queryset: odd }))).toThrow(
    'A slice with a step cannot be prefetched',
  );
  for (const step of [0, -1, 1.5, Number.NaN]) {
    expect(() => books.slice(0, 5, step)).toThrow('The step of a slice must be a positive whole number.');
  }
  let refused: unknown;
  try {
    yield* call(odd, 'aggregate', { pages: Sum('pages'), n: Count('id') });
  } catch (error) {
    refused = error;
  }
  expect(refused).toEqual(
    new TypeError('A slice with a step cannot be aggregated: it is known only once its rows are read.'),
  );
});
