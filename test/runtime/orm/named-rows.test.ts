import { Count, Lower } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Event, Publisher } from '../support/library.ts';

const { behaviour } = harness();

behaviour('named rows are arrays that can be read by name, too', function* () {
  const rows = Book.objects.orderBy('id').valuesList('id', 'title', 'publisher__name', { named: true });
  const [first] = yield* call<{ id: number; title: string; publisher__name: string }[]>(rows, 'list');
  expect(first).toEqual([1, 'Alpha', 'Acme']);
  expect([first?.id, first?.title, first?.publisher__name]).toEqual([1, 'Alpha', 'Acme']);
  const [id, title] = first as never as [number, string];
  expect([id, title, Array.isArray(first), JSON.stringify(first)]).toEqual([
    1,
    'Alpha',
    true,
    '[1,"Alpha","Acme"]',
  ]);
  const mapped = (first as never as unknown[]).map(String);
  expect([mapped.constructor, mapped]).toEqual([Array, ['1', 'Alpha', 'Acme']]);
  const [alone] = yield* call<{ pages: number }[]>(
    Book.objects.orderBy('id').valuesList('pages', { named: true }),
    'list',
  );
  expect([alone, alone?.pages]).toEqual([[100], 100]);
});
behaviour('named rows have annotations and expressions, and names that arrays leave free', function* () {
  const counted = Publisher.objects.annotate({ n: Count('books') }).orderBy('id');
  const rows = counted.valuesList('name', 'n', Lower('name'), { named: true });
  const [acme] = yield* call<{ name: string; n: number; lower1: string }[]>(rows, 'list');
  expect([acme?.name, acme?.n, acme?.lower1]).toEqual(['Acme', 3, 'acme']);
  const all = yield* call<{ isbn: string }>(Book.objects.orderBy('id').valuesList({ named: true }), 'first');
  expect(all.isbn).toBe('i1');
  const byId = yield* call<Map<number, { title: string }>>(
    Book.objects.valuesList('title', { named: true }),
    'inBulk',
    [2],
  );
  expect(byId.get(2)?.title).toBe('Beta');
  expect(() => Event.objects.valuesList('name', 'at', { named: true })).toThrow(
    "A named row cannot have a value called 'at': arrays have a member of that name. values() gives objects.",
  );
  expect(() => Book.objects.valuesList('id', { flat: true, named: true } as never)).toThrow(
    new TypeError("'flat' and 'named' can't be used together."),
  );
});
