import {
  Count,
  F,
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  IntegrityError,
  Manager,
  manyToMany,
  model,
  oneToOne,
  Prefetch,
  ProtectedError,
  RestrictedError,
  reverse,
  set,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

// What Django's own tests of relations are about: one-to-one, many-to-one, many-to-many, prefetches, deletes, managers.

class Place extends model('place', { name: fields.char(20).unique(), address: fields.char(20).default('') }) {
  static objects = new Manager(this);
  declare restaurant: Restaurant | null;
  declare arestaurant: Promise<Restaurant>;
  declare bar: Bar | null;
}
class Restaurant extends model('restaurant', {
  place: oneToOne<Place>(() => Place).primaryKey(),
  hot: fields.boolean().default(false),
  waiters: reverse<Waiter, 'restaurant'>(() => Waiter),
}) {
  static objects = new Manager(this);
}
class Bar extends model('bar', {
  place: oneToOne<Place>(() => Place, { onDelete: 'setNull' }).null(),
  serves: fields.boolean().default(true),
}) {
  static objects = new Manager(this);
}
class Waiter extends model('waiter', {
  restaurant: foreignKey<Restaurant>(() => Restaurant, { relatedName: 'waiters' }),
  name: fields.char(20),
}) {
  static objects = new Manager(this);
}

class FunManager extends Manager<typeof Song> {
  override getQuerySet() {
    return super.getQuerySet().filter({ fun: true });
  }
}
class Song extends model('song', {
  title: fields.char(20),
  fun: fields.boolean().default(true),
  band: foreignKey<Band>(() => Band, { relatedName: 'songs', onDelete: 'setNull' }).null(),
  lists: reverse<Playlist, 'songs'>(() => Playlist),
}) {
  static funny = new FunManager(this);
  static objects = new Manager(this);
}
class Band extends model('band', { name: fields.char(20), songs: reverse<Song, 'band'>(() => Song) }) {
  static objects = new Manager(this);
}
class Playlist extends model('playlist', {
  name: fields.char(20),
  songs: manyToMany<Song>(() => Song, { relatedName: 'lists' }),
}) {
  static objects = new Manager(this);
}

class Root extends model('root', { name: fields.char(20).default('') }) {
  static objects = new Manager(this);
}
class Leaf extends model('leaf', {
  cascade: foreignKey<Root>(() => Root, { relatedName: 'c' }).null(),
  protect: foreignKey<Root>(() => Root, { relatedName: 'p', onDelete: 'protect' }).null(),
  restrict: foreignKey<Root>(() => Root, { relatedName: 'r', onDelete: 'restrict' }).null(),
  nothing: foreignKey<Root>(() => Root, {
    relatedName: 'n',
    onDelete: 'doNothing',
    dbConstraint: false,
  }).null(),
  fallback: foreignKey<Root>(() => Root, { relatedName: 'd', onDelete: 'setDefault' })
    .default(1)
    .null(),
  chosen: foreignKey<Root>(() => Root, { relatedName: 'v', onDelete: set(() => 1) }).null(),
}) {
  static objects = new Manager(this);
}

class Note extends model('note', { text: fields.char(20), target: genericForeignKey() }) {
  static objects = new Manager(this);
}
class Cat extends model('cat', { name: fields.char(20), notes: genericRelation<Note>(() => Note) }) {
  static objects = new Manager(this);
}
class Dog extends model('dog', { name: fields.char(20), notes: genericRelation<Note>(() => Note) }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Place, Restaurant, Bar, Waiter, Song, Band, Playlist, Root, Leaf, Note, Cat, Dog],
  `insert into place (name, address) values ('Dogs', ''), ('Ace', ''), ('Dock', '');
   insert into restaurant (place_id, hot) values (1, true); insert into bar (place_id, serves) values (2, true);
   insert into waiter (restaurant_id, name) values (1, 'joe');
   insert into band (name) values ('one'), ('two');
   insert into song (title, fun, band_id) values ('a', true, 1), ('b', false, 1), ('c', true, null);
   insert into playlist (name) values ('x'), ('y'); insert into playlist_songs (playlist_id, song_id) values (1, 1), (1, 2), (2, 3);
   insert into root (name) values ('default'), ('two'), ('three');
   insert into cat (name) values ('tom'); insert into dog (name) values ('rex');
   insert into note (text, content_type, object_id) values ('c1', 'cat', 1), ('c2', 'cat', 1), ('d1', 'dog', 1), ('none', '', 9);`,
);
const place = (name: string) => call<Place>(Place.objects, 'get', { name });

// one_to_one

behaviour('a key that is a foreign key is compared with what it points at in the end', function* () {
  const [dogs, ace] = yield* call<Place[]>(Place.objects.orderBy('id'), 'list');
  const waiters = (where: object) => call<number>(Waiter.objects.filter(where as never), 'count');
  expect(yield* waiters({ restaurant__place: dogs })).toBe(1);
  expect(yield* waiters({ restaurant__place: ace })).toBe(0);
  expect(yield* waiters({ restaurant__place__in: [dogs, ace] })).toBe(1);
  expect(yield* waiters({ restaurant__place__in: Place.objects.filter({ name: 'Dogs' }) })).toBe(1);
  expect(statements().at(-1)).not.toContain('JOIN');
  expect(() => Waiter.objects.filter({ restaurant: dogs } as never)).toThrow(
    'Must be "Restaurant" instance.',
  );
});
behaviour('a missing other side is DoesNotExist of its model', function* () {
  const ace = yield* place('Ace');
  const error = yield* thrownBy(() => readRelation(ace, 'restaurant'));
  expect(error).toBeInstanceOf(Restaurant.DoesNotExist);
  expect(error.message).toBe('Place has no restaurant.');
  const before = statements().length;
  yield* thrownBy(() => readRelation(ace, 'restaurant'));
  expect(statements().length).toBe(before);
});
behaviour('assigning the other side of a one-to-one sets its column', function* () {
  const ace = yield* place('Ace');
  const restaurant = yield* call<Restaurant>(Restaurant.objects, 'get');
  ace.restaurant = restaurant;
  expect(restaurant.placeId).toBe(ace.id);
  expect(yield* readRelation(ace, 'restaurant')).toBe(restaurant);
  yield* call(restaurant, 'save');
  expect(yield* call(Restaurant.objects, 'count')).toBe(2);
});
behaviour('null as the other side lets go of the row that is known', function* () {
  const ace = yield* place('Ace');
  const bar = yield* readRelation<Bar>(ace, 'bar');
  ace.bar = null;
  expect(bar.placeId).toBe(null);
  yield* call(bar, 'save');
  expect(yield* call(Bar.objects.filter({ place: null }), 'count')).toBe(1);
  const dock = yield* place('Dock');
  dock.bar = null;
  expect(() => {
    ace.bar = dock as never;
  }).toThrow('Cannot assign "<Place>": "Place.bar" must be a "Bar" instance.');
  expect(() => {
    ace.bar = 5 as never;
  }).toThrow('Cannot assign "5": "Place.bar" must be a "Bar" instance.');
});
behaviour('an unsaved row cannot be pointed at', function* () {
  const fresh = new Place({ name: 'new' });
  const restaurant = new Restaurant({ place: fresh });
  const error = yield* thrownBy(() => call(restaurant, 'save'));
  expect(error.message).toBe("save() prohibited to prevent data loss due to unsaved related object 'place'.");
  yield* call(fresh, 'save');
  yield* call(restaurant, 'save');
  expect(restaurant.placeId).toBe(fresh.id);
  expect(yield* readRelation(fresh, 'restaurant')).toBe(restaurant);
});
behaviour('lookups through a one-to-one, both ways', function* () {
  const dogs = yield* place('Dogs');
  for (const where of [
    { place: 1 },
    { place: dogs },
    { place__pk: 1 },
    { place__name__startsWith: 'Do' },
    { pk: 1 },
    { pk: dogs },
  ]) {
    expect(keys(yield* call<Restaurant[]>(Restaurant.objects.filter(where as never), 'list'))).toEqual([1]);
  }
  const restaurant = yield* call<Restaurant>(Restaurant.objects, 'get');
  for (const where of [
    { restaurant: 1 },
    { restaurant },
    { restaurant__in: [restaurant] },
    { restaurant__pk: restaurant },
    { restaurant__hot: true },
    { restaurant__place: 1 },
    { restaurant__waiters__name: 'joe' },
  ]) {
    expect(keys(yield* call<Place[]>(Place.objects.filter(where as never), 'list'))).toEqual([1]);
  }
  expect(
    keys(yield* call<Waiter[]>(Waiter.objects.filter({ restaurant__place__name: 'Dogs' } as never), 'list')),
  ).toEqual([1]);
  expect(
    keys(yield* call<Place[]>(Place.objects.filter({ restaurant: null } as never).orderBy('id'), 'list')),
  ).toEqual([2, 3]);
  expect(
    keys(
      yield* call<Place[]>(Place.objects.exclude({ restaurant__hot: true } as never).orderBy('id'), 'list'),
    ),
  ).toEqual([2, 3]);
});
behaviour('deleting what a one-to-one points at deletes it, and lets a nullable one go', function* () {
  expect(yield* call(yield* place('Dogs'), 'delete')).toEqual([3, { Waiter: 1, Restaurant: 1, Place: 1 }]);
  expect(yield* call(yield* place('Ace'), 'delete')).toEqual([1, { Place: 1 }]);
  expect(yield* call(Bar.objects.filter({ place: null }), 'count')).toBe(1);
});
behaviour('selectRelated of the other side knows where there is none', function* () {
  const rows = yield* call<Place[]>(
    Place.objects.selectRelated('restaurant' as never, 'bar' as never).orderBy('id'),
    'list',
  );
  const before = statements().length;
  expect((yield* readRelation<Restaurant>(rows[0] as Place, 'restaurant')).hot).toBe(true);
  expect(yield* thrownBy(() => readRelation(rows[1] as Place, 'restaurant'))).toBeInstanceOf(
    Restaurant.DoesNotExist,
  );
  expect((yield* readRelation<Bar>(rows[1] as Place, 'bar')).serves).toBe(true);
  expect((rows[0] as Place).restaurant?.place).toBe(rows[0]);
  expect(statements().length).toBe(before);
});

// many_to_one

behaviour('a foreign key given by its attribute is read anew', function* () {
  const song = yield* call<Song>(Song.objects, 'get', { id: 1 });
  expect((yield* readRelation<Band>(song, 'band')).name).toBe('one');
  song.bandId = 2;
  expect((yield* readRelation<Band>(song, 'band')).name).toBe('two');
  song.bandId = null;
  expect(yield* readRelation(song, 'band')).toBe(null);
  song.bandId = 99;
  const lost = yield* thrownBy(() => readRelation(song, 'band'));
  expect(lost.message).toBe('Band matching query does not exist.');
  expect(() => {
    song.band = new Song() as never;
  }).toThrow('Cannot assign "<Song>": "Song.band" must be a "Band" instance.');
});
behaviour('a related manager makes, finds and updates rows of its owner only', function* () {
  const band = yield* call<Band>(Band.objects, 'get', { id: 1 });
  const made = yield* call<Song>(band.songs, 'create', { title: 'd' });
  expect([made.bandId, made.band]).toEqual([1, band]);
  const [found, created] = yield* call<[Song, boolean]>(band.songs, 'getOrCreate', { title: 'd' });
  expect([found.id, created]).toEqual([made.id, false]);
  const [other, second] = yield* call<[Song, boolean]>(band.songs, 'getOrCreate', { title: 'c' });
  expect([other.id === 3, second]).toEqual([false, true]);
  const [changed, third] = yield* call<[Song, boolean]>(
    band.songs,
    'updateOrCreate',
    { title: 'a' },
    { defaults: { title: 'A' } },
  );
  expect([changed.id, changed.title, third]).toEqual([1, 'A', false]);
  yield* call(band.songs.filter({ title: 'd' }), 'update', { fun: false });
  // One of them is offered no longer.
  expect(yield* call(band.songs, 'update', { fun: true })).toBe(2);
  expect(yield* call(band.songs.all(), 'delete')).toEqual([3, { Playlist_songs: 1, Song: 2 }]);
  // What the default manager does not offer stays.
  expect(yield* call(Song.objects.filter({ band: 1 }), 'count')).toBe(2);
});
behaviour('rows that are created through a prefetched manager are seen', function* () {
  for (const change of ['create', 'add', 'remove', 'clear', 'set'] as const) {
    const [band] = yield* call<Band[]>(Band.objects.filter({ id: 1 }).prefetchRelated('songs'), 'list');
    const manager = (band as Band).songs;
    expect(yield* call(manager.all(), 'count')).toBe((band as Band).songs.all().loaded?.length);
    const song = yield* call<Song>(Song.objects, 'get', { id: 1 });
    const given = {
      create: [{ title: 'z' }],
      add: [yield* call(Song.objects, 'get', { id: 3 })],
      remove: [song],
      clear: [],
      set: [[]],
    };
    yield* call(manager, change, ...(given[change] as unknown[]));
    expect((band as Band).songs.all().loaded).toBe(undefined);
  }
});
behaviour('the rows of a foreign key are given themselves, not by their keys', function* () {
  const one = yield* call<Band>(Band.objects, 'get', { id: 1 });
  for (const change of ['add', 'remove'] as const) {
    const before = statements().length;
    const error = yield* thrownBy(() => call(one.songs as never, change, 1));
    expect([error.name, error.message]).toEqual(['TypeError', "'Song' instance expected, got 1"]);
    expect(statements().length).toBe(before);
  }
});
behaviour('removing a row of another owner is refused', function* () {
  const two = yield* call<Band>(Band.objects, 'get', { id: 2 });
  const song = yield* call<Song>(Song.objects, 'get', { id: 1 });
  const error = yield* thrownBy(() => call(two.songs as never, 'remove', song));
  expect(error).toBeInstanceOf(Band.DoesNotExist);
  expect(error.message).toBe('<Song> is not related to <Band>.');
});

// managers that offer some rows only

behaviour('a filtered default manager changes no rows that it does not offer', function* () {
  const band = yield* call<Band>(Band.objects, 'get', { id: 1 });
  yield* call(band.songs as never, 'clear');
  expect(keys(yield* call<Song[]>(Song.objects.filter({ band: 1 }), 'list'))).toEqual([2]);
  const list = yield* call<Playlist>(Playlist.objects, 'get', { id: 1 });
  expect(yield* call(list.songs, 'count')).toBe(1);
  const serious = yield* call<Song>(Song.objects, 'get', { id: 2 });
  yield* call(list.songs, 'remove', serious);
  expect(yield* call(Song.objects.filter({ lists: 1 }), 'count')).toBe(2);
  yield* call(list.songs, 'clear');
  expect(keys(yield* call<Song[]>(Song.objects.filter({ lists: 1 }), 'list'))).toEqual([2]);
  yield* call(list.songs, 'set', [3]);
  expect(keys(yield* call<Song[]>(Song.objects.filter({ lists: 1 }).orderBy('id'), 'list'))).toEqual([2, 3]);
  yield* call(list.songs, 'set', [], { clear: true });
  expect(keys(yield* call<Song[]>(Song.objects.filter({ lists: 1 }), 'list'))).toEqual([2]);
});

// many_to_many

behaviour('pairs are added by instance and by key, once', function* () {
  const list = yield* call<Playlist>(Playlist.objects, 'get', { id: 2 });
  const song = yield* call<Song>(Song.objects, 'get', { id: 1 });
  yield* call(list.songs, 'add', song, 1, song, '1', 3);
  expect(yield* call(Song.objects.filter({ lists: 2 }), 'count')).toBe(2);
  yield* call(song.lists, 'set', [1, 2, 1]);
  expect(yield* call(song.lists.all(), 'count')).toBe(2);
  yield* call(song.lists, 'remove', 1, 2, 99);
  expect(yield* call(song.lists.all(), 'count')).toBe(0);
  const unsaved = new Playlist({ name: 'new' });
  expect(() => unsaved.songs).toThrow(ValueError);
  const fresh = new Song({ title: 'new' });
  const error = yield* thrownBy(() => call(list.songs, 'add', fresh));
  expect(error.message).toBe('Cannot add "<Song>": the value for field "song" is None');
});
behaviour('filters over pairs', function* () {
  const filter = function* (where: object) {
    return keys(
      yield* call<Playlist[]>(
        Playlist.objects
          .filter(where as never)
          .distinct()
          .orderBy('id'),
        'list',
      ),
    );
  };
  const song = yield* call<Song>(Song.objects, 'get', { id: 1 });
  expect(yield* filter({ songs: 1 })).toEqual([1]);
  expect(yield* filter({ songs: song })).toEqual([1]);
  expect(yield* filter({ songs__in: [1, song, 3] })).toEqual([1, 2]);
  expect(yield* filter({ songs__in: Song.objects.filter({ title__in: ['b', 'c'] }) })).toEqual([1, 2]);
  expect(yield* filter({ songs__title: 'b', songs__fun: true })).toEqual([]);
  expect(yield* filter({ songs__band__name: 'one' })).toEqual([1]);
  expect(keys(yield* call<Playlist[]>(Playlist.objects.exclude({ songs__title: 'b' }), 'list'))).toEqual([2]);
  expect(
    yield* call(
      Playlist.objects
        .annotate({ n: Count('songs') })
        .orderBy('id')
        .valuesList('n', { flat: true }),
      'list',
    ),
  ).toEqual([2, 1]);
});
behaviour('creating through pairs, and unique values of others', function* () {
  const list = yield* call<Playlist>(Playlist.objects, 'get', { id: 1 });
  const [made, created] = yield* call<[Song, boolean]>(list.songs, 'getOrCreate', { title: 'c' });
  // The song of that title is in another list: this one gets its own.
  expect([made.id === 3, created]).toEqual([false, true]);
  const [again, second] = yield* call<[Song, boolean]>(
    list.songs,
    'updateOrCreate',
    { title: 'c' },
    { defaults: { fun: true } },
  );
  expect([again.id, second]).toEqual([made.id, false]);
});

// delete

behaviour('every rule at once', function* () {
  const leaf = (values: object) => call<Leaf>(Leaf.objects, 'create', values);
  const made = yield* leaf({ cascade: 2 });
  yield* leaf({ fallback: 2 });
  yield* leaf({ chosen: 2 });
  const left = yield* leaf({ nothing: 2 });
  const two = yield* call<Root>(Root.objects, 'get', { id: 2 });
  expect(yield* call(two, 'delete')).toEqual([2, { Leaf: 1, Root: 1 }]);
  expect(yield* call(Leaf.objects.filter({ pk: made.pk }), 'exists')).toBe(false);
  expect(
    yield* call(Leaf.objects.orderBy('id').valuesList('fallbackId', 'chosenId', 'nothingId'), 'list'),
  ).toEqual([
    [1, null, null],
    [1, 1, null],
    [1, null, 2],
  ]);
  expect(left.nothingId).toBe(2);
  const guard = yield* leaf({ protect: 3, fallback: null });
  const three = yield* call<Root>(Root.objects, 'get', { id: 3 });
  const kept = yield* thrownBy(() => call(three, 'delete'));
  expect(kept).toBeInstanceOf(ProtectedError);
  expect([...(kept as ProtectedError).objects].map((each) => (each as Leaf).id)).toEqual([guard.id]);
  expect(kept.message).toBe(
    "Cannot delete some instances of model 'Root' because they are referenced through protected foreign keys: 'Leaf.protect'.",
  );
  yield* call(guard, 'delete');
  yield* leaf({ restrict: 3, fallback: null });
  expect(yield* thrownBy(() => call(three, 'delete'))).toBeInstanceOf(RestrictedError);
  // A restricted row that goes by another way stands in nobody's way.
  yield* call(Leaf.objects.filter({ restrict: 3 }), 'update', { cascade: 3 });
  expect(yield* call(three, 'delete')).toEqual([2, { Leaf: 1, Root: 1 }]);
});
behaviour('deletes of query sets, however they were made', function* () {
  yield* call(Song.objects, 'bulkCreate', [{ title: 'd' }, { title: 'e' }]);
  expect(
    yield* call(Song.objects.orderBy('title').filter({ title: 'd' }).selectRelated('band'), 'delete'),
  ).toEqual([1, { Song: 1 }]);
  expect(yield* call(Song.objects.annotate({ n: Count('lists') }).filter({ n: 0 }), 'delete')).toEqual([
    1,
    { Song: 1 },
  ]);
  expect(yield* call(Song.objects.filter({ lists__name: 'x' }).distinct(), 'delete')).toEqual([
    4,
    { Playlist_songs: 2, Song: 2 },
  ]);
  expect(yield* call(Song.objects.none(), 'delete')).toEqual([0, {}]);
  expect(yield* call(Song.objects.filter({ id: 999 }), 'delete')).toEqual([0, {}]);
});

// generic relations

behaviour('generic relations are filtered, counted, set and deleted', function* () {
  const tom = yield* call<Cat>(Cat.objects, 'get');
  const rex = yield* call<Dog>(Dog.objects, 'get');
  expect(keys(yield* call<Cat[]>(Cat.objects.filter({ notes__text: 'c1' }), 'list'))).toEqual([1]);
  expect(yield* call(Cat.objects.filter({ notes__text: 'd1' }), 'count')).toBe(0);
  expect(
    yield* call(Cat.objects.annotate({ n: Count('notes') }).valuesList('n', { flat: true }), 'get'),
  ).toBe(2);
  expect(keys(yield* call<Cat[]>(Cat.objects.exclude({ notes__text: 'c1' }), 'list'))).toEqual([]);
  const made = yield* call<Note>(tom.notes, 'create', { text: 'c3' });
  expect((yield* readRelation<Cat>(made, 'target')).equals(tom)).toBe(true);
  const dogs = yield* call<Note>(Note.objects, 'get', { text: 'd1' });
  yield* call(tom.notes, 'add', dogs);
  expect(yield* call(rex.notes.all(), 'count')).toBe(0);
  yield* call(tom.notes, 'set', [dogs, made]);
  expect(yield* call(tom.notes.orderBy('text').valuesList('text', { flat: true }), 'list')).toEqual([
    'c3',
    'd1',
  ]);
  const [found, created] = yield* call<[Note, boolean]>(
    tom.notes,
    'updateOrCreate',
    { text: 'c3' },
    { defaults: { text: 'C' } },
  );
  expect([found.text, created]).toEqual(['C', false]);
  dogs.target = rex;
  yield* call(dogs, 'save');
  expect(yield* call(rex.notes.all(), 'count')).toBe(1);
  expect(yield* call(tom, 'delete')).toEqual([2, { Note: 1, Cat: 1 }]);
  expect(yield* call(Note.objects, 'count')).toBe(2);
});
behaviour('prefetches of generic keys go to every model there is', function* () {
  const notes = yield* call<Note[]>(
    Note.objects
      .filter({ text__in: ['c1', 'd1', 'c2'] })
      .prefetchRelated('target')
      .orderBy('id'),
    'list',
  );
  expect(statements().length).toBe(3);
  const targets = [];
  for (const note of notes) targets.push((yield* readRelation<Cat | Dog>(note, 'target')).name);
  expect(targets).toEqual(['tom', 'tom', 'rex']);
  expect(statements().length).toBe(3);
  const cats = yield* call<Cat[]>(Cat.objects.prefetchRelated('notes'), 'list');
  expect((cats[0] as Cat).notes.all().loaded?.map((note) => note.text)).toEqual(['c1', 'c2']);
});

// prefetch_related

behaviour('prefetches nest, are kept under other names, and are not done twice', function* () {
  const bands = yield* call<Band[]>(
    Band.objects
      .orderBy('id')
      .prefetchRelated(
        Prefetch('songs', { queryset: Song.objects.orderBy('-title'), toAttr: 'every' }),
        'every__lists' as never,
        'songs',
        'songs__lists__songs',
      ),
    'list',
  );
  const [one] = bands as (Band & { every: Song[] })[];
  const before = statements().length;
  expect(one?.every.map(({ title }) => title)).toEqual(['b', 'a']);
  expect(one?.songs.all().loaded?.map(({ title }) => title)).toEqual(['a']);
  expect(one?.every[0]?.lists.all().loaded?.map(({ name }) => name)).toEqual(['x']);
  expect(statements().length).toBe(before);
  expect(before).toBe(6);
});
behaviour('a prefetch of nothing, of null and of what is there already', function* () {
  const songs = yield* call<Song[]>(Song.objects.filter({ id: 3 }).prefetchRelated('band__songs'), 'list');
  expect(yield* readRelation(songs[0] as Song, 'band')).toBe(null);
  expect(statements().length).toBe(1);
  const none = yield* call<Song[]>(Song.objects.filter({ id: 99 }).prefetchRelated('band', 'lists'), 'list');
  expect(none).toEqual([]);
  expect(statements().length).toBe(2);
  const joined = yield* call<Song[]>(
    Song.objects.filter({ id: 1 }).selectRelated('band').prefetchRelated('band__songs'),
    'list',
  );
  expect(statements().length).toBe(4);
  expect(joined[0]?.band?.songs.all().loaded).toHaveLength(1);
  const cleared = yield* call<Song[]>(
    Song.objects
      .filter({ id: 1 })
      .prefetchRelated('lists')
      .prefetchRelated(null as never),
    'list',
  );
  expect(cleared[0]?.lists.all().loaded).toBe(undefined);
  expect(statements().length).toBe(5);
});
behaviour('rows behind a prefetch know the row they were prefetched for', function* () {
  const bands = yield* call<Band[]>(
    Band.objects
      .prefetchRelated(Prefetch('songs', { queryset: Song.objects.filter({ fun: false }) }))
      .orderBy('id'),
    'list',
  );
  const before = statements().length;
  const song = bands[0]?.songs.all().loaded?.[0] as Song;
  expect(song.title).toBe('b');
  expect(yield* readRelation(song, 'band')).toBe(bands[0]);
  expect(statements().length).toBe(before);
  // As in Django, the manager goes on from the query set of the Prefetch.
  expect(yield* call((bands[0] as Band).songs.filter({ fun: true }), 'count')).toBe(0);
});
behaviour('what the database refuses of pairs comes as IntegrityError', function* () {
  const list = yield* call<Playlist>(Playlist.objects, 'get', { id: 1 });
  expect(yield* thrownBy(() => call(list.songs, 'add', 99))).toBeInstanceOf(IntegrityError);
  yield* call(Song.objects.filter({ id: 1 }), 'update', { title: F('title') });
});
