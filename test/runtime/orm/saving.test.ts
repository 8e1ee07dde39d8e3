import {
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  NotUpdated,
  oneToOne,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Word extends model('word', { text: fields.char(20).primaryKey() }) {
  static objects = new Manager(this);
}
class Country extends model('country', { iso: fields.char(2).unique(), name: fields.text() }) {
  static objects = new Manager(this);
}
class City extends model('city', {
  name: fields.text(),
  country: foreignKey<Country>(() => Country, { toField: 'iso', relatedName: 'cities' }).column(
    'country_iso',
  ),
}) {
  static objects = new Manager(this);
}
class Friend extends model('friend', {
  name: fields.text(),
  friends: manyToMany<Friend>(() => Friend),
  follows: manyToMany<Friend>(() => Friend, { symmetrical: false, relatedName: 'followers' }),
  followers: reverse<Friend, 'follows'>(() => Friend),
}) {
  static objects = new Manager(this);
}
class Passport extends model('passport', {
  holder: oneToOne<Friend>(() => Friend).primaryKey(),
  code: fields.text(),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Word, Country, City, Friend, Passport],
  `insert into word (text) values ('old');
   insert into country (iso, name) values ('fr', 'France'), ('pe', 'Peru');
   insert into city (name, country_iso) values ('Lima', 'pe'), ('Paris', 'fr');
   insert into friend (name) values ('Ann'), ('Bob'), ('Cyd');`,
);

behaviour('272 a row of a key alone is inserted when it is not there', function* () {
  yield* call(new Word({ text: 'new' }), 'save');
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual(['SELECT', 'INSERT']);
  yield* call(new Word({ text: 'old' }), 'save');
  expect(keys(yield* call<Word[]>(Word.objects.orderBy('text'), 'list'))).toEqual(['new', 'old']);
});
behaviour('276 forced inserts and updates', function* () {
  const both = yield* thrownBy(() =>
    call(new Word({ text: 'x' }), 'save', { forceInsert: true, forceUpdate: true }),
  );
  expect(both).toBeInstanceOf(ValueError);
  const missing = new Country({ id: 99, iso: 'xx', name: 'x' });
  const forced = yield* thrownBy(() => call(missing, 'save', { forceUpdate: true }));
  expect(forced).toBeInstanceOf(NotUpdated);
  expect(forced.message).toBe('Forced update did not affect any rows.');
  const keyless = yield* thrownBy(() =>
    call(new Country({ iso: 'xx', name: 'x' }), 'save', { forceUpdate: true }),
  );
  expect(keyless.message).toBe('Cannot force an update in save() with no primary key.');
});
behaviour('278 a partly loaded instance whose row is gone is not inserted again', function* () {
  const peru = yield* call<Country>(Country.objects.only('name'), 'get', { iso: 'pe' });
  yield* call(City.objects.filter({ country__iso: 'pe' }), 'delete');
  yield* call(Country.objects.filter({ iso: 'pe' }), 'delete');
  peru.name = 'Perú';
  const error = yield* thrownBy(() => call(peru, 'save'));
  expect(error).toBeInstanceOf(NotUpdated);
  expect(yield* call(Country.objects, 'count')).toBe(1);
});
behaviour('a foreign key may hold another unique field of its target', function* () {
  const lima = yield* call<City>(City.objects, 'get', { country__name: 'Peru' });
  expect(lima.countryId).toBe('pe');
  const peru = yield* readRelation<Country & { cities: typeof City.objects }>(lima, 'country');
  expect(peru.name).toBe('Peru');
  expect(yield* call(peru.cities, 'count')).toBe(1);
  const made = yield* call<City>(peru.cities, 'create', { name: 'Cusco' } as never);
  expect(made.countryId).toBe('pe');
  expect(yield* call(City.objects.filter({ country: peru }), 'count')).toBe(2);
  const cities = yield* call<City[]>(
    City.objects.selectRelated('country').prefetchRelated('country').orderBy('id'),
    'list',
  );
  expect(cities.map((city) => city.country.name)).toEqual(['Peru', 'France', 'Peru']);
  const countries = yield* call<(typeof peru)[]>(
    Country.objects.prefetchRelated('cities' as never).orderBy('id'),
    'list',
  );
  expect(countries.map((each) => each.cities.all().loaded?.length)).toEqual([1, 2]);
  expect(yield* call(peru, 'delete')).toEqual([3, { City: 2, Country: 1 }]);
});
behaviour('a relation to the same model holds both ways unless it is said not to', function* () {
  const [ann, bob, cyd] = yield* call<[Friend, Friend, Friend]>(Friend.objects.orderBy('id'), 'list');
  yield* call(ann.friends, 'add', bob, cyd);
  expect(keys(yield* call<Friend[]>(bob.friends.all(), 'list'))).toEqual([1]);
  yield* call(bob.friends, 'remove', ann);
  expect(keys(yield* call<Friend[]>(ann.friends.all(), 'list'))).toEqual([3]);
  yield* call(cyd.friends, 'clear');
  expect(yield* call(ann.friends, 'exists')).toBe(false);
  yield* call(ann.follows, 'set', [bob, cyd]);
  expect(yield* call(bob.follows, 'count')).toBe(0);
  expect(keys(yield* call<Friend[]>(bob.followers.all(), 'list'))).toEqual([1]);
  yield* call(cyd.followers, 'clear');
  expect(keys(yield* call<Friend[]>(ann.follows.all(), 'list'))).toEqual([2]);
});
behaviour('a one-to-one may be the primary key', function* () {
  const ann = yield* call<Friend>(Friend.objects, 'get', { name: 'Ann' });
  const passport = yield* call<Passport>(Passport.objects, 'create', { holder: ann, code: 'x' });
  expect([passport.pk, passport.holderId]).toEqual([1, 1]);
  passport.code = 'y';
  yield* call(passport, 'save');
  expect((yield* call<Passport>(Passport.objects, 'get', { pk: ann.id })).code).toBe('y');
  expect(yield* call(ann, 'delete')).toEqual([2, { Passport: 1, Friend: 1 }]);
});
