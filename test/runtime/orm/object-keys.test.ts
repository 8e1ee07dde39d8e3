import {
  aprefetchRelatedObjects,
  FETCH_PEERS,
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  Manager,
  manyToMany,
  model,
  oneToOne,
  Prefetch,
  prefetchRelatedObjects,
  reverse,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, readRelation, statements } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';

// Keys whose values are objects, of which no two are the same one: moments and bytes.

class Tide extends model('tide', {
  at: fields.dateTime().primaryKey(),
  name: fields.char(20),
  chart: fields.binary().null(),
  landings: reverse<Landing, 'tide'>(() => Landing),
  report: reverse<Report, 'tide'>(() => Report),
  pilots: manyToMany<Pilot>(() => Pilot, { relatedName: 'tides' }),
  notes: genericRelation<Note>(() => Note),
}) {
  static objects = new Manager(this);
}
class Landing extends model(
  'landing',
  { ship: fields.char(20), tide: foreignKey<Tide>(() => Tide, { relatedName: 'landings' }).null() },
  { orderWithRespectTo: 'tide' },
) {
  static objects = new Manager(this);
}
class Report extends model('report', {
  text: fields.char(20),
  tide: oneToOne<Tide>(() => Tide, { relatedName: 'report' }),
}) {
  static objects = new Manager(this);
}
class Pilot extends model('pilot', {
  name: fields.char(20),
  tides: reverse<Tide, 'pilots'>(() => Tide),
}) {
  static objects = new Manager(this);
}
class Note extends model('note', {
  text: fields.char(20),
  kind: fields.char(20),
  key: fields.dateTime(),
  about: genericForeignKey('kind', 'key'),
}) {
  static objects = new Manager(this);
}
/** Bytes are no key everywhere. */
class Seal extends model('seal', {
  mark: fields.binary().primaryKey(),
  owner: fields.char(20),
  letters: reverse<Letter, 'seal'>(() => Letter),
}) {
  static objects = new Manager(this);
}
class Letter extends model('letter', {
  text: fields.char(20),
  seal: foreignKey<Seal>(() => Seal, { relatedName: 'letters' }),
}) {
  static objects = new Manager(this);
}

const sealed = testEngine().engine === 'mysql' ? [] : [Letter, Seal];
const { behaviour } = harness(
  [Tide, Landing, Report, Pilot, Note, ...sealed],
  `insert into tide (at, name) values ('2024-01-01T06:00:00Z', 'first'), ('2024-01-01T18:00:00Z', 'second');
   insert into landing (ship, tide_id, _order) values
     ('Ada', '2024-01-01T06:00:00Z', 0), ('Bea', '2024-01-01T06:00:00Z', 1), ('Cay', '2024-01-01T18:00:00Z', 0), ('Dot', null, 0);
   insert into report (text, tide_id) values ('calm', '2024-01-01T18:00:00Z');
   insert into pilot (name) values ('Per'), ('Una');
   insert into tide_pilots (tide_id, pilot_id) values
     ('2024-01-01T06:00:00Z', 1), ('2024-01-01T06:00:00Z', 2), ('2024-01-01T18:00:00Z', 2);
   insert into note (text, kind, "key") values
     ('high', 'tide', '2024-01-01T06:00:00Z'), ('low', 'tide', '2024-01-01T18:00:00Z');`,
);
const namespace = { prefetchRelatedObjects, aprefetchRelatedObjects };
const second = () => new Date('2024-01-01T18:00:00Z');
const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name);

behaviour('foreign keys to moments are prefetched, and known for as long as they are the same', function* () {
  const rows = yield* call<Landing[]>(Landing.objects.prefetchRelated('tide').orderBy('id'), 'list');
  expect(statements()).toHaveLength(2);
  const tides: (string | undefined)[] = [];
  for (const row of rows) tides.push((yield* readRelation<Tide | null>(row, 'tide'))?.name);
  expect(tides).toEqual(['first', 'first', 'second', undefined]);
  const [row, other] = rows as [Landing, Landing];
  row.tideId = new Date(other.tideId as Date);
  expect(yield* readRelation(row, 'tide')).toBe(yield* readRelation(other, 'tide'));
  expect(statements()).toHaveLength(2);
  row.tideId = second();
  expect((yield* readRelation<Tide>(row, 'tide')).name).toBe('second');
  expect(statements()).toHaveLength(3);
});
behaviour('a moment is asked for once where it was read by a join or lazily', function* () {
  const joined = yield* call<Landing>(Landing.objects.selectRelated('tide'), 'get', { ship: 'Cay' });
  expect((yield* readRelation<Tide>(joined, 'tide')).name).toBe('second');
  const row = yield* call<Landing>(Landing.objects, 'get', { ship: 'Cay' });
  const tide = yield* readRelation<Tide>(row, 'tide');
  expect(yield* readRelation(row, 'tide')).toBe(tide);
  expect(statements()).toHaveLength(3);
});
behaviour('a moment that a prefetch leaves out leads nowhere', function* () {
  const none = Prefetch('tide', { queryset: Tide.objects.filter({ name: 'first' }) });
  const row = yield* call<Landing>(Landing.objects.prefetchRelated(none), 'get', { ship: 'Cay' });
  expect(yield* readRelation(row, 'tide')).toBeNull();
  expect(statements()).toHaveLength(2);
});
behaviour('rows that point at moments are prefetched', function* () {
  const tides = yield* call<Tide[]>(
    Tide.objects
      .prefetchRelated(Prefetch('landings', { queryset: Landing.objects.orderBy('id') }), 'report')
      .orderBy('at'),
    'list',
  );
  const sent = statements().length;
  expect(tides.map(({ landings }) => landings.all().loaded?.map(({ ship }) => ship))).toEqual([
    ['Ada', 'Bea'],
    ['Cay'],
  ]);
  expect(yield* readRelation(tides[0]?.landings.all().loaded?.[0] as Landing, 'tide')).toBe(tides[0]);
  expect((yield* readRelation<Report>(tides[1] as Tide, 'report')).text).toBe('calm');
  expect(statements()).toHaveLength(sent);
});
behaviour('pairs with moments are prefetched, from either side', function* () {
  const tides = yield* call<Tide[]>(
    Tide.objects.prefetchRelated(Prefetch('pilots', { queryset: Pilot.objects.orderBy('id') })).orderBy('at'),
    'list',
  );
  expect(tides.map(({ pilots }) => names(pilots.all().loaded ?? []))).toEqual([['Per', 'Una'], ['Una']]);
  const pilots = yield* call<Pilot[]>(
    Pilot.objects.prefetchRelated(Prefetch('tides', { queryset: Tide.objects.orderBy('at') })).orderBy('id'),
    'list',
  );
  expect(pilots.map((pilot) => names(pilot.tides.all().loaded ?? []))).toEqual([
    ['first'],
    ['first', 'second'],
  ]);
});
behaviour('generic relations by moments are prefetched, from either side', function* () {
  const notes = yield* call<Note[]>(Note.objects.prefetchRelated('about').orderBy('id'), 'list');
  const sent = statements().length;
  expect((yield* readRelation<Tide>(notes[0] as Note, 'about')).name).toBe('first');
  expect((yield* readRelation<Tide>(notes[1] as Note, 'about')).name).toBe('second');
  expect(statements()).toHaveLength(sent);
  const tides = yield* call<Tide[]>(Tide.objects.prefetchRelated('notes').orderBy('at'), 'list');
  expect(tides.map((tide) => tide.notes.all().loaded?.map(({ text }) => text))).toEqual([['high'], ['low']]);
});
behaviour('a generic key to a moment that is gone leads nowhere, and is asked for once', function* () {
  const note = yield* call<Note>(Note.objects, 'create', {
    text: 'lost',
    kind: 'tide',
    key: new Date('2025-01-01T00:00:00Z'),
  });
  expect(yield* readRelation(note, 'about')).toBeNull();
  const sent = statements().length;
  expect(yield* readRelation(note, 'about')).toBeNull();
  expect(statements()).toHaveLength(sent);
});
behaviour('pairs with moments are added once, taken away and set', function* () {
  const per = yield* call<Pilot>(Pilot.objects, 'get', { name: 'Per' });
  const tides = yield* call<Tide[]>(Tide.objects.orderBy('at'), 'list');
  const again = yield* call<Tide>(Tide.objects, 'get', { at: second() });
  const kept = () =>
    call<string[]>(per.tides.orderBy('at').valuesList('name', { flat: true }) as object, 'list');
  yield* call(per.tides, 'add', ...tides, again, second());
  expect(yield* kept()).toEqual(['first', 'second']);
  yield* call(per.tides, 'set', [again]);
  expect(yield* kept()).toEqual(['second']);
  const sent = statements().length;
  yield* call(per.tides, 'set', [tides[1], second()]);
  // What is there already is neither taken away nor added: the block around the change sends nothing but a read.
  expect(statements().slice(sent).join()).not.toMatch(/INSERT|DELETE/);
  yield* call(per.tides, 'remove', second());
  expect(yield* kept()).toEqual([]);
});
behaviour('related rows of a moment are set to what is there already', function* () {
  const tide = yield* call<Tide>(Tide.objects, 'get', { name: 'first' });
  const landings = yield* call<Landing[]>(Landing.objects.filter({ tide }).orderBy('id'), 'list');
  yield* call(tide.landings, 'remove', landings[0]);
  yield* call(tide.landings, 'set', [landings[1]]);
  expect(yield* call(tide.landings, 'count')).toBe(1);
});
behaviour('rows are found and told apart by moments', function* () {
  const found = yield* call<Map<Date, Tide>>(Tide.objects, 'inBulk', [second()]);
  expect(found.get(second())?.name).toBe('second');
  const [one, other] = [yield* call<Tide>(Tide.objects, 'get', { at: second() }), found.get(second())];
  expect(one.equals(other)).toBe(true);
  expect(yield* call(Tide.objects.all(), 'contains', one)).toBe(true);
  const tides = Tide.objects.all();
  yield* call(tides, 'list');
  expect(yield* call(tides, 'contains', one)).toBe(true);
});
behaviour('one row of a moment is written once, whoever holds it', function* () {
  const [one, other] = [
    yield* call<Tide>(Tide.objects, 'get', { at: second() }),
    yield* call<Tide>(Tide.objects, 'get', { at: second() }),
  ];
  one.name = 'one';
  other.name = 'other';
  expect(yield* call(Tide.objects, 'bulkUpdate', [one, other], ['name'])).toBe(1);
  expect((yield* call<Tide>(Tide.objects, 'get', { at: second() })).name).toBe('one');
  expect(yield* call(Tide.objects.filter({ landings__ship__in: ['Ada', 'Bea'] }), 'delete')).toEqual([
    expect.any(Number),
    expect.objectContaining({ Tide: 1 }),
  ]);
});
behaviour('columns of rows with moments as keys are read together', function* () {
  const tides = yield* call<Tide[]>(Tide.objects.only('at').orderBy('at'), 'list');
  const before = statements().length;
  yield* call(Tide.objects, 'bulkUpdate', tides, ['name']);
  expect(statements().length - before).toBe(2);
  expect(names(tides)).toEqual(['first', 'second']);
});
behaviour('places among the rows of a moment go on', function* () {
  const tide = yield* call<Tide>(Tide.objects, 'get', { name: 'first' });
  yield* call(Landing.objects, 'bulkCreate', [
    { ship: 'Eve', tideId: new Date(tide.at) },
    { ship: 'Fay', tideId: new Date(tide.at) },
  ]);
  const places = tide.landings.orderBy('id').valuesList('ship', '_order' as never) as object;
  expect(yield* call(places, 'list')).toEqual([
    ['Ada', 0],
    ['Bea', 1],
    ['Eve', 2],
    ['Fay', 3],
  ]);
});
behaviour('those that were read together are asked about together', function* () {
  const rows = yield* call<Landing[]>(Landing.objects.fetchMode(FETCH_PEERS).orderBy('id'), 'list');
  expect((yield* readRelation<Tide>(rows[0] as Landing, 'tide')).name).toBe('first');
  expect((yield* readRelation<Tide>(rows[2] as Landing, 'tide')).name).toBe('second');
  expect(statements()).toHaveLength(2);
});
behaviour('bytes are looked for one by one and in lists', function* () {
  const chart = Buffer.from([0, 255, 92]);
  yield* call(Tide.objects.filter({ name: 'first' }), 'update', { chart });
  const many = Tide.objects.filter({ chart__in: [chart, Buffer.from('other')] });
  for (const rows of [Tide.objects.filter({ chart }), many])
    expect(names(yield* call<Tide[]>(rows, 'list'))).toEqual(['first']);
});
behaviour('bytes are the same where what is in them is', function* () {
  const mark = Buffer.from([0, 255, 1]);
  const seal = yield* call<Seal>(Seal.objects, 'create', { mark, owner: 'Per' });
  yield* call(Letter.objects, 'create', { text: 'one', seal });
  yield* call(Letter.objects, 'create', { text: 'two', seal });
  const letters = yield* call<Letter[]>(Letter.objects.orderBy('id'), 'list');
  yield* call(namespace, 'prefetchRelatedObjects', letters, 'seal');
  const sent = statements().length;
  expect((yield* readRelation<Seal>(letters[1] as Letter, 'seal')).owner).toBe('Per');
  expect(statements()).toHaveLength(sent);
  const seals = yield* call<Seal[]>(Seal.objects.prefetchRelated('letters'), 'list');
  expect(seals[0]?.letters.all().loaded).toHaveLength(2);
  const found = yield* call<Map<Uint8Array, Seal>>(Seal.objects, 'inBulk', [mark]);
  expect(found.get(new Uint8Array([0, 255, 1]))?.equals(seal)).toBe(true);
  expect(yield* call(seal, 'delete')).toEqual([3, { Letter: 2, Seal: 1 }]);
});
