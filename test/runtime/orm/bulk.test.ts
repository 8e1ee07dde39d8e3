import {
  F,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  Now,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Sample extends model('sample', {
  list: fields.array(fields.integer()).null(),
  grid: fields.array(fields.array(fields.integer())).null(),
  words: fields.array(fields.char(5)).null(),
  blobs: fields.array(fields.binary()).null(),
  moments: fields.array(fields.dateTime()).null(),
  documents: fields.array(fields.json()).null(),
  data: fields.json<unknown>().null(),
  bytes: fields.binary().null(),
  address: fields.ip().null(),
  took: fields.duration().null(),
  price: fields.decimal(8, 3).null(),
  code: fields.uuid().null(),
  clock: fields.time().null(),
  day: fields.date().null(),
  at: fields.dateTime().null(),
  yes: fields.boolean().null(),
  large: fields.bigInteger().null(),
  kind: fields.choice('plain', "o'dd").null(),
}) {
  static objects = new Manager(this);
}
class Visible extends Manager<typeof Entry> {
  override getQuerySet() {
    return super.getQuerySet().filter({ hidden: false });
  }
}
class Label extends model('label', { name: fields.char(10) }) {
  static objects = new Manager(this);
}
class Entry extends model('entry', {
  n: fields.integer().default(0),
  hidden: fields.boolean().default(false),
  made: fields.dateTime().null(),
  up: foreignKey<Entry>(() => Entry, { relatedName: 'down' }).null(),
  labels: manyToMany<Label>(() => Label),
}) {
  static objects: Visible = new Visible(this);
  static everything = new Manager(this);
}

const { behaviour } = harness(
  [Sample, Label, Entry],
  `insert into entry (n, hidden) values (1, false), (2, true), (3, false);`,
);

const full = {
  list: [1, null, -3],
  grid: [
    [1, 2],
    [3, 4],
  ],
  words: ['a"b', 'c\\d', '', 'NULL', '{,}'],
  blobs: [Buffer.from([0, 34, 92, 255]), null],
  moments: [new Date(0), null],
  documents: [{ quote: '"\\' }, [1], 'text', null],
  data: { deep: ['x\\"y', null, { z: 'é' }] },
  bytes: Buffer.from([0, 92, 34, 255]),
  address: '10.0.0.1',
  took: 90_061_001,
  price: '1.250',
  code: '9f1c1f1e-0000-4000-8000-000000000001',
  clock: '01:02:03.5',
  day: '2020-01-02',
  at: new Date(1_234_567_890_123),
  yes: false,
  large: 9_007_199_254_740_993n,
  kind: "o'dd",
} as const;
const names = Object.keys(full) as (keyof typeof full)[];
const none = Object.fromEntries(names.map((name) => [name, null]));
const samples = () => call<Record<string, unknown>[]>(Sample.objects.orderBy('id').values(...names), 'list');

behaviour('239 values of every type are the same in one row and in many, with nulls between', function* () {
  yield* call(Sample.objects, 'create', full as never);
  yield* call(Sample.objects, 'bulkCreate', [full, {}, { ...full, list: [], words: [] }] as never);
  expect(statements()).toHaveLength(2);
  const rows = yield* samples();
  expect(rows[0]).toEqual(full);
  expect(rows[1]).toEqual(full);
  expect(rows[2]).toEqual(none);
  expect(rows[3]).toEqual({ ...full, list: [], words: [] });
});
behaviour('253 values of every type are updated in one statement', function* () {
  const made = yield* call<Sample[]>(Sample.objects, 'bulkCreate', [{}, full, {}] as never);
  const [first, second, third] = made as [Sample, Sample, Sample];
  Object.assign(first, full);
  Object.assign(second, none);
  Object.assign(third, full, { words: [], grid: null });
  const sent = statements().length;
  expect(yield* call(Sample.objects, 'bulkUpdate', made, names as never)).toBe(3);
  expect(
    statements()
      .slice(sent)
      .map((sql) => sql.split(' ')[0]),
  ).toEqual(['UPDATE']);
  expect(yield* samples()).toEqual([full, none, { ...full, words: [], grid: null }]);
});
behaviour('240 lists and expressions do not count against the number of parameters', function* () {
  const lists = Array.from({ length: 5_000 }, (_, n) => ({ list: [n], words: ['a'] }));
  yield* call(Sample.objects, 'bulkCreate', lists as never);
  expect(yield* call(Sample.objects.filter({ list__contains: [4_999] }), 'count')).toBe(1);
  const moments = Array.from({ length: 30_000 }, (_, n) => ({ n, made: Now() }));
  const made = yield* call<Entry[]>(Entry.everything, 'bulkCreate', moments as never);
  expect(statements().filter((sql) => sql.startsWith('INSERT')).length).toBeGreaterThan(2);
  expect(new Set(made.map(({ id }) => id)).size).toBe(30_000);
  expect(yield* call(Entry.everything.filter({ made__isNull: false }), 'count')).toBe(30_000);
  yield* call(Entry.everything.filter({ made__isNull: false }), 'delete');
});
behaviour('253 only rows of the query are updated', function* () {
  const entries = yield* call<Entry[]>(Entry.everything.orderBy('id'), 'list');
  for (const entry of entries) entry.n = 9;
  expect(yield* call(Entry.objects, 'bulkUpdate', entries, ['n'])).toBe(2);
  const numbers = () => call(Entry.everything.orderBy('id').valuesList('n', { flat: true }), 'list');
  expect(yield* numbers()).toEqual([9, 2, 9]);
  for (const entry of entries) Object.assign(entry, { n: F('n').add(1) });
  expect(yield* call(Entry.everything.filter({ n: 2 }), 'bulkUpdate', entries, ['n'])).toBe(1);
  expect(yield* numbers()).toEqual([9, 3, 9]);
  const sliced = yield* thrownBy(() =>
    call(Entry.everything.all().slice(0, 1), 'bulkUpdate', entries, ['n']),
  );
  expect(sliced).toBeInstanceOf(TypeError);
  expect(sliced.message).toBe('Cannot update a query once a slice has been taken.');
});
behaviour('254 of two instances of one row the first counts', function* () {
  const one = yield* call<Entry>(Entry.objects, 'get', { id: 1 });
  const two = yield* call<Entry>(Entry.objects, 'get', { id: 1 });
  one.n = 10;
  two.n = 20;
  expect(yield* call(Entry.objects, 'bulkUpdate', [one, two], ['n'])).toBe(1);
  expect((yield* call<Entry>(Entry.objects, 'get', { id: 1 })).n).toBe(10);
});
behaviour('248 an unsaved relation matters where it is written', function* () {
  const entry = yield* call<Entry>(Entry.objects, 'get', { id: 1 });
  const up = new Entry({ n: 7 });
  entry.up = up;
  entry.n = 8;
  expect(yield* call(Entry.objects, 'bulkUpdate', [entry], ['n'])).toBe(1);
  const error = yield* thrownBy(() => call(Entry.objects, 'bulkUpdate', [entry], ['up']));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toBe(
    "bulkUpdate() prohibited to prevent data loss due to unsaved related object 'up'.",
  );
  yield* call(up, 'save');
  expect(yield* call(Entry.objects, 'bulkUpdate', [entry], ['up'])).toBe(1);
  expect((yield* call<Entry>(Entry.objects, 'get', { id: 1 })).upId).toBe(4);
});
behaviour('255 what bulk writes refuse', function* () {
  const entry = yield* call<Entry>(Entry.objects, 'get', { id: 1 });
  const update = (objects: unknown[], ...fieldNames: string[]) =>
    thrownBy(() => call(Entry.objects, 'bulkUpdate', objects, fieldNames));
  const refused = [
    [yield* update([entry]), ValueError, 'Field names must be given to bulkUpdate().'],
    [yield* update([entry], 'labels'), ValueError, 'bulkUpdate() can only be used with concrete fields.'],
    [yield* update([entry], 'pk'), ValueError, 'bulkUpdate() cannot be used with primary key fields.'],
    [yield* update([new Entry()], 'n'), ValueError, 'All bulkUpdate() objects must have a primary key set.'],
    [yield* update([new Label({ id: 1 })], 'n'), TypeError, "'Entry' instance expected, got <Label>"],
    [
      yield* thrownBy(() => call(Entry.objects, 'bulkCreate', [new Label({ name: 'x' })])),
      TypeError,
      "'Entry' instance expected, got <Label>",
    ],
    [
      yield* thrownBy(() =>
        call(Entry.objects, 'bulkCreate', [{}], {
          updateConflicts: true,
          updateFields: ['labels'],
          uniqueFields: ['id'],
        }),
      ),
      ValueError,
      'bulkCreate() can only be used with concrete fields in updateFields.',
    ],
  ] as const;
  for (const [error, kind, message] of refused) {
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toBe(message);
  }
});
