import { FieldError, NotUpdated, ValueError } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Counter, Profile, Publisher, Review } from '../support/library.ts';

const { behaviour, reset } = harness();

behaviour('271 save inserts, then updates every column', function* () {
  const author = new Author({ name: 'Eve', age: 1 });
  yield* call(author, 'save');
  expect(author.id).toBe(5);
  expect(lastStatement()).toMatch(/^INSERT INTO "author" .* RETURNING "author"."id"$/);
  author.age = 2;
  yield* call(author, 'save');
  expect(lastStatement()).toMatch(
    /^UPDATE "author" SET "name" = \$2, "age" = \$3, "rating" = \$4, "email" = \$5 WHERE/,
  );
  expect((yield* call<Author>(Author.objects, 'get', { id: 5 })).age).toBe(2);
});
behaviour('272 a new instance with a key updates, and inserts when there is no row', function* () {
  yield* call(new Publisher({ id: 1, name: 'over', awards: 9 }), 'save');
  expect((yield* call<Publisher>(Publisher.objects, 'get', { id: 1 })).name).toBe('over');
  const sent = statements().length;
  yield* call(new Publisher({ id: 77, name: 'new', awards: 9 }), 'save');
  expect(
    statements()
      .slice(sent)
      .map((sql) => sql.split(' ')[0]),
  ).toEqual(['UPDATE', 'INSERT']);
});
behaviour('274 updateFields writes only those', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 1 });
  book.pages = 7;
  book.title = 'not this';
  yield* call(book, 'save', { updateFields: ['pages'] });
  expect(lastStatement()).toBe('UPDATE "book" SET "pages" = $2 WHERE "book"."id" = $1');
  const sent = statements().length;
  yield* call(book, 'save', { updateFields: [] });
  expect(statements().length).toBe(sent);
  const unknown = yield* thrownBy(() => call(book, 'save', { updateFields: ['zz', 'id'] }));
  expect(unknown).toBeInstanceOf(ValueError);
  expect(unknown.message).toBe(
    'The following fields do not exist in this model, are m2m fields, primary keys, or are non-concrete fields: zz, id',
  );
  book.id = 99;
  const missing = yield* thrownBy(() => call(book, 'save', { updateFields: ['pages'] }));
  expect(missing).toBeInstanceOf(NotUpdated);
});
behaviour('277 an unsaved related instance is refused', function* () {
  const review = new Review({ book: new Book(), stars: 1 });
  const error = yield* thrownBy(() => call(review, 'save'));
  expect(error.message).toBe("save() prohibited to prevent data loss due to unsaved related object 'book'.");
});
behaviour('277 an unsaved related instance that is let go of again is in no way', function* () {
  const book = yield* call<Book>(Book.objects.filter({ contact__isNull: false }).orderBy('id'), 'first');
  book.contact = new Author({ name: 'Eve', age: 1 });
  book.contact = null;
  yield* call(book, 'save');
  yield* call(book, 'refreshFromDb');
  expect(book.contactId).toBeNull();
});
behaviour('277 a related instance that was saved meanwhile gives its key', function* () {
  const author = new Author({ name: 'Eve', age: 1 });
  const profile = new Profile({ author });
  yield* call(author, 'save');
  yield* call(profile, 'save');
  expect(profile.authorId).toBe(5);
  expect(profile.author).toBe(author);
});
behaviour('278 an instance with some columns saves those', function* () {
  const book = yield* call<Book>(Book.objects.only('pages'), 'get', { id: 1 });
  book.pages = 8;
  yield* call(book, 'save');
  expect(lastStatement()).toBe('UPDATE "book" SET "pages" = $2 WHERE "book"."id" = $1');
  expect(JSON.parse(JSON.stringify(book))).toEqual({ id: 1, pages: 8 });
});
behaviour('280 refreshFromDb reads again, all or the named columns', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 1 });
  book.pages = 1;
  book.title = 'x';
  yield* call(book, 'refreshFromDb', { fields: ['pages'] });
  expect([book.pages, book.title]).toEqual([100, 'x']);
  expect(lastStatement()).toContain('SELECT "book"."id", "book"."pages" FROM');
  yield* call(book, 'refreshFromDb');
  expect(book.title).toBe('Alpha');
  const path = yield* thrownBy(() => call(book, 'refreshFromDb', { fields: ['publisher__name'] }));
  expect(path.message).toBe(
    'Found "__" in fields argument. Relations and transforms are not allowed in fields.',
  );
  const narrowed = yield* thrownBy(() =>
    call(book, 'refreshFromDb', { fromQueryset: Book.objects.filter({ pages: 0 }) }),
  );
  expect(narrowed).toBeInstanceOf(Book.DoesNotExist);
});
behaviour('281 refreshing drops a related instance that is no longer the one', function* () {
  const book = yield* call<Book>(Book.objects.selectRelated('publisher'), 'get', { id: 1 });
  expect(book.publisher.name).toBe('Acme');
  yield* call(Book.objects.filter({ id: 1 }), 'update', { publisher: 2 });
  yield* call(book, 'refreshFromDb');
  expect((yield* readRelation<Publisher>(book, 'publisher')).name).toBe('Birch');
});
behaviour('286 selectRelated joins, inner for what must be there', function* () {
  const books = Book.objects.selectRelated('publisher', 'contact').orderBy('id');
  const rows = yield* call<Book[]>(books, 'list');
  expect(lastStatement()).toMatch(/INNER JOIN "publisher" .* LEFT OUTER JOIN "author"/);
  expect(rows.map((book) => [book.publisher.name, book.contact?.name ?? null])).toEqual([
    ['Acme', 'Ann'],
    ['Acme', null],
    ['Birch', null],
    ['Birch', 'Cyd'],
    ['Acme', null],
  ]);
  expect(statements().length).toBe(1);
  yield* call(books.selectRelated(null), 'list');
  expect(lastStatement()).not.toContain('JOIN');
});
behaviour('287 selectRelated names what it can follow', function* () {
  // @ts-expect-error there is no such relation
  const unknown = () => Book.objects.selectRelated('zz');
  expect(unknown).toThrow(
    new FieldError("Invalid field name(s) given in selectRelated: 'zz'. Choices are: publisher, contact"),
  );
  // @ts-expect-error a column is no relation
  const column = () => Book.objects.selectRelated('title');
  expect(column).toThrow(
    new FieldError("Non-relational field given in selectRelated: 'title'. Choices are: publisher, contact"),
  );
  yield* call(Book.objects, 'count');
});
behaviour('288 selectRelated follows both sides of a one-to-one', function* () {
  yield* call(Profile.objects, 'create', { author: 1, bio: 'b' });
  const author = yield* call<Author>(Author.objects.selectRelated('profile'), 'get', { id: 1 });
  const sent = statements().length;
  expect(author.profile.bio).toBe('b');
  expect(author.profile.author).toBe(author);
  expect(statements().length).toBe(sent);
  const without = yield* call<Author>(Author.objects.selectRelated('profile'), 'get', { id: 2 });
  const error = yield* thrownBy(() => readRelation(without, 'profile'));
  expect(error).toBeInstanceOf(Profile.DoesNotExist);
  expect(error.message).toBe('Author has no profile.');
});

test('270 autoNow changes on save, autoNowAdd would not', async () => {
  await reset();
  const counter = await Counter.objects.acreate({ key: 'a' });
  const { updated } = counter;
  expect(updated).toBeInstanceOf(Date);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await counter.asave({ updateFields: ['n'] });
  expect(counter.updated).toBe(updated);
  await counter.asave();
  expect(counter.updated.getTime()).toBeGreaterThan(updated.getTime());
});
test('283 instances are equal when model and key are', () => {
  expect(new Book({ id: 1 }).equals(new Book({ id: 1 }))).toBe(true);
  expect(new Book({ id: 1 }).equals(new Book({ id: 2 }))).toBe(false);
  expect(new Book({ id: 1 }).equals(new Author({ id: 1 }))).toBe(false);
  expect(new Book().equals(new Book())).toBe(false);
});
test('284 a deferred column is read when it is asked for, once', async () => {
  await reset();
  const book = await Book.objects.defer('pages', 'title').aget({ id: 1 });
  expect(Object.keys(book)).not.toContain('pages');
  expect((book as Book).pages).toBe(100);
  expect(Object.keys(book)).toContain('pages');
  expect(Book.objects.only('pages', 'title').defer('title').toSql().sql).toMatch(
    /^SELECT "book"."id", "book"."pages" FROM/,
  );
});
