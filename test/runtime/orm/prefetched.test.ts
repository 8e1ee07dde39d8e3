import {
  aprefetchRelatedObjects,
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  Manager,
  manyToMany,
  model,
  Prefetch,
  prefetchRelatedObjects,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

// What is made of prefetched rows, and what lookups of prefetches may name beside relations.

class Garden extends model('garden', {
  name: fields.char(20),
  beds: reverse<Bed, 'garden'>(() => Bed),
  keepers: manyToMany<Keeper>(() => Keeper, { relatedName: 'gardens' }),
  signs: genericRelation<Sign>(() => Sign),
}) {
  static objects = new Manager(this);
  declare sheds: Shed[];
  declare shedSet: Manager<typeof Shed>;
  /** The one with the most beds, of those that were prefetched. */
  get largest(): Bed | null {
    const [first] = [...this.bedsLoaded].sort((one, other) => other.size - one.size);
    return first ?? null;
  }
  get bedsLoaded(): Bed[] {
    return [...((this.beds.all() as unknown as { loaded?: Bed[] }).loaded ?? [])];
  }
  get motto(): string {
    return `${this.name}!`;
  }
  water(): void {}
}
class Bed extends model(
  'bed',
  {
    garden: foreignKey<Garden>(() => Garden, { relatedName: 'beds' }),
    size: fields.integer(),
    plants: reverse<Plant, 'bed'>(() => Plant),
  },
  { ordering: ['id'] },
) {
  static objects = new Manager(this);
}
class Plant extends model(
  'plant',
  { bed: foreignKey<Bed>(() => Bed, { relatedName: 'plants' }), name: fields.char(20) },
  { ordering: ['id'] },
) {
  static objects = new Manager(this);
}
class Keeper extends model(
  'keeper',
  { name: fields.char(20), gardens: reverse<Garden, 'keepers'>(() => Garden) },
  { ordering: ['id'] },
) {
  static objects = new Manager(this);
}
/** Nothing declares the other side. */
class Shed extends model('shed', { garden: foreignKey<Garden>(() => Garden), label: fields.char(20) }) {
  static objects = new Manager(this);
  declare toolSet: Manager<typeof Tool>;
}
class Tool extends model('tool', { sheds: manyToMany<Shed>(() => Shed), name: fields.char(20) }) {
  static objects = new Manager(this);
}
class Sign extends model('sign', { text: fields.char(20), on: genericForeignKey() }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Garden, Bed, Plant, Keeper, Shed, Tool, Sign],
  `insert into garden (name) values ('north'), ('south');
   insert into bed (garden_id, size) values (1, 2), (1, 5), (1, 3), (2, 4);
   insert into plant (bed_id, name) values (2, 'leek'), (2, 'kale'), (4, 'rue');
   insert into keeper (name) values ('ann'), ('bob'), ('cat');
   insert into garden_keepers (garden_id, keeper_id) values (1, 1), (1, 2), (2, 2), (1, 3);
   insert into shed (garden_id, label) values (1, 'red'), (2, 'blue');
   insert into tool (name) values ('rake'); insert into tool_sheds (tool_id, shed_id) values (1, 1);
   insert into sign (text, content_type, object_id) values ('keep out', 'garden', 1), ('enter', 'garden', 1);`,
);

function* north(...lookups: object[]) {
  return yield* call<Garden>(Garden.objects.prefetchRelated(...(lookups as never[])), 'get', {
    name: 'north',
  });
}

behaviour('instances that are not saved have no rows that point at them', function* () {
  const [saved] = yield* call<Garden[]>(Garden.objects.orderBy('id'), 'list');
  for (const name of ['beds', 'keepers', 'shedSet']) {
    const error = yield* thrownBy(() =>
      call(
        { prefetchRelatedObjects, aprefetchRelatedObjects },
        'prefetchRelatedObjects',
        [saved, new Garden()],
        Prefetch(name),
      ),
    );
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe('Model instances passed to related filters must be saved.');
  }
});
behaviour('selectRelated without names joins what cannot be null, level by level', function* () {
  const plants = yield* call<Plant[]>(Plant.objects.selectRelated(), 'list');
  const before = statements().length;
  expect(plants.map(({ bed }) => bed.garden.name)).toEqual(['north', 'north', 'south']);
  expect(statements().length).toBe(before);
});
behaviour('selectRelated without names follows nothing that is not loaded', function* () {
  for (const narrowed of [
    Plant.objects.only('name', 'bed__size').selectRelated(),
    Plant.objects.selectRelated().only('name', 'bed__size'),
    Plant.objects.selectRelated().defer('bed__garden'),
  ]) {
    const plants = yield* call<Plant[]>(narrowed, 'list');
    const before = statements().length;
    const [plant] = plants;
    expect(plant?.bed.size).toBeTypeOf('number');
    expect(statements().length).toBe(before);
  }
  for (const unread of [
    Plant.objects.only('name').selectRelated(),
    Plant.objects.selectRelated().defer('bed'),
  ])
    expect(yield* call(unread, 'count')).toBe(3);
  expect(yield* call<unknown[]>(Plant.objects.only('name').selectRelated(), 'list')).toHaveLength(3);
});
behaviour('what is made of rows that a query set of their own narrowed is narrowed, too', function* () {
  const garden = yield* north(
    Prefetch('beds', { queryset: Bed.objects.filter({ size__gte: 3 }) }),
    Prefetch('keepers', { queryset: Keeper.objects.exclude({ name: 'bob' }) }),
    Prefetch('signs', { queryset: Sign.objects.filter({ text: 'enter' }) }),
  );
  for (const [manager, expected, out] of [
    [garden.beds, [2, 3], { size: 2 }],
    [garden.keepers, [1, 3], { name: 'bob' }],
    [garden.signs, [2], { text: 'keep out' }],
  ] as const) {
    const many = manager as unknown as Garden['beds'];
    const before = statements().length;
    expect(keys(yield* call<object[]>(many.all(), 'list'))).toEqual(expected);
    expect(yield* call(many, 'count')).toBe(expected.length);
    expect(statements().length).toBe(before);
    expect(keys(yield* call<object[]>(many.all().all().orderBy('id'), 'list'))).toEqual(expected);
    expect(keys(yield* call<object[]>(many.orderBy('-id'), 'list'))).toEqual(expected.toReversed());
    expect(yield* call(many.filter(out as never), 'exists')).toBe(false);
  }
});
behaviour('rows that know whom they were read for know it after narrowing them', function* () {
  const garden = yield* north(Prefetch('beds', { queryset: Bed.objects.filter({ size: 5 }) }));
  const bed = yield* call<Bed>(garden.beds.filter({ size__lt: 9 }), 'get');
  const before = statements().length;
  expect(yield* readRelation(bed, 'garden')).toBe(garden);
  expect(statements().length).toBe(before);
});
behaviour('a slice that was prefetched is taken of the rows of one owner', function* () {
  const garden = yield* north(
    Prefetch('beds', { queryset: Bed.objects.orderBy('-size').slice(0, 2) }),
    Prefetch('keepers', { queryset: Keeper.objects.orderBy('name').slice(1, 3) }),
    Prefetch('signs', { queryset: Sign.objects.orderBy('text').slice(0, 1) }),
  );
  expect(keys(yield* call<Bed[]>(garden.beds.all(), 'list'))).toEqual([2, 3]);
  expect(keys(yield* call<Bed[]>(garden.beds.all().all(), 'list'))).toEqual([2, 3]);
  for (const manager of [garden.beds, garden.keepers, garden.signs] as unknown as Garden['beds'][]) {
    expect(() => manager.filter({ id: 1 })).toThrow('Cannot filter a query once a slice has been taken.');
  }
  expect(keys(yield* call<Keeper[]>(garden.keepers.all().all(), 'list'))).toEqual([2, 3]);
  expect(keys(yield* call<Sign[]>(garden.signs.all().all(), 'list'))).toEqual([2]);
});
behaviour('changes through a manager are made to all of its rows, and undo the narrowing', function* () {
  const garden = yield* north(Prefetch('keepers', { queryset: Keeper.objects.filter({ name: 'ann' }) }));
  yield* call(garden.keepers, 'set', [3]);
  expect(keys(yield* call<Keeper[]>(garden.keepers.all(), 'list'))).toEqual([3]);
  const again = yield* north(Prefetch('beds', { queryset: Bed.objects.filter({ size: 5 }) }));
  yield* call(again.beds, 'create', { size: 9 });
  expect(yield* call(again.beds, 'count')).toBe(4);
});
behaviour('a plain prefetch narrows nothing', function* () {
  const garden = yield* north('beds' as never, 'keepers' as never);
  expect(yield* call(garden.beds.filter({ size: 2 }), 'count')).toBe(1);
  expect(yield* call(garden.keepers.all().all(), 'count')).toBe(3);
});

behaviour('a lookup goes on behind a getter that gives a row', function* () {
  const gardens = yield* call<Garden[]>(
    Garden.objects.prefetchRelated('beds', Prefetch('largest__plants')).orderBy('id'),
    'list',
  );
  expect(statements().length).toBe(3);
  const plants = gardens.map(({ largest }) => largest?.plants.all() as unknown as { loaded: Plant[] });
  expect(plants.map(({ loaded }) => loaded.map(({ name }) => name))).toEqual([['leek', 'kale'], ['rue']]);
});
behaviour('a lookup goes on behind a getter that gives rows, and behind one that gives none', function* () {
  yield* call(Garden.objects, 'create', { name: 'bare' });
  const gardens = yield* call<Garden[]>(
    Garden.objects
      .prefetchRelated(
        'beds',
        Prefetch('bedsLoaded__plants', { toAttr: 'grown' }),
        Prefetch('largest__plants'),
      )
      .orderBy('id'),
    'list',
  );
  const grown = gardens.map(({ bedsLoaded }) =>
    bedsLoaded.map((bed) => (bed as Bed & { grown: Plant[] }).grown.length),
  );
  expect(grown).toEqual([[0, 2, 0], [1], []]);
  expect(gardens.map(({ largest }) => largest?.size)).toEqual([5, 4, undefined]);
});
behaviour('a lookup goes on behind the attribute that an earlier prefetch kept its rows in', function* () {
  const gardens = yield* call<Garden[]>(
    Garden.objects.prefetchRelated(Prefetch('beds', { toAttr: 'kept' })).orderBy('id'),
    'list',
  );
  const namespace = { prefetchRelatedObjects, aprefetchRelatedObjects };
  yield* call(namespace, 'prefetchRelatedObjects', gardens, 'kept__plants');
  const [first] = gardens as unknown as { kept: Bed[] }[];
  const before = statements().length;
  const counts: unknown[] = [];
  for (const bed of first?.kept ?? []) counts.push(yield* call(bed.plants, 'count'));
  expect(counts).toEqual([0, 2, 0]);
  expect(statements().length).toBe(before);
});
behaviour('an attribute that gives no rows is refused, and so is one that nothing follows', function* () {
  const none =
    'does not resolve to an item that supports prefetching - this is an invalid parameter to prefetchRelated().';
  for (const lookup of ['motto__beds', 'largest', 'water', 'water__beds', 'name__beds']) {
    const error = yield* thrownBy(() =>
      call(Garden.objects.prefetchRelated('beds', Prefetch(lookup)), 'list'),
    );
    expect(error.message).toBe(`'${lookup}' ${none}`);
  }
  for (const lookup of ['nothing__beds', 'abeds__plants']) {
    const error = yield* thrownBy(() => call(Garden.objects.prefetchRelated(Prefetch(lookup)), 'list'));
    expect(error.message).toBe(
      `Cannot find '${lookup.split('__')[0]}' on Garden object, '${lookup}' is an invalid parameter to prefetchRelated()`,
    );
  }
});

behaviour('another side that nothing declares is prefetched under the name of its accessor', function* () {
  const gardens = yield* call<(Garden & { shedSet: { all(): object } })[]>(
    Garden.objects.prefetchRelated(Prefetch('shedSet__toolSet')).orderBy('id'),
    'list',
  );
  expect(statements().length).toBe(3);
  const [first] = gardens;
  const [shed] = yield* call<Shed[]>(first?.shedSet.all() as object, 'list');
  expect(keys(yield* call<Tool[]>((shed as Shed).toolSet.all(), 'list'))).toEqual([1]);
  expect(statements().length).toBe(3);
  yield* call(first as Garden, 'refreshFromDb', { fields: ['shedSet'] });
  yield* call(first?.shedSet.all() as object, 'list');
  expect(statements().length).toBe(4);
  expect(() => {
    (first as unknown as { shedSet: unknown }).shedSet = [];
  }).toThrow(
    'Direct assignment to the reverse side of a related set is prohibited. Use shedSet.set() instead.',
  );
});
