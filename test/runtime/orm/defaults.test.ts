import {
  connections,
  fields,
  Lower,
  Manager,
  model,
  Now,
  transaction,
  ValidationError,
  Value,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';

// Columns that the database fills in, down to rows of nothing else.

class Nothing extends model('nothing', {}) {
  static objects = new Manager(this);
}
class Made extends model('made', {
  number: fields.integer().dbDefault(5),
  word: fields.char(10).dbDefault("it's"),
  sum: fields.integer().dbDefault(Value(1).add(2)),
  on: fields.boolean().dbDefault(true),
  at: fields.dateTime().dbDefault(Now()),
  own: fields.integer().default(1).dbDefault(2),
}) {
  static objects = new Manager(this);
}
class Keyed extends model('keyed', {
  code: fields
    .char(20)
    .primaryKey()
    .dbDefault(Lower(Value('THING'))),
  language: fields.char(2).dbDefault('en'),
}) {
  static objects = new Manager(this);
}
const { behaviour } = harness([Nothing, Made, Keyed], 'select 1;');

behaviour('rows without columns are as many as were given', function* () {
  const rows = yield* call<Nothing[]>(Nothing.objects, 'bulkCreate', [{}, new Nothing(), {}]);
  expect(statements()).toHaveLength(1);
  expect(yield* call(Nothing.objects, 'count')).toBe(3);
  expect(keys(rows)).toEqual([1, 2, 3]);
  yield* call(Nothing.objects, 'bulkCreate', [{}, {}], { batchSize: 1 });
  yield* call(Nothing.objects, 'bulkCreate', [{}, { id: 40 }, {}]);
  yield* call(Nothing.objects, 'bulkCreate', [{}, {}], { ignoreConflicts: true });
  expect(yield* call(Nothing.objects, 'count')).toBe(10);
});
behaviour('rows of which the database makes every column come back with all of them', function* () {
  const rows = yield* call<Made[]>(Made.objects, 'bulkCreate', [
    { own: 7 },
    { own: 8, number: 6 },
    { own: 9 },
  ]);
  expect(rows.map(({ number, word, sum, on, own }) => [number, word, sum, on, own])).toEqual([
    [5, "it's", 3, true, 7],
    [6, "it's", 3, true, 8],
    [5, "it's", 3, true, 9],
  ]);
  const [keyed] = yield* call<Keyed[]>(Keyed.objects, 'bulkCreate', [{}]);
  expect([keyed?.code, keyed?.language]).toEqual(['thing', 'en']);
  const twice = yield* thrownBy(() => call(Keyed.objects, 'bulkCreate', [{}, {}]));
  expect(twice.constructor.name).toBe('IntegrityError');
});
behaviour('rows that leave different columns to the database are written in their order', function* () {
  const rows = yield* call<Made[]>(Made.objects, 'bulkCreate', [
    { own: 1, word: 'x' },
    new Made({ own: 2, on: false }),
    { own: 3, number: 9, word: Lower(Value('Y')) },
    { own: 4, number: 8 },
  ]);
  expect(keys(rows)).toEqual([1, 2, 3, 4]);
  // Where a default cannot be listed among values, there is an INSERT for each set of columns.
  if (testEngine().engine !== 'sqlite') expect(statements()).toHaveLength(1);
  const all = [
    [1, 1, 5, 'x', true],
    [2, 2, 5, "it's", false],
    [3, 3, 9, 'y', true],
    [4, 4, 8, "it's", true],
  ];
  const stored = Made.objects.orderBy('id').valuesList('id', 'own', 'number', 'word', 'on');
  expect(yield* call(stored, 'list')).toEqual(all);
  expect(rows.map(({ id, own, number, word, on }) => [id, own, number, word, on])).toEqual(all);
  const given = [{ own: 1 }, { own: 2, number: 1 }, { own: 3 }];
  const sized = yield* call<Made[]>(Made.objects, 'bulkCreate', given, { batchSize: 2 });
  expect(sized.map(({ number }) => number)).toEqual([5, 1, 5]);
});
test.runIf(testEngine().engine === 'postgresql')(
  'a list of rows is not prepared: its text is of those rows only',
  async () => {
    await transaction.aatomic(async () => {
      await Made.objects.abulkCreate([{ own: 1 }, { own: 2, number: 1 }]);
      const cursor = await connections.get().acursor();
      await cursor.aexecute(
        `select statement from pg_prepared_statements where statement like 'INSERT INTO "made"%'`,
      );
      const prepared = (await cursor.afetchAll()).map(([sql]) => String(sql));
      expect(prepared.filter((sql) => sql.includes('), ('))).toEqual([]);
    });
  },
);
behaviour('a default of the application goes before that of the database', function* () {
  const made = new Made();
  expect([made.own, made.number]).toEqual([1, undefined]);
  yield* call(made, 'fullClean');
  yield* call(made, 'save');
  expect([made.own, made.number]).toEqual([1, 5]);
  made.number = 9;
  yield* call(made, 'save');
  yield* call(made, 'refreshFromDb');
  expect(made.number).toBe(9);
});
behaviour('null is a value, not the absence of one', function* () {
  const error = yield* thrownBy(() => call(Made.objects, 'create', { number: null }));
  expect(error.constructor.name).toBe('IntegrityError');
});

test('what is no JSON is refused by the checks, too', () => {
  class Parcel extends model('parcel', { content: fields.json() }) {}
  for (const content of [() => 1, { n: Number.NaN }, new Map()])
    expect(() => new Parcel({ content }).cleanFields()).toThrow(ValidationError);
  new Parcel({ content: { n: [1, null] } }).cleanFields();
});
test.runIf(testEngine().engine === 'postgresql')(
  'an item of an array is spoken of by the name of the column',
  () => {
    class Row extends model('row', { cells: fields.array(fields.integer()) }) {}
    expect(() => new Row({ cells: [[1]] as never }).cleanFields()).toThrow(
      "cells: Field 'cells' expected a number but got <Array>.",
    );
  },
);
test('options of the checks are looked at', async () => {
  const made = new Made();
  const refused = "got an unexpected option 'excl', perhaps you meant exclude?";
  expect(() => made.cleanFields({ excl: [] } as never)).toThrow(`cleanFields() ${refused}`);
  await expect(made.avalidateUnique({ excl: [] } as never)).rejects.toThrow(`validateUnique() ${refused}`);
  await expect(made.avalidateConstraints({ excl: [] } as never)).rejects.toThrow(refused);
  expect(() => made.cleanFields({ exclude: 'own' as never })).toThrow(
    "cleanFields() takes a list of field names, not 'own'.",
  );
});
behaviour('a value that is undefined was not given', function* () {
  const absent = undefined as never;
  const made = yield* call<Made>(Made.objects, 'create', { number: absent, own: absent, word: 'w' });
  yield* call(made, 'refreshFromDb');
  expect([made.number, made.own, made.word]).toEqual([5, 1, 'w']);
  const [many] = yield* call<Made[]>(Made.objects, 'bulkCreate', [{ own: absent, sum: absent }]);
  expect([many?.own, many?.sum]).toEqual([1, 3]);
  const [again, created] = yield* call<[Made, boolean]>(
    Made.objects,
    'updateOrCreate',
    { id: made.id },
    { defaults: { word: absent, own: 3 } },
  );
  expect([again.word, again.own, created]).toEqual(['w', 3, false]);
  const [other] = yield* call<[Made, boolean]>(
    Made.objects,
    'getOrCreate',
    { word: 'new' },
    { defaults: { own: absent } },
  );
  expect(other.own).toBe(1);
  const keyed = new Keyed({ code: absent, language: absent });
  yield* call(keyed, 'save');
  yield* call(keyed, 'refreshFromDb');
  expect([keyed.code, keyed.language]).toEqual(['thing', 'en']);
  // Null is a value.
  const refused = yield* thrownBy(() => call(Made.objects, 'create', { number: null as never }));
  expect(refused.constructor.name).toBe('IntegrityError');
});
