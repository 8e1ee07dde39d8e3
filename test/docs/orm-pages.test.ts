import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { examplesOf, forms, outputs, pages, problems, writePrograms } from './pages.ts';
import { syncForm } from './sync-form.ts';

let programs: ReturnType<typeof writePrograms>;
beforeAll(() => {
  programs = writePrograms();
});
afterAll(() => programs.remove());

test('the examples of every page type-check on both paths', () => {
  expect(problems(programs.path)).toEqual([]);
}, 240_000);

describe.each(pages())('the examples of docs/orm/%s print what the page says', (page) => {
  test.each(forms)(
    'on the %s path',
    async (form) => {
      const database = await testDatabase();
      try {
        const printed = await outputs(programs.path, page, form, database.url);
        expect(printed).toEqual(examplesOf(page, form).map((example) => example.printed ?? ''));
      } finally {
        await database.drop();
      }
    },
    90_000,
  );
});

test('the sync form of a program calls the twins and waits only for what is no twin', () => {
  const native = `
import { agetObjectOr404, transaction } from '@migrate-async/runtime/orm';
await start();
const book = await Book.objects.filter({ id: 1 }).aget();
const name = (await book.apublisher).name;
for await (const row of Book.objects.aiterator()) console.log(row);
await transaction.aatomic(async () => {
  await book.asave();
});
const later = async () => { await start(); };
await refused(() => agetObjectOr404(Book, { id: 2 }));
`;
  expect(syncForm(native)).toBe(`
import { getObjectOr404, transaction } from '@migrate-async/runtime/orm';
await start();
const book = Book.objects.filter({ id: 1 }).get();
const name = (book.publisher).name;
for (const row of Book.objects.iterator()) console.log(row);
transaction.atomic(() => {
  book.save();
});
const later = async () => { await start(); };
await refused(() => getObjectOr404(Book, { id: 2 }));
`);
});
