import {
  aprefetchRelatedObjects,
  FETCH_PEERS,
  FETCH_RAISE,
  fields,
  foreignKey,
  genericForeignKey,
  Manager,
  model,
  oneToOne,
  Prefetch,
  prefetchRelatedObjects,
  reverse,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Street extends model('street', {
  name: fields.char(20).unique(),
  open: fields.boolean().default(true),
  houses: reverse<House, 'street'>(() => House),
}) {
  static objects = new Manager(this);
}
class House extends model('house', {
  number: fields.integer(),
  street: foreignKey<Street>(() => Street, { relatedName: 'houses' }),
  corner: foreignKey<Street>(() => Street, { relatedName: '+', onDelete: 'setNull' }).null(),
  roof: reverse<Roof, 'house'>(() => Roof),
}) {
  static objects = new Manager(this);
}
class Roof extends model('roof', {
  colour: fields.text(),
  house: oneToOne<House>(() => House, { relatedName: 'roof' }).null(),
}) {
  static objects = new Manager(this);
}
class Shop extends model('shop', { goods: fields.text() }, { extends: House }) {
  static objects = new Manager(this);
}
class Plaque extends model('plaque', { text: fields.text(), at: genericForeignKey() }) {
  static objects = new Manager(this);
}
/** By a column other than the key. */
class Sign extends model('sign', {
  street: foreignKey<Street>(() => Street, { toField: 'name', relatedName: '+' }),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Sign, Plaque, Shop, Roof, House, Street],
  `insert into street (name, open) values ('High', true), ('Low', false);
   insert into house (number, street_id, corner_id) values (1, 1, 2), (2, 1, null), (3, 2, 1), (4, 2, null);
   insert into roof (colour, house_id) values ('red', 1), ('green', 3);
   insert into shop (house_ptr_id, goods) values (4, 'bread');
   insert into plaque (text, content_type, object_id) values ('a', 'street', 1), ('b', 'street', 99);
   insert into sign (street_id) values ('Low'), ('High');`,
);
const namespace = { prefetchRelatedObjects, aprefetchRelatedObjects };
const allHouses = (rows = House.objects.all()) => call<House[]>(rows.orderBy('id'), 'list');

behaviour('a prefetch that leaves a row out says that there is none', function* () {
  const open = Street.objects.filter({ open: true });
  const rows = yield* allHouses(
    House.objects.prefetchRelated(
      Prefetch('corner', { queryset: open }),
      Prefetch('street', { queryset: open }),
    ),
  );
  const sent = statements().length;
  expect(yield* readRelation(rows[0] as House, 'corner')).toBeNull();
  expect((yield* readRelation<Street>(rows[2] as House, 'corner')).name).toBe('High');
  const missing = yield* thrownBy(() => readRelation(rows[2] as House, 'street'));
  expect(missing).toBeInstanceOf(Street.DoesNotExist);
  expect(missing.message).toBe('House has no street.');
  expect(statements()).toHaveLength(sent);
  const house = rows[0] as House;
  house.cornerId = 1;
  expect((yield* readRelation<Street>(house, 'corner')).name).toBe('High');
});
behaviour('a required relation of a new instance has none yet', function* () {
  const error = yield* thrownBy(() => readRelation(new House(), 'street'));
  expect(error).toBeInstanceOf(Street.DoesNotExist);
  expect(error.message).toBe('House has no street.');
  expect(yield* readRelation(new House(), 'corner')).toBeNull();
});
behaviour('both sides of a one-to-one know each other, however they were read', function* () {
  const roofs = yield* call<Roof[]>(Roof.objects.prefetchRelated('house').orderBy('id'), 'list');
  const sent = statements().length;
  const house = yield* readRelation<House>(roofs[0] as Roof, 'house');
  expect(yield* readRelation(house, 'roof')).toBe(roofs[0]);
  (roofs[0] as Roof).house = null;
  const gone = yield* thrownBy(() => readRelation(house, 'roof'));
  expect(gone.message).toBe('House has no roof.');
  expect(statements()).toHaveLength(sent);
});
behaviour('what is prefetched again after its key changed is what the key names now', function* () {
  const rows = yield* allHouses(House.objects.prefetchRelated('street'));
  const house = rows[0] as House;
  house.streetId = 2;
  yield* call(namespace, 'prefetchRelatedObjects', rows, 'street__houses');
  expect((yield* readRelation<Street>(house, 'street')).name).toBe('Low');
});
behaviour('a relation that a prefetch reads itself stays', function* () {
  const queryset = House.objects.selectRelated('street').orderBy('id');
  const streets = yield* call<Street[]>(
    Street.objects.prefetchRelated(Prefetch('houses', { queryset })).orderBy('id'),
    'list',
  );
  const [high] = streets;
  const house = high?.houses.all().loaded?.[0] as House;
  const street = yield* readRelation<Street>(house, 'street');
  expect([street === high, street.id]).toEqual([false, high?.id]);
});
behaviour('the part of a row that lies with the model it extends needs no query', function* () {
  const shop = yield* call<Shop>(Shop.objects.fetchMode(FETCH_RAISE), 'get');
  const house = yield* readRelation<House>(shop, 'housePtr');
  expect([house.constructor, house.number, house.pk]).toEqual([House, 4, 4]);
  expect(statements()).toHaveLength(1);
  const partial = yield* call<Shop>(Shop.objects.only('goods'), 'get');
  expect((yield* readRelation<House>(partial, 'housePtr')).number).toBe(4);
  expect(statements()).toHaveLength(3);
});
behaviour('query sets stand for the column that is pointed at', function* () {
  const signs = Sign.objects.filter({ street__in: Street.objects.filter({ open: true }) });
  expect((yield* call<Sign[]>(signs, 'list')).map(({ id }) => id)).toEqual([2]);
});
behaviour('peers: those that lead nowhere are asked for once', function* () {
  const rows = yield* allHouses(House.objects.fetchMode(FETCH_PEERS));
  const sent = statements().length;
  expect((yield* thrownBy(() => readRelation(rows[1] as House, 'roof'))).message).toBe('House has no roof.');
  expect((yield* readRelation<Roof>(rows[0] as House, 'roof')).colour).toBe('red');
  expect(statements()).toHaveLength(sent + 1);
  const plaques = yield* call<Plaque[]>(Plaque.objects.fetchMode(FETCH_PEERS).orderBy('-id'), 'list');
  expect(yield* readRelation(plaques[0] as Plaque, 'at')).toBeNull();
  expect((yield* readRelation<Street>(plaques[1] as Plaque, 'at')).name).toBe('High');
  expect(statements()).toHaveLength(sent + 3);
});
behaviour('the mode goes on to what managers of relations give, and from raw query sets', function* () {
  const high = yield* call<Street>(Street.objects.fetchMode(FETCH_PEERS), 'get', { name: 'High' });
  const rows = yield* call<House[]>(high.houses.orderBy('id'), 'list');
  const sent = statements().length;
  yield* readRelation(rows[0] as House, 'roof');
  yield* thrownBy(() => readRelation(rows[1] as House, 'roof'));
  expect(statements()).toHaveLength(sent + 1);
  const raw = House.objects
    .fetchMode(FETCH_RAISE)
    .prefetchRelated('street')
    .raw('SELECT * FROM house WHERE id = 1');
  const [house] = yield* call<House[]>(raw, 'list');
  expect((yield* readRelation<Street>(house as House, 'street')).name).toBe('High');
  const blocked = yield* thrownBy(() => readRelation(house as House, 'roof'));
  expect(blocked.message).toBe('Fetching of House.roof blocked.');
});
behaviour('refreshing forgets what relations led to, all of them or the named ones', function* () {
  const plaque = yield* call<Plaque>(Plaque.objects, 'get', { text: 'a' });
  const street = yield* readRelation<Street>(plaque, 'at');
  yield* call(plaque, 'refreshFromDb');
  expect(yield* readRelation(plaque, 'at')).not.toBe(street);
  const [house] = yield* allHouses();
  const roof = yield* readRelation<Roof>(house as House, 'roof');
  const sent = statements().length;
  yield* call(house as House, 'refreshFromDb', { fields: ['roof'] });
  expect(statements()).toHaveLength(sent);
  expect(yield* readRelation(house as House, 'roof')).not.toBe(roof);
});
