import {
  Count,
  DataError,
  F,
  FieldDoesNotExist,
  FieldError,
  IntegrityError,
  ProtectedError,
  RestrictedError,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { optimises } from '../../../runtime/orm/optimisations.ts';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import {
  Author,
  Book,
  Counter,
  Event,
  Kid,
  Node,
  Pair,
  Parent,
  Publisher,
  RestrictedKid,
  Review,
} from '../support/library.ts';

const { behaviour, reset } = harness();
behaviour('217 create always inserts', function* () {
  const error = yield* thrownBy(() => call(Publisher.objects, 'create', { id: 1, name: 'x', awards: 0 }));
  expect(error).toBeInstanceOf(IntegrityError);
  expect((error as IntegrityError).code).toBe('23505');
  expect((error as IntegrityError).constraint).toBe('publisher_pkey');
  expect((error as IntegrityError).sql).toContain('INSERT INTO "publisher"');
  const made = yield* call<Publisher>(Publisher.objects, 'create', { name: 'x', awards: 0 });
  expect(made.id).toBe(4);
});
behaviour('216 create refuses names the model does not have', function* () {
  const error = yield* thrownBy(() => call(Publisher.objects, 'create', { nope: 1 }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe("Publisher() got unexpected keyword arguments: 'nope'");
});
behaviour('218 getOrCreate looks, then inserts inside a transaction', function* () {
  const [event, created] = yield* call<[Event, boolean]>(
    Event.objects,
    'getOrCreate',
    { name: 'e4' },
    { defaults: { at: new Date(0), rank: 7 } },
  );
  expect(created).toBe(true);
  expect(event.rank).toBe(7);
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual(['SELECT', 'BEGIN', 'INSERT', 'COMMIT']);
  const [again, second] = yield* call<[Event, boolean]>(Event.objects, 'getOrCreate', { name: 'e4' });
  expect([again.id, second]).toEqual([event.id, false]);
});
behaviour('220 a default that is a function is called', function* () {
  yield* call(Pair.objects, 'getOrCreate', { f1: 1 }, { defaults: { f2: () => 9 } });
  expect(yield* call(Pair.objects.valuesList('f1', 'f2'), 'list')).toEqual([[1, 9]]);
});
behaviour('221 lookups are not used as values', function* () {
  const [pair] = yield* call<[Pair, boolean]>(
    Pair.objects,
    'getOrCreate',
    { name__iexact: 'Zed', f1: 1 },
    { defaults: { name: 'zed', f2: 2 } },
  );
  expect(pair.name).toBe('zed');
});
behaviour('224 names of defaults are checked between the SELECT and the INSERT', function* () {
  const error = yield* thrownBy(() =>
    call(Pair.objects, 'getOrCreate', { f1: 1 }, { defaults: { nope: 1 } }),
  );
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toBe("Invalid field name(s) for model Pair: 'nope'.");
  expect(statements().length).toBe(1);
});
behaviour('226 a missing value gives the original IntegrityError', function* () {
  const error = yield* thrownBy(() => call(Pair.objects, 'getOrCreate', { f1: 1 }));
  expect(error).toBeInstanceOf(IntegrityError);
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual([
    'SELECT',
    'BEGIN',
    'INSERT',
    'ROLLBACK',
    'SELECT',
  ]);
});
behaviour('232 updateOrCreate updates the defaults and what changes on save', function* () {
  yield* call(Pair.objects, 'create', { f1: 1, f2: 2, name: 'a' });
  const [pair, created] = yield* call<[Pair, boolean]>(
    Pair.objects,
    'updateOrCreate',
    { f1: 1 },
    { defaults: { name: 'b' } },
  );
  expect([pair.name, created]).toEqual(['b', false]);
  expect(statements().some((sql) => sql.endsWith('FOR UPDATE'))).toBe(true);
  expect(lastStatement()).toBe('COMMIT');
});
behaviour('233 createDefaults replace the defaults of a new row', function* () {
  const options = { defaults: { name: 'update' }, createDefaults: { f2: 2, name: 'create' } };
  const [made] = yield* call<[Pair, boolean]>(Pair.objects, 'updateOrCreate', { f1: 1 }, options);
  expect(made.name).toBe('create');
  const [changed] = yield* call<[Pair, boolean]>(Pair.objects, 'updateOrCreate', { f1: 1 }, options);
  expect(changed.name).toBe('update');
});
behaviour('234 an update may compute from the row', function* () {
  yield* call(Pair.objects, 'create', { f1: 1, f2: 2 });
  yield* call(Pair.objects, 'updateOrCreate', { f1: 1 }, { defaults: { f2: F('f2').add(40) } });
  expect(yield* call(Pair.objects.valuesList('f2', { flat: true }), 'list')).toEqual([42]);
});
test('230 of eight racing agetOrCreate one creates, and none fails', async () => {
  await reset();
  const race = Array.from({ length: 8 }, (_, n) =>
    Counter.objects.agetOrCreate({ key: 'race' }, { defaults: { n } }),
  );
  const results = await Promise.all(race);
  expect(results.filter(([, created]) => created).length).toBe(1);
  expect(new Set(results.map(([counter]) => counter.id)).size).toBe(1);
  expect(await Counter.objects.acount()).toBe(1);
});
test('235 eight racing aupdateOrCreate all count', async () => {
  await reset();
  const options = { defaults: { n: F('n').add(1) }, createDefaults: { n: 1 } };
  const race = Array.from({ length: 8 }, () => Counter.objects.aupdateOrCreate({ key: 'race' }, options));
  const results = await Promise.all(race);
  expect(results.filter(([, created]) => created).length).toBe(1);
  expect((await Counter.objects.aget({ key: 'race' })).n).toBe(8);
});

behaviour('238 bulkCreate is one statement and sets keys in order', function* () {
  const rows = ['a', 'b', 'c'].map((name) => ({ name, age: 1 }));
  const made = yield* call<Author[]>(Author.objects, 'bulkCreate', rows);
  expect(keys(made)).toEqual([5, 6, 7]);
  expect(statements().length).toBe(1);
  expect(yield* call(Author.objects, 'bulkCreate', [])).toEqual([]);
  expect(statements().length).toBe(1);
});
behaviour('239 several plain rows go as arrays, one row as values', function* () {
  yield* call(Author.objects, 'bulkCreate', [new Author({ name: 'a', age: 1 })]);
  expect(lastStatement()).toContain('VALUES ($1');
  const odd = ['quote " slash \\ brace { comma , null', 'NULL', ''];
  yield* call(
    Author.objects,
    'bulkCreate',
    odd.map((name) => ({ name, age: 2 })),
  );
  if (optimises('column-arrays')) expect(lastStatement()).toContain('SELECT * FROM UNNEST(');
  const names = Author.objects.filter({ age: 2 }).orderBy('id').valuesList('name', { flat: true });
  expect(yield* call(names, 'list')).toEqual(odd);
});
behaviour('240 a batch may be larger than the protocol has parameters', function* () {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ f1: i, f2: i, name: 'x', id: i + 1 }));
  yield* call(
    Pair.objects,
    'bulkCreate',
    rows.map((row) => new Pair(row)),
  );
  expect(yield* call(Pair.objects, 'count')).toBe(20_000);
  yield* call(Pair.objects.filter({ id__gt: 0 }), 'delete');
});
behaviour('241 a batch has at least one row', function* () {
  const error = yield* thrownBy(() => call(Author.objects, 'bulkCreate', [], { batchSize: 0 }));
  expect(error.message).toBe('Batch size must be a positive integer.');
  const rows = [1, 2, 3].map((age) => ({ name: 'x', age }));
  yield* call(Author.objects, 'bulkCreate', rows, { batchSize: 2 });
  expect(statements().filter((sql) => sql.startsWith('INSERT')).length).toBe(2);
  expect(statements()[0]).toBe('BEGIN');
});
behaviour('242 rows with a key go first, apart from those without', function* () {
  const made = yield* call<Author[]>(Author.objects, 'bulkCreate', [
    { name: 'a', age: 1 },
    { id: 99, name: 'b', age: 1 },
  ]);
  expect(keys(made)).toEqual([5, 99]);
  expect(statements().length).toBe(4);
});
behaviour('243 conflicts can be ignored; keys are then unknown', function* () {
  yield* call(Pair.objects, 'create', { f1: 1, f2: 1 });
  const made = yield* call<Pair[]>(
    Pair.objects,
    'bulkCreate',
    [
      { f1: 1, f2: 9 },
      { f1: 2, f2: 2 },
    ],
    { ignoreConflicts: true },
  );
  expect(keys(made)).toEqual([null, null]);
  expect(yield* call(Pair.objects, 'count')).toBe(2);
});
behaviour('244 conflicts can update', function* () {
  yield* call(Pair.objects, 'create', { f1: 1, f2: 1, name: 'a' });
  const made = yield* call<Pair[]>(
    Pair.objects,
    'bulkCreate',
    [
      { f1: 1, f2: 9, name: 'b' },
      { f1: 2, f2: 2, name: 'c' },
    ],
    { updateConflicts: true, uniqueFields: ['f1'], updateFields: ['name'] },
  );
  expect(made.every((pair) => pair.id > 0)).toBe(true);
  expect(yield* call(Pair.objects.orderBy('f1').valuesList('f1', 'f2', 'name'), 'list')).toEqual([
    [1, 1, 'b'],
    [2, 2, 'c'],
  ]);
});
behaviour('245 conflict options are checked', function* () {
  const refused = [
    [
      { ignoreConflicts: true, updateConflicts: true },
      'ignoreConflicts and updateConflicts are mutually exclusive.',
    ],
    [
      { updateConflicts: true, uniqueFields: ['f1'] },
      'Fields that will be updated when a row insertion fails on conflicts must be provided.',
    ],
    [
      { updateConflicts: true, updateFields: ['name'] },
      'Unique fields that can trigger the upsert must be provided.',
    ],
    [
      { updateConflicts: true, uniqueFields: ['f1'], updateFields: ['id'] },
      'bulkCreate() cannot be used with primary keys in updateFields.',
    ],
  ] as const;
  for (const [options, message] of refused) {
    const error = yield* thrownBy(() => call(Pair.objects, 'bulkCreate', [{ f1: 1, f2: 1 }], options));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe(message);
  }
  const unknown = yield* thrownBy(() =>
    call(Pair.objects, 'bulkCreate', [{ f1: 1, f2: 1 }], { updateConflicts: true, updateFields: ['zz'] }),
  );
  expect(unknown).toBeInstanceOf(FieldDoesNotExist);
  expect(unknown.message).toBe("Pair has no field named 'zz'");
});
behaviour('247 a violation inserts nothing', function* () {
  const rows = [1, 2, 2].map((f1) => ({ f1, f2: f1 }));
  expect(yield* thrownBy(() => call(Pair.objects, 'bulkCreate', rows))).toBeInstanceOf(IntegrityError);
  expect(yield* call(Pair.objects, 'count')).toBe(0);
});
behaviour('248 an unsaved related instance is refused', function* () {
  const review = new Review({ book: new Book(), stars: 1 });
  const error = yield* thrownBy(() => call(Review.objects, 'bulkCreate', [review]));
  expect(error.message).toBe(
    "bulkCreate() prohibited to prevent data loss due to unsaved related object 'book'.",
  );
});
behaviour('251 a string that is too long is refused, not cut', function* () {
  const long = 'x'.repeat(20);
  const insert = yield* thrownBy(() => call(Pair.objects, 'create', { f1: 1, f2: 1, name: long }));
  expect(insert).toBeInstanceOf(DataError);
  expect(insert.message).toBe('value too long for type character varying(10)');
  const rows = [1, 2].map((f1) => ({ f1, f2: f1, name: long }));
  const bulk = yield* thrownBy(() => call(Pair.objects, 'bulkCreate', rows));
  expect(bulk).toBeInstanceOf(DataError);
  const made = yield* call<Pair[]>(
    Pair.objects,
    'bulkCreate',
    [1, 2].map((f1) => ({ id: f1, f1, f2: f1 })),
  );
  for (const pair of made) pair.name = long;
  expect(yield* thrownBy(() => call(Pair.objects, 'bulkUpdate', made, ['name']))).toBeInstanceOf(DataError);
});
behaviour('253 bulkUpdate writes in batches and counts rows', function* () {
  const authors = yield* call<Author[]>(Author.objects.orderBy('id'), 'list');
  for (const author of authors) author.age += 1;
  expect(yield* call(Author.objects, 'bulkUpdate', authors, ['age'], { batchSize: 2 })).toBe(4);
  expect(statements().filter((sql) => sql.startsWith('UPDATE')).length).toBe(2);
  expect(yield* call(Author.objects.orderBy('id').valuesList('age', { flat: true }), 'list')).toEqual([
    31, 41, 51, 21,
  ]);
  expect(yield* call(Author.objects, 'bulkUpdate', [], ['age'])).toBe(0);
  for (const author of authors) Object.assign(author, { age: F('age').sub(1) });
  expect(yield* call(Author.objects, 'bulkUpdate', authors, ['age'])).toBe(4);
  expect(yield* call(Author.objects.orderBy('id').valuesList('age', { flat: true }), 'list')).toEqual([
    30, 40, 50, 20,
  ]);
});
behaviour('254 an instance given twice counts once per batch', function* () {
  const author = yield* call<Author>(Author.objects, 'get', { id: 1 });
  expect(yield* call(Author.objects, 'bulkUpdate', [author, author], ['age'])).toBe(1);
  expect(yield* call(Author.objects, 'bulkUpdate', [author, author], ['age'], { batchSize: 1 })).toBe(2);
});
behaviour('256 update counts the rows it matched, in one statement', function* () {
  expect(yield* call(Book.objects.filter({ pages__gt: 250 }), 'update', { pages: 1 })).toBe(3);
  expect(statements().length).toBe(1);
  yield* call(Book.objects, 'update', { pages: F('pages').add(5) });
  expect(yield* call(Book.objects.orderBy('id').valuesList('pages', { flat: true }), 'list')).toEqual([
    105, 205, 6, 6, 6,
  ]);
  expect(yield* call(Book.objects.filter({ pages: 99 }), 'update', { pages: 1 })).toBe(0);
  const sent = statements().length;
  expect(yield* call(Book.objects.none(), 'update', { pages: 1 })).toBe(0);
  expect(yield* call(Book.objects, 'update', {})).toBe(0);
  expect(statements().length).toBe(sent);
});
behaviour('257 update goes by joined conditions, but not to joined values', function* () {
  expect(yield* call(Book.objects.filter({ publisher__name: 'Acme' }), 'update', { rating: null })).toBe(3);
  expect(lastStatement()).toContain('IN (SELECT');
  const joined = yield* thrownBy(() => call(Book.objects, 'update', { pages: F('publisher__awards') }));
  expect(joined).toBeInstanceOf(FieldError);
  expect(joined.message).toBe('Joined field references are not permitted in this query');
  const aggregate = yield* thrownBy(() => call(Book.objects, 'update', { pages: Count('id') }));
  expect(aggregate).toBeInstanceOf(FieldError);
});
behaviour('258 update takes related instances and their keys', function* () {
  const birch = yield* call<Publisher>(Publisher.objects, 'get', { id: 2 });
  yield* call(Book.objects.filter({ id: 1 }), 'update', { publisher: birch });
  yield* call(Book.objects.filter({ id: 2 }), 'update', { publisherId: 3 });
  expect(yield* call(Book.objects.orderBy('id').valuesList('publisherId', { flat: true }), 'list')).toEqual([
    2, 3, 2, 2, 1,
  ]);
});
behaviour('260 a delete that nothing depends on is one DELETE', function* () {
  expect(yield* call(Review.objects.filter({ book: 4 }), 'delete')).toEqual([3, { Review: 3 }]);
  expect(statements().map((sql) => sql.split(' ')[0])).toEqual(['BEGIN', 'DELETE', 'COMMIT']);
});
behaviour('262 a delete takes along what depends on it', function* () {
  const [total, counts] = yield* call<[number, object]>(Publisher.objects.filter({ id: 1 }), 'delete');
  expect(total).toBe(10);
  expect(counts).toEqual({ Book_authors: 3, Review: 3, Book: 3, Publisher: 1 });
});
behaviour('263 a nullable foreign key lets go; that is not counted', function* () {
  expect(yield* call(Author.objects.filter({ id: 1 }), 'delete')).toEqual([
    3,
    { Book_authors: 2, Author: 1 },
  ]);
  expect((yield* call<Book>(Book.objects, 'get', { id: 1 })).contactId).toBeNull();
});
behaviour('265 a deleted instance has no key any more', function* () {
  const review = yield* call<Review>(Review.objects, 'get', { id: 1 });
  expect(yield* call(review, 'delete')).toEqual([1, { Review: 1 }]);
  expect(review.pk).toBeNull();
  const again = yield* thrownBy(() => call(review, 'delete'));
  expect(again.message).toBe("Review object can't be deleted because its id attribute is set to None.");
});
behaviour('266 protected and restricted rows stand in the way', function* () {
  const parent = yield* call<Parent>(Parent.objects, 'create', {});
  yield* call(Kid.objects, 'create', { parent });
  const protectedBy = yield* thrownBy(() => call(Parent.objects.all(), 'delete'));
  expect(protectedBy).toBeInstanceOf(ProtectedError);
  expect(protectedBy.message).toBe(
    "Cannot delete some instances of model 'Parent' because they are referenced through protected foreign keys: 'Kid.parent'.",
  );
  yield* call(Kid.objects.all(), 'delete');
  yield* call(RestrictedKid.objects, 'create', { parent });
  const restricted = yield* thrownBy(() => call(parent, 'delete'));
  expect(restricted).toBeInstanceOf(RestrictedError);
  expect(yield* call(Parent.objects, 'count')).toBe(1);
});
behaviour('267 a tree is deleted whole', function* () {
  const root = yield* call<Node>(Node.objects, 'create', {});
  const child = yield* call<Node>(Node.objects, 'create', { up: root });
  yield* call(Node.objects, 'create', { up: child });
  expect(yield* call(root, 'delete')).toEqual([3, { Node: 3 }]);
});
behaviour('269 a delete is of whole rows', function* () {
  const values = yield* thrownBy(() => call(Book.objects.values('id'), 'delete'));
  expect(values.message).toBe('Cannot call delete() after .values() or .valuesList()');
  const distinct = yield* thrownBy(() => call(Book.objects.distinct('title'), 'delete'));
  expect(distinct.message).toBe('Cannot call delete() after .distinct(*fields).');
  expect(yield* call(Review.objects.filter({ id: 1 }).distinct(), 'delete')).toEqual([1, { Review: 1 }]);
});
behaviour('257 update takes annotations of the row itself, in the same statement', function* () {
  const twice = Book.objects.annotate({ twice: F('pages').mul(2) }).filter({ pages__gt: 100 });
  expect(yield* call(twice, 'update', { pages: F('twice').add(1) })).toBe(4);
  expect(statements()).toHaveLength(1);
  expect(yield* call(Book.objects.orderBy('id').valuesList('pages', { flat: true }), 'list')).toEqual([
    100, 401, 601, 801, 1001,
  ]);
  const joined = Book.objects.annotate({ awards: F('publisher__awards') });
  const error = yield* thrownBy(() => call(joined, 'update', { pages: F('awards') }));
  expect(error.message).toBe('Joined field references are not permitted in this query');
  const counted = Book.objects.annotate({ n: Count('authors') });
  const refused = yield* thrownBy(() => call(counted, 'update', { pages: F('n') }));
  expect(refused.message).toBe('Aggregate functions are not allowed in this query (pages=Count).');
});
