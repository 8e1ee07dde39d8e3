import * as orm from '@migrate-async/runtime/orm';
import { lazyOperations, relationTwin, twins } from '@migrate-async/runtime/twins';
import { expect, test } from 'vitest';
import { harness } from './support/harness.ts';
import { Book, Publisher } from './support/library.ts';

harness();

/** True when the object has a member of that name; reading it must not do I/O. */
function has(target: object, name: string): boolean {
  return name in target;
}

test('every twin is its sync name with an a in front', () => {
  for (const group of Object.values(twins)) {
    for (const [sync, native] of Object.entries(group)) expect(native).toBe(relationTwin(sync));
  }
});
test('query sets and managers have every operation and its twin', () => {
  const withheld = ['delete', 'adelete'];
  for (const name of [...Object.entries(twins.queryset).flat(), ...lazyOperations]) {
    expect(has(Book.objects.all(), name), `QuerySet.${name}`).toBe(true);
    expect(has(Book.objects, name), `Manager.${name}`).toBe(!withheld.includes(name));
  }
});
test('lazy operations and terminal ones are apart', () => {
  const terminal: readonly string[] = Object.entries(twins.queryset).flat();
  expect(lazyOperations.filter((name) => terminal.includes(name))).toEqual([]);
});
test('instances and related managers have every operation and its twin', () => {
  for (const name of Object.entries(twins.instance).flat()) expect(has(new Book(), name), name).toBe(true);
  const books = new Publisher({ id: 1, name: 'x', awards: 0 }).books;
  for (const name of Object.entries(twins.related).flat()) expect(has(books, name), name).toBe(true);
});
test('functions, transactions, connections and cursors have every operation and its twin', () => {
  for (const name of Object.entries(twins.functions).flat()) expect(has(orm, name), name).toBe(true);
  for (const name of Object.entries(twins.transaction).flat())
    expect(has(orm.transaction, name), name).toBe(true);
  for (const name of Object.entries(twins.connection).flat())
    expect(has(orm.connections.get(), name), name).toBe(true);
});
test('single-object relations have a twin, managers have none', () => {
  expect(has(new Book(), 'apublisher')).toBe(true);
  expect(has(new Book(), 'aauthors')).toBe(false);
});
