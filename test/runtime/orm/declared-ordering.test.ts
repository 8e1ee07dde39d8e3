import {
  Coalesce,
  F,
  FieldError,
  fields,
  foreignKey,
  Lower,
  Manager,
  model,
  OuterRef,
  Subquery,
  Upper,
  Value,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Region extends model(
  'region',
  { name: fields.char(20), weight: fields.integer().null() },
  { ordering: [Lower('name').desc()] },
) {
  static objects = new Manager(this);
}
class Depot extends model(
  'depot',
  { label: fields.char(20), region: foreignKey<Region>(() => Region, { relatedName: 'depots' }).null() },
  { ordering: ['region', F('label').desc()] },
) {
  static objects = new Manager(this);
}
class Parcel extends model(
  'parcel',
  { code: fields.char(20), depot: foreignKey<Depot>(() => Depot, { relatedName: 'parcels' }) },
  { ordering: ['depot', 'code'] },
) {
  static objects = new Manager(this);
}
class Scale extends model(
  'scale',
  { name: fields.char(20), weight: fields.integer().null() },
  { ordering: [Coalesce('weight', Value(7)), Upper('name')] },
) {
  static objects = new Manager(this);
}
class Ring extends model(
  'ring',
  { next: foreignKey<Ring>(() => Ring, { relatedName: 'previous' }).null() },
  { ordering: ['next'] },
) {
  static objects = new Manager(this);
}
class Place extends model('place', {
  of: fields.char(20),
  kind: fields.char(20),
  at: fields.integer(),
}) {
  static objects = new Manager(this);
}
const placeOf = (kind: string) =>
  Subquery(Place.objects.filter({ of: OuterRef('name'), kind, at__gt: 0 }).values('at'));
class Runner extends model(
  'runner',
  { name: fields.char(20), team: fields.char(20) },
  { ordering: [placeOf('final'), placeOf('heat').desc(), 'name'] },
) {
  static objects = new Manager(this);
}
class Shuffled extends model('shuffled', { name: fields.char(20) }, { ordering: ['?'] }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Region, Depot, Parcel, Scale, Ring, Place, Runner, Shuffled],
  `
insert into region (name, weight) values ('alps', 1), ('Coast', 2), ('bay', 3);
insert into depot (label, region_id) values ('d1', 1), ('d2', 2), ('d3', 2), ('d4', 3);
insert into parcel (code, depot_id) values ('p1', 1), ('p2', 2), ('p3', 3), ('p4', 4), ('p5', 4);
insert into place (of, kind, at) values
  ('a', 'final', 3), ('b', 'final', 1), ('c', 'final', 1), ('b', 'heat', 1), ('c', 'heat', 2), ('a', 'heat', 0), ('d', 'final', 9);
insert into runner (name, team) values ('a', 'x'), ('b', 'x'), ('c', 'x'), ('d', 'y');
insert into scale (name, weight) values ('b', null), ('a', 7), ('c', 9), ('d', 1);
`,
);

behaviour('a declared ordering may be an expression', function* () {
  expect(keys(yield* call<Region[]>(Region.objects, 'list'))).toEqual([2, 3, 1]);
  expect(keys(yield* call<Region[]>(Region.objects.reverse(), 'list'))).toEqual([1, 3, 2]);
  expect((yield* call<Region>(Region.objects, 'last')).name).toBe('alps');
  expect(Region.objects.all().ordered).toBe(true);
});
behaviour('an expression of a declared ordering may hold values', function* () {
  expect(keys(yield* call<Scale[]>(Scale.objects, 'list'))).toEqual([4, 2, 1, 3]);
  const heavy = Scale.objects.filter({ name__in: ['a', 'b', 'c'] }).exclude({ weight: 9 });
  expect(keys(yield* call<Scale[]>(heavy, 'list'))).toEqual([2, 1]);
  const within = Scale.objects.filter({ pk__in: Scale.objects.filter({ name__gte: 'b' }) }).slice(0, 2);
  expect(keys(yield* call<Scale[]>(within, 'list'))).toEqual([4, 1]);
});
behaviour('so may the subqueries of one, whatever is asked for beside them', function* () {
  expect(keys(yield* call<Runner[]>(Runner.objects, 'list'))).toEqual([3, 2, 1, 4]);
  const some = Runner.objects.filter({ team: 'x', name__in: ['a', 'b', 'c', 'd'] }).exclude({ name: 'b' });
  expect(keys(yield* call<Runner[]>(some, 'list'))).toEqual([3, 1]);
  expect((yield* call<Runner>(some, 'last')).name).toBe('a');
  const rank = Subquery(
    Runner.objects
      .filter({ team: OuterRef('team'), name__gte: 'a' })
      .values('name')
      .slice(0, 1),
  );
  const first = Runner.objects
    .filter({ team__in: ['x', 'y'] })
    .annotate({ first: rank })
    .orderBy('name');
  expect(yield* call(first.valuesList('first', { flat: true }), 'list')).toEqual(['c', 'c', 'c', 'd']);
});
behaviour('a relation in an ordering brings the ordering of its model, however far', function* () {
  expect(keys(yield* call<Depot[]>(Depot.objects, 'list'))).toEqual([3, 2, 4, 1]);
  expect(keys(yield* call<Parcel[]>(Parcel.objects, 'list'))).toEqual([3, 2, 4, 5, 1]);
  const turned = Parcel.objects.orderBy('-depot', '-code');
  expect(keys(yield* call<Parcel[]>(turned, 'list'))).toEqual([1, 5, 4, 2, 3]);
  const across = Parcel.objects.orderBy('depot__region', 'code');
  expect(keys(yield* call<Parcel[]>(across, 'list'))).toEqual([2, 3, 4, 5, 1]);
});
behaviour('the key of a relation is ordered by as it is', function* () {
  yield* call(Parcel.objects.orderBy('depotId'), 'list');
  expect(lastStatement()).toMatch(/ORDER BY "parcel"."depot_id" ASC$/);
  yield* call(Parcel.objects.orderBy('depot__pk'), 'list');
  expect(lastStatement()).toMatch(/ORDER BY "parcel"."depot_id" ASC$/);
});
behaviour('orderings that lead back to themselves are refused', function* () {
  const refused = yield* thrownBy(() => call(Ring.objects, 'list'));
  expect(refused).toEqual(new FieldError('Infinite loop caused by ordering.'));
  expect(yield* call(Ring.objects.orderBy('next__pk'), 'list')).toEqual([]);
});
behaviour('a model may declare that its rows come in any order', function* () {
  expect(yield* call(Shuffled.objects, 'list')).toEqual([]);
  expect(Shuffled.objects.all().toSql().sql).toMatch(/ORDER BY RAND/);
});
