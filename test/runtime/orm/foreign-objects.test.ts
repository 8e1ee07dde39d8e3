import {
  acreateTables,
  adropTables,
  aprefetchRelatedObjects,
  Count,
  Exists,
  F,
  fields,
  foreignKey,
  foreignObject,
  ImproperlyConfigured,
  IntegrityError,
  Manager,
  model,
  OuterRef,
  Prefetch,
  ProtectedError,
  prefetchRelatedObjects,
  Q,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Ship extends model('ship', {
  pk: fields.compositePrimaryKey('fleet', 'number'),
  fleet: fields.integer(),
  number: fields.integer(),
  name: fields.text(),
  cabins: reverse<Cabin, 'ship'>(() => Cabin),
  logs: reverse<Log, 'ship'>(() => Log),
}) {
  static objects = new Manager(this);
}
class Cabin extends model(
  'cabin',
  {
    fleet: fields.integer(),
    shipNumber: fields.integer().null(),
    door: fields.text(),
    ship: foreignObject<Ship, 'fleet' | 'shipNumber'>(() => Ship, {
      fromFields: ['fleet', 'shipNumber'],
      relatedName: 'cabins',
    }).null(),
    beds: reverse<Bed, 'cabin'>(() => Bed),
  },
  { ordering: ['door'] },
) {
  static objects = new Manager(this);
}
/** The columns lie in the table of what it extends. */
class Suite extends model('suite', { view: fields.text().default('sea') }, { extends: Cabin }) {
  static objects = new Manager(this);
}
class Bed extends model('bed', { cabin: foreignKey<Cabin>(() => Cabin, { relatedName: 'beds' }) }) {
  static objects = new Manager(this);
}
/** Points at columns that are unique together, and are not the key. */
class Port extends model(
  'port',
  {
    country: fields.char(2),
    code: fields.char(3),
    name: fields.text(),
    logs: reverse<Log, 'port'>(() => Log),
  },
  { constraints: [{ unique: ['country', 'code'] }] },
) {
  static objects = new Manager(this);
}
class Log extends model('log', {
  fleet: fields.integer(),
  ship_number: fields.integer(),
  country: fields.char(2),
  code: fields.char(3),
  ship: foreignObject<Ship, 'fleet' | 'ship_number'>(() => Ship, {
    fromFields: ['fleet', 'ship_number'],
    toFields: ['fleet', 'number'],
    relatedName: 'logs',
    onDelete: 'protect',
  }),
  port: foreignObject<Port, 'country' | 'code'>(() => Port, {
    fromFields: ['code', 'country'],
    toFields: ['code', 'country'],
    relatedName: 'logs',
    onDelete: 'doNothing',
  }),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Bed, Suite, Cabin, Log, Port, Ship],
  `insert into ship (fleet, number, name) values (1, 1, 'Ada'), (1, 2, 'Bea'), (2, 1, 'Cay');
   insert into cabin (fleet, ship_number, door) values (1, 1, 'a'), (1, 1, 'b'), (1, 2, 'c'), (2, 1, 'd'), (2, null, 'e'), (3, 3, 'f');
   insert into bed (cabin_id) values (1), (1), (3);
   insert into port (country, code, name) values ('nl', 'rtm', 'Rotterdam'), ('be', 'anr', 'Antwerp');
   insert into log (fleet, ship_number, country, code) values (1, 2, 'nl', 'rtm'), (1, 2, 'be', 'anr'), (2, 1, 'be', 'anr');`,
);
const doors = (rows: readonly Cabin[]) => rows.map(({ door }) => door);
const ship = (fleet: number, number: number) => call<Ship>(Ship.objects, 'get', { pk: [fleet, number] });

describe('reading', () => {
  behaviour('several columns lead to one row, which is read once', function* () {
    const cabin = yield* call<Cabin>(Cabin.objects, 'get', { door: 'c' });
    const bea = yield* readRelation<Ship>(cabin, 'ship');
    expect(bea.name).toBe('Bea');
    expect(yield* readRelation(cabin, 'ship')).toBe(bea);
    expect(statements()).toHaveLength(2);
    cabin.shipNumber = 1;
    expect((yield* readRelation<Ship>(cabin, 'ship')).name).toBe('Ada');
    cabin.shipNumber = null;
    expect(yield* readRelation(cabin, 'ship')).toBeNull();
    expect(statements()).toHaveLength(3);
  });
  behaviour('columns that are not the key are pointed at where they are unique together', function* () {
    const log = yield* call<Log>(Log.objects, 'get', { id: 2 });
    expect((yield* readRelation<Port>(log, 'port')).name).toBe('Antwerp');
    const port = yield* call<Port>(Port.objects, 'get', { code: 'anr' });
    expect(keys(yield* call<Log[]>(port.logs.orderBy('id'), 'list'))).toEqual([2, 3]);
  });
  behaviour('no row is DoesNotExist', function* () {
    const cabin = yield* call<Cabin>(Cabin.objects, 'get', { door: 'f' });
    expect(yield* thrownBy(() => readRelation(cabin, 'ship'))).toBeInstanceOf(Ship.DoesNotExist);
  });
  behaviour('assigning a row sets the columns; null lets those go that may be null', function* () {
    const cabin = yield* call<Cabin>(Cabin.objects, 'get', { door: 'a' });
    cabin.ship = yield* ship(2, 1);
    expect([cabin.fleet, cabin.shipNumber]).toEqual([2, 1]);
    yield* call(cabin, 'save');
    const again = yield* call<Cabin>(Cabin.objects, 'get', { door: 'a' });
    expect((yield* readRelation<Ship>(again, 'ship')).name).toBe('Cay');
    again.ship = null;
    expect([again.fleet, again.shipNumber]).toEqual([2, null]);
    const wrong = () => {
      again.ship = new Port() as never;
    };
    expect(wrong).toThrow('"Cabin.ship" must be a "Ship" instance.');
  });
  behaviour('columns that were not loaded are read first', function* () {
    const cabin = yield* call<Cabin>(Cabin.objects.only('door'), 'get', { door: 'c' });
    expect((yield* readRelation<Ship>(cabin, 'ship')).name).toBe('Bea');
    expect(statements()).toHaveLength(3);
  });
});

describe('lookups', () => {
  const list = (where: object | ReturnType<typeof Q>) =>
    call<Cabin[]>(Cabin.objects.filter(where as never), 'list');
  behaviour('rows, lists of columns and query sets stand for what is pointed at', function* () {
    const ada = yield* ship(1, 1);
    expect(doors(yield* list({ ship: ada }))).toEqual(['a', 'b']);
    expect(lastStatement()).not.toContain('JOIN');
    expect(doors(yield* list({ ship: [1, 2] }))).toEqual(['c']);
    expect(doors(yield* list({ ship__in: [ada, [2, 1]] }))).toEqual(['a', 'b', 'd']);
    expect(doors(yield* list({ ship__in: Ship.objects.filter({ name__startsWith: 'B' }) }))).toEqual(['c']);
    expect(doors(yield* list({ ship__in: [] }))).toEqual([]);
    const port = yield* call<Port>(Port.objects, 'get', { code: 'rtm' });
    expect(keys(yield* call<Log[]>(Log.objects.filter({ port }), 'list'))).toEqual([1]);
    const inPorts = Log.objects.filter({ port__in: Port.objects.filter({ country: 'be' }) }).orderBy('id');
    expect(keys(yield* call<Log[]>(inPorts, 'list'))).toEqual([2, 3]);
  });
  behaviour('null is told by the columns', function* () {
    expect(doors(yield* list({ ship: null }))).toEqual(['e']);
    expect(doors(yield* list({ ship__isNull: false }))).toEqual(['a', 'b', 'c', 'd', 'f']);
    expect(lastStatement()).not.toContain('JOIN');
  });
  behaviour('paths go through, and a column that this side has needs no join', function* () {
    expect(doors(yield* list({ ship__name: 'Ada' }))).toEqual(['a', 'b']);
    expect(doors(yield* list({ ship__number: 2 }))).toEqual(['c']);
    expect(lastStatement()).not.toContain('JOIN');
    expect(doors(yield* list({ ship__logs__country: 'nl' }))).toEqual(['c']);
    const shipped = Ship.objects.filter({ cabins__door__in: ['a', 'd'] }).orderBy('name');
    expect((yield* call<Ship[]>(shipped, 'list')).map(({ name }) => name)).toEqual(['Ada', 'Cay']);
    const beds = yield* call<Bed[]>(Bed.objects.filter({ cabin__ship__name: 'Bea' }), 'list');
    expect(keys(beds)).toEqual([3]);
  });
  behaviour('what is excluded, and what is joined by OR', function* () {
    const excluded = yield* call<Cabin[]>(Cabin.objects.exclude({ ship__name: 'Ada' }), 'list');
    expect(doors(excluded)).toEqual(['c', 'd', 'e', 'f']);
    const some = yield* call<Cabin[]>(Cabin.objects.exclude({ ship: [1, 1] }), 'list');
    expect(doors(some)).toEqual(['c', 'd', 'e', 'f']);
    expect(doors(yield* list(Q({ ship__name: 'Cay' }).or({ door: 'e' })))).toEqual(['d', 'e']);
    const empty = Ship.objects.exclude({ cabins__door__gt: 'b' }).orderBy('name');
    expect((yield* call<Ship[]>(empty, 'list')).map(({ name }) => name)).toEqual(['Ada']);
    const without = Ship.objects.filter({ logs__isNull: true });
    expect((yield* call<Ship[]>(without, 'list')).map(({ name }) => name)).toEqual(['Ada']);
  });
  behaviour('values, orderings, expressions and counts follow it', function* () {
    const names = Cabin.objects
      .filter({ fleet: 1 })
      .orderBy('-ship__name', 'door')
      .values('door', 'ship__name');
    expect(yield* call(names, 'list')).toEqual([
      { door: 'c', ship__name: 'Bea' },
      { door: 'a', ship__name: 'Ada' },
      { door: 'b', ship__name: 'Ada' },
    ]);
    const counted = Ship.objects
      .annotate({ n: Count('cabins') })
      .orderBy('name')
      .valuesList('name', 'n');
    expect(yield* call(counted, 'list')).toEqual([
      ['Ada', 2],
      ['Bea', 1],
      ['Cay', 1],
    ]);
    const logs = Ship.objects
      .annotate({ n: Count('logs') })
      .orderBy('name')
      .valuesList('n', { flat: true });
    expect(yield* call(logs, 'list')).toEqual([0, 2, 1]);
    // One of its columns may be null by itself: such a cabin belongs to no ship.
    expect(yield* call(Cabin.objects, 'aggregate', { n: Count('ship') })).toEqual({ n: 5 });
    const called = Cabin.objects.annotate({ called: F('ship__name') }).filter({ called: 'Cay' });
    expect(doors(yield* call<Cabin[]>(called, 'list'))).toEqual(['d']);
    const logged = Cabin.objects.filter(
      Exists(Log.objects.filter({ fleet: OuterRef('fleet'), ship_number: OuterRef('shipNumber') })),
    );
    expect(doors(yield* call<Cabin[]>(logged, 'list'))).toEqual(['c', 'd']);
    expect(
      yield* call(Cabin.objects.orderBy('ship', 'door').valuesList('door', { flat: true }), 'list'),
    ).toEqual(
      yield* call(
        Cabin.objects.orderBy('fleet', 'shipNumber', 'door').valuesList('door', { flat: true }),
        'list',
      ),
    );
  });
  test('what it cannot be compared with is named before anything is sent', () => {
    expect(() => Cabin.objects.filter({ ship: 1 as never })).toThrow(
      "'exact' lookup of 'ship' must be a list.",
    );
    expect(() => Cabin.objects.filter({ ship: [1] as never })).toThrow(
      "'exact' lookup of 'ship' must have 2 elements.",
    );
    expect(() => Cabin.objects.filter({ ship: new Port() as never })).toThrow(ValueError);
    expect(() => Cabin.objects.filter({ ship__in: [1] as never })).toThrow(
      "'in' lookup of 'ship' must be a collection of lists.",
    );
  });
});

describe('loading with the query', () => {
  behaviour('selectRelated joins by all columns', function* () {
    const rows = yield* call<Cabin[]>(Cabin.objects.selectRelated('ship').orderBy('door'), 'list');
    const names: (string | undefined)[] = [];
    for (const row of rows.slice(0, 5)) names.push((yield* readRelation<Ship | null>(row, 'ship'))?.name);
    expect(names).toEqual(['Ada', 'Ada', 'Bea', 'Cay', undefined]);
    expect(statements()).toHaveLength(1);
    const beds = yield* call<Bed[]>(Bed.objects.selectRelated('cabin__ship').orderBy('id'), 'list');
    const cabin = yield* readRelation<Cabin>(beds[2] as Bed, 'cabin');
    expect((yield* readRelation<Ship>(cabin, 'ship')).name).toBe('Bea');
    expect(statements()).toHaveLength(2);
  });
  behaviour('prefetchRelated goes both ways, with one query each', function* () {
    const rows = yield* call<Cabin[]>(Cabin.objects.prefetchRelated('ship__logs').orderBy('door'), 'list');
    expect(statements()).toHaveLength(3);
    const names: (string | undefined)[] = [];
    for (const row of rows.slice(0, 5)) names.push((yield* readRelation<Ship | null>(row, 'ship'))?.name);
    expect(names).toEqual(['Ada', 'Ada', 'Bea', 'Cay', undefined]);
    const bea = yield* readRelation<Ship>(rows[2] as Cabin, 'ship');
    expect(keys(bea.logs.all().loaded ?? [])).toEqual([1, 2]);
    expect(statements()).toHaveLength(3);
    const ships = yield* call<Ship[]>(
      Ship.objects
        .prefetchRelated(Prefetch('cabins', { queryset: Cabin.objects.orderBy('-door').slice(0, 1) }))
        .orderBy('name'),
      'list',
    );
    expect(ships.map(({ cabins }) => doors(cabins.all().loaded ?? []))).toEqual([['b'], ['c'], ['d']]);
    const ada = ships[0] as Ship;
    expect(yield* readRelation(ada.cabins.all().loaded?.[0] as Cabin, 'ship')).toBe(ada);
    const logs = yield* call<Log[]>(Log.objects.orderBy('id'), 'list');
    const namespace = { prefetchRelatedObjects, aprefetchRelatedObjects };
    yield* call(namespace, 'prefetchRelatedObjects', logs, 'port');
    const sent = statements().length;
    expect((yield* readRelation<Port>(logs[1] as Log, 'port')).name).toBe('Antwerp');
    expect(statements()).toHaveLength(sent);
  });
});

describe('writing', () => {
  behaviour('a new row is given the instance, or the columns', function* () {
    const made = yield* call<Cabin>(Cabin.objects, 'create', { door: 'x', ship: yield* ship(1, 2) });
    expect([made.fleet, made.shipNumber]).toEqual([1, 2]);
    const [found, created] = yield* call<[Cabin, boolean]>(Cabin.objects, 'getOrCreate', {
      door: 'x',
      ship: yield* ship(1, 2),
    });
    expect([found.id, created]).toEqual([made.id, false]);
    const [first] = yield* call<Cabin[]>(Cabin.objects, 'bulkCreate', [
      { door: 'y', ship: yield* ship(2, 1) },
    ]);
    expect([first?.fleet, first?.shipNumber]).toEqual([2, 1]);
    const plain = yield* call<Cabin>(Cabin.objects, 'create', { door: 'z', fleet: 1, shipNumber: 1 });
    expect((yield* readRelation<Ship>(plain, 'ship')).name).toBe('Ada');
  });
  behaviour('a row that is saved after it was assigned gives its columns on the way', function* () {
    for (const room of [new Cabin({ door: 'q' }), new Suite({ door: 'r' })] as Cabin[]) {
      const eve = new Ship({ name: 'Eve' });
      room.ship = eve;
      const early = yield* thrownBy(() => call(room, 'save'));
      expect(early).toBeInstanceOf(ValueError);
      expect(early.message).toContain("due to unsaved related object 'ship'");
      [eve.fleet, eve.number] = [room.door === 'q' ? 7 : 8, 7];
      yield* call(eve, 'save');
      yield* call(room, 'save');
      expect([room.fleet, room.shipNumber]).toEqual([eve.fleet, 7]);
      expect(yield* readRelation(room, 'ship')).toBe(eve);
    }
  });
  behaviour('columns that are set by hand stay, whatever was assigned before', function* () {
    const eve = new Ship({ name: 'Eve' });
    const cabin = new Cabin({ door: 'q' });
    cabin.ship = eve;
    [cabin.fleet, cabin.shipNumber] = [1, 1];
    [eve.fleet, eve.number] = [7, 7];
    yield* call(eve, 'save');
    yield* call(cabin, 'save');
    expect([cabin.fleet, cabin.shipNumber]).toEqual([1, 1]);
    expect((yield* readRelation<Ship>(cabin, 'ship')).name).toBe('Ada');
  });
  behaviour('a row that has no key yet is in the way of its own columns only', function* () {
    const cabin = yield* call<Cabin>(Cabin.objects, 'get', { door: 'a' });
    cabin.ship = new Ship({ name: 'Eve' });
    cabin.door = 'A';
    expect(yield* call(Cabin.objects, 'bulkUpdate', [cabin], ['door'])).toBe(1);
    for (const names of [['shipNumber'], ['door', 'fleet']]) {
      const error = yield* thrownBy(() => call(Cabin.objects, 'bulkUpdate', [cabin], names));
      expect(error.message).toBe(
        "bulkUpdate() prohibited to prevent data loss due to unsaved related object 'ship'.",
      );
    }
  });
  behaviour("a row that is let go of before it is saved is in nobody's way", function* () {
    const suite = yield* call<Suite>(Suite.objects, 'create', { door: 's', fleet: 1, shipNumber: 1 });
    suite.ship = new Ship({ name: 'Eve' });
    suite.ship = null;
    suite.fleet = 2;
    yield* call(suite, 'save');
    expect([suite.fleet, suite.shipNumber]).toEqual([2, null]);
  });
  behaviour('refreshing forgets it, in models that extend others too', function* () {
    const suite = yield* call<Suite>(Suite.objects, 'create', { door: 's', fleet: 1, shipNumber: 1 });
    expect((yield* readRelation<Ship>(suite, 'ship')).name).toBe('Ada');
    yield* call(Ship.objects.filter({ name: 'Ada' }), 'update', { name: 'Ann' });
    yield* call(suite, 'refreshFromDb');
    expect((yield* readRelation<Ship>(suite, 'ship')).name).toBe('Ann');
    yield* call(Ship.objects.filter({ name: 'Ann' }), 'update', { name: 'Amy' });
    yield* call(suite, 'refreshFromDb', { fields: ['ship'] });
    expect((yield* readRelation<Ship>(suite, 'ship')).name).toBe('Amy');
    const [found] = yield* call<Suite[]>(
      Suite.objects.filter({ ship__name: 'Amy' }).prefetchRelated('ship'),
      'list',
    );
    expect((yield* readRelation<Ship>(found as Suite, 'ship')).name).toBe('Amy');
  });
  behaviour('its manager adds, makes, finds and lets go', function* () {
    const ada = yield* ship(1, 1);
    const c = yield* call<Cabin>(Cabin.objects, 'get', { door: 'c' });
    yield* call(ada.cabins, 'add', c);
    expect([c.fleet, c.shipNumber]).toEqual([1, 1]);
    const made = yield* call<Cabin>(ada.cabins, 'create', { door: 'n' });
    expect([made.fleet, made.shipNumber]).toEqual([1, 1]);
    expect(doors(yield* call<Cabin[]>(ada.cabins, 'list'))).toEqual(['a', 'b', 'c', 'n']);
    yield* call(ada.cabins, 'remove', c, made);
    expect(c.shipNumber).toBeNull();
    expect(doors(yield* call<Cabin[]>(ada.cabins, 'list'))).toEqual(['a', 'b']);
    yield* call(ada.cabins, 'set', [c]);
    expect(doors(yield* call<Cabin[]>(ada.cabins, 'list'))).toEqual(['c']);
    yield* call(ada.cabins, 'clear', { bulk: false });
    expect(yield* call(ada.cabins, 'count')).toBe(0);
    const [, created] = yield* call<[Cabin, boolean]>(ada.cabins, 'updateOrCreate', { door: 'n' });
    expect(created).toBe(true);
    const bea = yield* ship(1, 2);
    const other = yield* thrownBy(() => call(bea.cabins, 'remove', c));
    expect(other).toBeInstanceOf(Ship.DoesNotExist);
  });
  behaviour('deleting follows it', function* () {
    const bea = yield* ship(1, 2);
    expect(yield* thrownBy(() => call(bea, 'delete'))).toBeInstanceOf(ProtectedError);
    const ada = yield* ship(1, 1);
    expect(yield* call(ada, 'delete')).toEqual([5, { Bed: 2, Cabin: 2, Ship: 1 }]);
    const port = yield* call<Port>(Port.objects, 'get', { code: 'rtm' });
    expect(yield* call(port, 'delete')).toEqual([1, { Port: 1 }]);
  });
});

describe('what cannot be declared', () => {
  const declared = (name: string, options: object) => () => {
    class Odd extends model(name, {
      fleet: fields.integer(),
      number: fields.integer(),
      ship: foreignObject<Ship>(() => Ship, options as never),
    }) {
      static objects = new Manager(this);
    }
    return Odd.objects.all();
  };
  test('names, numbers of columns, rules and options', () => {
    expect(declared('odd1', { fromFields: ['fleet', 'nr'] })).toThrow(
      new ImproperlyConfigured(
        "'odd1.ship' refers to the field 'nr', which is not one of the columns of odd1.",
      ),
    );
    expect(declared('odd2', { fromFields: ['fleet', 'number'], toFields: ['fleet'] })).toThrow(
      'foreignObject() must have as many fromFields as toFields.',
    );
    expect(declared('odd3', { fromFields: ['fleet'] })).toThrow(
      'Odd.ship has 1 fromFields, and the primary key of Ship 2 columns.',
    );
    expect(declared('odd4', { fromFields: ['fleet', 'number'], toFields: ['fleet', 'name'] })).toThrow(
      "No subset of the fields 'fleet', 'name' on model 'Ship' is unique.",
    );
    expect(declared('odd5', { fromFields: ['fleet', 'number'], onDelete: 'setNull' })).toThrow(
      "Odd.ship specifies onDelete: 'setNull'",
    );
    expect(declared('odd6', { fromField: ['fleet'] })).toThrow('fromField');
    expect(declared('odd7', { fromFields: 'fleet' })).toThrow(ValueError);
  });
});

class Yard extends model(
  'yard',
  { town: fields.char(10), number: fields.integer() },
  { constraints: [{ unique: ['town', 'number'] }] },
) {
  static objects = new Manager(this);
}
class Crane extends model('crane', {
  town: fields.char(10),
  number: fields.integer(),
  yard: foreignObject<Yard, 'town' | 'number'>(() => Yard, {
    fromFields: ['town', 'number'],
    toFields: ['town', 'number'],
    onDelete: 'dbCascade',
    dbConstraint: true,
  }),
}) {
  static objects = new Manager(this);
}
describe('a constraint', () => {
  test('is kept by the database where it is asked for', async () => {
    await acreateTables([Crane, Yard]);
    try {
      const yard = await Yard.objects.acreate({ town: 'delft', number: 3 });
      await Crane.objects.acreate({ yard });
      await expect(Crane.objects.acreate({ town: 'delft', number: 4 })).rejects.toThrow(IntegrityError);
      expect(await yard.adelete()).toEqual([1, { Yard: 1 }]);
      expect(await Crane.objects.acount()).toBe(0);
    } finally {
      await adropTables([Crane, Yard]);
    }
  });
  test('is needed where the database is to delete', () => {
    class Hook extends model('hook', {
      town: fields.char(10),
      number: fields.integer(),
      yard: foreignObject<Yard>(() => Yard, {
        fromFields: ['town', 'number'],
        toFields: ['town', 'number'],
        onDelete: 'dbCascade',
      }),
    }) {
      static objects = new Manager(this);
    }
    expect(() => Hook.objects.all().toSql()).toThrow(
      new ImproperlyConfigured(
        "Hook.yard specifies onDelete: 'dbCascade', which needs a constraint: dbConstraint: true.",
      ),
    );
    expect(() =>
      foreignObject<Yard>(() => Yard, { fromFields: ['town'], dbConstraint: 'yes' as never }),
    ).toThrow(new TypeError("The option 'dbConstraint' of foreignObject() is true or false, not 'yes'."));
  });
});
