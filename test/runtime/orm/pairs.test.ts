import {
  F,
  fields,
  foreignKey,
  IntegrityError,
  Manager,
  manyToMany,
  model,
  Prefetch,
  Q,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { atomic, call, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Tag extends model('tag', {
  text: fields.char(20),
  code: fields.char(5).unique().null(),
  things: reverse<Thing, 'tags'>(() => Thing),
}) {
  static objects = new Manager(this);
}
class Thing extends model('thing', {
  name: fields.char(20),
  tags: manyToMany<Tag>(() => Tag, { relatedName: 'things' }),
}) {
  static objects = new Manager(this);
}
class Person extends model('person', { name: fields.char(20) }) {
  static objects = new Manager(this);
}
/** Nothing keeps two equal pairs apart. */
class Membership extends model('membership', {
  person: foreignKey<Person>(() => Person),
  group: foreignKey<Group>(() => Group),
  level: fields.integer().default(1),
  badge: fields.char(5).unique().null(),
}) {
  static objects = new Manager(this);
}
class Group extends model('group', {
  name: fields.char(20),
  members: manyToMany<Person>(() => Person, { through: () => Membership, relatedName: 'groups' }),
}) {
  static objects = new Manager(this);
}
/** Pairs that hold names, not keys. */
class Ingredient extends model('ingredient', {
  name: fields.char(20).unique().null(),
  recipes: reverse<Recipe, 'ingredients'>(() => Recipe),
}) {
  static objects = new Manager(this);
}
class Recipe extends model('recipe', {
  title: fields.char(20).unique().null(),
  ingredients: manyToMany<Ingredient>(() => Ingredient, {
    through: () => Part,
    relatedName: 'recipes',
  }),
}) {
  static objects = new Manager(this);
}
class Part extends model('part', {
  ingredient: foreignKey<Ingredient>(() => Ingredient, { toField: 'name' }),
  recipe: foreignKey<Recipe>(() => Recipe, { toField: 'title' }),
}) {
  static objects = new Manager(this);
}
class Country extends model('country', {
  iso: fields.char(2).unique().null(),
  cities: reverse<City, 'country'>(() => City),
}) {
  static objects = new Manager(this);
}
class City extends model('city', {
  name: fields.text(),
  country: foreignKey<Country>(() => Country, { toField: 'iso', relatedName: 'cities' }).null(),
}) {
  static objects = new Manager(this);
}

/** Both point at each other, and mean different pairs. */
class Film extends model('film', {
  title: fields.char(20),
  cast: manyToMany<Actor>(() => Actor, { relatedName: 'roles' }),
}) {
  static objects = new Manager(this);
}
class Actor extends model('actor', {
  name: fields.char(20),
  liked: manyToMany<Film>(() => Film, { relatedName: 'fans' }),
}) {
  static objects = new Manager(this);
}
/** The same pairs, declared on both sides. */
class Choir extends model('choir', { singers: manyToMany<Singer>(() => Singer) }) {
  static objects = new Manager(this);
}
class Singer extends model('singer', { choirs: manyToMany<Choir>(() => Choir) }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [
    Tag,
    Thing,
    Person,
    Membership,
    Group,
    Ingredient,
    Recipe,
    Part,
    Country,
    City,
    Film,
    Actor,
    Choir,
    Singer,
  ],
  `insert into tag (text, code) values ('foo', 'f'), ('bar', null), ('bar', null);
   insert into thing (name) values ('a'), ('b');
   insert into thing_tags (thing_id, tag_id) values (1, 2), (1, 3);
   insert into person (name) values ('Ann'), ('Bob');
   insert into "group" (name) values ('choir');
   insert into ingredient (id, name) values (10, 'pea'), (20, 'egg'), (30, null);
   insert into recipe (id, title) values (7, 'soup'), (8, null);
   insert into country (iso) values ('pe'), (null);
   insert into city (name, country_id) values ('Lima', 'pe'), ('Atlantis', null);
   insert into film (title) values ('Rain');
   insert into actor (name) values ('Gene'), ('Fred');
   insert into choir (id) values (1);
   insert into singer (id) values (1);`,
);

behaviour(
  'relations of two models to each other are two relations, unless one is the other side',
  function* () {
    const film = yield* call<Film>(Film.objects, 'get', { title: 'Rain' });
    const [fred, gene] = yield* call<Actor[]>(Actor.objects.orderBy('name'), 'list');
    yield* call(film.cast, 'add', gene);
    yield* call((fred as Actor).liked, 'add', film);
    expect(keys(yield* call<Film[]>((gene as Actor).liked.all(), 'list'))).toEqual([]);
    expect(keys(yield* call<Film[]>((fred as Actor).liked.all(), 'list'))).toEqual([1]);
    const found = (where: object) => call<Film[]>(Film.objects.filter(where as never), 'list');
    expect(keys(yield* found({ fans__name: 'Fred', cast__name: 'Gene' }))).toEqual([1]);
    expect(keys(yield* found({ fans__name: 'Gene' }))).toEqual([]);
    const choir = yield* call<Choir>(Choir.objects, 'get', { id: 1 });
    const singer = yield* call<Singer>(Singer.objects, 'get', { id: 1 });
    yield* call(choir.singers, 'add', singer);
    expect(keys(yield* call<Choir[]>(singer.choirs.all(), 'list'))).toEqual([1]);
  },
);

behaviour('what is asked of related rows is asked of the pairs that relate them', function* () {
  const [ann, bob] = yield* call<Person[]>(Person.objects.orderBy('name'), 'list');
  const choir = yield* call<Group>(Group.objects, 'get', { name: 'choir' });
  const band = yield* call<Group>(Group.objects, 'create', { name: 'band' });
  yield* call(choir.members, 'add', ann);
  yield* call(band.members, 'add', ann, { throughDefaults: { level: 5 } });
  yield* call(choir.members, 'add', bob, { throughDefaults: { level: 5 } });
  const names = (rows: object) =>
    call<string[]>((rows as typeof Person.objects).valuesList('name', { flat: true }), 'list');
  const five = { membership__level: 5 } as never;
  expect(yield* names(choir.members.filter(five))).toEqual(['Bob']);
  expect(yield* names(choir.members.all().filter(five))).toEqual(['Bob']);
  expect(yield* names(choir.members.exclude(five))).toEqual(['Ann']);
  expect(yield* names(choir.members.orderBy('membership__level' as never))).toEqual(['Ann', 'Bob']);
  const levels = choir.members.annotate({ held: F('membership__level') as never }).orderBy('name');
  expect(yield* call(levels.valuesList('name', 'held' as never), 'list')).toEqual([
    ['Ann', 1],
    ['Bob', 5],
  ]);
  const { groups } = ann as Person & { groups: typeof Group.objects };
  expect(yield* call(groups.filter(five), 'count')).toBe(1);
  // A condition of another call may be met by other pairs, as for any relation of many rows.
  expect(yield* names(choir.members.orderBy('name').filter(five))).toEqual(['Ann', 'Bob']);
  const fives = Prefetch('members', { queryset: Person.objects.filter(five) });
  const all = yield* call<Group[]>(Group.objects.orderBy('id').prefetchRelated(fives as never), 'list');
  const members: unknown[] = [];
  for (const group of all) members.push(keys(yield* call<Person[]>(group.members.all(), 'list')));
  expect(members).toEqual([[2], [1]]);
});
behaviour('conditions of one call on pairs, and through them, are about the same pairs', function* () {
  const [ann] = yield* call<Person[]>(Person.objects.orderBy('name'), 'list');
  const choir = yield* call<Group>(Group.objects, 'get', { name: 'choir' });
  const band = yield* call<Group>(Group.objects, 'create', { name: 'band' });
  yield* call(choir.members, 'add', ann, { throughDefaults: { level: 1 } });
  yield* call(band.members, 'add', ann, { throughDefaults: { level: 5 } });
  const found = (...where: object[]) => call<number>(Person.objects.filter(...(where as never[])), 'count');
  expect(yield* found({ groups: choir, membership__level: 1 })).toBe(1);
  expect(yield* found({ groups: choir, membership__level: 5 })).toBe(0);
  expect(yield* found(Q({ membership__level: 1 } as never), Q({ groups: band } as never).not())).toBe(1);
});
behaviour('36 getOrCreate of a many-to-many looks among related rows, and makes others', function* () {
  const thing = yield* call<Thing>(Thing.objects, 'get', { name: 'b' });
  const [made, created] = yield* call<[Tag, boolean]>(thing.tags, 'getOrCreate', { text: 'foo' });
  expect([made.id, created]).toEqual([4, true]);
  const [found, again] = yield* call<[Tag, boolean]>(thing.tags, 'getOrCreate', { text: 'foo' });
  expect([found.id, again]).toEqual([4, false]);
  // A row that is there and not related stands in the way where it must be the only one.
  const error = yield* thrownBy(() =>
    call(thing.tags, 'getOrCreate', { code: 'f' }, { defaults: { text: 'x' } }),
  );
  expect(error).toBeInstanceOf(IntegrityError);
  const several = yield* call<Thing>(Thing.objects, 'get', { name: 'a' });
  const two = yield* thrownBy(() => call(several.tags, 'getOrCreate', { text: 'bar' }));
  expect(two).toBeInstanceOf(Tag.MultipleObjectsReturned);
});
behaviour('36 updateOrCreate of a many-to-many changes related rows only', function* () {
  const thing = yield* call<Thing>(Thing.objects, 'get', { name: 'b' });
  const options = { defaults: { code: 'new' } };
  const [made, created] = yield* call<[Tag, boolean]>(thing.tags, 'updateOrCreate', { text: 'foo' }, options);
  expect([made.id, created]).toEqual([4, true]);
  expect((yield* call<Tag>(Tag.objects, 'get', { id: 1 })).code).toBe('f');
  const change = { defaults: { code: 'two' } };
  const [same, again] = yield* call<[Tag, boolean]>(thing.tags, 'updateOrCreate', { text: 'foo' }, change);
  expect([same.id, same.code, again]).toEqual([4, 'two', false]);
  expect(keys(yield* call<Tag[]>(thing.tags.all(), 'list'))).toEqual([4]);
});
behaviour('293 a through model of its own is not filled twice, and its conflicts are heard of', function* () {
  const group = yield* call<Group>(Group.objects, 'get', { id: 1 });
  yield* call(group.members, 'add', 1, { throughDefaults: { level: () => 7, badge: 'x' } });
  yield* call(group.members, 'add', 1, 1);
  expect(yield* call(Membership.objects.valuesList('personId', 'level'), 'list')).toEqual([[1, 7]]);
  yield* call(group.members, 'set', [1, 2], { throughDefaults: { level: 3 } });
  expect(yield* call(Membership.objects.orderBy('id').valuesList('personId', 'level'), 'list')).toEqual([
    [1, 7],
    [2, 3],
  ]);
  yield* call(group.members, 'remove', 2);
  const taken = yield* thrownBy(() =>
    atomic(() => call(group.members, 'add', 2, { throughDefaults: { badge: 'x' } })),
  );
  expect(taken).toBeInstanceOf(IntegrityError);
  expect(yield* call(group.members, 'count')).toBe(1);
});
behaviour('293 pairs hold what their foreign keys point at', function* () {
  const soup = yield* call<Recipe>(Recipe.objects, 'get', { id: 7 });
  const pea = yield* call<Ingredient>(Ingredient.objects, 'get', { id: 10 });
  yield* call(soup.ingredients, 'add', pea, 'egg');
  expect(yield* call(Part.objects.orderBy('id').valuesList('recipeId', 'ingredientId'), 'list')).toEqual([
    ['soup', 'pea'],
    ['soup', 'egg'],
  ]);
  expect(keys(yield* call<Recipe[]>(pea.recipes.all(), 'list'))).toEqual([7]);
  expect(keys(yield* call<Recipe[]>(Recipe.objects.filter({ ingredients: pea }), 'list'))).toEqual([7]);
  const [recipe] = yield* call<[Recipe]>(
    Recipe.objects.filter({ id: 7 }).prefetchRelated('ingredients'),
    'list',
  );
  expect(recipe.ingredients.all().loaded).toHaveLength(2);
  yield* call(soup.ingredients, 'set', [pea]);
  expect(keys(yield* call<Ingredient[]>(soup.ingredients.all(), 'list'))).toEqual([10]);
  yield* call(pea.recipes, 'remove', soup);
  expect(yield* call(soup.ingredients, 'exists')).toBe(false);
  const nameless = yield* call<Ingredient>(Ingredient.objects, 'get', { id: 30 });
  const error = yield* thrownBy(() => call(soup.ingredients, 'add', nameless));
  expect(error.message).toBe('Cannot add "<Ingredient>": the value for field "ingredient" is None');
  const untitled = yield* call<Recipe>(Recipe.objects, 'get', { id: 8 });
  const unnamed = yield* thrownBy(() => call(untitled.ingredients, 'add', pea));
  expect(unnamed).toBeInstanceOf(ValueError);
  expect(unnamed.message).toBe(
    '"<Recipe>" needs to have a value for field "title" before this many-to-many relationship can be used.',
  );
});
behaviour('a row without the value that is pointed at is pointed at by nobody', function* () {
  const nowhere = yield* call<Country>(Country.objects, 'get', { iso__isNull: true });
  expect(yield* call(nowhere.cities, 'count')).toBe(0);
  expect(yield* call(nowhere.cities.all(), 'list')).toEqual([]);
  expect(yield* call(City.objects.filter({ country: nowhere }), 'count')).toBe(0);
  expect(yield* call(City.objects.filter({ country__in: [nowhere] }), 'list')).toEqual([]);
  const sent = statements().length;
  const error = yield* thrownBy(() => call(nowhere.cities, 'create', { name: 'x' }));
  expect(error.message).toBe(
    '"<Country>" needs to have a value for field "iso" before this relationship can be used.',
  );
  expect(statements()).toHaveLength(sent);
  // The row itself is saved, so that a city may be given to it; the city then has none.
  const city = yield* call<City>(City.objects, 'create', { name: 'El Dorado', country: nowhere });
  expect(city.countryId).toBeNull();
  expect(yield* call(City.objects.filter({ name: 'Lima' }), 'update', { country: nowhere })).toBe(1);
  expect(yield* call(City.objects.filter({ country__isNull: true }), 'count')).toBe(3);
});
behaviour('290 what is not related cannot be removed', function* () {
  const peru = yield* call<Country>(Country.objects, 'get', { iso: 'pe' });
  const lost = yield* call<City>(City.objects, 'get', { name: 'Atlantis' });
  const error = yield* thrownBy(() => call(peru.cities as never, 'remove', lost));
  expect(error).toBeInstanceOf(Country.DoesNotExist);
  expect(error.message).toBe('<City> is not related to <Country>.');
});
