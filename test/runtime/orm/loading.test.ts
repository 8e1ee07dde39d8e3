import { FieldDoesNotExist, FieldError, FilteredRelation, Q, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Profile, Publisher } from '../support/library.ts';

const { behaviour } = harness();

/** Names of the columns a statement selects, with their tables. */
function selected(sql: string): string[] {
  const [, columns = ''] = /^SELECT (.*?) FROM /.exec(sql) ?? [];
  return columns.replaceAll('"', '').split(', ');
}

behaviour('284 only names columns of a joined row', function* () {
  const books = Book.objects.selectRelated('publisher').only('title', 'publisher__name');
  const book = yield* call<Book>(books, 'get', { id: 1 });
  expect(selected(lastStatement())).toEqual([
    ...['book.id', 'book.title', 'book.publisher_id', 'publisher.id', 'publisher.name'],
  ]);
  const publisher = yield* readRelation<Publisher>(book, 'publisher');
  expect([book.title, publisher.name, statements().length]).toEqual(['Alpha', 'Acme', 1]);
});
behaviour('284 a column of a joined row that was not loaded is read when it is asked for', function* () {
  const books = Book.objects.selectRelated('publisher').only('publisher__name');
  const book = yield* call<Book>(books, 'get', { id: 1 });
  const publisher = yield* readRelation<Publisher>(book, 'publisher');
  yield* call(publisher, 'refreshFromDb', { fields: ['awards'] });
  expect(publisher.awards).toBe(3);
  expect(lastStatement()).toContain('"publisher"."awards"');
});
behaviour('284 defer leaves out columns of a joined row', function* () {
  const books = Book.objects.selectRelated('publisher').only('title', 'publisher').defer('publisher__awards');
  // As in Django: what `only` names is narrowed by name, and this is another name.
  yield* call(books, 'get', { id: 1 });
  expect(selected(lastStatement())).toEqual([
    ...['book.id', 'book.title', 'book.publisher_id', 'publisher.id', 'publisher.name', 'publisher.awards'],
  ]);
  yield* call(Publisher.objects.only('name').defer('awards'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name']);
  const deferred = Book.objects
    .selectRelated('publisher', 'contact')
    .defer('publisher__awards', 'contact__age');
  yield* call(deferred, 'get', { id: 1 });
  expect(selected(lastStatement())).toContain('book.publisher_id');
  expect(selected(lastStatement()).filter((name) => /^(publisher|author)\./.test(name))).toEqual([
    ...['publisher.id', 'publisher.name', 'author.id', 'author.name', 'author.rating', 'author.email'],
  ]);
});
behaviour('284 names are of fields: a key, an attribute and a relation mean the same column', function* () {
  yield* call(Book.objects.only('pk'), 'list');
  expect(selected(lastStatement())).toEqual(['book.id']);
  for (const name of ['publisher', 'publisherId'] as const) {
    yield* call(Book.objects.only(name), 'list');
    expect(selected(lastStatement())).toEqual(['book.id', 'book.publisher_id']);
  }
  yield* call(Book.objects.selectRelated('publisher').only('publisher__pk'), 'get', { id: 1 });
  expect(selected(lastStatement())).toEqual(['book.id', 'book.publisher_id', 'publisher.id']);
});
behaviour('284 only after only replaces, after defer leaves out what was deferred', function* () {
  yield* call(Publisher.objects.only('name').only('awards'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.awards']);
  yield* call(Publisher.objects.defer('name').only('name', 'awards'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.awards']);
  yield* call(Publisher.objects.only('name').defer('name'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name', 'publisher.awards']);
  yield* call(Publisher.objects.only('name').defer('name', 'awards'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name']);
  yield* call(Publisher.objects.only('name').only(), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name', 'publisher.awards']);
});
behaviour('284 defer adds up, and null takes all of it back', function* () {
  yield* call(Publisher.objects.defer('name').defer('awards'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id']);
  yield* call(Publisher.objects.defer('name').defer(null), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name', 'publisher.awards']);
  yield* call(Publisher.objects.only('name').defer(null), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name', 'publisher.awards']);
});
behaviour('284 a relation that is joined has to be loaded', function* () {
  const refused = [
    Book.objects.selectRelated('publisher').only('title'),
    Book.objects.only('title').selectRelated('publisher'),
    Book.objects.selectRelated('publisher').defer('publisher'),
  ];
  for (const books of refused) {
    const error = yield* thrownBy(() => call(books, 'list'));
    expect(error).toEqual(
      new FieldError(
        'Field Book.publisher cannot be both deferred and traversed using selectRelated at the same time.',
      ),
    );
  }
  expect(statements()).toEqual([]);
  yield* call(Book.objects.selectRelated('publisher').only('title', 'publisher'), 'list');
  expect(selected(lastStatement())).toContain('publisher.awards');
});
behaviour('284 the other side of a one-to-one is narrowed, too', function* () {
  yield* call(Profile.objects, 'create', { author: 1, bio: 'b' } as never);
  const authors = Author.objects.selectRelated('profile').only('name', 'profile__bio');
  const author = yield* call<Author>(authors, 'get', { id: 1 });
  expect(selected(lastStatement())).toEqual(['author.id', 'author.name', 'profile.id', 'profile.bio']);
  const before = statements().length;
  const profile = yield* readRelation<Profile>(author, 'profile');
  expect(profile.bio).toBe('b');
  const back = yield* readRelation<Author>(profile, 'author');
  expect(back).toBe(author);
  expect(statements()).toHaveLength(before);
});
behaviour('284 relations of many rows have no column to leave out', function* () {
  yield* call(Publisher.objects.defer('books' as 'name'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name', 'publisher.awards']);
  yield* call(Publisher.objects.only('books' as 'name', 'name'), 'list');
  expect(selected(lastStatement())).toEqual(['publisher.id', 'publisher.name']);
});
behaviour('284 a filtered relation is narrowed by defer, and refused by only', function* () {
  const long = Publisher.objects
    .annotate({ long: FilteredRelation('books', { condition: Q({ books__pages__gt: 400 }) }) })
    .selectRelated('long');
  yield* call(long.defer('long__meta' as 'name', 'long__tags' as 'name'), 'list');
  expect(selected(lastStatement())).not.toContain('long.meta');
  expect(selected(lastStatement())).toContain('long.title');
  expect(() => long.only('long__title' as 'name')).toThrow(
    new ValueError('only() is not supported with FilteredRelation.'),
  );
});
behaviour('284 what is refused is refused before anything is sent', function* () {
  const refusals: [() => unknown, Error][] = [
    [() => Book.objects.only(null as never), new TypeError('Cannot pass null as an argument to only().')],
    [
      () => Book.objects.only('title', null as never),
      new TypeError('Cannot pass null as an argument to only().'),
    ],
    [
      () => Book.objects.defer('title', null as never),
      new TypeError('defer() takes null alone, to clear what was asked for before.'),
    ],
    [() => Book.objects.only('titel' as 'title'), new FieldDoesNotExist("Book has no field named 'titel'")],
    [
      () => Book.objects.only('publisher__nope' as 'title'),
      new FieldDoesNotExist("Publisher has no field named 'nope'"),
    ],
    [
      () => Book.objects.defer('title__length' as 'title'),
      new FieldError("Cannot resolve keyword 'length' into field. Join on 'title' not permitted."),
    ],
    [
      () => Book.objects.values('id').only('id'),
      new TypeError('Cannot call only() after .values() or .valuesList()'),
    ],
    [
      () => Book.objects.valuesList('id').defer('title'),
      new TypeError('Cannot call defer() after .values() or .valuesList()'),
    ],
    [
      () => Book.objects.valuesList('id').defer(null),
      new TypeError('Cannot call defer() after .values() or .valuesList()'),
    ],
    [() => Book.objects.only(3 as never), new TypeError('A name is a string, not 3.')],
  ];
  for (const [body, error] of refusals) expect(body).toThrow(error);
  yield* call(Book.objects.none(), 'count');
});
