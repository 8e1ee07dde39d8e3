import {
  agetListOr404,
  agetObjectOr404,
  fields,
  foreignKey,
  getListOr404,
  getObjectOr404,
  Http404,
  Manager,
  manyToMany,
  model,
  Prefetch,
  Q,
  type RelatedManager,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { type Behaviour, call, iterate, statements, stream, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

// Dataset S of the behaviour catalogue: what Django tests its asynchronous methods with.

class Simple extends model('simple', {
  field: fields.integer(),
  created: fields.dateTime().autoNowAdd(),
  related: reverse<Related, 'simple'>(() => Related),
}) {
  static objects = new Manager(this);
}
class Related extends model('related', {
  simple: foreignKey<Simple>(() => Simple).null(),
}) {
  static objects = new Manager(this);
}
class Many extends model('many', { simples: manyToMany<Simple>(() => Simple) }) {
  static objects = new Manager(this);
}

const { behaviour, reset } = harness(
  [Simple, Related, Many],
  `insert into simple (field, created) values (1, '2022-01-01T00:00:00Z'), (2, '2022-01-01T00:00:01Z'), (3, '2022-01-01T00:00:02Z');
   insert into related (simple_id) values (1), (2), (3);
   insert into many default values;
   insert into many default values;
   insert into many_simples (many_id, simple_id) values (2, 1);`,
);
const fieldsOf = (rows: readonly unknown[]) => rows.map((row) => (row as Simple).field);
const simples = Simple.objects;
function* stored(): Behaviour<unknown[]> {
  return yield* call<unknown[]>(simples.orderBy('id').valuesList('field', { flat: true }), 'list');
}

behaviour('2 an iterator gives every row and keeps none', function* () {
  const rows = simples.all();
  const seen: number[] = [];
  yield* stream<Simple>(rows, undefined, ({ field }) => seen.push(field));
  expect(seen.sort()).toEqual([1, 2, 3]);
  expect(rows.loaded).toBeUndefined();
});
behaviour('101 an iterator neither fills the cache nor reads from it', function* () {
  const rows = simples.orderBy('id');
  yield* iterate(rows);
  const before = statements().length;
  yield* stream<Simple>(rows, undefined, () => undefined);
  expect(statements().length).toBeGreaterThan(before);
  const fresh = simples.orderBy('id');
  yield* stream<Simple>(fresh, undefined, () => undefined);
  expect(fresh.loaded).toBeUndefined();
});
test('4 a chunk without rows is refused: at the call by the sync form, at the first row by its twin', async () => {
  await reset();
  const refusal = new ValueError('Chunk size must be strictly positive.');
  for (const chunkSize of [0, -1]) {
    expect(() => simples.iterator({ chunkSize })).toThrow(refusal);
    const rows = simples.aiterator({ chunkSize });
    await expect(rows.next()).rejects.toThrow(refusal);
  }
});
behaviour('5, 7, 8 rows are counted, read and created', function* () {
  expect(yield* call(simples, 'count')).toBe(3);
  expect((yield* call<Simple>(simples, 'get', { field: 1 })).id).toBe(1);
  yield* call(simples, 'create', { field: 4 });
  expect(yield* call(simples, 'count')).toBe(4);
});
behaviour('10, 11 a row is updated, or made where there is none', function* () {
  const [one, made] = yield* call<[Simple, boolean]>(
    simples,
    'updateOrCreate',
    { id: 1 },
    { defaults: { field: 2 } },
  );
  expect([one.id, one.field, made]).toEqual([1, 2, false]);
  expect(yield* stored()).toEqual([2, 2, 3]);
  const [other, created] = yield* call<[Simple, boolean]>(simples, 'updateOrCreate', { field: 4 });
  expect([other.field, created]).toEqual([4, true]);
});
behaviour('13 many rows are created at once', function* () {
  const rows = Array.from({ length: 10 }, (_, at) => ({ field: at }));
  expect(yield* call(simples, 'bulkCreate', rows)).toHaveLength(10);
  expect(yield* call(simples, 'count')).toBe(13);
});
behaviour('14 a query set that was read is what is updated', function* () {
  const rows = simples.all();
  for (const row of yield* iterate<Simple>(rows)) row.field *= 10;
  expect(yield* call(simples, 'bulkUpdate', rows, ['field'])).toBe(3);
  expect(yield* stored()).toEqual([10, 20, 30]);
});
behaviour('16 the latest and the earliest, by a field and against it', function* () {
  const ids: number[] = [];
  for (const name of ['latest', 'earliest']) {
    for (const field of ['created', '-created']) ids.push((yield* call<Simple>(simples, name, field)).id);
  }
  expect(ids).toEqual([3, 1, 1, 3]);
});
behaviour('17 the first and the last, or null', function* () {
  expect((yield* call<Simple>(simples, 'first')).id).toBe(1);
  expect((yield* call<Simple>(simples, 'last')).id).toBe(3);
  const none = simples.filter({ field: 4 });
  expect([yield* call(none, 'first'), yield* call(none, 'last')]).toEqual([null, null]);
});
behaviour('19, 20 rows are there or not', function* () {
  expect(yield* call(simples.filter({ field: 1 }), 'exists')).toBe(true);
  expect(yield* call(simples.filter({ field: 4 }), 'exists')).toBe(false);
  const one = yield* call<Simple>(simples, 'get', { id: 1 });
  expect(yield* call(simples, 'contains', one)).toBe(true);
  expect(yield* call(simples, 'contains', new Simple({ id: 99, field: 0 }))).toBe(false);
});
behaviour('22 rows that match are deleted, with what refers to them', function* () {
  const deleted = yield* call(simples.filter({ field: 2 }), 'delete');
  expect(deleted).toEqual([2, { Related: 1, Simple: 1 }]);
  expect(yield* stored()).toEqual([1, 3]);
});
behaviour('23 a plan in every format', function* () {
  const one = simples.filter({ field: 1 });
  expect(yield* call(one, 'explain')).toContain('Seq Scan');
  const json = yield* call<string>(one, 'explain', { format: 'json' });
  expect(JSON.parse(json)).toHaveLength(1);
  expect(yield* call(one, 'explain', { format: 'xml' })).toMatch(/^<explain[^>]*>[\s\S]*<\/explain>$/);
  expect(yield* call(one, 'explain', { format: 'yaml' })).toContain('Node Type');
  expect(yield* call(one, 'explain', { format: 'text' })).toContain('Seq Scan');
});
behaviour('25, 26 an instance is saved and deleted', function* () {
  const one = yield* call<Simple>(simples, 'get', { id: 1 });
  one.field = 10;
  yield* call(one, 'save');
  expect(yield* stored()).toEqual([10, 2, 3]);
  yield* call(one, 'delete');
  expect(yield* call(simples, 'count')).toBe(2);
});
behaviour('28 a row is read again only from among the rows that are meant', function* () {
  const one = yield* call<Simple>(simples, 'get', { id: 1 });
  yield* call(simples.filter({ id: 1 }), 'update', { field: 20 });
  const gone = yield* thrownBy(() =>
    call(one, 'refreshFromDb', { fromQueryset: simples.filter({ field: 0 }) }),
  );
  expect(gone).toBeInstanceOf(Simple.DoesNotExist);
  yield* call(one, 'refreshFromDb', { fromQueryset: simples.filter({ field__gt: 0 }) });
  expect(one.field).toBe(20);
});
test('29 what is not found is 404, wherever it is looked for', async () => {
  await reset();
  const one = await agetObjectOr404(Simple, { field: 1 });
  expect((await agetObjectOr404(Simple, Q({ field: 1 }))).id).toBe(1);
  expect((await agetObjectOr404(simples.all(), Q({ field: 1 }))).id).toBe(1);
  expect((await agetObjectOr404(one.related, { pk: 1 })).id).toBe(1);
  expect(fieldsOf(await agetListOr404(Simple, { field__lt: 3 }))).toEqual([1, 2]);
  expect(await agetListOr404(one.related, { pk: 1 })).toHaveLength(1);
  const missing = new Http404('No Simple matches the given query.');
  await expect(agetObjectOr404(Simple, Q({ field: 0 }))).rejects.toThrow(missing);
  await expect(agetListOr404(simples.all(), { field: 0 })).rejects.toThrow(missing);
  await expect(agetObjectOr404(one.related, { pk: 2 })).rejects.toThrow('No Related matches');
});
test('31 what cannot be looked in is refused under the name of the function', async () => {
  const text = 'Simple' as never;
  await expect(async () => agetObjectOr404(text, { field: 1 })).rejects.toThrow(
    new ValueError(
      "First argument to agetObjectOr404() must be a Model, Manager, or QuerySet, not 'string'.",
    ),
  );
  await expect(async () => agetListOr404([] as never, { field: 1 })).rejects.toThrow(
    new ValueError("First argument to agetListOr404() must be a Model, Manager, or QuerySet, not 'list'."),
  );
  const others = [
    [null, 'null'],
    [new Simple({ field: 1 }), 'Simple'],
    [Simple.objects.raw('SELECT * FROM simple'), 'RawQuerySet'],
    [class Nothing {}, 'Nothing'],
  ] as const;
  for (const [given, called] of others)
    expect(() => getObjectOr404(given as never)).toThrow(
      `must be a Model, Manager, or QuerySet, not '${called}'.`,
    );
  expect(() => getObjectOr404(text)).toThrow('First argument to getObjectOr404()');
  expect(() => getListOr404([] as never)).toThrow('First argument to getListOr404()');
});
function* related(name: 'simples', at: number): Behaviour<RelatedManager<Simple>> {
  return (yield* call<Many>(Many.objects, 'get', { id: at }))[name];
}
behaviour('34 a row is made and linked, or found', function* () {
  const linked = yield* related('simples', 1);
  const [made, created] = yield* call<[Simple, boolean]>(linked, 'getOrCreate', { field: 2 });
  expect([made.field, created, yield* call(linked, 'count')]).toEqual([2, true, 1]);
  const [again, createdAgain] = yield* call<[Simple, boolean]>(
    linked,
    'getOrCreate',
    { id: made.id },
    { throughDefaults: {} },
  );
  expect([again.id, createdAgain, yield* call(linked, 'count')]).toEqual([made.id, false, 1]);
});
behaviour('35 a related row is found without conditions, or made', function* () {
  const made = yield* call<Simple>(simples, 'create', { field: 7 });
  const [row, created] = yield* call<[Related, boolean]>(made.related, 'getOrCreate');
  expect([row.simpleId, created]).toEqual([made.id, true]);
  expect(yield* call(made.related, 'count')).toBe(1);
});
behaviour('38 rows are taken in, let go and exchanged from the other side of a foreign key', function* () {
  const one = yield* call<Simple>(simples, 'get', { id: 1 });
  const other = yield* call<Related>(Related.objects, 'create', {});
  const links = one.related;
  function* held(): Behaviour<unknown> {
    return yield* call(
      Related.objects.filter({ simple: one }).orderBy('id').valuesList('id', { flat: true }),
      'list',
    );
  }
  yield* call(links, 'add', other, { bulk: false });
  expect(yield* held()).toEqual([1, other.id]);
  yield* call(links, 'remove', other);
  expect(yield* held()).toEqual([1]);
  yield* call(links, 'set', [other]);
  expect(yield* held()).toEqual([other.id]);
  yield* call(links, 'set', []);
  expect(yield* held()).toEqual([]);
  yield* call(links, 'set', [other], { bulk: false, clear: true });
  expect(yield* held()).toEqual([other.id]);
  yield* call(links, 'clear', { bulk: false });
  expect(yield* held()).toEqual([]);
});
behaviour('40 leaving a loop early leaves all rows behind, read by one query', function* () {
  const rows = simples.orderBy('id');
  expect(yield* iterate(rows, 2)).toHaveLength(2);
  expect(rows.loaded).toHaveLength(3);
  expect(yield* call(rows, 'list')).toHaveLength(3);
  expect(statements()).toHaveLength(1);
});
behaviour('41 values are objects, and flat ones what they are', function* () {
  const rows = yield* iterate(simples.orderBy('id').values('id', 'field'));
  expect(rows[0]).toEqual({ id: 1, field: 1 });
  expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
  expect(yield* iterate(simples.orderBy('id').valuesList('id', { flat: true }))).toEqual([1, 2, 3]);
  expect(yield* iterate(simples.orderBy('id').valuesList('id', 'field'))).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});
behaviour(
  '43 saving gives nothing, deleting what went, and the key of the instance goes with it',
  function* () {
    const row = yield* call<Related>(Related.objects, 'get', { id: 1 });
    expect(yield* call(row, 'save')).toBeUndefined();
    expect(yield* call(row, 'delete')).toEqual([1, { Related: 1 }]);
    expect([row.id, row.pk]).toEqual([null, null]);
    const again = yield* thrownBy(() => call(row, 'delete'));
    expect(again).toBeInstanceOf(ValueError);
  },
);
behaviour('50 a relation that was selected is read without asking', function* () {
  const row = yield* call<Related>(Related.objects.selectRelated('simple'), 'get', { id: 1 });
  expect(row.simple?.field).toBe(1);
  expect(statements()).toHaveLength(1);
});
behaviour('an iterator reads related rows chunk by chunk, and only with the size of a chunk', function* () {
  const seen: number[] = [];
  const rows = simples.orderBy('id').prefetchRelated(Prefetch('related', { toAttr: 'links' }));
  yield* stream<Simple & { links: Related[] }>(rows, { chunkSize: 2 }, ({ links }) =>
    seen.push(links.length),
  );
  expect(seen).toEqual([1, 1, 1]);
});
test('the sync iterator of prefetched rows is told the size of a chunk; its twin has one', async () => {
  await reset();
  const rows = simples.prefetchRelated('related');
  expect(() => rows.iterator()).toThrow(ValueError);
  for await (const { related: links } of rows.aiterator()) expect(await links.acount()).toBe(1);
});
