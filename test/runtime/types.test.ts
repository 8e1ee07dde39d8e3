import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fields } from '@migrate-async/runtime/orm';
import { lazyOperations, twins } from '@migrate-async/runtime/twins';
import { expect, test } from 'vitest';

// The type tests are programs that the compiler checks; what is tested here is that they leave nothing out.

const folder = path.join(import.meta.dirname, 'types');
const programs = readdirSync(folder)
  .map((name) => readFileSync(path.join(folder, name), 'utf8'))
  .join('\n');

test('every operation, and its twin, has a type test', () => {
  const names = [...Object.values(twins).flatMap((group) => Object.entries(group).flat()), ...lazyOperations];
  const used = (name: string) => new RegExp(`\\b${name}(?:<[^()]*>)?\\(`).test(programs);
  const iterators = ['iterator', 'aiterator'];
  expect(names.filter((name) => !used(name) && !iterators.includes(name))).toEqual([]);
  for (const name of iterators) expect(programs).toContain(`books.${name}>`);
});
test('every kind of field has a type test', () => {
  expect(
    Object.keys(fields).filter((name) => !new RegExp(`fields\\.${name}(?:<.*>)?\\(`).test(programs)),
  ).toEqual([]);
});
