import {
  aprefetchRelatedObjects,
  IntegrityError,
  Prefetch,
  prefetchRelatedObjects,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { atomic, call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Profile, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();
const namespace = { prefetchRelatedObjects, aprefetchRelatedObjects };

behaviour('285 a relation is read once, a null one not at all', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 1 });
  const publisher = yield* readRelation<Publisher>(book, 'publisher');
  expect(publisher.name).toBe('Acme');
  expect(yield* readRelation(book, 'publisher')).toBe(publisher);
  expect(statements().length).toBe(2);
  const other = yield* call<Book>(Book.objects, 'get', { id: 2 });
  expect(yield* readRelation(other, 'contact')).toBeNull();
  expect(statements().length).toBe(3);
});
behaviour('285 assigning an instance sets the key, and the other way round', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 1 });
  const birch = yield* call<Publisher>(Publisher.objects, 'get', { id: 2 });
  book.publisher = birch;
  expect(book.publisherId).toBe(2);
  book.publisherId = 3;
  expect((yield* readRelation<Publisher>(book, 'publisher')).name).toBe('Cedar');
  book.contact = null;
  expect(book.contactId).toBeNull();
});
behaviour('289 the other side of a one-to-one', function* () {
  const author = yield* call<Author>(Author.objects, 'get', { id: 1 });
  const missing = yield* thrownBy(() => readRelation(author, 'profile'));
  expect(missing).toBeInstanceOf(Profile.DoesNotExist);
  const fresh = yield* call<Author>(Author.objects, 'get', { id: 2 });
  yield* call(Profile.objects, 'create', { author: fresh, bio: 'x' });
  const sent = statements().length;
  expect((yield* readRelation<Profile>(fresh, 'profile')).bio).toBe('x');
  expect(statements().length).toBe(sent);
});
behaviour('290 adding to a reverse relation is one UPDATE', function* () {
  const cedar = yield* call<Publisher>(Publisher.objects, 'get', { id: 3 });
  const [one, two] = yield* call<[Book, Book]>(Book.objects.filter({ id__in: [1, 2] }).orderBy('id'), 'list');
  const sent = statements().length;
  yield* call(cedar.books, 'add', one, two);
  expect(statements().length).toBe(sent + 1);
  expect(yield* call(cedar.books, 'count')).toBe(2);
  const unsaved = yield* thrownBy(() => call(cedar.books, 'add', new Book()));
  expect(unsaved).toBeInstanceOf(ValueError);
  expect(unsaved.message).toContain("instance isn't saved. Use bulk=False or save the object first.");
  const wrong = yield* thrownBy(() => call(cedar.books, 'add', cedar));
  expect(wrong).toBeInstanceOf(TypeError);
  expect(wrong.message).toContain("'Book' instance expected, got <Publisher");
});
behaviour('292 set on a nullable foreign key adds and removes, on a required one only adds', function* () {
  const ann = yield* call<Author>(Author.objects, 'get', { id: 1 });
  const books = yield* call<Book[]>(Book.objects.filter({ id__in: [2, 3] }).orderBy('id'), 'list');
  yield* call(ann.contactFor, 'set', books);
  expect(keys(yield* call<Book[]>(ann.contactFor.orderBy('id'), 'list'))).toEqual([2, 3]);
  yield* call(ann.contactFor, 'clear');
  expect(yield* call(ann.contactFor, 'count')).toBe(0);
  const acme = yield* call<Publisher>(Publisher.objects, 'get', { id: 1 });
  yield* call(acme.books, 'set', books);
  expect(yield* call(acme.books, 'count')).toBe(4);
});
behaviour('37 many-to-many: add, remove, clear, set', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 5 });
  const dan = yield* call<Author>(Author.objects, 'get', { id: 4 });
  yield* call(book.authors, 'add', dan, 1);
  expect(lastStatement()).toContain('ON CONFLICT DO NOTHING');
  const names = () => call(book.authors.orderBy('name').valuesList('name', { flat: true }), 'list');
  expect(yield* names()).toEqual(['Ann', 'Dan']);
  yield* call(book.authors, 'add', dan);
  expect(yield* names()).toEqual(['Ann', 'Dan']);
  yield* call(book.authors, 'remove', dan);
  expect(yield* names()).toEqual(['Ann']);
  yield* call(book.authors, 'set', [dan, 2]);
  expect(yield* names()).toEqual(['Bob', 'Dan']);
  yield* call(book.authors, 'set', [3], { clear: true });
  expect(yield* names()).toEqual(['Cyd']);
  yield* call(book.authors, 'clear');
  expect(yield* names()).toEqual([]);
  const sent = statements().length;
  yield* call(book.authors, 'add');
  expect(statements().length).toBe(sent);
});
behaviour('32 creating through a many-to-many manager links', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 5 });
  const eve = yield* call<Author>(book.authors, 'create', { name: 'Eve', age: 1 });
  expect((yield* call<Author>(book.authors, 'get')).id).toBe(eve.id);
  const [fay, created] = yield* call<[Author, boolean]>(
    book.authors,
    'getOrCreate',
    { name: 'Fay' },
    { defaults: { age: 2 } },
  );
  expect(created).toBe(true);
  const [same, again] = yield* call<[Author, boolean]>(book.authors, 'getOrCreate', { name: 'Fay' });
  expect([same.id, again]).toEqual([fay.id, false]);
  expect(yield* call(book.authors, 'count')).toBe(2);
  expect(keys(yield* call<Book[]>(eve.books, 'list'))).toEqual([5]);
});
behaviour('295 set of the same rows only looks', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 2 });
  const sent = statements().length;
  yield* call(book.authors, 'set', [1, 2]);
  expect(
    statements()
      .slice(sent)
      .map((sql) => sql.split(' ')[0]),
  ).toEqual(['BEGIN', 'SELECT', 'COMMIT']);
});
behaviour('296 a pair with a missing row fails at the commit', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 5 });
  let added = false;
  const error = yield* thrownBy(() =>
    atomic(function* () {
      yield* call(book.authors, 'add', 999);
      added = true;
    }),
  );
  expect(added).toBe(true);
  expect(error).toBeInstanceOf(IntegrityError);
});
behaviour('298 an unsaved instance has no related rows to ask for', function* () {
  expect(() => new Publisher().books).toThrow(
    new ValueError(
      "'Publisher' instance needs to have a primary key value before this relationship can be used.",
    ),
  );
  expect(() => new Book().authors).toThrow(
    new ValueError(
      '"<Book>" needs to have a value for field "id" before this many-to-many relationship can be used.',
    ),
  );
  yield* call(Publisher.objects, 'count');
});
behaviour('299 what may be assigned to a relation', function* () {
  const acme = yield* call<Publisher>(Publisher.objects, 'get', { id: 1 });
  expect(() => Object.assign(acme, { books: [] })).toThrow(
    new TypeError(
      'Direct assignment to the reverse side of a related set is prohibited. Use books.set() instead.',
    ),
  );
  const review = new Review();
  expect(() => Object.assign(review, { book: acme })).toThrow(/"Review.book" must be a "Book" instance/);
});
behaviour('301 rows of a reverse manager know their owner', function* () {
  const book = yield* call<Book>(Book.objects, 'get', { id: 1 });
  const reviews = yield* call<Review[]>(book.reviews.orderBy('id'), 'list');
  const sent = statements().length;
  expect(reviews.every((review) => review.book === book)).toBe(true);
  const made = yield* call<Review>(book.reviews, 'create', { stars: 2 });
  expect(made.book).toBe(book);
  expect(statements().length).toBe(sent + 1);
});
behaviour('302 prefetch is one query per relation and level', function* () {
  const books = yield* call<Book[]>(Book.objects.prefetchRelated('authors', 'reviews').orderBy('id'), 'list');
  expect(statements().length).toBe(3);
  const authors = books.map((book) => keys((book.authors.all().loaded ?? []) as unknown[]));
  expect(authors).toEqual([[1], [1, 2], [2, 3], [3], []]);
  expect(books.map((book) => book.reviews.all().loaded?.map((review) => review.stars))).toEqual([
    [5, 3],
    [4],
    [],
    [1, 2, 3],
    [],
  ]);
  const before = statements().length;
  const publishers = yield* call<Publisher[]>(
    Publisher.objects.prefetchRelated('books__reviews').orderBy('id'),
    'list',
  );
  expect(statements().length).toBe(before + 3);
  expect(publishers.map((publisher) => publisher.books.all().loaded?.length)).toEqual([3, 2, 0]);
  yield* call(Book.objects.prefetchRelated('publisher'), 'list');
  expect(statements().length).toBe(before + 5);
});
behaviour('303 a prefetch may have a query set and an attribute of its own', function* () {
  const high = Prefetch('reviews', { queryset: Review.objects.filter({ stars__gte: 4 }), toAttr: 'good' });
  const books = yield* call<(Book & { good: Review[] })[]>(
    Book.objects.prefetchRelated(high).orderBy('id'),
    'list',
  );
  expect(books.map(({ good }) => good.map(({ stars }) => stars))).toEqual([[5], [4], [], [], []]);
});
behaviour('305 what was prefetched is used until it changes', function* () {
  const book = yield* call<Book>(Book.objects.prefetchRelated('reviews'), 'get', { id: 1 });
  const sent = statements().length;
  expect(yield* call(book.reviews.all(), 'count')).toBe(2);
  expect(yield* call(book.reviews, 'exists')).toBe(true);
  expect(yield* call(book.reviews, 'list')).toHaveLength(2);
  expect(statements().length).toBe(sent);
  yield* call(book.reviews, 'first');
  yield* call(book.reviews.filter({ stars: 5 }), 'list');
  expect(statements().length).toBe(sent + 2);
  yield* call(book.reviews, 'create', { stars: 1 });
  expect(yield* call(book.reviews, 'count')).toBe(3);
});
behaviour('44 prefetchRelatedObjects loads for instances at hand', function* () {
  const books = yield* call<Book[]>(Book.objects.orderBy('id'), 'list');
  yield* call(namespace, 'prefetchRelatedObjects', books, 'reviews');
  expect(books.map((book) => book.reviews.all().loaded?.length)).toEqual([2, 1, 0, 3, 0]);
});
behaviour('307 prefetch names what it cannot follow', function* () {
  const rows = Book.objects as unknown as { prefetchRelated(...lookups: unknown[]): object };
  const unknown = yield* thrownBy(() => call(rows.prefetchRelated('zz'), 'list'));
  expect(unknown.name).toBe('AttributeError');
  expect(unknown.message).toBe(
    "Cannot find 'zz' on Book object, 'zz' is an invalid parameter to prefetchRelated()",
  );
  const column = yield* thrownBy(() => call(rows.prefetchRelated('title'), 'list'));
  expect(column.message).toBe(
    "'title' does not resolve to an item that supports prefetching - this is an invalid parameter to prefetchRelated().",
  );
  const reviews = Review.objects.all();
  const twice = yield* thrownBy(() =>
    call(rows.prefetchRelated('reviews', Prefetch('reviews', { queryset: reviews })), 'list'),
  );
  expect(twice.message).toContain("'reviews' lookup was already seen with a different queryset.");
  expect(() => Prefetch('reviews', { queryset: Review.objects.values('id') })).toThrow(
    new ValueError('Prefetch querysets cannot use raw(), values(), and valuesList().'),
  );
});

behaviour('304 a sliced prefetch is sliced for each parent', function* () {
  const rows = Review.objects.orderBy('-id');
  const two = Prefetch('reviews', { queryset: Review.objects.orderBy('-stars', 'id').slice(0, 2) });
  const books = yield* call<Book[]>(Book.objects.prefetchRelated(two).orderBy('id'), 'list');
  expect(books.map((book) => book.reviews.all().loaded?.map((review) => review.stars))).toEqual([
    [5, 3],
    [4],
    [],
    [3, 2],
    [],
  ]);
  expect(lastStatement()).toContain('ROW_NUMBER() OVER (PARTITION BY "review"."book_id"');
  expect(statements()).toHaveLength(2);
  const second = Prefetch('reviews', { queryset: rows.slice(1, 2), toAttr: 'second' });
  const seconds = yield* call<(Book & { second: Review[] })[]>(
    Book.objects.prefetchRelated(second).orderBy('id'),
    'list',
  );
  expect(seconds.map((book) => book.second.map((review) => review.id))).toEqual([[1], [], [], [5], []]);
  const none = Prefetch('reviews', { queryset: rows.slice(0, 0), toAttr: 'none' });
  const empty = yield* call<(Book & { none: Review[] })[]>(Book.objects.prefetchRelated(none), 'list');
  expect(empty.map((book) => book.none)).toEqual([[], [], [], [], []]);
});
behaviour('304 many-to-many prefetches are sliced for each parent too', function* () {
  const oldest = Prefetch('authors', {
    queryset: Author.objects.orderBy('-age').slice(0, 1),
    toAttr: 'oldest',
  });
  const books = yield* call<(Book & { oldest: Author[] })[]>(
    Book.objects.prefetchRelated(oldest).orderBy('id'),
    'list',
  );
  expect(books.map((book) => book.oldest.map((author) => author.name))).toEqual([
    ['Ann'],
    ['Bob'],
    ['Cyd'],
    ['Cyd'],
    [],
  ]);
  const first = Prefetch('books', {
    queryset: Book.objects.filter({ pages__gt: 100 }).orderBy('pages').slice(0, 1),
  });
  const authors = yield* call<Author[]>(Author.objects.prefetchRelated(first).orderBy('id'), 'list');
  expect(authors.map((author) => keys((author.books.all().loaded ?? []) as unknown[]))).toEqual([
    [2],
    [2],
    [3],
    [],
  ]);
});
behaviour('306 a prefetch goes on from the attribute another one filled', function* () {
  const good = Prefetch('books', { queryset: Book.objects.filter({ pages__gte: 300 }), toAttr: 'long' });
  const publishers = yield* call<(Publisher & { long: Book[] })[]>(
    Publisher.objects.prefetchRelated(good, 'long__reviews' as never).orderBy('id'),
    'list',
  );
  expect(publishers.map(({ long }) => long.map((book) => book.reviews.all().loaded?.length))).toEqual([
    [0],
    [0, 3],
    [],
  ]);
  expect(statements()).toHaveLength(3);
});
behaviour('306 a prefetch of one row is kept under its attribute as that row', function* () {
  const own = Prefetch('publisher', {
    queryset: Publisher.objects.filter({ awards__gt: 1 }),
    toAttr: 'awarded',
  });
  const books = yield* call<(Book & { awarded: Publisher | null })[]>(
    Book.objects.prefetchRelated(own).orderBy('id'),
    'list',
  );
  expect(books.map(({ awarded }) => awarded?.name ?? null)).toEqual(['Acme', 'Acme', null, null, 'Acme']);
});
