import { syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import {
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  IntegrityError,
  Manager,
  model,
  reverse,
  type SaveOptions,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Shelf extends model('shelf', { name: fields.text(), items: reverse<Item, 'shelf'>(() => Item) }) {
  static objects = new Manager(this);
}
class ItemManager extends Manager<typeof Item> {
  override getQuerySet() {
    return super.getQuerySet().filter({ hidden: false });
  }
  cheap() {
    return this.getQuerySet().filter({ price__lt: 10 });
  }
}
/** Writes a slug by itself, in both of its forms. */
class Item extends model('item', {
  title: fields.text(),
  slug: fields.text().unique(),
  price: fields.integer().default(5),
  hidden: fields.boolean().default(false),
  shelf: foreignKey<Shelf>(() => Shelf, { relatedName: 'items' }).null(),
}) {
  static objects: ItemManager = new ItemManager(this);
  static everything = new Manager(this);
  override save(options?: SaveOptions) {
    this.#prepare();
    super.save(options);
  }
  override async asave(options?: SaveOptions) {
    this.#prepare();
    await super.asave(options);
  }
  #prepare() {
    this.slug = this.title.toLowerCase().replaceAll(' ', '-');
  }
}
/** Overrides the sync form only. */
class Log extends model('log', { text: fields.text(), length: fields.integer().default(0) }) {
  static objects = new Manager(this);
  override save(options?: SaveOptions) {
    this.length = this.text.length;
    super.save(options);
  }
}
class Memo extends model('memo', { text: fields.text().default(''), about: genericForeignKey() }) {
  static objects = new Manager(this);
  static deleted: number[] = [];
  override delete(options?: object) {
    Memo.deleted.push(this.pk);
    return super.delete(options);
  }
  override async adelete(options?: object) {
    Memo.deleted.push(this.pk);
    return super.adelete(options);
  }
}
class Desk extends model('desk', { memos: genericRelation<Memo>(() => Memo) }) {
  static objects = new Manager(this);
}

const { behaviour, reset } = harness(
  [Shelf, Item, Log, Memo, Desk],
  `insert into shelf (name) values ('top'), ('low');
   insert into item (title, slug, price, hidden, shelf_id) values ('Old', 'old', 3, false, 1), ('Gone', 'gone', 1, true, 1), ('Dear', 'dear', 30, false, 1);`,
);

behaviour('create goes through an overridden save', function* () {
  const item = yield* call<Item>(Item.objects, 'create', { title: 'Two Words', slug: '' });
  expect(item.slug).toBe('two-words');
  expect(statements()).toHaveLength(1);
  const [got, created] = yield* call<[Item, boolean]>(Item.objects, 'getOrCreate', { title: 'One More' });
  expect([got.slug, created]).toEqual(['one-more', true]);
  expect(
    statements()
      .slice(1)
      .map((sql) => sql.split(' ')[0]),
  ).toEqual(['SELECT', 'BEGIN', 'INSERT', 'COMMIT']);
  const [changed] = yield* call<[Item, boolean]>(
    Item.objects,
    'updateOrCreate',
    { title: 'One More' },
    { defaults: { price: 9, slug: 'x' } },
  );
  expect([changed.slug, changed.price]).toEqual(['one-more', 9]);
});
behaviour('an overridden save runs inside the transaction of the operation', function* () {
  const error = yield* thrownBy(() => call(Item.objects, 'getOrCreate', { title: 'OLD', price: 77 }));
  expect(error).toBeInstanceOf(IntegrityError);
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual([
    'SELECT',
    'BEGIN',
    'INSERT',
    'ROLLBACK',
    'SELECT',
  ]);
});
behaviour(
  'related managers save through it, start from the default manager and have its methods',
  function* () {
    const shelf = yield* call<Shelf & { items: ItemManager }>(Shelf.objects, 'get', { name: 'top' });
    expect(yield* call(shelf.items, 'count')).toBe(2);
    expect(yield* call(shelf.items.cheap(), 'count')).toBe(1);
    const made = yield* call<Item>(shelf.items, 'create', { title: 'On Top' });
    expect([made.slug, made.shelfId]).toEqual(['on-top', 1]);
    const loose = new Item({ title: 'Not Yet' });
    const related = shelf.items as unknown as { add(...objects: unknown[]): void };
    yield* call(related, 'add', loose, { bulk: false });
    expect([loose.slug, loose.shelfId, loose.pk]).toEqual(['not-yet', 1, made.pk + 1]);
    const shelves = yield* call<Shelf[]>(Shelf.objects.prefetchRelated('items').orderBy('id'), 'list');
    expect(shelves.map((each) => each.items.all().loaded?.length)).toEqual([4, 0]);
  },
);
test('a sync-only save is taken to a bridge by the native path, and refused inside a native transaction', async () => {
  await reset();
  const log = await Log.objects.acreate({ text: 'four' });
  expect(log.length).toBe(4);
  log.text = 'sixsix';
  await log.asave();
  expect((await Log.objects.aget({ pk: log.pk })).length).toBe(6);
  await expect(
    transaction.aatomic(async () => {
      await Log.objects.acreate({ text: 'inside' });
    }),
  ).rejects.toThrow(
    new TransactionManagementError(
      'Log.save() has no native twin, so it would run outside this transaction, on a bridge thread. Override the twin too.',
    ),
  );
  expect(await Log.objects.acount()).toBe(1);
});
test('an overridden save inside aatomic takes part in the transaction', async () => {
  await reset();
  await expect(
    transaction.aatomic(async () => {
      await Item.objects.agetOrCreate({ title: 'Rolled Back' });
      expect(await Item.objects.acount()).toBe(3);
      throw new Error('stop');
    }),
  ).rejects.toThrow('stop');
  expect(await Item.objects.acount()).toBe(2);
});
test('an overriding method can be handed to a bridge without its instance', async () => {
  await reset();
  const item = new Item({ title: 'By Bridge' });
  await threadSensitiveContext(() => syncToAsync(item.save)());
  expect(item.slug).toBe('by-bridge');
});
behaviour('a generic relation removes through an overridden delete when asked one by one', function* () {
  Memo.deleted = [];
  const desk = yield* call<Desk>(Desk.objects, 'create', {});
  const memo = yield* call<Memo>(desk.memos, 'create', { text: 'a' });
  yield* call(desk.memos, 'create', { text: 'b' });
  yield* call(desk.memos, 'remove', memo, { bulk: false });
  yield* call(desk.memos, 'clear', { bulk: false });
  expect(Memo.deleted).toHaveLength(2);
  expect(yield* call(Memo.objects, 'count')).toBe(0);
});
