import { syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import {
  Count,
  F,
  fields,
  foreignKey,
  IntegrityError,
  InternalError,
  Manager,
  model,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import mysql from 'mysql2/promise';
import { expect, inject, test } from 'vitest';
import { call, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Shelf extends model('shelf', { name: fields.char(10).unique() }) {
  static objects = new Manager(this);
}
class Thing extends model('thing', {
  name: fields.text().default(''),
  big: fields.bigInteger().null(),
  exact: fields.decimal(30, 10).null(),
  real: fields.float().null(),
  at: fields.dateTime().null(),
  day: fields.date().null(),
  time: fields.time().null(),
  took: fields.duration().null(),
  id2: fields.uuid().null(),
  bytes: fields.binary().null(),
  json: fields.json<unknown>().null(),
  yes: fields.boolean().default(true),
  shelf: foreignKey<Shelf>(() => Shelf).null(),
}) {
  static objects = new Manager(this);
}

const { behaviour, url } = (() => {
  const made = harness([Shelf, Thing], "insert into shelf (name) values ('one')", { statementTimeout: 300 });
  return { behaviour: made.behaviour, url: () => inject('mysqlUrl') ?? '' };
})();

behaviour('bits are moved without losing any, below zero too', function* () {
  for (const big of [9_007_199_254_740_993n, -5n, -9_007_199_254_740_993n]) {
    const { id } = yield* call<Thing>(Thing.objects, 'create', { big });
    const moved = Thing.objects
      .filter({ id })
      .values({ one: F('big').bitRightShift(1n), none: F('big').bitRightShift(0) });
    expect(yield* call(moved, 'get')).toEqual({ one: big >> 1n, none: big });
  }
});
behaviour('values come back as they went, whatever their type', function* () {
  const values = {
    name: 'naïve 🦊 \\ \' " ` $1 ? -- /* \u0001 \n',
    big: 9_223_372_036_854_775_807n,
    exact: '12345678901234567890.0123456789',
    real: 1e-300,
    at: new Date('2024-02-29T23:59:59.123Z'),
    day: '0999-12-31',
    time: '23:59:59.999999',
    took: -90_061_001,
    id2: '0e3b8f6c-7a35-4a6c-9d59-0123456789ab',
    bytes: new Uint8Array([0, 39, 92, 255]),
    json: { 'a\'b"c\\d': [1, null, { e: '🦊\\"' }], n: 1.5, t: true },
  };
  const made = yield* call<Thing>(Thing.objects, 'create', values);
  const found = yield* call<Thing>(Thing.objects, 'get', { id: made.id });
  for (const [name, value] of Object.entries(values)) {
    const got = (found as unknown as Record<string, unknown>)[name];
    expect(got instanceof Uint8Array ? new Uint8Array(got) : got, name).toEqual(value);
  }
  for (const name of ['name', 'big', 'exact', 'at', 'day', 'time', 'took', 'id2', 'bytes', 'json'] as const) {
    expect(yield* call(Thing.objects.filter({ [name]: values[name] } as object), 'count'), name).toBe(1);
  }
});
behaviour('hostile text stays text in every lookup', function* () {
  const hostile = ["' or 1=1 -- ", "\\' or 1=1 -- ", '\\', '%', '_', "'; drop table thing; --", '$1', '?'];
  for (const name of hostile) yield* call(Thing.objects, 'create', { name, json: { [name]: name } });
  for (const name of hostile) {
    const found = (where: object) => call<number>(Thing.objects.filter(where), 'count');
    expect(yield* found({ name }), name).toBe(1);
    expect(yield* found({ name__in: [name] }), name).toBe(1);
    expect(yield* found({ name__iexact: name }), name).toBe(1);
    expect(yield* found({ name__startsWith: name }), name).toBe(name === "'" ? 2 : 1 + Number(name === '\\'));
    expect(yield* found({ [`json__${name}`]: name }), name).toBe(1);
    expect(yield* found({ json__hasKey: name }), name).toBe(1);
  }
  expect(yield* call(Thing.objects, 'count')).toBe(hostile.length);
});
behaviour('keys of many rows come back, and rows that are there are left or changed', function* () {
  const made = yield* call<Shelf[]>(Shelf.objects, 'bulkCreate', [{ name: 'two' }, { name: 'three' }]);
  expect(made.map(({ id }) => typeof id)).toEqual(['number', 'number']);
  const again = [{ name: 'two' }, { name: 'four' }];
  yield* call(Shelf.objects, 'bulkCreate', again, { ignoreConflicts: true });
  expect(yield* call(Shelf.objects, 'count')).toBe(4);
});
behaviour('what is ignored are rows that are there, and nothing else', function* () {
  const wrong = { name: 'lost', shelf: 999 };
  const lost = yield* thrownBy(() => call(Thing.objects, 'bulkCreate', [wrong], { ignoreConflicts: true }));
  expect(lost).toBeInstanceOf(IntegrityError);
  const long = [{ name: 'much too long a name' }];
  const cut = yield* thrownBy(() => call(Shelf.objects, 'bulkCreate', long, { ignoreConflicts: true }));
  expect(cut.name).toBe('DataError');
});
behaviour('rows are changed and deleted by conditions on the same table', function* () {
  yield* call(Thing.objects, 'bulkCreate', [{ name: 'a' }, { name: 'b' }, { name: 'b' }]);
  const twice = Thing.objects
    .values('name')
    .annotate({ n: Count('id') })
    .filter({ n__gt: 1 });
  const rows = Thing.objects.filter({ name__in: twice.values('name') });
  expect(yield* call(rows, 'update', { big: F('id') })).toBe(2);
  expect(yield* call(rows, 'delete')).toEqual([2, { Thing: 2 }]);
});
behaviour('an update that changes nothing still counts the rows it found', function* () {
  const thing = yield* call<Thing>(Thing.objects, 'create', { name: 'same' });
  expect(yield* call(Thing.objects.filter({ id: thing.id }), 'update', { name: 'same' })).toBe(1);
  yield* call(thing, 'save');
  expect(yield* call(Thing.objects, 'count')).toBe(1);
});

test('a statement that takes too long is given up by the server, and the connection goes on', async () => {
  const sleep = syncToAsync(() => [...Shelf.objects.raw('select id, sleep(5) as slept from shelf')]);
  await expect(sleep()).rejects.toBeInstanceOf(OperationalError);
  expect(await Shelf.objects.acount()).toBeGreaterThan(0);
});
test('a connection that the server ended is replaced by the next statement', async () => {
  const [{ id } = { id: 0 }] = (await syncToAsync(() => [
    ...Shelf.objects.raw('select connection_id() as id, name from shelf limit 1'),
  ])()) as { id: number }[];
  const outside = await mysql.createConnection({ uri: url() });
  await outside.query(`kill ${Number(id)}`);
  await outside.end();
  await Shelf.objects.acount().catch(() => undefined);
  expect(await Shelf.objects.acount()).toBeGreaterThan(0);
});
test.each(['goes on', 'is done'])(
  'a deadlock takes the whole transaction along: nothing of one that swallows it and %s is kept',
  async (then) => {
    await transaction.aatomic(async () => {
      await Thing.objects.all().adelete();
      await Thing.objects.abulkCreate([{ name: 'a' }, { name: 'b' }]);
    });
    const [a = 0, b = 0] = await Thing.objects.orderBy('id').valuesList('id', { flat: true }).alist();
    let begun = 0;
    let bothBegun = () => {};
    const both = new Promise<void>((resolve) => {
      bothBegun = resolve;
    });
    const lock = (id: number) => Thing.objects.selectForUpdate().aget({ id });
    const blocks = [
      [a, b],
      [b, a],
    ].map(([first = 0, second = 0], index) =>
      threadSensitiveContext(() =>
        transaction.aatomic(async () => {
          await Thing.objects.acreate({ name: `of ${index}` });
          await lock(first);
          begun += 1;
          if (begun === 2) bothBegun();
          await both;
          const met = await lock(second).then(
            () => false,
            () => true,
          );
          if (!met || then === 'goes on') await Thing.objects.acreate({ name: `of ${index}` });
        }),
      ),
    );
    const outcomes = await Promise.allSettled(blocks);
    const lost = outcomes.findIndex(({ status }) => status === 'rejected');
    const { reason } = outcomes[lost] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(then === 'goes on' ? InternalError : TransactionManagementError);
    expect(await Thing.objects.filter({ name: `of ${lost}` }).acount()).toBe(0);
    expect(await Thing.objects.filter({ name: `of ${1 - lost}` }).acount()).toBe(2);
  },
);
