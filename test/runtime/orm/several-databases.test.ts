import {
  configureDatabases,
  connections,
  Exists,
  OuterRef,
  Subquery,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Kid, Parent, Publisher } from '../support/library.ts';

// Two names of one database: what keeps them apart is the name.
const { behaviour } = harness();

function* onTwo(body: () => Behaviour): Behaviour {
  const { settings } = connections.get();
  configureDatabases({ second: settings });
  yield* body();
  yield* call(connections.get('second'), 'close');
}
function* refusal(body: () => Behaviour<unknown>): Behaviour<string> {
  const sent = statements().length;
  const error = yield* thrownBy(body);
  expect(error).toBeInstanceOf(ValueError);
  expect(statements().length).toBe(sent);
  return error.message;
}
const across =
  "Subqueries aren't allowed across different databases: the inner query is on 'second', not on 'default'. Read its rows first, with list() or alist().";

behaviour('a query set that says it is on another database is no part of a query', function* () {
  yield* onTwo(function* () {
    const publishers = Publisher.objects.using('second').filter({ id__gt: 0 });
    const own = publishers.filter({ id: OuterRef('publisher') });
    const wrong = [
      () => call(Book.objects.filter({ publisher__in: publishers }), 'list'),
      () => call(Book.objects.exclude({ publisher__in: publishers }), 'count'),
      () => call(Book.objects.filter(Exists(own)), 'exists'),
      () => call(Book.objects.annotate({ who: Subquery(own.values('name').slice(0, 1)) }), 'first'),
      () => call(Book.objects.filter({ publisher__in: publishers }), 'delete'),
      () => call(Book.objects.filter({ publisher__in: publishers }), 'update', { title: 'x' }),
      () =>
        call(
          Book.objects.filter({ publisher__in: Publisher.objects.filter({ id__in: publishers }) }),
          'list',
        ),
    ];
    for (const attempt of wrong) expect(yield* refusal(attempt)).toBe(across);
    const there = () => call(Publisher.objects.using('default').filter({ id__in: publishers }), 'list');
    expect(yield* refusal(there)).toBe(across);
  });
});
behaviour('a query set that says nothing goes along, and the outer one may say it last', function* () {
  yield* onTwo(function* () {
    const everybody = yield* call(Book.objects.filter({ publisher__in: Publisher.objects.all() }), 'count');
    const inner = Publisher.objects.using('second').all();
    for (const rows of [
      Book.objects.filter({ publisher__in: inner }).using('second'),
      Book.objects.using('second').filter({ publisher__in: inner }),
      Book.objects.using('second').filter({ publisher__in: Publisher.objects.all() }),
      Book.objects.filter({ publisher__in: Publisher.objects.filter({ id__in: inner }) }).using('second'),
      Book.objects.using('default').filter({ publisher__in: Publisher.objects.using('default') }),
      Book.objects.filter({ publisher__in: Publisher.objects.using('default').all() }),
    ])
      expect(yield* call(rows, 'count')).toBe(everybody);
  });
});
behaviour('a row of another database is not assigned to a relation', function* () {
  yield* onTwo(function* () {
    yield* call(Parent.objects, 'create', { name: 'a' });
    const here = yield* call<Parent>(Parent.objects, 'get', {});
    const there = yield* call<Parent>(Parent.objects.using('second'), 'get', {});
    const kid = yield* call<Kid>(Kid.objects, 'create', { parent: here });
    expect(() => {
      kid.parent = there;
    }).toThrow(
      new ValueError(
        'Cannot assign "<Parent>" to "Kid.parent": instance is on database "default", value is on database "second".',
      ),
    );
    expect((yield* readRelation<Parent>(kid, 'parent')).equals(here)).toBe(true);
    // What has no row yet goes where the other is.
    const fresh = new Kid({ parent: there } as never);
    expect(() => {
      fresh.parent = here;
    }).toThrow(ValueError);
    yield* call(fresh, 'save');
    expect(yield* call(Kid.objects.using('second'), 'count')).toBe(2);
  });
});
behaviour('a row of another database is not added to a relation', function* () {
  yield* onTwo(function* () {
    const book = yield* call<Book>(Book.objects.orderBy('id'), 'first');
    const writer = yield* call<Author>(Author.objects.using('second').orderBy('id'), 'first');
    const publisher = yield* call<Publisher>(Publisher.objects.orderBy('id'), 'first');
    const other = yield* call<Book>(Book.objects.using('second').orderBy('id'), 'first');
    for (const attempt of [
      () => call(book.authors, 'add', writer),
      () => call(publisher.books, 'add', other),
      () => call(publisher.books, 'set', [other]),
    ])
      expect((yield* thrownBy(attempt)).message).toMatch(
        /^Cannot add ".*": instance is on database "default", value is on database "second"$/,
      );
    yield* call(book.authors, 'add', (writer as unknown as { pk: number }).pk);
    yield* call(other.authors, 'add', writer);
  });
});
