import {
  Case,
  Coalesce,
  Count,
  Exists,
  ExtractSecond,
  F,
  Func,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  OuterRef,
  Q,
  Sum,
  Value,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Harbour extends model('harbour', { code: fields.char(8).primaryKey(), depth: fields.integer() }) {
  static objects = new Manager(this);
}
class Sailor extends model('sailor', { name: fields.char(20), wakes: fields.time().null() }) {
  static objects = new Manager(this);
}
class Ship extends model(
  'ship',
  {
    name: fields.char(20),
    flag: fields.char(20).null(),
    afloat: fields.boolean(),
    built: fields.date().null(),
    refitted: fields.dateTime().null(),
    price: fields.decimal(8, 2).null(),
    harbour: foreignKey<Harbour>(() => Harbour, { relatedName: 'ships' }).null(),
    crew: manyToMany<Sailor>(() => Sailor, { relatedName: 'ships', through: () => Berth }),
  },
  { ordering: ['-name'] },
) {
  static objects = new Manager(this);
}
class Berth extends model('berth', {
  ship: foreignKey<Ship>(() => Ship, { relatedName: 'berths' }),
  sailor: foreignKey<Sailor>(() => Sailor, { relatedName: 'berths' }),
  rank: fields.char(10),
  nights: fields.integer().null(),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Harbour, Sailor, Ship, Berth],
  `
insert into harbour (code, depth) values ('north', 9), ('south', 4);
insert into sailor (name, wakes) values ('Ann', '05:30:15'), ('Bo', null), ('Cy', '23:00:59');
insert into ship (name, flag, afloat, built, refitted, price, harbour_id) values
  ('Ark', 'blue', true, '2001-05-06', null, 19.75, 'north'),
  ('Bee', null, true, null, '2020-01-02 03:04:05', 2.50, 'south'),
  ('Cod', 'Blue', false, '1999-01-01', null, null, null),
  ('Dab', 'red', false, null, null, 7.00, 'north');
insert into berth (ship_id, sailor_id, rank, nights) values
  (1, 1, 'mate', 3), (1, 2, 'cook', 5), (2, 1, 'cook', 2), (2, 2, 'mate', null), (3, 1, 'mate', 8);
`,
);
/** Names that the types do not know: other sides that the models do not declare. */
const named = (where: object) => where as never;

behaviour('the pairs of a relation of many are the same rows, named by it or by themselves', function* () {
  const mates = Ship.objects.filter(named({ crew__name: 'Ann', berths__rank: 'mate' })).orderBy('id');
  expect(keys(yield* call<Ship[]>(mates, 'list'))).toEqual([1, 3]);
  const either = Ship.objects
    .filter({ crew__name: 'Ann' })
    .filter(named({ berths__rank: 'mate' }))
    .orderBy('id');
  expect(keys(yield* call<Ship[]>(either, 'list'))).toEqual([1, 2, 3]);
  const nights = Sum('berths__nights' as never, { filter: Q({ crew__name: 'Ann' }) });
  const slept = Ship.objects.annotate({ nights }).orderBy('id').valuesList('nights', { flat: true });
  expect(yield* call(slept, 'list')).toEqual([3, 2, 8, null]);
});
behaviour('of several joins of a relation, an expression means the last', function* () {
  const both = Ship.objects.filter({ crew__name: 'Ann' }).filter({ crew__name: 'Bo' }).orderBy('id');
  expect(yield* call(both.valuesList('crew__name', { flat: true }), 'list')).toEqual(['Bo', 'Bo']);
  const ranks = both.annotate({
    cooks: Count('berths' as never, { filter: Q(named({ berths__rank: 'cook' })) }),
  });
  expect(yield* call(ranks.valuesList('id', 'cooks'), 'list')).toEqual([
    [1, 1],
    [2, 0],
  ]);
});
behaviour('a key that stands for a column takes the lookups of that column', function* () {
  const north = Ship.objects.filter({ harbour__code__startsWith: 'nor' }).orderBy('id');
  expect(keys(yield* call<Ship[]>(north, 'list'))).toEqual([1, 4]);
  expect(lastStatement()).not.toContain('JOIN');
  const others = Ship.objects.exclude({ harbour__code__icontains: 'NORTH' }).orderBy('id');
  expect(keys(yield* call<Ship[]>(others, 'list'))).toEqual([2, 3]);
  const found = Sailor.objects.filter(named({ ships__harbour__code__endsWith: 'uth' })).orderBy('id');
  expect(keys(yield* call<Sailor[]>(found, 'list'))).toEqual([1, 2]);
});
behaviour('excluding a text of no value, whatever its case, leaves rows that have one', function* () {
  const flagged = Ship.objects.exclude({ flag__iexact: null }).orderBy('id');
  expect(keys(yield* call<Ship[]>(flagged, 'list'))).toEqual([1, 3, 4]);
});
behaviour('what an aggregate or a case negates is tested on each joined row', function* () {
  const others = Count('crew', { filter: Q({ crew__name: 'Ann' }).not() });
  const counted = Ship.objects.annotate({ others }).orderBy('id').valuesList('others', { flat: true });
  expect(yield* call(counted, 'list')).toEqual([1, 1, 0, 0]);
  const shown = Case(When(Q({ crew__name: 'Ann' }).not(), Value('other')), { default: Value('Ann') });
  const listed = Ship.objects.filter({ id: 1 }).values({ shown }, 'crew__name').orderBy('crew__name');
  expect(yield* call(listed, 'list')).toEqual([
    { shown: 'Ann', crew__name: 'Ann' },
    { shown: 'other', crew__name: 'Bo' },
  ]);
});
behaviour('an ordering that another takes the place of leaves no joins behind', function* () {
  const again = Ship.objects.orderBy(F('crew__name').asc()).orderBy('id');
  expect(keys(yield* call<Ship[]>(again, 'list'))).toEqual([1, 2, 3, 4]);
  const byCrew = Ship.objects.orderBy(F('crew__name').desc());
  expect((yield* call<Ship>(byCrew, 'get', { id: 1 })).name).toBe('Ark');
  expect(yield* call(byCrew, 'count')).toBe(4);
  expect(
    keys(
      yield* call<Ship[]>(
        byCrew.orderBy(F('harbour__depth').add(1).desc(), 'id').filter({ afloat: true }),
        'list',
      ),
    ),
  ).toEqual([1, 2]);
});
behaviour('a column that is returned is what an ordering by its name means', function* () {
  const pairs = Ship.objects
    .filter({ id: 1 })
    .values('crew__name')
    .filter(Exists(Berth.objects.filter({ ship: OuterRef('pk') })), { crew__name__in: ['Ann', 'Bo'] })
    .orderBy(F('crew__name').desc());
  expect(yield* call(pairs.distinct(), 'list')).toEqual([{ crew__name: 'Bo' }, { crew__name: 'Ann' }]);
});
behaviour('a reversal outlasts the ordering it was asked before', function* () {
  expect(keys(yield* call<Ship[]>(Ship.objects.reverse().orderBy('id'), 'list'))).toEqual([4, 3, 2, 1]);
  expect((yield* call<Sailor>(Sailor.objects.reverse(), 'first')).name).toBe('Cy');
  expect((yield* call<Sailor>(Sailor.objects.reverse(), 'last')).name).toBe('Ann');
  expect((yield* call<Ship>(Ship.objects.reverse(), 'latest', 'id')).id).toBe(1);
});
behaviour('combined rows have the ordering that their model declares, where they return it', function* () {
  const rows = Ship.objects.filter({ id__lt: 3 }).union(Ship.objects.filter({ id__gt: 2 }));
  expect(keys(yield* call<Ship[]>(rows, 'list'))).toEqual([4, 3, 2, 1]);
  expect((yield* call<Ship>(rows, 'first')).name).toBe('Dab');
  expect(rows.ordered).toBe(true);
  const names = Ship.objects.filter({ id: 1 }).valuesList('name', { flat: true });
  const all = names.union(Sailor.objects.valuesList('name', { flat: true }));
  expect(yield* call(all, 'list')).toEqual(['Cy', 'Bo', 'Ark', 'Ann']);
  const flags = Ship.objects
    .filter({ id: 1 })
    .valuesList('flag')
    .union(Ship.objects.filter({ id: 4 }).valuesList('flag'));
  expect(yield* call(flags, 'list')).toHaveLength(2);
  expect(lastStatement()).not.toContain('ORDER BY');
  expect(keys(yield* call<Ship[]>(rows.orderBy(), 'list')).sort()).toEqual([1, 2, 3, 4]);
});
behaviour('what is negated twice is as it was', function* () {
  const crewed = Ship.objects.filter(Q({ crew__name: 'Ann', afloat: true }).not().not()).orderBy('id');
  expect(keys(yield* call<Ship[]>(crewed, 'list'))).toEqual([1, 2]);
  expect(lastStatement()).not.toContain('NOT');
  expect(yield* call(Ship.objects.filter(Q().not()), 'count')).toBe(4);
});
behaviour('a foreign key has the type of what it points at', function* () {
  const number = Coalesce('nights', 'ship');
  expect(yield* call(Berth.objects.orderBy('id').values({ number }), 'list')).toEqual(
    [3, 5, 2, 2, 8].map((each) => ({ number: each })),
  );
});
behaviour('a date and a moment together are a moment', function* () {
  const since = Coalesce('refitted', 'built');
  const rows = yield* call<{ since: Date }[]>(
    Ship.objects.filter({ id__lt: 3 }).orderBy('id').values({ since }),
    'list',
  );
  expect(rows.map((row) => row.since)).toEqual([new Date('2001-05-06'), new Date('2020-01-02T03:04:05Z')]);
});
behaviour('a condition that is a value stands by itself beside an operator', function* () {
  const agreeing = Ship.objects
    .annotate({ flies: Q({ flag__isNull: false }) })
    .filter({ afloat: F('flies') });
  expect(keys(yield* call<Ship[]>(agreeing.orderBy('id'), 'list'))).toEqual([1]);
});
behaviour('a condition that no row meets is neither grouped nor ordered by', function* () {
  const never = Exists(Berth.objects.filter({ ship: OuterRef('pk'), id__in: [] }));
  const counted = Ship.objects.annotate({ never, n: Count('crew') }).orderBy('id');
  expect(yield* call(counted.valuesList('never', 'n'), 'list')).toEqual([
    [false, 2],
    [false, 2],
    [false, 1],
    [false, 0],
  ]);
  expect(keys(yield* call<Ship[]>(Ship.objects.orderBy(never, 'id'), 'list'))).toEqual([1, 2, 3, 4]);
});
behaviour('the seconds of a time are whole, and a fraction is no whole number', function* () {
  const seconds = Sailor.objects.orderBy('id').valuesList(ExtractSecond('wakes'), { flat: true });
  expect(yield* call(seconds, 'list')).toEqual([15, null, 59]);
  const whole = Func('price', { function: 'ABS', outputField: fields.integer() });
  expect(yield* call(Ship.objects.filter({ id: 1 }).values({ whole }), 'list')).toEqual([{ whole: 19.75 }]);
});
behaviour('excluding by rows of many asks for those rows, and not for the row again', function* () {
  const without = Ship.objects.exclude({ crew__name: 'Bo' }).orderBy('id');
  expect(keys(yield* call<Ship[]>(without, 'list'))).toEqual([3, 4]);
  expect(lastStatement().match(/"ship" /g)).toHaveLength(1);
  const elsewhere = Berth.objects.exclude(named({ ship__crew__name: 'Bo' })).orderBy('id');
  expect(keys(yield* call<Berth[]>(elsewhere, 'list'))).toEqual([5]);
  const quiet = Harbour.objects.exclude(named({ ships__crew__in: Sailor.objects.filter({ name: 'Bo' }) }));
  expect(yield* call(quiet, 'count')).toBe(0);
  const empty = Ship.objects.exclude({ crew: null }).orderBy('id');
  expect(keys(yield* call<Ship[]>(empty, 'list'))).toEqual([1, 2, 3]);
  const own = Ship.objects.exclude({ crew__name: F('name') });
  expect(yield* call(own, 'count')).toBe(4);
});
behaviour('excluding by rows of many may stand beside a condition on groups', function* () {
  const grouped = Ship.objects
    .values('id')
    .annotate({ n: Count('crew') })
    .exclude({ crew__name: 'Ann', n: 2 })
    .orderBy('id');
  expect(yield* call(grouped, 'list')).toEqual([
    { id: 3, n: 1 },
    { id: 4, n: 0 },
  ]);
});
behaviour('a lookup behind a lookup is named with it', function* () {
  const refused = yield* thrownBy(function* () {
    yield* call(Ship.objects.filter(named({ name__isNull__exact: true })), 'list');
  });
  expect(refused.message).toMatch(
    /Unsupported lookup 'isNull__exact' for CharField .*perhaps you meant isNull/,
  );
});
