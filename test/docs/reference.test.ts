import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { referenceTables, withReferenceTables } from '../../docs/reference.ts';

const folder = fileURLToPath(new URL('../../docs/orm/', import.meta.url));
const pages = readdirSync(folder).filter((file) => file.endsWith('.md'));

test.each(pages)(
  'the tables of docs/orm/%s list what the code has: run `npm run docs` after changing it',
  (page) => {
    const published = readFileSync(folder + page, 'utf8');
    expect(withReferenceTables(published)).toBe(published);
  },
);

test.each(Object.keys(referenceTables))('every entry of the table of %s says what it is', (name) => {
  const lines = referenceTables[name]?.().split('\n') ?? [];
  expect(lines.filter((line) => /\| {2}\|$/.test(line))).toEqual(name === 'lookups' ? expect.any(Array) : []);
});

test('every table is on a page', () => {
  const used = pages.flatMap((page) =>
    [...readFileSync(folder + page, 'utf8').matchAll(/<!-- generated: (\w+) -->/g)].map(([, name]) => name),
  );
  expect(used.sort()).toEqual(Object.keys(referenceTables).sort());
});
