import {
  F,
  FieldDoesNotExist,
  fields,
  foreignKey,
  Lower,
  Manager,
  manyToMany,
  model,
  reverse,
  Value,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

// What an operation is given wrongly is refused before anything is sent: no statement, and no transaction that fails.

class Shelf extends model('shelf', {
  label: fields.char(20).default('plain'),
  books: reverse<Volume, 'shelf'>(() => Volume),
}) {
  static objects = new Manager(this);
}
class Genre extends model('genre', { word: fields.char(20) }) {
  static objects = new Manager(this);
}
class Volume extends model('volume', {
  title: fields.char(20).default('untitled'),
  pages: fields.integer().default(0),
  shelf: foreignKey<Shelf>(() => Shelf, { relatedName: 'books' }).null(),
  genres: manyToMany<Genre>(() => Genre, { through: () => Marked }),
}) {
  static objects = new Manager(this);
}
class Marked extends model('marked', {
  volume: foreignKey<Volume>(() => Volume),
  genre: foreignKey<Genre>(() => Genre),
  weight: fields.integer().default(1),
}) {
  static objects = new Manager(this);
}
class Atlas extends model('atlas', { maps: fields.integer() }, { extends: Volume }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Shelf, Genre, Volume, Marked, Atlas],
  `insert into shelf (label) values ('a'); insert into genre (word) values ('x'), ('y');
   insert into volume (title, pages, shelf_id) values ('one', 1, 1), ('two', 2, null);`,
);

/** Runs steps that must be refused without a statement; returns the refusal as it is printed. */
function* refused(...given: Parameters<typeof call>): Behaviour<string> {
  const before = statements().length;
  const error = yield* thrownBy(() => call(...given));
  expect(statements().slice(before)).toEqual([]);
  return `${error.constructor.name}: ${error.message}`;
}
const nothing = [5, 'text', [1], null, true, new Date('2024-01-01T00:00:00Z'), new Map([['title', 'x']])];
const shown = ['5', "'text'", '<Array>', 'null', 'true', '2024-01-01T00:00:00.000Z', '<Map>'];

behaviour('values are an object: a number or a list has none, and would make an empty row', function* () {
  for (const [at, given] of nothing.entries()) {
    for (const name of ['create', 'getOrCreate', 'updateOrCreate', 'update']) {
      const message = `TypeError: ${name}() takes values as an object, not ${shown[at]}.`;
      expect(yield* refused(Volume.objects, name, given)).toBe(message);
    }
    expect(() => new Volume(given as never)).toThrow('Volume() takes values as an object');
  }
  expect(yield* refused(Volume.objects, 'update', { title: undefined })).toBe(
    "ValueError: The value of 'title' is undefined; use null to empty the column.",
  );
  expect(yield* call(Volume.objects, 'update')).toBe(0);
  expect(yield* call(Volume.objects, 'update', {})).toBe(0);
});
behaviour('related managers refuse them, too', function* () {
  const shelf = new Shelf({ id: 1 });
  const volume = new Volume({ id: 1 });
  for (const given of nothing) {
    for (const manager of [shelf.books, volume.genres]) {
      for (const name of ['create', 'getOrCreate', 'updateOrCreate']) {
        expect(yield* refused(manager, name, given)).toMatch(/^TypeError: \w+\(\) takes values as an object/);
      }
    }
  }
});
behaviour('defaults are an object; null, as in Django, are none', function* () {
  for (const name of ['getOrCreate', 'updateOrCreate']) {
    expect(yield* refused(Volume.objects, name, { id: 9 }, { defaults: 5 })).toBe(
      `TypeError: ${name}() takes defaults as an object, not 5.`,
    );
    expect(yield* refused(Volume.objects, name, { id: 9 }, { default: {} })).toBe(
      `TypeError: ${name}() got an unexpected option 'default', perhaps you meant defaults?`,
    );
    expect(yield* refused(Volume.objects, name, { id: 9 }, 'defaults')).toBe(
      `TypeError: ${name}() takes options by name, not 'defaults'.`,
    );
    const [row, created] = yield* call<[Volume, boolean]>(
      Volume.objects,
      name,
      { id: 1 },
      { defaults: null },
    );
    expect([row.title, created]).toEqual(['one', false]);
  }
  const options = { createDefaults: [1] };
  expect(yield* refused(Volume.objects, 'updateOrCreate', { id: 9 }, options)).toBe(
    'TypeError: updateOrCreate() takes createDefaults as an object, not <Array>.',
  );
});
behaviour('unknown names are refused', function* () {
  expect(yield* refused(Volume.objects, 'create', { titel: 'x' })).toBe(
    "TypeError: Volume() got unexpected keyword arguments: 'titel'",
  );
  expect(yield* refused(Volume.objects, 'bulkCreate', [{ titel: 'x' }])).toBe(
    "TypeError: Volume() got unexpected keyword arguments: 'titel'",
  );
  expect(yield* refused(Volume.objects, 'update', { titel: 'x' })).toBe(
    "FieldDoesNotExist: Volume has no field named 'titel'",
  );
  expect(yield* refused(Volume.objects, 'bulkUpdate', [], ['titel'])).toBe(
    "FieldDoesNotExist: Volume has no field named 'titel'",
  );
  expect(yield* refused(Volume.objects, 'getOrCreate', { titel: 'x' })).toBe(
    "FieldError: Cannot resolve keyword 'titel' into field. Choices are: atlas, genres, id, marked, pages, shelf, shelfId, title",
  );
});
behaviour('rows to create are instances or values, in a list', function* () {
  for (const given of [5, null, 'ab', { title: 'x' }]) {
    expect(yield* refused(Volume.objects, 'bulkCreate', given)).toMatch(
      /^TypeError: bulkCreate\(\) takes a list of instances or values, not /,
    );
  }
  for (const given of [5, null, 'ab', ['x']]) {
    expect(yield* refused(Volume.objects, 'bulkCreate', [{ title: 'x' }, given])).toMatch(
      /^TypeError: bulkCreate\(\) takes each row as an instance or its values as an object, not /,
    );
  }
  expect(yield* refused(Volume.objects, 'bulkCreate', [new Shelf()])).toBe(
    "TypeError: 'Volume' instance expected, got <Shelf>",
  );
});
behaviour('options are known by name, and lists of names are lists', function* () {
  const rows = [{ title: 'x' }];
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, { ignoreConflict: true })).toBe(
    "TypeError: bulkCreate() got an unexpected option 'ignoreConflict', perhaps you meant ignoreConflicts?",
  );
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, 5)).toBe(
    'TypeError: bulkCreate() takes options by name, not 5.',
  );
  const names = { updateConflicts: true, updateFields: 'title', uniqueFields: ['id'] };
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, names)).toBe(
    "TypeError: bulkCreate() takes a list of field names, not 'title'.",
  );
  const both = { ignoreConflicts: true, updateConflicts: true, updateFields: [], uniqueFields: [] };
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, both)).toBe(
    'ValueError: ignoreConflicts and updateConflicts are mutually exclusive.',
  );
  const empty = { updateConflicts: true, updateFields: [], uniqueFields: ['id'] };
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, empty)).toBe(
    'ValueError: Fields that will be updated when a row insertion fails on conflicts must be provided.',
  );
  const open = { updateConflicts: true, updateFields: ['title'], uniqueFields: [] };
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, open)).toBe(
    'ValueError: Unique fields that can trigger the upsert must be provided.',
  );
  for (const batchSize of [0, -1, 1.5, Number.NaN, '2', Number.POSITIVE_INFINITY]) {
    const message = 'ValueError: Batch size must be a positive integer.';
    expect(yield* refused(Volume.objects, 'bulkCreate', rows, { batchSize })).toBe(message);
    expect(yield* refused(Volume.objects, 'bulkUpdate', [], ['title'], { batchSize })).toBe(message);
  }
  expect(yield* refused(Volume.objects, 'bulkUpdate', [], 'title')).toBe(
    "TypeError: bulkUpdate() takes a list of field names, not 'title'.",
  );
  expect(yield* refused(Volume.objects, 'bulkUpdate', [], [5])).toBe('TypeError: A name is a string, not 5.');
  expect(yield* refused(Volume.objects, 'bulkUpdate', 5, ['title'])).toBe(
    'TypeError: bulkUpdate() takes a list of instances, not 5.',
  );
  expect(yield* refused(Volume.objects, 'bulkUpdate', [5], ['title'])).toBe(
    "TypeError: 'Volume' instance expected, got 5",
  );
  expect(yield* refused(Volume.objects, 'bulkUpdate', [], ['title'], { batchsize: 3 })).toBe(
    "TypeError: bulkUpdate() got an unexpected option 'batchsize', perhaps you meant batchSize?",
  );
});
behaviour('what related managers change is a list of rows', function* () {
  const shelf = yield* call<Shelf>(Shelf.objects, 'get', { id: 1 });
  const volume = yield* call<Volume>(Volume.objects, 'get', { id: 1 });
  // A string is text, not the keys 1 and 2.
  for (const given of ['12', 5, null, { id: 1 }]) {
    expect(yield* refused(shelf.books, 'set', given)).toMatch(
      /^TypeError: set\(\) takes a list of instances, not /,
    );
    expect(yield* refused(volume.genres, 'set', given)).toMatch(
      /^TypeError: set\(\) takes a list of instances or keys, not /,
    );
  }
  for (const given of [5, 'x', null, true]) {
    expect(yield* refused(shelf.books, 'add', given)).toMatch(/^TypeError: 'Volume' instance expected, got /);
    expect(yield* refused(shelf.books, 'set', [given])).toMatch(
      /^TypeError: 'Volume' instance expected, got /,
    );
  }
  for (const given of ['x', null, [1], volume]) {
    expect(yield* refused(volume.genres, 'add', given)).toMatch(/^(TypeError|ValueError): /);
    expect(yield* refused(volume.genres, 'set', [1, given])).toMatch(/^(TypeError|ValueError): /);
    expect(yield* refused(volume.genres, 'remove', given)).toMatch(/^(TypeError|ValueError): /);
  }
  expect(yield* refused(shelf.books, 'add', { id: 1 })).toBe(
    "TypeError: add() got an unexpected option 'id'. Options are: bulk, clear, throughDefaults",
  );
  expect(yield* refused(volume.genres, 'set', [1], { throughDefault: {} })).toBe(
    "TypeError: set() got an unexpected option 'throughDefault', perhaps you meant throughDefaults?",
  );
  expect(yield* refused(shelf.books, 'clear', { bulks: false })).toBe(
    "TypeError: clear() got an unexpected option 'bulks', perhaps you meant bulk?",
  );
});
behaviour('values for pairs are known before there is a row that could not be paired', function* () {
  const volume = yield* call<Volume>(Volume.objects, 'get', { id: 1 });
  const wrong = { throughDefaults: { heaviness: 3 } };
  for (const [name, given] of [
    ['create', { word: 'z' }],
    ['getOrCreate', { word: 'z' }],
    ['add', 1],
  ] as const) {
    expect(yield* refused(volume.genres, name, given, wrong)).toBe(
      "FieldError: Invalid field name(s) for model Marked: 'heaviness'.",
    );
  }
  expect(yield* call(Genre.objects, 'count')).toBe(2);
});
behaviour('save, delete, refresh and the checks know their options', function* () {
  const volume = yield* call<Volume>(Volume.objects, 'get', { id: 1 });
  expect(yield* refused(volume, 'save', { updateField: ['title'] })).toBe(
    "TypeError: save() got an unexpected option 'updateField', perhaps you meant updateFields?",
  );
  expect(yield* refused(volume, 'save', { updateFields: 'title' })).toBe(
    "TypeError: save() takes a list of field names, not 'title'.",
  );
  expect(yield* refused(volume, 'delete', { keepParent: true })).toBe(
    "TypeError: delete() got an unexpected option 'keepParent', perhaps you meant keepParents?",
  );
  expect(yield* refused(volume, 'refreshFromDb', { field: ['title'] })).toBe(
    "TypeError: refreshFromDb() got an unexpected option 'field', perhaps you meant fields?",
  );
  expect(yield* refused(volume, 'refreshFromDb', { fields: ['titel'] })).toBe(
    `${FieldDoesNotExist.name}: Volume has no field named 'titel'`,
  );
  expect(yield* refused(volume, 'fullClean', { excludes: ['title'] })).toBe(
    "TypeError: fullClean() got an unexpected option 'excludes', perhaps you meant exclude?",
  );
});
behaviour('a value that cannot be written is refused before the transaction begins', function* () {
  const message = "ValueError: Field 'maps' expected a number but got 'many'.";
  expect(yield* refused(Atlas.objects, 'create', { title: 'x', maps: 'many' })).toBe(message);
  const rows = [{ pages: 1 }, { pages: 'many' }];
  expect(yield* refused(Volume.objects, 'bulkCreate', rows, { batchSize: 1 })).toBe(
    "ValueError: Field 'pages' expected a number but got 'many'.",
  );
  const [one, two] = yield* call<[Volume, Volume]>(Volume.objects.orderBy('id'), 'list');
  two.pages = 'many' as never;
  expect(yield* refused(Volume.objects, 'bulkUpdate', [one, two], ['pages'], { batchSize: 1 })).toBe(
    "ValueError: Field 'pages' expected a number but got 'many'.",
  );
});
behaviour('a new row cannot be made of columns of its own', function* () {
  const refusal = (shown: string) =>
    `ValueError: Failed to insert expression "${shown}" on Volume.title. F() expressions can only be used to update, not to insert.`;
  expect(yield* refused(Volume.objects, 'create', { title: F('pages') })).toBe(refusal("F('pages')"));
  expect(yield* refused(Volume.objects, 'create', { title: Lower('title') })).toBe(refusal('Lower'));
  const rows = [{ title: 'a' }, { title: F('pages') }];
  expect(yield* refused(Volume.objects, 'bulkCreate', rows)).toBe(refusal("F('pages')"));
  const made = yield* call<Volume>(Volume.objects, 'create', { title: Lower(Value('ABC')) });
  expect(made.title).toBe('abc');
});
