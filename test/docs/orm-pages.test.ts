import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { examples, outputs, pages, problems, writePrograms } from './pages.ts';

let programs: ReturnType<typeof writePrograms>;
beforeAll(() => {
  programs = writePrograms();
});
afterAll(() => programs.remove());

test('the examples of every page type-check', () => {
  expect(problems(programs.path)).toEqual([]);
}, 120_000);

for (const page of pages()) {
  test(`the examples of docs/orm/${page} print what the page says`, async () => {
    const database = await testDatabase();
    try {
      const printed = outputs(programs.path, page, database.url);
      expect(printed).toEqual(examples(page).map((example) => example.printed ?? ''));
    } finally {
      await database.drop();
    }
  }, 90_000);
}
