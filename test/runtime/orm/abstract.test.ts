import { fields, foreignKey, Manager, manyToMany, model, reverse } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, iterate, statements } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class LiveManager extends Manager<typeof Dated> {
  override getQuerySet() {
    return super.getQuerySet().filter({ live: true });
  }
}

abstract class Timestamped extends model(
  'timestamped',
  { created: fields.dateTime().autoNowAdd(), live: fields.boolean().default(true) },
  {
    abstract: true,
    ordering: ['-id'],
    constraints: [{ unique: ['live', 'created'], name: '%(class)s_once' }],
  },
) {
  static objects = new Manager(this);
  get age() {
    return Date.now() - this.created.getTime();
  }
  describe() {
    return `${this.constructor.name} from ${this.created.getUTCFullYear()}`;
  }
}
abstract class Dated extends model(
  'dated',
  { day: fields.date().null(), site: foreignKey<Site>(() => Site, { relatedName: '%(class)sItems' }).null() },
  { abstract: true, extends: Timestamped },
) {
  static live: LiveManager = new LiveManager(this);
}
class Site extends model('site', { name: fields.text(), pages: reverse<Page, 'site'>(() => Page) }) {
  static objects = new Manager(this);
}
class Page extends model(
  'page',
  { title: fields.text(), tags: manyToMany<Label>(() => Label) },
  { extends: Dated },
) {
  static objects = new Manager(this);
  override describe() {
    return `${super.describe()}: ${this.title}`;
  }
}
class Photo extends model('photo', { file: fields.text() }, { extends: Dated, ordering: ['file'] }) {
  static objects = new Manager(this);
}
class Label extends model('label', { word: fields.text() }) {
  static objects = new Manager(this);
}

class Person extends model(
  'person',
  { name: fields.text(), age: fields.integer().default(0), pets: reverse<Pet, 'owner'>(() => Pet) },
  { ordering: ['name'] },
) {
  static objects = new Manager(this);
  greet() {
    return `I am ${this.name}`;
  }
}
/** The same rows under another class. */
class Loud extends model('loud', {}, { extends: Person, proxy: true, ordering: ['-name'] }) {
  static objects = new Manager(this);
  override greet() {
    return super.greet().toUpperCase();
  }
}
/** The same, without a description of its own. */
class Quiet extends Person {
  static quiet = new Manager(this);
  override greet() {
    return super.greet().toLowerCase();
  }
}
class Pet extends model('pet', { owner: foreignKey<Person>(() => Person, { relatedName: 'pets' }) }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Timestamped, Site, Label, Page, Photo, Person, Loud, Pet],
  `insert into site (name) values ('one');
   insert into page (title, created, live, day, site_id) values
     ('a', '2020-01-01Z', true, null, 1), ('b', '2021-01-01Z', false, '2021-05-05', null), ('c', '2022-01-01Z', true, null, 1);
   insert into photo (file, created, live) values ('z.png', '2020-01-01Z', true), ('a.png', '2021-01-01Z', true);
   insert into person (name, age) values ('Ann', 3), ('Bob', 4);
   insert into pet (owner_id) values (1);`,
);

behaviour('fields, methods, ordering and options of abstract models are inherited', function* () {
  const pages = yield* call<Page[]>(Page.objects.all(), 'list');
  expect(keys(pages)).toEqual([3, 2, 1]);
  expect(pages.map((page) => page.describe())).toEqual([
    'Page from 2022: c',
    'Page from 2021: b',
    'Page from 2020: a',
  ]);
  expect((yield* iterate<Photo>(Photo.objects.all())).map(({ file }) => file)).toEqual(['a.png', 'z.png']);
  expect(yield* call(Page.objects.filter({ created__year: 2021, live: false }), 'count')).toBe(1);
  const made = yield* call<Page>(Page.objects, 'create', { title: 'd' });
  expect([made.live, made.age < 60_000, made instanceof Dated, made instanceof Timestamped]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});
behaviour('managers of abstract models are those of each child', function* () {
  expect(yield* call((Page as unknown as typeof Dated).live, 'count')).toBe(2);
  expect(yield* call((Photo as unknown as typeof Dated).live, 'count')).toBe(2);
  expect(yield* call<Page>((Page as unknown as typeof Dated).live, 'first')).toBeInstanceOf(Page);
});
behaviour('each child has its own way back from what the abstract model points at', function* () {
  const site = yield* call<Site & { photoItems?: typeof Photo.objects }>(Site.objects, 'get');
  expect(yield* call(site.pages, 'count')).toBe(2);
  expect(yield* call(site.photoItems as object, 'count')).toBe(0);
  expect(yield* call(Site.objects.filter({ pages__title: 'a' }), 'count')).toBe(1);
});
test('an abstract model has no rows', () => {
  expect(() => Timestamped.objects.all()).toThrow(
    new TypeError("Manager isn't available; Timestamped is abstract"),
  );
  const Concrete = Dated as unknown as new () => object;
  expect(() => new Concrete()).toThrow(new TypeError('Abstract models cannot be instantiated.'));
});

behaviour('a proxy shows the same rows with its own methods and ordering', function* () {
  const loud = yield* call<Loud[]>(Loud.objects.all(), 'list');
  expect(loud.map((person) => person.greet())).toEqual(['I AM BOB', 'I AM ANN']);
  expect(statements()).toHaveLength(1);
  const cyd = yield* call<Loud>(Loud.objects, 'create', { name: 'Cyd' });
  expect(cyd).toBeInstanceOf(Loud);
  const same = yield* call<Person>(Person.objects, 'get', { name: 'Cyd' });
  expect([same instanceof Loud, same.equals(cyd), cyd.equals(same)]).toEqual([false, true, true]);
  expect(yield* call(Person.objects, 'contains', cyd)).toBe(true);
  expect(yield* call(Loud.objects.filter({ pets__isNull: false }), 'count')).toBe(1);
  expect(yield* call(Pet.objects.filter({ owner: loud[1] as Loud }), 'count')).toBe(1);
  const ann = yield* call<Loud>(Loud.objects, 'get', { name: 'Ann' });
  expect(yield* call(ann, 'delete')).toEqual([2, { Pet: 1, Loud: 1 }]);
  yield* call(cyd, 'delete');
  expect(yield* call(Person.objects, 'count')).toBe(1);
});
behaviour('a plain subclass with a manager is a proxy too', function* () {
  const quiet = yield* call<Quiet[]>(Quiet.quiet.filter({ name__startsWith: 'A' }), 'list');
  expect(quiet.map((person) => person.greet())).toEqual(['i am ann']);
  expect(quiet[0]).toBeInstanceOf(Quiet);
  expect((yield* call<Person>(Person.objects, 'first')).greet()).toBe('I am Ann');
});
