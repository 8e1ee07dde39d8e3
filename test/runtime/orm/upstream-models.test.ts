import {
  Case,
  F,
  fields,
  foreignKey,
  IntegrityError,
  Manager,
  manyToMany,
  model,
  Now,
  oneToOne,
  Q,
  reverse,
  ValidationError,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';

// What Django's own tests of models are about: saving, updating, bulk operations, inheritance, proxies, validation.

class Article extends model(
  'article',
  {
    headline: fields.char(30).default('none'),
    at: fields.dateTime().default(() => new Date('2005-07-28T00:00:00Z')),
    likes: fields.integer().default(0),
  },
  { ordering: ['at', 'headline'], getLatestBy: 'at' },
) {
  static objects = new Manager(this);
  set shout(text: string) {
    this.headline = text.toUpperCase();
  }
}
class Place extends model(
  'place',
  { name: fields.char(20), address: fields.char(20).default('') },
  { ordering: ['name'] },
) {
  static objects = new Manager(this);
}
class Restaurant extends model(
  'restaurant',
  { hot: fields.boolean().default(false), stars: fields.integer().default(0) },
  { extends: Place },
) {
  static objects = new Manager(this);
  declare italian: Italian;
}
class Italian extends model(
  'italian',
  { gnocchi: fields.boolean().default(false), chef: foreignKey<Chef>(() => Chef).null() },
  { extends: Restaurant },
) {
  static objects = new Manager(this);
}
class Chef extends model('chef', { name: fields.char(20) }) {
  static objects = new Manager(this);
}
class Supplier extends model('supplier', {
  name: fields.char(20),
  customers: manyToMany<Restaurant>(() => Restaurant, { relatedName: 'providers' }),
  main: foreignKey<Restaurant>(() => Restaurant, { relatedName: 'supplied' }).null(),
}) {
  static objects = new Manager(this);
}
class NamedManager extends Manager<typeof Person> {
  override getQuerySet() {
    return super.getQuerySet().exclude({ name: 'fred' });
  }
}
class Person extends model('person', {
  name: fields.char(20).unique(),
  boss: foreignKey<Person>(() => Person, { relatedName: 'staff' }).null(),
  staff: reverse<Person, 'boss'>(() => Person),
}) {
  static objects = new Manager(this);
}
class MyPerson extends model('myPerson', {}, { extends: Person, proxy: true, ordering: ['-name'] }) {
  static objects = new NamedManager(this as never) as unknown as Manager<MyPerson>;
  static others = new Manager(this);
  greet() {
    return `I am ${this.name}`;
  }
}
class Badge extends model('badge', {
  owner: foreignKey<MyPerson>(() => MyPerson, { relatedName: 'badges' }),
  code: fields.char(5),
}) {
  static objects = new Manager(this);
}
class Stock extends model('stock', {
  code: fields.char(10).unique(),
  amount: fields.integer().default(0),
  made: fields.dateTime().dbDefault(Now()),
  changed: fields.dateTime().autoNow(),
  note: fields.text().null(),
  data: fields.json<unknown>().null(),
}) {
  static objects = new Manager(this);
}
class Slot extends model(
  'slot',
  {
    room: fields.char(5),
    start: fields.integer(),
    end: fields.integer(),
    owner: foreignKey<Person>(() => Person).null(),
    label: fields.slug(10).default('x'),
  },
  {
    constraints: [
      { unique: ['room', 'start'], name: 'room_start' },
      {
        check: Q({ start__lt: F('end') }),
        name: 'forward',
        violationErrorMessage: 'It ends before it starts.',
      },
      { unique: ['owner'], where: Q({ room: 'vip' }), name: 'one_vip' },
    ],
  },
) {
  static objects = new Manager(this);
  override clean() {
    if (this.room === 'hell') throw new ValidationError({ room: 'Not there.' });
  }
}
class Locker extends model('locker', { number: fields.integer(), slot: oneToOne<Slot>(() => Slot).null() }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Article, Chef, Place, Restaurant, Italian, Supplier, Person, Badge, Stock, Slot, Locker],
  `insert into article (headline, at, likes) values ('one', '2005-01-01Z', 1), ('two', '2005-02-01Z', 2), ('three', '2005-03-01Z', 3);
   insert into chef (name) values ('al');
   insert into place (name, address) values ('p', 'a'), ('r', 'b'), ('i', 'c');
   insert into restaurant (place_ptr_id, hot, stars) values (2, true, 2), (3, false, 3);
   insert into italian (restaurant_ptr_id, gnocchi, chef_id) values (3, true, 1);
   insert into supplier (name, main_id) values ('s', 2); insert into supplier_customers (supplier_id, restaurant_id) values (1, 2), (1, 3);
   insert into person (name, boss_id) values ('ann', null), ('fred', 1), ('zoe', 1);
   insert into badge (owner_id, code) values (1, 'b1'), (3, 'b3');
   insert into stock (code, amount, changed) values ('a', 1, '2001-01-01Z'), ('b', 2, '2001-01-01Z'), ('c', 3, '2001-01-01Z');
   insert into slot (room, start, "end", label, owner_id) values ('r', 1, 2, 'x', null), ('vip', 1, 2, 'x', 1);`,
);
const verbs = (from: number) =>
  statements()
    .slice(from)
    .map((sql) => sql.split(' ')[0]);

// basic

behaviour('another key makes another row', function* () {
  const one = yield* call<Article>(Article.objects, 'get', { headline: 'one' });
  one.pk = 100;
  one.headline = 'copy';
  yield* call(one, 'save');
  expect(yield* call(Article.objects.filter({ headline__in: ['one', 'copy'] }), 'count')).toBe(2);
  one.pk = null as never;
  yield* call(one, 'save');
  expect(one.pk).not.toBe(100);
  expect(yield* call(Article.objects, 'count')).toBe(5);
  const again = yield* thrownBy(() => call(one, 'save', { forceInsert: true }));
  expect(again).toBeInstanceOf(IntegrityError);
  const both = yield* thrownBy(() => call(one, 'save', { forceInsert: true, forceUpdate: true }));
  expect(both.message).toBe('Cannot force both insert and updating in model saving.');
});
behaviour('latest, earliest, and the neighbours of rows', function* () {
  expect((yield* call<Article>(Article.objects, 'latest')).headline).toBe('three');
  expect((yield* call<Article>(Article.objects, 'earliest', '-likes')).headline).toBe('three');
  expect((yield* call<Article>(Article.objects, 'latest', '-likes')).headline).toBe('one');
  const none = yield* thrownBy(() => call(Article.objects.filter({ likes: 99 }), 'latest'));
  expect(none).toBeInstanceOf(Article.DoesNotExist);
});
behaviour('refreshing what is gone, never was, or has changed', function* () {
  const one = yield* call<Article>(Article.objects, 'get', { headline: 'one' });
  yield* call(Article.objects.filter({ headline: 'one' }), 'update', { likes: 9, headline: 'ONE' });
  yield* call(one, 'refreshFromDb', { fields: ['likes'] });
  expect([one.likes, one.headline]).toEqual([9, 'one']);
  yield* call(one, 'refreshFromDb');
  expect(one.headline).toBe('ONE');
  yield* call(Article.objects.all(), 'delete');
  expect(yield* thrownBy(() => call(one, 'refreshFromDb'))).toBeInstanceOf(Article.DoesNotExist);
  expect(yield* thrownBy(() => call(new Article(), 'refreshFromDb'))).toBeInstanceOf(Article.DoesNotExist);
});
behaviour('properties of the model are set like fields', function* () {
  const made = yield* call<Article>(Article.objects, 'create', { shout: 'loud' });
  expect(made.headline).toBe('LOUD');
  const [changed] = yield* call<[Article, boolean]>(
    Article.objects,
    'updateOrCreate',
    { pk: made.pk },
    { defaults: { shout: 'more' } },
  );
  expect(changed.headline).toBe('MORE');
  yield* call(changed, 'refreshFromDb');
  expect(changed.headline).toBe('MORE');
  const [called] = yield* call<[Article, boolean]>(
    Article.objects,
    'getOrCreate',
    { likes: 50 },
    { defaults: { headline: () => 'made' } },
  );
  expect(called.headline).toBe('made');
});

// update, bulk

behaviour('updates of ordered, related and computed values', function* () {
  expect(yield* call(Article.objects.orderBy('-likes'), 'update', { likes: F('likes').add(1) })).toBe(3);
  expect(
    yield* call(Article.objects.filter({ likes__gt: 2 }).values('id'), 'update', { headline: 'many' }),
  ).toBe(2);
  const cases = Case(When({ headline: 'one' }, 100), { default: F('likes') });
  expect(yield* call(Article.objects, 'update', { likes: cases })).toBe(3);
  expect(yield* call(Article.objects.orderBy('id').valuesList('likes', { flat: true }), 'list')).toEqual([
    100, 3, 4,
  ]);
  const sliced = yield* thrownBy(() => call(Article.objects.slice(0, 1), 'update', { likes: 0 }));
  expect(sliced.message).toBe('Cannot update a query once a slice has been taken.');
  const path = yield* thrownBy(() => call(Slot.objects, 'update', { owner__name: 'x' }));
  expect(path.message).toBe("Slot has no field named 'owner__name'");
  const back = yield* thrownBy(() => call(Person.objects, 'update', { staff: 1 }));
  expect(back.message).toContain('Cannot update model field staff (only concrete fields are permitted).');
  expect(yield* call(Slot.objects.filter({ owner__name: 'ann' }), 'update', { owner: null })).toBe(1);
});
behaviour('rows of a bulk insert take what the database made up', function* () {
  const person = new Person({ name: 'new' });
  const slots = [
    new Slot({ room: 'a', start: 1, end: 2, owner: person }),
    new Slot({ id: 50, room: 'a', start: 3, end: 4 }),
  ];
  yield* call(person, 'save');
  yield* call(Slot.objects, 'bulkCreate', slots);
  expect([slots[0]?.ownerId, slots[1]?.pk]).toEqual([person.pk, 50]);
  const before = statements().length;
  const stock = yield* call<Stock[]>(Stock.objects, 'bulkCreate', [
    { code: 'x' },
    { code: 'y', made: new Date('2020-01-01T00:00:00Z') },
  ]);
  // SQLite has no word for a default among values.
  const one = testEngine().engine !== 'sqlite';
  expect(verbs(before)).toEqual(one ? ['INSERT'] : ['BEGIN', 'INSERT', 'INSERT', 'COMMIT']);
  expect(stock.map(({ made }) => made instanceof Date)).toEqual([true, true]);
  expect(stock[1]?.made.toISOString()).toBe('2020-01-01T00:00:00.000Z');
});
behaviour('conflicts of a bulk insert, by column and by key', function* () {
  const rows = () => [
    { code: 'a', amount: 10 },
    { code: 'z', amount: 20 },
  ];
  const options = { updateConflicts: true, updateFields: ['amount'], uniqueFields: ['code'] };
  const made = yield* call<Stock[]>(Stock.objects, 'bulkCreate', rows(), options);
  expect(made[0]?.pk).toBe(1);
  expect(yield* call(Stock.objects.orderBy('code').valuesList('code', 'amount'), 'list')).toEqual([
    ['a', 10],
    ['b', 2],
    ['c', 3],
    ['z', 20],
  ]);
  yield* call(Stock.objects, 'bulkCreate', [{ id: 2, code: 'b', amount: 5 }], {
    ...options,
    uniqueFields: ['pk'],
  });
  expect((yield* call<Stock>(Stock.objects, 'get', { pk: 2 })).amount).toBe(5);
  yield* call(Stock.objects, 'bulkCreate', rows(), { ignoreConflicts: true });
  expect(yield* call(Stock.objects, 'count')).toBe(4);
});
behaviour('a bulk update writes plain values, expressions and JSON', function* () {
  const rows = yield* call<Stock[]>(Stock.objects.orderBy('id'), 'list');
  const [a, b, c] = rows as [Stock, Stock, Stock];
  a.amount = F('amount').add(10) as never;
  b.note = 'b';
  c.data = { deep: [1, null] };
  b.data = null;
  expect(yield* call(Stock.objects, 'bulkUpdate', rows, ['amount', 'note', 'data'])).toBe(3);
  expect(yield* call(Stock.objects.orderBy('id').valuesList('amount', 'note', 'data'), 'list')).toEqual([
    [11, null, null],
    [2, 'b', null],
    [3, null, { deep: [1, null] }],
  ]);
  const changed = yield* call<Date[]>(Stock.objects.valuesList('changed', { flat: true }), 'list');
  expect(changed.every((date) => date.getUTCFullYear() === 2001)).toBe(true);
  const owner = new Person({ name: 'unsaved' });
  const slot = yield* call<Slot>(Slot.objects, 'get', { room: 'r' });
  slot.owner = owner;
  const error = yield* thrownBy(() => call(Slot.objects, 'bulkUpdate', [slot], ['owner']));
  expect(error.message).toBe(
    "bulkUpdate() prohibited to prevent data loss due to unsaved related object 'owner'.",
  );
});
behaviour('expressions that are saved come back as values', function* () {
  const a = yield* call<Stock>(Stock.objects, 'get', { code: 'a' });
  a.amount = F('amount').mul(4) as never;
  yield* call(a, 'save', { updateFields: ['amount'] });
  expect(a.amount).toBe(4);
  expect(lastStatement()).toContain('RETURNING');
});

// model_inheritance

behaviour('a row in three tables is one instance', function* () {
  const italian = yield* call<Italian>(Italian.objects, 'get');
  expect([italian.name, italian.stars, italian.gnocchi, italian.pk, italian.id]).toEqual([
    'i',
    3,
    true,
    3,
    3,
  ]);
  const before = statements().length;
  italian.name = 'I';
  italian.gnocchi = false;
  yield* call(italian, 'save');
  expect(verbs(before)).toEqual(['BEGIN', 'UPDATE', 'UPDATE', 'UPDATE', 'COMMIT']);
  expect((yield* call<Place>(Place.objects, 'get', { id: 3 })).name).toBe('I');
  const only = statements().length;
  yield* call(italian, 'save', { updateFields: ['stars'] });
  expect(verbs(only).filter((verb) => verb === 'UPDATE')).toHaveLength(1);
  const made = yield* call<Italian>(Italian.objects, 'create', { name: 'new', gnocchi: true });
  expect([made.pk, made.id]).toEqual([made.restaurantPtrId, made.id]);
  expect(yield* call(Restaurant.objects, 'count')).toBe(3);
});
behaviour('from a parent to its child, and back', function* () {
  const [p, r] = yield* call<Place[]>(Place.objects.orderBy('id'), 'list');
  expect((yield* readRelation<Restaurant>(r as Place, 'restaurant')).stars).toBe(2);
  const error = yield* thrownBy(() => readRelation(p as Place, 'restaurant'));
  expect(error).toBeInstanceOf(Restaurant.DoesNotExist);
  expect(error).toBeInstanceOf(Place.DoesNotExist);
  const restaurant = yield* call<Restaurant>(Restaurant.objects, 'get', { id: 3 });
  expect((yield* readRelation<Italian>(restaurant, 'italian')).gnocchi).toBe(true);
  expect((yield* readRelation<Place>(restaurant, 'placePtr')).name).toBe('i');
  expect(
    keys(yield* call<Place[]>(Place.objects.filter({ restaurant__italian__gnocchi: true } as never), 'list')),
  ).toEqual([3]);
  expect(
    keys(yield* call<Restaurant[]>(Restaurant.objects.filter({ italian: null } as never), 'list')),
  ).toEqual([2]);
  const joined = yield* call<Place[]>(
    Place.objects.selectRelated('restaurant__italian' as never).orderBy('id'),
    'list',
  );
  const before = statements().length;
  const child = yield* readRelation<Restaurant>(joined[2] as Place, 'restaurant');
  expect(child.name).toBe('i');
  expect((yield* readRelation<Italian>(child, 'italian')).name).toBe('i');
  expect(statements().length).toBe(before);
});
behaviour('filters, updates and deletes over the tables of a row', function* () {
  expect(
    yield* call(
      Italian.objects.filter({ name: 'i', stars__gte: 3, gnocchi: true, chef__name: 'al' }),
      'count',
    ),
  ).toBe(1);
  expect(
    yield* call(Restaurant.objects.filter({ name__in: ['r', 'i'] }), 'update', { name: 'x', stars: 9 }),
  ).toBe(2);
  expect(yield* call(Italian.objects.valuesList('name', 'stars'), 'get')).toEqual(['x', 9]);
  expect(
    yield* call(
      Italian.objects.values('id', 'placePtr' as never, 'restaurantPtr', 'name').filter({ pk: 3 }),
      'get',
    ),
  ).toMatchObject({ id: 3, name: 'x' });
  expect(keys(yield* call<Restaurant[]>(Restaurant.objects.orderBy('address'), 'list'))).toEqual([2, 3]);
  expect(yield* call(Restaurant.objects.filter({ providers__name: 's' } as never), 'count')).toBe(2);
  const supplier = yield* call<Supplier>(Supplier.objects, 'get');
  expect(keys(yield* call<Restaurant[]>(supplier.customers.orderBy('id'), 'list'))).toEqual([2, 3]);
  const italian = yield* call<Italian>(Italian.objects, 'get');
  yield* call(supplier.customers, 'remove', italian);
  expect(yield* call(supplier.customers.all(), 'count')).toBe(1);
  expect(yield* call(italian, 'delete', { keepParents: true })).toEqual([1, { Italian: 1 }]);
  expect(yield* call(Restaurant.objects, 'count')).toBe(2);
  const place = yield* call<Place>(Place.objects, 'get', { id: 2 });
  expect(yield* call(place, 'delete')).toEqual([
    4,
    { Supplier_customers: 1, Supplier: 1, Restaurant: 1, Place: 1 },
  ]);
});
behaviour('a child is made of a parent that is there', function* () {
  const place = yield* call<Place>(Place.objects, 'get', { id: 1 });
  const child = new Restaurant({ placePtr: place, stars: 5 });
  Object.assign(child, { name: place.name, address: place.address });
  yield* call(child, 'save');
  expect([child.pk, yield* call(Place.objects, 'count')]).toEqual([1, 3]);
  expect((yield* call<Restaurant>(Restaurant.objects, 'get', { pk: 1 })).stars).toBe(5);
});

// proxy_models

behaviour('a proxy has the rows of its model, and its own ways', function* () {
  const people = yield* call<MyPerson[]>(MyPerson.others.all(), 'list');
  expect(people.map(({ name }) => name)).toEqual(['zoe', 'fred', 'ann']);
  expect(people[0]).toBeInstanceOf(MyPerson);
  expect((people[0] as MyPerson).greet()).toBe('I am zoe');
  expect(yield* call(MyPerson.objects, 'count')).toBe(2);
  const plain = yield* call<Person>(Person.objects, 'get', { name: 'zoe' });
  expect(plain).not.toBeInstanceOf(MyPerson);
  expect(plain.equals(people[0])).toBe(true);
  const lost = yield* thrownBy(() => call(MyPerson.others, 'get', { name: 'nobody' }));
  expect(lost).toBeInstanceOf(Person.DoesNotExist);
  expect(lost).toBeInstanceOf(MyPerson.DoesNotExist);
  const made = yield* call<MyPerson>(MyPerson.others, 'create', { name: 'made', boss: plain });
  expect(made.bossId).toBe(plain.pk);
  const badge = yield* call<Badge>(Badge.objects, 'get', { code: 'b1' });
  expect(yield* readRelation(badge, 'owner')).toBeInstanceOf(MyPerson);
  badge.owner = plain as MyPerson;
  yield* call(badge, 'save');
  expect(
    yield* call(
      Person.objects.filter({ badges__code: 'b1' } as never).valuesList('name', { flat: true }),
      'get',
    ),
  ).toBe('zoe');
  expect(yield* call(plain, 'delete')).toEqual([4, { Badge: 2, Person: 2 }]);
});

// full_clean, unique validation, constraints

const errorsOf = function* (row: object, options?: object) {
  const error = yield* thrownBy(() => call(row, 'fullClean', ...(options === undefined ? [] : [options])));
  return (error as ValidationError).errors;
};
behaviour('everything that is wrong with a row is said at once', function* () {
  const wrong = new Slot({ room: 'r', start: 1, end: 0, label: 'no slug!' });
  expect(yield* errorsOf(wrong)).toEqual({
    label: ['Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.'],
    __all__: ['Slot with this Room and Start already exists.', 'It ends before it starts.'],
  });
  expect(yield* errorsOf(new Slot({ room: 'toolong', start: 'x' as never, end: 2 }))).toEqual({
    room: ['Ensure this value has at most 5 characters (it has 7).'],
    start: ["Field 'start' expected a number but got 'x'."],
  });
  expect(yield* errorsOf(new Slot({ room: 'hell', start: 1, end: 2 }))).toEqual({ room: ['Not there.'] });
  expect(yield* errorsOf(new Slot({ room: 'a', end: 2 } as never))).toEqual({
    start: ['This field cannot be null.'],
  });
});
behaviour('a row is not its own rival, and what is left out is not looked at', function* () {
  const slot = yield* call<Slot>(Slot.objects, 'get', { room: 'r' });
  yield* call(slot, 'fullClean');
  const same = new Slot({ room: 'r', start: 1, end: 2 });
  yield* call(same, 'fullClean', { exclude: ['start'] });
  yield* call(same, 'fullClean', { validateConstraints: false });
  expect(yield* errorsOf(same, { validateUnique: false })).toEqual({
    __all__: ['Slot with this Room and Start already exists.'],
  });
  expect(yield* errorsOf(new Slot({ id: slot.id, room: 'n', start: 1, end: 2 }))).toEqual({
    id: ['Slot with this ID already exists.'],
  });
  const vip = new Slot({ room: 'vip', start: 5, end: 6, ownerId: 1 });
  expect(yield* errorsOf(vip)).toEqual({ __all__: ['Constraint “one_vip” is violated.'] });
  yield* call(vip, 'fullClean', { validateConstraints: false });
  vip.ownerId = 3;
  yield* call(vip, 'fullClean');
  const taken = yield* errorsOf(new Stock({ code: 'a', changed: new Date(0) }));
  expect(taken).toEqual({ code: ['Stock with this Code already exists.'] });
  const locker = yield* call<Locker>(Locker.objects, 'create', { number: 1, slot });
  expect(yield* errorsOf(new Locker({ number: 2, slot }))).toEqual({
    slot: ['Locker with this Slot already exists.'],
  });
  yield* call(locker, 'fullClean');
});
behaviour('a foreign key that leads nowhere is found before it is saved', function* () {
  expect(yield* errorsOf(new Slot({ room: 'q', start: 1, end: 2, ownerId: 77 }))).toEqual({
    owner: ['person instance with id 77 is not a valid choice.'],
  });
  expect(yield* errorsOf(new Restaurant({ name: 'x'.repeat(30) }))).toEqual({
    name: ['Ensure this value has at most 20 characters (it has 30).'],
  });
});
