import {
  Count,
  F,
  FieldError,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  Q,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, iterate, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Owner extends model('owner', { name: fields.char(30), places: reverse<Place, 'owner'>(() => Place) }) {
  static objects = new Manager(this);
}
class Place extends model(
  'place',
  {
    name: fields.char(30),
    address: fields.char(60).default(''),
    visits: fields.integer().default(0),
    owner: foreignKey<Owner>(() => Owner).null(),
    tags: manyToMany<Tag>(() => Tag, { relatedName: 'places' }),
    comments: reverse<Comment, 'place'>(() => Comment),
    cafe: reverse<Cafe, 'placePtr'>(() => Cafe),
  },
  { ordering: ['name'] },
) {
  static objects = new Manager(this);
  get shout() {
    return this.name.toUpperCase();
  }
}
class Cafe extends model(
  'cafe',
  {
    servesTea: fields.boolean().default(false),
    stars: fields.integer().null(),
    bakery: reverse<Bakery, 'cafePtr'>(() => Bakery),
  },
  { extends: Place },
) {
  static objects = new Manager(this);
}
/** Three tables to a row. */
class Bakery extends model('bakery', { bread: fields.char(20).default('rye') }, { extends: Cafe }) {
  static objects = new Manager(this);
}
class Bar extends model('bar', { closes: fields.time() }, { extends: Place }) {
  static objects = new Manager(this);
}
class Tag extends model('tag', { word: fields.char(20) }) {
  static objects = new Manager(this);
}
class Comment extends model('comment', {
  place: foreignKey<Place>(() => Place, { relatedName: 'comments' }),
  text: fields.text(),
}) {
  static objects = new Manager(this);
}
class Menu extends model('menu', {
  cafe: foreignKey<Cafe>(() => Cafe, { relatedName: 'menus' }).null(),
  title: fields.text(),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Owner, Tag, Place, Cafe, Bakery, Bar, Comment, Menu],
  `insert into owner (name) values ('Ann'), ('Bob');
   insert into place (name, address, visits, owner_id) values ('Zoo', 'z', 1, 1), ('Anchor', 'a', 2, 1), ('Brew', 'b', 3, null), ('Crumb', 'c', 4, 2);
   insert into cafe (place_ptr_id, serves_tea, stars) values (2, true, 3), (3, false, null), (4, true, 5);
   insert into bakery (cafe_ptr_id, bread) values (4, 'rye');
   insert into tag (word) values ('calm'), ('loud');
   insert into place_tags (place_id, tag_id) values (2, 1), (3, 1), (3, 2);
   insert into comment (place_id, text) values (2, 'nice'), (2, 'small'), (1, 'wild');
   insert into menu (cafe_id, title) values (2, 'm1'), (4, 'm2'), (null, 'm3');`,
);

behaviour('a child is read with the columns of its parents', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects, 'get', { name: 'Anchor' });
  expect(statements()).toHaveLength(1);
  expect([cafe.pk, cafe.id, cafe.placePtrId, cafe.name, cafe.servesTea, cafe.shout]).toEqual([
    2,
    2,
    2,
    'Anchor',
    true,
    'ANCHOR',
  ]);
  expect(cafe).toBeInstanceOf(Place);
  const bakery = yield* call<Bakery>(Bakery.objects, 'get', { pk: 4 });
  expect([bakery.name, bakery.stars, bakery.bread, bakery.placePtrId]).toEqual(['Crumb', 5, 'rye', 4]);
  expect(lastStatement().match(/INNER JOIN/g)).toHaveLength(2);
});
behaviour('conditions, values and aggregates reach through the parents', function* () {
  expect(keys(yield* call<Cafe[]>(Cafe.objects.filter({ visits__gte: 3, stars: 5 }), 'list'))).toEqual([4]);
  expect(keys(yield* call<Cafe[]>(Cafe.objects.filter({ owner__name: 'Ann' }), 'list'))).toEqual([2]);
  expect(keys(yield* call<Cafe[]>(Cafe.objects.filter({ tags__word: 'loud' }), 'list'))).toEqual([3]);
  expect(keys(yield* call<Cafe[]>(Cafe.objects.exclude({ comments__text: 'nice' }), 'list'))).toEqual([3, 4]);
  expect(yield* call(Bakery.objects.values('name', 'stars', 'bread', 'owner__name'), 'list')).toEqual([
    { name: 'Crumb', stars: 5, bread: 'rye', owner__name: 'Bob' },
  ]);
  expect(
    yield* call(
      Cafe.objects
        .annotate({ n: Count('comments') })
        .orderBy('id')
        .valuesList('id', 'n'),
      'list',
    ),
  ).toEqual([
    [2, 2],
    [3, 0],
    [4, 0],
  ]);
  expect(yield* call(Cafe.objects.filter(Q({ name: 'Brew' }).or({ stars: 5 })), 'count')).toBe(2);
});
behaviour('the key of the parent needs no join', function* () {
  yield* call(Cafe.objects.filter({ id: 2 }), 'exists');
  expect(lastStatement()).not.toContain('JOIN');
  yield* call(Cafe.objects.filter({ placePtr: 2 }), 'exists');
  expect(lastStatement()).not.toContain('JOIN');
});
behaviour('the ordering of the parent holds for the child', function* () {
  expect((yield* iterate<Cafe>(Cafe.objects.all())).map(({ name }) => name)).toEqual([
    'Anchor',
    'Brew',
    'Crumb',
  ]);
  const menus = yield* call<Menu[]>(Menu.objects.filter({ cafe__isNull: false }).orderBy('-cafe'), 'list');
  expect(menus.map(({ title }) => title)).toEqual(['m2', 'm1']);
});
behaviour('saving a new child inserts into every table, in one transaction', function* () {
  const bakery = yield* call<Bakery>(Bakery.objects, 'create', { name: 'New', stars: 1, bread: 'oat' });
  expect(statements().map((sql) => sql.split(' ').slice(0, 3).join(' '))).toEqual([
    'BEGIN',
    'INSERT INTO "place"',
    'INSERT INTO "cafe"',
    'INSERT INTO "bakery"',
    'COMMIT',
  ]);
  expect([bakery.pk, bakery.id, bakery.placePtrId, bakery.cafePtrId]).toEqual([5, 5, 5, 5]);
  expect(yield* call(Place.objects, 'count')).toBe(5);
});
behaviour('saving an existing child updates every table', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects, 'get', { pk: 2 });
  cafe.name = 'Renamed';
  cafe.stars = 4;
  yield* call(cafe, 'save');
  expect(
    statements()
      .slice(1)
      .map((sql) => sql.split(' ').slice(0, 2).join(' ')),
  ).toEqual(['BEGIN', 'UPDATE "place"', 'UPDATE "cafe"', 'COMMIT']);
  expect(yield* call(Cafe.objects.filter({ pk: 2 }).valuesList('name', 'stars'), 'list')).toEqual([
    ['Renamed', 4],
  ]);
});
behaviour('updateFields writes to the table that has the field', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects, 'get', { pk: 2 });
  cafe.visits = 99;
  cafe.stars = 1;
  yield* call(cafe, 'save', { updateFields: ['visits'] });
  expect(statements().some((sql) => sql.startsWith('UPDATE "cafe"'))).toBe(false);
  expect(yield* call(Cafe.objects.filter({ pk: 2 }).valuesList('visits', 'stars'), 'list')).toEqual([
    [99, 3],
  ]);
});
behaviour('a row of the parent becomes a child when its key is given', function* () {
  const zoo = yield* call<Place>(Place.objects, 'get', { name: 'Zoo' });
  const cafe = new Cafe({ placePtr: zoo, name: zoo.name, address: zoo.address, visits: 7, servesTea: true });
  yield* call(cafe, 'save');
  expect([cafe.pk, yield* call(Place.objects, 'count'), yield* call(Cafe.objects, 'count')]).toEqual([
    1, 4, 4,
  ]);
  expect(yield* call(Place.objects.filter({ pk: 1 }).valuesList('visits', { flat: true }), 'list')).toEqual([
    7,
  ]);
});
behaviour('a parent leads to its child and the child to its parent', function* () {
  const place = yield* call<Place>(Place.objects, 'get', { pk: 2 });
  const cafe = yield* readRelation<Cafe>(place, 'cafe');
  expect([cafe.stars, cafe.name]).toEqual([3, 'Anchor']);
  const back = yield* readRelation<Place>(cafe, 'placePtr');
  expect(back.equals(place)).toBe(true);
  const zoo = yield* call<Place>(Place.objects, 'get', { pk: 1 });
  const missing = yield* thrownBy(() => readRelation(zoo, 'cafe'));
  expect(missing).toBeInstanceOf(Cafe.DoesNotExist);
  expect(missing.message).toBe('Place has no cafe.');
  expect(missing).toBeInstanceOf(Place.DoesNotExist);
});
behaviour('a child without a declared accessor has one under its name', function* () {
  const place = yield* call<Place & { bar?: Bar }>(Place.objects, 'get', { pk: 1 });
  yield* call(Bar.objects, 'create', { name: 'Late', closes: '02:00' });
  const missing = yield* thrownBy(() => readRelation(place, 'bar'));
  expect(missing.message).toBe('Place has no bar.');
  const late = yield* call<Place>(Place.objects, 'get', { name: 'Late' });
  expect((yield* readRelation<Bar>(late, 'bar')).closes).toBe('02:00:00');
});
behaviour('parents are asked by what their children have', function* () {
  expect(keys(yield* call<Place[]>(Place.objects.filter({ cafe__stars__gte: 3 }), 'list'))).toEqual([2, 4]);
  expect(keys(yield* call<Place[]>(Place.objects.filter({ cafe__isNull: true }), 'list'))).toEqual([1]);
  expect(keys(yield* call<Place[]>(Place.objects.filter({ cafe__bakery__bread: 'rye' }), 'list'))).toEqual([
    4,
  ]);
});
behaviour('selectRelated follows both ways in one query', function* () {
  const places = yield* call<Place[]>(Place.objects.selectRelated('cafe').orderBy('id'), 'list');
  const sent = statements().length;
  expect(places.slice(1).map((place) => [place.cafe.name, place.cafe.stars])).toEqual([
    ['Anchor', 3],
    ['Brew', null],
    ['Crumb', 5],
  ]);
  const cafes = yield* call<Cafe[]>(Cafe.objects.selectRelated('owner').orderBy('id'), 'list');
  expect(cafes.map((cafe) => cafe.owner?.name)).toEqual(['Ann', undefined, 'Bob']);
  const menus = yield* call<Menu[]>(Menu.objects.selectRelated('cafe__owner').orderBy('id'), 'list');
  expect(menus.map((menu) => menu.cafe?.owner?.name)).toEqual(['Ann', 'Bob', undefined]);
  expect(statements()).toHaveLength(sent + 2);
});
behaviour('relations of the parent are relations of the child', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects, 'get', { pk: 2 });
  expect(yield* call(cafe.comments, 'count')).toBe(2);
  const made = yield* call<Comment>(cafe.comments, 'create', { text: 'warm' });
  expect(made.placeId).toBe(2);
  yield* call(cafe.tags, 'add', 2);
  expect(yield* call(cafe.tags, 'count')).toBe(2);
  const cafes = yield* call<Cafe[]>(
    Cafe.objects.prefetchRelated('comments', 'tags', 'owner').orderBy('id'),
    'list',
  );
  expect(cafes.map((each) => each.comments.all().loaded?.length)).toEqual([3, 0, 0]);
  expect(cafes.map((each) => each.tags.all().loaded?.length)).toEqual([2, 2, 0]);
  const comment = new Comment({ place: cafe, text: 'x' });
  expect(comment.placeId).toBe(2);
  expect(yield* call(Comment.objects.filter({ place: cafe }), 'count')).toBe(3);
});
behaviour('update reaches the tables of the parents', function* () {
  expect(
    yield* call(Bakery.objects.filter({ stars: 5 }), 'update', {
      visits: F('visits').add(1) as never,
      bread: 'oat',
      stars: 1,
    }),
  ).toBe(1);
  expect(yield* call(Bakery.objects.valuesList('visits', 'bread', 'stars'), 'list')).toEqual([[5, 'oat', 1]]);
  expect(yield* call(Cafe.objects.filter({ name__startsWith: 'B' }), 'update', { name: 'Bee' })).toBe(1);
  expect(yield* call(Place.objects.filter({ name: 'Bee' }), 'count')).toBe(1);
  expect(yield* call(Cafe.objects.filter({ stars: 77 }), 'update', { name: 'None', stars: 1 })).toBe(0);
});
behaviour('248 a child cannot be created in bulk, but updated', function* () {
  const error = yield* thrownBy(() => call(Cafe.objects, 'bulkCreate', [new Cafe({ name: 'x' })]));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toBe("Can't bulk create a multi-table inherited model");
  expect(statements()).toHaveLength(0);
  const cafes = yield* call<Cafe[]>(Cafe.objects.orderBy('id'), 'list');
  for (const cafe of cafes) {
    cafe.name = `n${cafe.id}`;
    cafe.stars = cafe.id;
  }
  expect(yield* call(Cafe.objects, 'bulkUpdate', cafes, ['name', 'stars'])).toBe(3);
  expect(yield* call(Cafe.objects.orderBy('id').valuesList('name', 'stars'), 'list')).toEqual([
    ['n2', 2],
    ['n3', 3],
    ['n4', 4],
  ]);
});
behaviour('268 deleting a child deletes its parents; keepParents leaves them', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects, 'get', { pk: 3 });
  expect(yield* call(cafe, 'delete')).toEqual([4, { Place_tags: 2, Cafe: 1, Place: 1 }]);
  expect([cafe.pk, cafe.id]).toEqual([null, null]);
  const bakery = yield* call<Bakery>(Bakery.objects, 'get', { pk: 4 });
  expect(yield* call(bakery, 'delete', { keepParents: true })).toEqual([1, { Bakery: 1 }]);
  expect(yield* call(Cafe.objects, 'count')).toBe(2);
  expect(yield* call(Place.objects, 'count')).toBe(3);
});
behaviour('deleting a parent deletes its children and what hangs on them', function* () {
  expect(yield* call(Place.objects.filter({ pk: 4 }), 'delete')).toEqual([
    4,
    { Menu: 1, Bakery: 1, Cafe: 1, Place: 1 },
  ]);
  expect(yield* call(Cafe.objects.filter({ name: 'Anchor' }), 'delete')).toEqual([
    6,
    { Place_tags: 1, Comment: 2, Menu: 1, Cafe: 1, Place: 1 },
  ]);
});
behaviour('getOrCreate and updateOrCreate of a child', function* () {
  const [made, created] = yield* call<[Cafe, boolean]>(
    Cafe.objects,
    'getOrCreate',
    { name: 'Fresh' },
    { defaults: { stars: 2 } },
  );
  expect([made.stars, created]).toEqual([2, true]);
  const [changed, again] = yield* call<[Cafe, boolean]>(
    Cafe.objects,
    'updateOrCreate',
    { name: 'Fresh' },
    { defaults: { stars: 4, visits: 8 } },
  );
  expect([changed.pk, changed.visits, again]).toEqual([made.pk, 8, false]);
});
behaviour('refreshFromDb and only() of inherited fields', function* () {
  const cafe = yield* call<Cafe>(Cafe.objects.only('name'), 'get', { pk: 2 });
  expect(lastStatement()).not.toContain('"stars"');
  expect(Object.keys(cafe)).toEqual(['id', 'name', 'placePtrId']);
  cafe.name = 'other';
  yield* call(cafe, 'save');
  yield* call(cafe, 'refreshFromDb', { fields: ['stars', 'visits'] });
  expect([cafe.stars, cafe.visits, cafe.name]).toEqual([3, 2, 'other']);
});

test('a child may not hide a field of its parent', () => {
  expect(() => model('bad', { name: fields.text() }, { extends: Place })).toThrow(
    new FieldError(
      "Local field 'name' in class 'bad' clashes with field of the same name from base class 'Place'.",
    ),
  );
});

behaviour('a save may be told which tables take a new row', function* () {
  const bakery = new Bakery({ id: 70, name: 'New' } as never);
  yield* call(bakery, 'save', { forceInsert: [Place] });
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual([
    'BEGIN',
    'INSERT',
    'INSERT',
    'INSERT',
    'COMMIT',
  ]);
  // Its place is there, so that it has no new row.
  const before = statements().length;
  const cafe = new Cafe({ id: 1, name: 'Zoo', visits: 8 } as never);
  yield* call(cafe, 'save', { forceInsert: true });
  expect(
    statements()
      .slice(before)
      .map((sql) => sql.split(' ').slice(0, 3).join(' ')),
  ).toEqual(['BEGIN', 'UPDATE "place" SET', 'INSERT INTO "cafe"', 'COMMIT']);
  const again = yield* thrownBy(() =>
    call(new Cafe({ id: 1, name: 'Zoo' } as never), 'save', { forceInsert: [Place] }),
  );
  expect(again.constructor.name).toBe('IntegrityError');
});
behaviour('tables of other models are none of a save', function* () {
  for (const [given, name] of [
    [[Bar], 'Bar'],
    [['place'], "'place'"],
  ] as const) {
    const error = yield* thrownBy(() => call(new Cafe({ name: 'x' }), 'save', { forceInsert: given }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `Invalid forceInsert member. ${name} must be Cafe or a model that it extends.`,
    );
  }
  expect(statements()).toEqual([]);
});
