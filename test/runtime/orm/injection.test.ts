import {
  acreateTables,
  adropTables,
  Case,
  Count,
  connections,
  Exists,
  Extract,
  F,
  FilteredRelation,
  Func,
  fields,
  foreignKey,
  getObjectOr404,
  Manager,
  model,
  OuterRef,
  Prefetch,
  prefetchRelatedObjects,
  Q,
  Rank,
  RawSQL,
  reverse,
  StringAgg,
  Sum,
  Trunc,
  transaction,
  Value,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';
import { hostileText, hostileValue, inheritedNames } from './injection/hostile.ts';
import { probe } from './injection/probe.ts';

// Names are quoted, values are parameters, and what can be neither is checked: fed with hostile text, every place
// where a string can enter either refuses it or treats it as the text it is.

const onPostgresql = testEngine().engine === 'postgresql';

class Owner extends model('owner', {
  name: fields.text(),
  targets: reverse<Target, 'owner'>(() => Target),
}) {
  static objects = new Manager(this);
}
// Only PostgreSQL has arrays.
const tags = onPostgresql
  ? fields.array(fields.text()).default(() => [])
  : (fields.json<string[]>().default(() => []) as never);
class Target extends model('target', {
  title: fields.char(500),
  note: fields.text().null(),
  number: fields.integer().default(1),
  big: fields.bigInteger().default(1n),
  ratio: fields.float().default(1),
  price: fields.decimal(6, 2).default('1.00'),
  open: fields.boolean().default(true),
  day: fields.date().default('2024-01-01'),
  clock: fields.time().default('10:00'),
  moment: fields.dateTime().default(new Date(0)),
  span: fields.duration().default(1),
  key: fields.uuid().default('00000000-0000-4000-8000-000000000000'),
  meta: fields.json().default({}),
  bytes: fields.binary().default(Buffer.from('x')),
  tags,
  address: fields.ip().default('127.0.0.1'),
  state: fields.choice('draft', 'live').default('draft'),
  owner: foreignKey<Owner>(() => Owner, { relatedName: 'targets' }).null(),
}) {
  static objects = new Manager(this);
  get shout() {
    return this.title.toUpperCase();
  }
}
class Canary extends model('canary', { secret: fields.text() }) {
  static objects = new Manager(this);
}

const database = harness(
  [Owner, Target, Canary],
  `insert into owner (name) values ('one'); insert into canary (secret) values ('tweet');
   insert into target (title, number, big, ratio, price, open, day, clock, moment, span, "key", meta, bytes, tags, address,
     state, owner_id) values ('there', 1, 1, 1, 1, true, '2024-01-01', '10:00:00', '2024-01-01T00:00:00Z', ${onPostgresql ? "'1 second'" : 1_000_000},
     '00000000-0000-4000-8000-000000000000', '{"a": 1}', 'x', '{a}', '127.0.0.1', 'draft', 1)`,
);
beforeEach(() => database.reset());

const runs = { numRuns: 40, seed: 20261121 };
/** Runs `action` with many hostile texts. */
function withTexts(action: (text: string) => Promise<unknown>, of = runs): Promise<void> {
  return fc.assert(
    fc.asyncProperty(hostileText, async (text) => void (await action(text))),
    of,
  );
}
function withValues(action: (value: unknown) => Promise<unknown>, of = runs): Promise<void> {
  return fc.assert(
    fc.asyncProperty(hostileValue, async (value) => void (await action(value))),
    of,
  );
}

const untouched = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
afterEach(async () => {
  const cursor = await connections.get().acursor();
  await cursor.aexecute('select secret from canary');
  expect(cursor.fetchAll()).toEqual([['tweet']]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(untouched);
});

// Half the calls below are type errors, which is the point: request bodies have no types.
// biome-ignore lint/suspicious/noExplicitAny: hostile input is not typed
const targets = () => Target.objects as any;
// biome-ignore lint/suspicious/noExplicitAny: hostile input is not typed
const owners = () => Owner.objects as any;
// biome-ignore lint/suspicious/noExplicitAny: hostile input is not typed
const untyped = (value: unknown) => value as any;

const jsonFunction = onPostgresql ? 'TO_JSON' : 'LOWER';
/** Text that is refused: half a pair, and NUL. */
const impossible = /\0|\p{Surrogate}/u;

/** MariaDB writes `\\u001F` where JSON of everybody else has `\\u001f`, and takes the two for different keys. */
const isEscapedAnotherWay = (key: string) =>
  testEngine().engine === 'mysql' && [...key].some((character) => character < ' ');

/** Places that take the name of something, each as an action on a name. */
const names: Readonly<Record<string, (name: string) => unknown>> = {
  'the field of a lookup': (name) =>
    targets()
      .filter({ [name]: 1 })
      .list(),
  'a lookup': (name) =>
    targets()
      .filter({ [`title__${name}`]: 'x' })
      .list(),
  'a part of a date': (name) =>
    targets()
      .filter({ [`day__${name}`]: 1 })
      .list(),
  'a part of a moment, then a lookup': (name) =>
    targets()
      .filter({ [`moment__${name}__gt`]: 1 })
      .list(),
  'an index of an array': (name) =>
    targets()
      .filter({ [`tags__${name}`]: 'x' })
      .list(),
  'a key of JSON': (name) =>
    targets()
      .filter({ [`meta__${name}`]: 'x' })
      .list(),
  'a path of keys of JSON': (name) =>
    targets()
      .filter({ [`meta__a__${name}__contains`]: 'x' })
      .list(),
  'a name behind a relation': (name) =>
    targets()
      .exclude({ [`owner__${name}`]: 1 })
      .list(),
  'a name behind a reverse relation': (name) =>
    owners()
      .exclude({ [`targets__${name}`]: 1 })
      .list(),
  'a name inside Q': (name) =>
    targets()
      .filter(Q({ number: 1 }).or({ [name]: 1 }))
      .list(),
  'a key of get': (name) => targets().get({ [name]: 1 }),
  'a key of getObjectOr404': (name) => getObjectOr404(untyped(Target), { [name]: 1 }),
  'a name of orderBy': (name) => targets().orderBy(name).list(),
  'a descending name of orderBy': (name) => targets().orderBy(`-${name}`).list(),
  'a key of JSON in orderBy': (name) => targets().orderBy(`meta__${name}`).list(),
  'a name of values': (name) => targets().values(name).list(),
  'a name of valuesList': (name) => targets().valuesList(name, { flat: true }).list(),
  'a key of JSON in values': (name) => targets().values('id', `meta__${name}`).list(),
  'an annotation': (name) =>
    targets()
      .annotate({ [name]: F('title') })
      .list(),
  'an annotation that is ordered and filtered by': (name) =>
    targets()
      .annotate({ [name]: F('title') })
      .orderBy(name)
      .filter({ [name]: 'x' })
      .list(),
  'an alias': (name) =>
    targets()
      .alias({ [name]: F('title') })
      .orderBy(name)
      .list(),
  'an expression of values': (name) =>
    targets()
      .values({ [name]: F('title') })
      .list(),
  'an expression of values, over JSON': (name) =>
    targets()
      .values({ [name]: F(`meta__${name}`) })
      .list(),
  'a grouped annotation': (name) =>
    targets()
      .values('number')
      .annotate({ [name]: Count('*') })
      .list(),
  'an aggregate': (name) => targets().aggregate({ [name]: Count('id') }),
  'an aggregate over a slice': (name) =>
    targets()
      .slice(0, 2)
      .aggregate({ [name]: Count('id') }),
  'the field of an aggregate': (name) => targets().aggregate(Sum(name)),
  'a key of JSON in an aggregate': (name) => targets().aggregate(Count(`meta__${name}`)),
  'a key of JSON in an aggregate over a slice': (name) =>
    targets()
      .slice(0, 2)
      .aggregate({ n: Count(`meta__${name}`) }),
  'the delimiter of StringAgg': (name) => targets().aggregate({ all: StringAgg('title', name) }),
  'a field of F': (name) =>
    targets()
      .annotate({ x: F(name) })
      .list(),
  'a key of JSON in F': (name) =>
    targets()
      .annotate({ x: F(`meta__${name}`) })
      .list(),
  'a key of JSON in an update': (name) =>
    targets().update({
      note: Func(F(`meta__${name}`), { function: jsonFunction, outputField: fields.text() }),
    }),
  'a field of OuterRef': (name) =>
    owners()
      .filter(Exists(targets().filter({ owner: OuterRef(name) })))
      .list(),
  'the name of a function': (name) =>
    targets()
      .annotate({ x: Func('title', { function: `lower ${name}` }) })
      .list(),
  'a field of distinct': (name) => targets().distinct(name).orderBy(name).list(),
  'a field of only': (name) => targets().only(name).list(),
  'a field of defer': (name) => targets().defer(name).list(),
  'a relation of selectRelated': (name) => targets().selectRelated(name).list(),
  'a relation behind one of selectRelated': (name) => targets().selectRelated(`owner__${name}`).list(),
  'a relation of prefetchRelated': (name) => owners().prefetchRelated(name).list(),
  'the attribute of a Prefetch': (name) =>
    owners()
      .prefetchRelated(Prefetch('targets', { toAttr: name }))
      .list(),
  'a field of dates': (name) => targets().dates(name, 'year').list(),
  'a kind of dates': (name) => targets().dates('day', name).list(),
  'an order of dates': (name) => targets().dates('day', 'year', name).list(),
  'a kind of datetimes': (name) => targets().datetimes('moment', name).list(),
  'a format of explain': (name) => targets().all().explain({ format: name }),
  'an option of explain': (name) =>
    targets()
      .all()
      .explain({ [name]: true }),
  'the value of an option of explain': (name) => targets().all().explain({ costs: name }),
  'a field of latest': (name) => targets().latest(name),
  'a key of update': (name) => targets().update({ [name]: 1 }),
  'a key of create': (name) => targets().create({ title: 'x', [name]: 1 }),
  'a key of getOrCreate': (name) => targets().getOrCreate({ title: name, [name]: 1 }),
  'a key of JSON in getOrCreate': (name) => targets().getOrCreate({ title: name, [`meta__${name}`]: 1 }),
  'a default of getOrCreate': (name) => targets().getOrCreate({ title: name }, { defaults: { [name]: 1 } }),
  'a default of updateOrCreate': (name) => {
    targets().create({ title: 'there' });
    return targets().updateOrCreate({ title: 'there' }, { defaults: { [name]: 1 } });
  },
  'a field of bulkUpdate': (name) => targets().bulkUpdate([targets().create({ title: 'x' })], [name]),
  'a key of bulkCreate': (name) => targets().bulkCreate([{ title: 'x', [name]: 1 }]),
  'an updated field of bulkCreate': (name) =>
    targets().bulkCreate([{ title: 'x' }], {
      updateConflicts: true,
      updateFields: [name],
      uniqueFields: ['id'],
    }),
  'a unique field of bulkCreate': (name) =>
    targets().bulkCreate([{ title: 'x' }], {
      updateConflicts: true,
      updateFields: ['note'],
      uniqueFields: [name],
    }),
  'a field of inBulk': (name) => targets().inBulk(['x'], { fieldName: name }),
  'a field of save': (name) =>
    targets()
      .create({ title: 'x' })
      .save({ updateFields: [name] }),
  'a field of refreshFromDb': (name) =>
    targets()
      .create({ title: 'x' })
      .refreshFromDb({ fields: [name] }),
  'the database of a query set': (name) => targets().using(name).list(),
  'the database of save': (name) => targets().create({ title: 'x' }).save({ using: name }),
  'a database': (name) => connections.get(name),
  'the database of a block': (name) => transaction.atomic({ using: name }, () => 1),
  'a savepoint to roll back to': (name) => transaction.atomic(() => transaction.savepointRollback(name)),
  'a savepoint to commit': (name) => transaction.atomic(() => transaction.savepointCommit(name)),
  'a filtered relation': (name) =>
    owners()
      .annotate({ [name]: FilteredRelation('targets') })
      .filter({ [`${name}__number`]: 1 })
      .list(),
  'the relation of a filtered relation': (name) =>
    owners()
      .annotate({ x: FilteredRelation(name) })
      .filter({ x__number: 1 })
      .list(),
  'a field in the condition of a filtered relation': (name) =>
    owners()
      .annotate({ x: FilteredRelation('targets', { condition: Q({ [name]: 1 }) }) })
      .filter({ x__number: 1 })
      .list(),
  'a key of JSON in the condition of a filtered relation': (name) =>
    owners()
      .annotate({ x: FilteredRelation('targets', { condition: Q({ [`targets__meta__${name}`]: 'x' }) }) })
      .filter({ x__number: 1 })
      .list(),
  'a column of extra': (name) =>
    targets()
      .extra({ select: { [name]: '1 + 1' } })
      .orderBy(name)
      .list(),
  'a table of extra': (name) =>
    targets()
      .extra({ tables: [name] })
      .toSql(),
  'an ordering of extra': (name) =>
    targets()
      .extra({ orderBy: [`x.${name}`] })
      .toSql(),
  'the zone of Trunc': (name) =>
    targets()
      .annotate({ x: Trunc('moment', 'day', { timeZone: name }) })
      .list(),
  'the unit of Trunc': (name) =>
    targets()
      .annotate({ x: Trunc('moment', untyped(name)) })
      .list(),
  'the part of Extract': (name) =>
    targets()
      .annotate({ x: Extract('moment', untyped(name)) })
      .list(),
  'the zone of Extract': (name) =>
    targets()
      .annotate({ x: Extract('moment', 'day', { timeZone: name }) })
      .list(),
  'a partition of a window': (name) =>
    targets()
      .annotate({ x: Window({ expression: Rank(), partitionBy: name, orderBy: `-${name}` }) })
      .list(),
  'a key of JSON that a window is ordered by': (name) =>
    targets()
      .annotate({ x: Window({ expression: Rank(), orderBy: `meta__${name}` }) })
      .list(),
  'the frame of a window': (name) =>
    targets()
      .annotate({
        x: Window({ expression: Sum('number'), orderBy: 'id', frame: untyped({ rows: [name, 0] }) }),
      })
      .list(),
  'the mode of fetchMode': (name) => targets().fetchMode(name).list(),
  'a translated column of raw': (name) =>
    targets()
      .raw('select * from target', [], { translations: { [name]: 'title' } })
      .list(),
  'the field of a translation of raw': (name) =>
    targets()
      .raw('select * from target', [], { translations: { note: name } })
      .list(),
  'a table to lock': (name) =>
    transaction.atomic(() =>
      targets()
        .selectForUpdate({ of: [name] })
        .list(),
    ),
};

describe('hostile names', () => {
  for (const [place, action] of Object.entries(names)) {
    test(`as ${place}`, async () => {
      await withTexts((text) => probe(() => action(text)));
      for (const name of inheritedNames) await probe(() => action(name));
    });
  }

  test('that are what an alias may be come back as they are', async () => {
    for (const name of [
      'constructor',
      'toString',
      'then',
      'a__b',
      // MySQL has no characters beyond the first plane in names.
      testEngine().engine === 'mysql' ? 'é' : 'é😀',
      'x'.repeat(70),
      '\uE0000\uE001',
      '$1',
      '%s',
    ]) {
      expect(
        targets()
          .values({ [name]: F('title') })
          .list(),
      ).toEqual([{ [name]: 'there' }]);
    }
    expect(() => targets().values({ ['__proto__']: F('title') })).toThrow(
      "'__proto__' cannot be the name of a value.",
    );
  });

  test('of annotations leave the methods of instances alone', () => {
    for (const name of ['save', 'pk', 'constructor', 'toString', 'shout', 'owner', 'title', '__proto__']) {
      expect(() => targets().annotate({ [name]: F('title') })).toThrow(
        /conflicts with a (field on|member of) the model|cannot be the name of a value/,
      );
    }
    for (const name of ['save', 'pk', 'name', '__proto__']) {
      const found = owners().prefetchRelated(Prefetch('targets', { toAttr: name }));
      expect(() => found.list()).toThrow(`toAttr=${name} conflicts with a field on the Owner model.`);
    }
  });

  test('are told apart however they are put together', () => {
    // Two lists of names that would be the same text with separators between them.
    const joined = ['title', 'note'];
    for (const method of ['only', 'defer', 'distinct']) {
      expect(() => targets()[method](...joined)).not.toThrow();
      expect(() => targets()[method](joined.join(' '))).toThrow(/has no field|Cannot resolve keyword/);
    }
    const first = targets().filter({ meta__a: 1, meta__b: 2 }).toSql();
    const second = targets().filter({ 'meta__a\u001fnumber\u001fmeta__b': 2 }).toSql();
    expect(second.sql).not.toBe(first.sql);
    expect(() => targets().values('=x', 'F')).toThrow("Cannot resolve keyword '=x'");
    targets().defer(null);
    expect(() => targets().defer('null')).toThrow('has no field named');
  });
});

/** Lookups of every kind; which field takes which is not ours to say here. */
const lookups = [
  ...[
    'exact',
    'iexact',
    'contains',
    'icontains',
    'startsWith',
    'istartsWith',
    'endsWith',
    'iendsWith',
    'regex',
    'iregex',
  ],
  ...[
    'gt',
    'gte',
    'lt',
    'lte',
    'range',
    'in',
    'isNull',
    'year',
    'isoYear',
    'month',
    'day',
    'week',
    'weekDay',
    'isoWeekDay',
  ],
  ...[
    'quarter',
    'hour',
    'minute',
    'second',
    'date',
    'time',
    'date__year__in',
    'hasKey',
    'hasKeys',
    'hasAnyKeys',
    'containedBy',
  ],
  ...[
    'overlap',
    'len',
    '0',
    '0_2',
    'a__b',
    'a__contains',
    'a__in',
    'name',
    'name__contains',
    'isoYear__range',
  ],
];
const columns = [
  ...[
    'title',
    'note',
    'number',
    'big',
    'ratio',
    'price',
    'open',
    'day',
    'clock',
    'moment',
    'span',
    'key',
    'meta',
    'bytes',
  ],
  ...['tags', 'address', 'state', 'owner', 'ownerId', 'id', 'pk'],
];

describe('hostile values', () => {
  for (const column of columns) {
    test(`in lookups of ${column}`, async () => {
      const few = { ...runs, numRuns: 8 };
      await withValues(
        (value) =>
          probe(() =>
            targets()
              .filter({ [column]: value })
              .list(),
          ),
        few,
      );
      for (const lookup of lookups) {
        await withValues(
          (value) =>
            probe(() =>
              targets()
                .exclude({ [`${column}__${lookup}`]: value })
                .list(),
            ),
          few,
        );
        await withValues(
          (value) =>
            probe(() =>
              targets()
                .filter({ [`${column}__${lookup}`]: [value, value] })
                .alist(),
            ),
          few,
        );
      }
    });
    test(`in writes of ${column}`, async () => {
      await withValues((value) => probe(() => targets().create({ title: 'x', [column]: value })));
      await withValues((value) => probe(() => targets().update({ [column]: value })));
      await withValues((value) =>
        probe(() => targets().abulkCreate([{ title: 'x', [column]: value }, { title: 'y' }])),
      );
      await withValues((value) =>
        probe(async () => {
          const made = await targets().acreate({ title: 'x' });
          made[column === 'pk' ? 'id' : column] = value;
          await targets().abulkUpdate([made], [column === 'ownerId' || column === 'pk' ? 'note' : column]);
          await made.asave();
        }),
      );
    });
  }

  test('of text come back unchanged, and are found by every text lookup', async () => {
    await withTexts(async (text) => {
      const outcome = await probe(() =>
        targets().create({ title: 'x', note: text, tags: [text, 'b'], meta: { deep: [text] } }),
      );
      if (impossible.test(text)) return expect(outcome.status).not.toBe('done');
      expect(outcome.status).toBe('done');
      const found = await targets().aget({ note: text });
      expect([found.note, found.tags, found.meta]).toEqual([text, [text, 'b'], { deep: [text] }]);
      for (const lookup of [
        'exact',
        'contains',
        'startsWith',
        'endsWith',
        'iexact',
        'icontains',
        'istartsWith',
        'iendsWith',
      ]) {
        expect(
          targets()
            .filter({ [`note__${lookup}`]: text })
            .count(),
          lookup,
        ).toBeGreaterThan(0);
      }
      expect(
        targets()
          .filter({ note__in: ['other', text] })
          .count(),
      ).toBeGreaterThan(0);
      if (onPostgresql)
        expect(
          await targets()
            .filter({ tags__contains: [text] })
            .acount(),
        ).toBeGreaterThan(0);
      expect(targets().filter({ meta__deep__0: text }).count()).toBeGreaterThan(0);
      expect(
        targets()
          .filter({ note: found.note })
          .annotate({ x: Value(text) })
          .first().x,
      ).toBe(text);
      expect(
        targets()
          .filter({ note: text })
          .update({ note: Case(When({ note: text }, Value(text))) }),
      ).toBeGreaterThan(0);
      return found.adelete();
    });
  });

  test('of text are keys of JSON like any other', async () => {
    await withTexts(async (text) => {
      const key = text.replace(/_+/g, '_').replace(/^_|_$/g, '');
      if (/\0|\p{Surrogate}/u.test(key)) return;
      const made = await targets().acreate({ title: 'x', meta: { [key]: 'v', other: { [key]: 'w' } } });
      expect(
        targets()
          .filter({ [`meta__${key}`]: 'v' })
          .list()
          .map(({ id }: { id: number }) => id),
      ).toEqual([made.id]);
      expect(
        targets()
          .filter({ [`meta__other__${key}__startsWith`]: 'w' })
          .count(),
      ).toBe(1);
      if (!isEscapedAnotherWay(key)) {
        expect(await targets().filter({ meta__hasKey: key }).acount()).toBe(1);
        expect(
          await targets()
            .filter({ meta__hasKeys: [key, 'other'] })
            .acount(),
        ).toBe(1);
      }
      expect(
        targets()
          .filter({ id: made.id })
          .values({ found: F(`meta__${key}`) })
          .list(),
      ).toEqual([{ found: 'v' }]);
      await made.adelete();
    });
  });

  test('as parameters of raw SQL', async () => {
    await withTexts(async (text) => {
      const listed = await probe(() =>
        targets().raw('select * from target where title = %s or note = %s', [text, text]).list(),
      );
      const named = await probe(() =>
        targets().raw("select * from target where title = %(a)s and '%%s' <> %(a)s", { a: text }).list(),
      );
      expect([listed.status, named.status]).not.toContain('refused-by-accident');
      const { connection } = connections.get();
      expect(connection).toBeDefined();
    });
    await withValues((value) =>
      probe(() => targets().raw('select * from target where title = %s', [value]).list()),
    );
    await withValues((value) =>
      probe(() =>
        targets()
          .annotate({ x: RawSQL("coalesce(%s, '1')", [value]) })
          .list(),
      ),
    );
    await withValues((value) =>
      probe(() =>
        targets()
          .extra({ where: ['title = %s'], params: [value] })
          .list(),
      ),
    );
    await withTexts((text) =>
      probe(() =>
        targets()
          .raw('select * from target where title = %(a)s', { [text]: 1 })
          .list(),
      ),
    );
  });

  test('as the keys of inBulk and of related managers', async () => {
    await withValues((value) => probe(() => targets().inBulk([value])));
    const owner = owners().get({ id: 1 });
    await withValues((value) => probe(() => owner.targets.filter({ title: value }).list()));
    await withValues((value) => probe(() => owner.targets.add(value)));
    await withValues((value) => probe(() => owner.targets.set([value])));
    await withValues((value) => probe(() => prefetchRelatedObjects([owner], value as string)));
  });

  test('as numbers of rows', async () => {
    await withValues((value) => probe(() => targets().all().slice(value).list()));
    await withValues((value) => probe(() => targets().all().slice(0, value).list()));
    await withValues((value) => probe(() => targets().at(value)));
    for (const batchSize of ['2', Number.NaN, 1.5, 0, -1, [1], null]) {
      const outcome = await probe(() =>
        targets().bulkCreate([{ title: 'x' }, { title: 'y' }], { batchSize }),
      );
      expect(outcome.status, String(batchSize)).toBe('refused');
    }
  });
});

describe('values of the wrong kind', () => {
  test('in place of conditions match nothing by accident', async () => {
    const nothings: unknown[] = [
      [],
      new Map([['id', 1]]),
      new Set(),
      new Date(),
      Promise.resolve({ id: 1 }),
      'x',
      5,
      null,
    ];
    for (const nothing of nothings) {
      for (const use of ['filter', 'exclude', 'get']) {
        expect(() => targets()[use](nothing), `${use}(${String(nothing)})`).toThrow(
          'Conditions are given as objects',
        );
      }
      expect(() => Q(untyped(nothing))).toThrow('Conditions are given as objects');
    }
    const inherited = Object.create({ number: 5 });
    expect(() => targets().filter(inherited)).toThrow('Conditions are given as objects');
  });

  test('of conditions, connectors and negations are fields nobody has', async () => {
    for (const name of ['_connector', '_negated', 'connector', 'negated', 'kind', 'parts']) {
      expect(() => targets().filter({ number: 1, [name]: 'OR' })).toThrow(`Cannot resolve keyword '${name}'`);
      expect(() => Q(untyped({ number: 1, [name]: true })).not()).not.toThrow();
      expect(() => targets().filter(Q({ number: 1, [name]: true }))).toThrow(
        `Cannot resolve keyword '${name}'`,
      );
    }
  });

  test('cannot pass for expressions, query sets or instances', async () => {
    for (const forged of [
      { kind: 'expression' },
      { kind: 'queryset' },
      { kind: 'manager' },
      { kind: 'condition' },
      { pk: 1 },
    ]) {
      expect(() => targets().filter({ number: forged }).list()).toThrow('expected a number but got <Object>');
      expect(() => targets().annotate({ x: forged })).toThrow('non-expression');
      expect(() => targets().orderBy(forged)).toThrow('Invalid orderBy arguments');
      expect((await probe(() => targets().filter({ number__in: forged }).list())).status).toBe('refused');
    }
  });

  test('that name the prototype change neither instances nor rows', async () => {
    const body = JSON.parse('{"title":"x","__proto__":{"polluted":true,"save":1}}');
    expect(() => targets().create(body)).toThrow("unexpected keyword arguments: '__proto__'");
    expect(() => targets().filter(body)).toThrow('Cannot resolve keyword');
    expect(() => targets().update(body)).toThrow("has no field named '__proto__'");
    expect(() => targets().getOrCreate({ title: 'new' }, { defaults: body })).toThrow(
      'Invalid field name(s)',
    );
    expect(() => targets().updateOrCreate({ title: 'there' }, { defaults: body })).toThrow(
      'Invalid field name(s)',
    );
    for (const name of ['constructor', 'save', 'shout', 'equals', 'toString']) {
      const values = { [name]: 'x' };
      expect(() => targets().getOrCreate({ title: 'new' }, { defaults: values })).toThrow(
        'Invalid field name(s)',
      );
      expect(() => targets().updateOrCreate({ title: 'there' }, { defaults: values })).toThrow(
        'Invalid field name(s)',
      );
    }
    const kept = targets().create({ title: 'x', meta: body });
    expect(Object.hasOwn(targets().get({ id: kept.id }).meta, '__proto__')).toBe(true);
  });

  test('of digits keep every digit', () => {
    const id = '9007199254740993';
    const made = targets().create({ id, title: 'beyond what a number holds' });
    expect(targets().filter({ id: '9007199254740992' }).count()).toBe(0);
    expect(targets().filter({ id, title: made.title }).count()).toBe(1);
  });
});

/** MySQL has no characters beyond the first plane in names. */
const nameable = (text: string) =>
  testEngine().engine === 'mysql' ? text.replace(/[\u{10000}-\u{10FFFF}]/gu, '') : text;

describe('hostile names of the schema', () => {
  test('are the names of tables, columns, constraints and indexes as they stand', async () => {
    await withTexts(
      async (text) => {
        // PostgreSQL cuts names at 63 bytes; what is cut would no longer differ.
        const name = Buffer.from(nameable(text))
          .subarray(0, 40)
          .toString()
          .replace(/\uFFFD+$/, '');
        const Made = class extends model(
          'made',
          {
            a: fields.integer().column(name),
            b: fields.text().dbDefault(text),
            c: fields.choice('', text).default(''),
          },
          {
            table: `t${name}`,
            constraints: [
              { check: Q({ b__contains: '' }).or({ b: text }), name: `c${name}` },
              { unique: ['a', 'b'], name: `u${name}` },
            ],
            indexes: [{ fields: ['-a'], name: `i${name}`, where: Q({ b: text }) }],
          },
        ) {
          static objects = new Manager(this);
        };
        const outcome = await probe(async () => {
          await acreateTables([Made]);
          const made = await Made.objects.acreate({ a: 1 });
          await made.arefreshFromDb();
          const found = await Made.objects.filter({ a: 1, b: text }).orderBy('a').alist();
          await Made.objects.filter({ a__gt: 0 }).aupdate({ a: F('a').add(1) });
          return [found.length, made.b];
        });
        if (/\0|\p{Surrogate}/u.test(text)) expect(outcome.status).not.toBe('done');
        else expect(outcome).toEqual({ status: 'done', value: [1, text] });
        await probe(() => adropTables([Made]));
      },
      { ...runs, numRuns: 25 },
    );
  });

  test('and sizes that are no numbers are refused', async () => {
    for (const size of ['1); drop table canary; --', '5', 0, -1, 1.5, Number.NaN]) {
      expect(() => fields.char(untyped(size))).toThrow("'maxLength' must be a positive integer.");
      expect(() => fields.decimal(untyped(size), 2)).toThrow("'precision' must be a positive integer.");
    }
    expect(() => fields.decimal(6, untyped('2), (1'))).toThrow("'scale' must be an integer.");
  });
});
