import {
  F,
  FieldError,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  reverse,
  type SaveOptions,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

/** A field may have the name of an option. */
class Setting extends model('setting', {
  name: fields.char(20).default(''),
  defaults: fields.text().default('plain'),
  createDefaults: fields.text().default('made'),
}) {
  static objects = new Manager(this);
}
let saved = 0;
class Stock extends model('stock', {
  code: fields.char(10).unique(),
  amount: fields.integer().default(0),
  changed: fields.dateTime().autoNow(),
  added: fields.date().autoNowAdd(),
}) {
  static objects = new Manager(this);
  override save(options?: SaveOptions) {
    saved++;
    super.save(options);
  }
  override async asave(options?: SaveOptions) {
    saved++;
    await super.asave(options);
  }
}
class Tag extends model('tag', {
  word: fields.char(20).unique(),
  notes: reverse<Note, 'tags'>(() => Note),
}) {
  static objects = new Manager(this);
}
class Note extends model('note', {
  text: fields.text(),
  stock: foreignKey<Stock>(() => Stock).null(),
  tags: manyToMany<Tag>(() => Tag, { relatedName: 'notes' }),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Setting, Stock, Tag, Note],
  `insert into stock (code, amount, changed, added) values
     ('a', 1, '2001-01-01T00:00:00Z', '2001-01-01'), ('b', 2, '2001-01-01T00:00:00Z', '2001-01-01');
   insert into tag (word) values ('red'), ('blue'), ('green');
   insert into note (text) values ('first'), ('second');`,
);
const verbs = (from = 0) =>
  statements()
    .slice(from)
    .map((sql) => sql.split(' ')[0]);

behaviour('223 a field called as an option is is looked up by `__exact`', function* () {
  const options = { defaults: { defaults: 'other' } };
  const [made, created] = yield* call<[Setting, boolean]>(
    Setting.objects,
    'getOrCreate',
    { name: 'x', defaults__exact: 'other' },
    options,
  );
  expect([made.defaults, made.createDefaults, created]).toEqual(['other', 'made', true]);
  const [again, second] = yield* call<[Setting, boolean]>(
    Setting.objects,
    'getOrCreate',
    { name: 'x', defaults__exact: 'other' },
    options,
  );
  expect([again.id, second]).toEqual([made.id, false]);
  // Conditions and options are apart here, so that the bare name is a condition, too.
  const [plain] = yield* call<[Setting, boolean]>(
    Setting.objects,
    'updateOrCreate',
    { defaults: 'other' },
    {
      createDefaults: { createDefaults: 'never' },
      defaults: { createDefaults: 'changed' },
    },
  );
  expect([plain.id, plain.createDefaults]).toEqual([made.id, 'changed']);
});
behaviour('229 getOrCreate without conditions makes a row of defaults', function* () {
  const [made, created] = yield* call<[Setting, boolean]>(Setting.objects, 'getOrCreate');
  expect([made.name, made.defaults, created]).toEqual(['', 'plain', true]);
  const [found, again] = yield* call<[Setting, boolean]>(Setting.objects, 'getOrCreate', {});
  expect([found.id, again]).toEqual([made.id, false]);
});
behaviour('232 updating a row that is there writes what changes on save, though nothing else', function* () {
  const [stock] = yield* call<[Stock, boolean]>(
    Stock.objects,
    'updateOrCreate',
    { code: 'a' },
    { defaults: {} },
  );
  expect(stock.changed.getFullYear()).toBeGreaterThan(2001);
  expect(statements().at(-2)).toMatch(/^UPDATE "stock" SET "changed" = \$2 WHERE/);
});
behaviour(
  '224 a condition of a name the model does not have is refused before anything is asked',
  function* () {
    const error = yield* thrownBy(() => call(Stock.objects, 'getOrCreate', { nope: 1 } as never));
    expect(error).toBeInstanceOf(FieldError);
    expect(error.message).toContain("Cannot resolve keyword 'nope' into field.");
    expect(statements()).toHaveLength(0);
  },
);

behaviour('250 many rows are written without save', function* () {
  const before = saved;
  const made = yield* call<Stock[]>(Stock.objects, 'bulkCreate', [{ code: 'c' }, { code: 'd' }]);
  for (const stock of made) stock.amount = 7;
  yield* call(Stock.objects, 'bulkUpdate', made, ['amount']);
  yield* call(Stock.objects, 'update', { amount: F('amount').add(1) });
  yield* call(Stock.objects.filter({ code: 'd' }), 'delete');
  expect(saved).toBe(before);
  const amounts = Stock.objects.orderBy('code').valuesList('amount', { flat: true });
  expect(yield* call(amounts, 'list')).toEqual([2, 3, 8]);
  yield* call(Stock.objects, 'create', { code: 'e' });
  expect(saved).toBe(before + 1);
});
behaviour(
  '259 update leaves automatic moments alone, and is one statement without a transaction',
  function* () {
    yield* call(Stock.objects.filter({ code: 'a' }), 'update', { amount: 5 });
    expect(verbs()).toEqual(['UPDATE']);
    expect(lastStatement()).toMatch(/^UPDATE "stock" SET "amount" = \$2 WHERE/);
    const stock = yield* call<Stock>(Stock.objects, 'get', { code: 'a' });
    expect([stock.amount, stock.changed.getFullYear()]).toEqual([5, 2001]);
  },
);
behaviour('275 updateFields does not add automatic moments', function* () {
  const stock = yield* call<Stock>(Stock.objects, 'get', { code: 'a' });
  stock.amount = 9;
  yield* call(stock, 'save', { updateFields: ['amount'] });
  expect(lastStatement()).toMatch(/^UPDATE "stock" SET "amount" = \$2 WHERE/);
  expect(stock.changed.getFullYear()).toBe(2001);
  yield* call(stock, 'save', { updateFields: ['changed'] });
  expect(stock.changed.getFullYear()).toBeGreaterThan(2001);
  yield* call(stock, 'refreshFromDb');
  expect([stock.amount, stock.changed.getFullYear() > 2001, stock.added]).toEqual([9, true, '2001-01-01']);
});
behaviour(
  '293 adding pairs is one INSERT, of rows or their keys, and of those that are there nothing',
  function* () {
    const note = yield* call<Note>(Note.objects, 'get', { id: 1 });
    const red = yield* call<Tag>(Tag.objects, 'get', { word: 'red' });
    let sent = statements().length;
    yield* call(note.tags, 'add', red, 2);
    expect(verbs(sent)).toEqual(['INSERT']);
    expect(lastStatement()).toMatch(/ ON CONFLICT DO NOTHING$/);
    yield* call(note.tags, 'add', red, 2, 2);
    expect(yield* call(note.tags.orderBy('id').valuesList('word', { flat: true }), 'list')).toEqual([
      'red',
      'blue',
    ]);
    sent = statements().length;
    yield* call(note.tags, 'add');
    yield* call(note.tags, 'remove');
    expect(verbs(sent)).toEqual([]);
    yield* call(red.notes, 'add', 2);
    expect(yield* call(red.notes, 'count')).toBe(2);
  },
);
