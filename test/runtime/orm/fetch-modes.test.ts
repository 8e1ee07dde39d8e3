import {
  FETCH_ONE,
  FETCH_PEERS,
  FETCH_RAISE,
  FieldFetchBlocked,
  Prefetch,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, iterate, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Profile, type Publisher, Review } from '../support/library.ts';

const { behaviour, reset } = harness();

behaviour('289 peers: a relation is fetched for every row of the query at once', function* () {
  const books = yield* iterate<Book>(Book.objects.fetchMode(FETCH_PEERS).orderBy('id'));
  const names: string[] = [];
  for (const book of books) names.push((yield* readRelation<Publisher>(book, 'publisher')).name);
  expect(names).toEqual(['Acme', 'Acme', 'Birch', 'Birch', 'Acme']);
  expect(statements()).toHaveLength(2);
  expect((yield* readRelation<Author | null>(books[0] as Book, 'contact'))?.name).toBe('Ann');
  expect(yield* readRelation(books[1] as Book, 'contact')).toBeNull();
  expect((yield* readRelation<Author | null>(books[3] as Book, 'contact'))?.name).toBe('Cyd');
  expect(statements()).toHaveLength(3);
});
behaviour('289 raise: a relation that is not loaded is refused', function* () {
  const book = yield* call<Book>(Book.objects.fetchMode(FETCH_RAISE), 'get', { id: 1 });
  const error = yield* thrownBy(() => readRelation(book, 'publisher'));
  expect(error).toBeInstanceOf(FieldFetchBlocked);
  expect(error.message).toBe('Fetching of Book.publisher blocked.');
  expect(statements()).toHaveLength(1);
  const other = yield* call<Book>(Book.objects.fetchMode(FETCH_RAISE), 'get', { id: 2 });
  expect(yield* readRelation(other, 'contact')).toBeNull();
});
behaviour('289 raise: what was loaded, or is asked for, is not refused', function* () {
  const rows = Book.objects.fetchMode(FETCH_RAISE).selectRelated('publisher').prefetchRelated('reviews');
  const book = yield* call<Book>(rows, 'get', { id: 1 });
  expect((yield* readRelation<Publisher>(book, 'publisher')).name).toBe('Acme');
  expect(book.reviews.all().loaded).toHaveLength(2);
  expect(yield* call(book.authors, 'count')).toBe(1);
  yield* call(book, 'refreshFromDb');
});
behaviour('289 raise: a new row has the mode of the query set that made it', function* () {
  const reviews = Review.objects.fetchMode(FETCH_RAISE);
  const made = yield* call<Review>(reviews, 'create', { bookId: 1, stars: 2 });
  const [found] = yield* call<[Review, boolean]>(reviews, 'getOrCreate', { bookId: 2, stars: 9 });
  for (const review of [made, found]) {
    const error = yield* thrownBy(() => readRelation(review, 'book'));
    expect(error.message).toBe('Fetching of Review.book blocked.');
  }
  const one = yield* call<Review>(Review.objects.fetchMode(FETCH_PEERS), 'create', { bookId: 1, stars: 2 });
  expect((yield* readRelation<Book>(one, 'book')).id).toBe(1);
});
behaviour('289 the mode of rows is that of what they lead to', function* () {
  const books = yield* call<Book[]>(
    Book.objects
      .fetchMode(FETCH_RAISE)
      .selectRelated('publisher')
      .prefetchRelated('reviews', Prefetch('authors', { queryset: Author.objects.fetchMode(FETCH_PEERS) }))
      .orderBy('id'),
    'list',
  );
  const review = books[0]?.reviews.all().loaded?.[0] as Review;
  expect((yield* readRelation<Book>(review, 'book')).id).toBe(1);
  const author = books[0]?.authors.all().loaded?.[0] as Author;
  const missing = yield* thrownBy(() => readRelation(author, 'profile'));
  expect(missing).toBeInstanceOf(Profile.DoesNotExist);
});
behaviour('289 peers: the other side of a one-to-one, and chains of relations', function* () {
  yield* call(Profile.objects, 'create', { author: 1, bio: 'a' });
  yield* call(Profile.objects, 'create', { author: 2, bio: 'b' });
  const authors = yield* call<Author[]>(
    Author.objects.fetchMode(FETCH_PEERS).orderBy('id').slice(0, 2),
    'list',
  );
  const sent = statements().length;
  expect((yield* readRelation<Profile>(authors[0] as Author, 'profile')).bio).toBe('a');
  expect((yield* readRelation<Profile>(authors[1] as Author, 'profile')).bio).toBe('b');
  expect(statements()).toHaveLength(sent + 1);
  const reviews = yield* call<Review[]>(Review.objects.fetchMode(FETCH_PEERS).orderBy('id'), 'list');
  for (const review of reviews) {
    const book = yield* readRelation<Book>(review, 'book');
    yield* readRelation(book, 'publisher');
  }
  expect(statements()).toHaveLength(sent + 4);
});
behaviour('289 one: the default can be asked for again', function* () {
  const books = yield* call<Book[]>(
    Book.objects.fetchMode(FETCH_PEERS).fetchMode(FETCH_ONE).orderBy('id'),
    'list',
  );
  yield* readRelation(books[0] as Book, 'publisher');
  yield* readRelation(books[2] as Book, 'publisher');
  expect(statements()).toHaveLength(3);
  expect(() => Book.objects.fetchMode('nope' as never)).toThrow(ValueError);
});
test('289 deferred fields follow the mode too', async () => {
  await reset();
  const books = Book.objects.defer('pages').fetchMode(FETCH_PEERS).orderBy('id').list() as unknown as Book[];
  expect(books.map((book) => Object.hasOwn(book, 'pages'))).toEqual([false, false, false, false, false]);
  expect(books[2]?.pages).toBe(300);
  expect(books.map((book) => Object.hasOwn(book, 'pages') && book.pages)).toEqual([100, 200, 300, 400, 500]);
  const one = Book.objects.only('title').fetchMode(FETCH_RAISE).get({ id: 1 }) as unknown as Book;
  expect(() => one.pages).toThrow(new FieldFetchBlocked('Fetching of Book.pages blocked.'));
  expect(() => one.publisherId).toThrow(new FieldFetchBlocked('Fetching of Book.publisher blocked.'));
});
