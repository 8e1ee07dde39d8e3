import * as orm from '@migrate-async/runtime/orm';
import {
  derivedOperations,
  isDerivedOperation,
  lazyOperations,
  relationTwin,
  twins,
} from '@migrate-async/runtime/twins';
import { expect, test } from 'vitest';
import { boundOperation } from '../../runtime/bridge/bound.ts';
import { harness } from './support/harness.ts';
import { Book, Publisher } from './support/library.ts';

harness();

class List extends orm.model('list', {
  made: orm.fields.date(),
  items: orm.reverse<Item, 'list'>(() => Item),
}) {
  static objects = new orm.Manager(this);
}
class Item extends orm.model(
  'item',
  { list: orm.foreignKey<List>(() => List, { relatedName: 'items' }) },
  { orderWithRespectTo: 'list' },
) {
  static objects = new orm.Manager(this);
}

/** Names of the operations that can be read off an object, own and inherited ones. */
function operationsOf(target: object): string[] {
  const found = new Set<string>();
  for (let each = target; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
      if (get !== undefined && isOperation(get, target)) found.add(name);
  }
  return [...found];
}
function isOperation(get: () => unknown, target: object): boolean {
  try {
    const value = get.call(target);
    // The native accessor of a row that is not stored.
    if (value instanceof Promise) value.catch(() => {});
    return typeof value === 'function' && boundOperation in value;
  } catch {
    // An accessor of a row that is not stored.
    return false;
  }
}

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

test('names that are made of those of fields and models are told apart from others', () => {
  Item.objects.all();
  const made = [
    derivedOperations.nextBy('made'),
    derivedOperations.previousBy('made'),
    derivedOperations.getOrder('Item'),
    derivedOperations.setOrder('Item'),
  ];
  for (const name of made) {
    expect(isDerivedOperation(name), name).toBe(true);
    expect(has(new List(), name), name).toBe(true);
    expect(has(new List(), relationTwin(name)), name).toBe(true);
  }
  for (const name of ['getNextInOrder', 'getPreviousInOrder']) {
    expect(isDerivedOperation(name)).toBe(true);
    expect(has(new Item(), relationTwin(name))).toBe(true);
  }
  for (const name of [
    'get',
    'getOrCreate',
    'getNextBy',
    'getNextbyMade',
    'getQuerySet',
    'setOrder',
    'getPreorder',
  ])
    expect(isDerivedOperation(name), name).toBe(false);
});
test('no operation that can be handed to a bridge is without a twin', () => {
  const stored = new List({ id: 1, made: '2024-01-01' });
  const groups: [object, Readonly<Record<string, string>>][] = [
    [List.objects.all(), twins.queryset],
    [List.objects, twins.queryset],
    [stored.items, { ...twins.queryset, ...twins.related }],
    [new Book(), twins.instance],
    [stored, twins.instance],
    [new Item({ id: 1, list: stored }), twins.instance],
  ];
  for (const [target, table] of groups) {
    const operations = operationsOf(target);
    for (const name of operations) {
      const twin = table[name] ?? (isDerivedOperation(name) ? relationTwin(name) : undefined);
      expect(twin, `${target.constructor.name}.${name}`).toBeDefined();
      expect(typeof (target as Record<string, unknown>)[twin ?? ''], `${twin}`).toBe('function');
    }
    expect(operations.length, target.constructor.name).toBeGreaterThan(5);
  }
});
