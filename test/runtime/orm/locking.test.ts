import {
  configureDatabases,
  connections,
  FieldError,
  fields,
  foreignKey,
  Manager,
  model,
  OperationalError,
  Q,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { atomic, call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, libraryModels, libraryRows } from '../support/library.ts';

class Land extends model('land', { name: fields.char(20) }) {
  static objects = new Manager(this);
}
class Realm extends model('realm', { throne: fields.char(20).null() }, { extends: Land }) {
  static objects = new Manager(this);
}
class Duchy extends model('duchy', { liege: foreignKey<Land>(() => Land).null() }, { extends: Realm }) {
  static objects = new Manager(this);
}
class Village extends model('village', { realm: foreignKey<Realm>(() => Realm) }) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Village, Duchy, Realm, Land, ...libraryModels],
  `${libraryRows} insert into land (name) values ('north'); insert into realm (land_ptr_id) values (1);
   insert into duchy (realm_ptr_id) values (1); insert into village (realm_id) values (1);`,
);

behaviour('212 the options of a lock are words behind FOR UPDATE', function* () {
  const books = Book.objects.orderBy('id');
  const forms = [
    [books.selectForUpdate({ nowait: true }), / FOR UPDATE NOWAIT$/],
    [books.selectForUpdate({ skipLocked: true }), / FOR UPDATE SKIP LOCKED$/],
    [books.selectForUpdate({ noKey: true }), / FOR NO KEY UPDATE$/],
    [
      books.selectRelated('publisher').selectForUpdate({ of: ['self', 'publisher'] }),
      / FOR UPDATE OF "book", "publisher"$/,
    ],
    [
      books.selectRelated('publisher').selectForUpdate({ of: ['publisher'], noKey: true, nowait: true }),
      / FOR NO KEY UPDATE OF "publisher" NOWAIT$/,
    ],
  ] as const;
  for (const [locked, expected] of forms) {
    yield* atomic(() => call(locked, 'list'));
    expect(statements().at(-2)).toMatch(expected);
  }
  expect(() => books.selectForUpdate({ nowait: true, skipLocked: true })).toThrow(
    new ValueError('The nowait option cannot be used with skipLocked.'),
  );
});

behaviour('215 rows that the server cannot lock are refused by it', function* () {
  const nullable = Book.objects.selectRelated('contact').selectForUpdate();
  const outer = yield* thrownBy(() => atomic(() => call(nullable, 'list')));
  expect(outer.name).toBe('NotSupportedError');
  expect(outer.message).toBe('FOR UPDATE cannot be applied to the nullable side of an outer join');
  const distinct = yield* thrownBy(() =>
    atomic(() => call(Book.objects.distinct().selectForUpdate(), 'list')),
  );
  expect(distinct.name).toBe('NotSupportedError');
  expect(distinct.message).toBe('FOR UPDATE is not allowed with DISTINCT clause');
  // The rows themselves can be locked beside what is joined to them.
  yield* atomic(() => call(nullable.selectForUpdate({ of: ['self'] }), 'list'));
  expect(lastStatement()).toBe('COMMIT');
});

behaviour('215 rows whose relation is known to be there are locked with it', function* () {
  const books = Book.objects.selectRelated('contact').orderBy('id').selectForUpdate();
  const sure = [
    books.exclude({ contact: null }),
    books.filter({ contact__isNull: false }),
    books.filter({ contactId__isNull: false }),
    books.filter(Q({ contact__isNull: true }).not()),
    books.filter({ contact__in: [1, 3] }),
    books.filter({ contactId__gte: 1 }),
    books.filter(Q({ contact: 1 }).or({ contact__name: 'Cyd' })),
    Book.objects.filter({ contact__gt: 0 }).selectForUpdate().selectRelated('contact').orderBy('id'),
  ];
  for (const rows of sure) {
    const locked = yield* atomic(() => call<Book[]>(rows, 'list'));
    expect(locked.map(({ id, contact }) => [id, contact?.name])).toEqual([
      [1, 'Ann'],
      [4, 'Cyd'],
    ]);
    expect(statements().at(-2)).toContain(' INNER JOIN "author" ');
  }
  // Where a row may be without it, what is joined to it may be missing.
  const unsure = [
    books.filter(Q({ contact__isNull: false }).or({ title: 'Beta' })),
    books.exclude({ contact: 1 }),
    books.filter({ contact__isNull: true }),
  ];
  for (const rows of unsure) {
    const error = yield* thrownBy(() => atomic(() => call(rows, 'list')));
    expect(error.name).toBe('NotSupportedError');
  }
});

behaviour('what deletes rows does not lock them first', function* () {
  expect(yield* call(Book.objects.filter({ id: 4 }).selectForUpdate(), 'delete')).toEqual([
    5,
    { Book_authors: 1, Review: 3, Book: 1 },
  ]);
  expect(statements().join()).not.toContain('FOR UPDATE');
});

behaviour('214 what another transaction has locked is left out, or refused at once', function* () {
  configureDatabases({ other: connections.get().settings });
  const books = Book.objects.orderBy('id');
  const free = books.selectForUpdate({ skipLocked: true });
  const atOnce = books.selectForUpdate({ nowait: true });
  yield* atomic(
    function* () {
      yield* call(books.using('other').filter({ id: 1 }).selectForUpdate(), 'list');
      expect(keys(yield* atomic(() => call<Book[]>(free, 'list')))).toEqual([2, 3, 4, 5]);
      const refused = yield* thrownBy(() => atomic(() => call(atOnce, 'list')));
      expect(refused).toBeInstanceOf(OperationalError);
      expect((refused as OperationalError).code).toBe('55P03');
      expect(yield* call(books, 'count')).toBe(5);
    },
    { using: 'other' },
  );
});

behaviour('the tables of what a model extends are locked by the links that lead there', function* () {
  const forms = [
    [Duchy.objects.selectForUpdate({ of: ['self'] }), '"duchy"'],
    [Duchy.objects.selectForUpdate({ of: ['self', 'realmPtr'] as never }), '"duchy", "realm"'],
    [Duchy.objects.selectForUpdate({ of: ['realmPtr__landPtr'] as never }), '"land"'],
    [
      Village.objects.selectRelated('realm').selectForUpdate({ of: ['realm', 'realm__landPtr'] as never }),
      '"realm", "land"',
    ],
  ] as const;
  for (const [locked, expected] of forms) {
    yield* atomic(() => call(locked, 'list'));
    expect(statements().at(-2)).toMatch(new RegExp(` FOR UPDATE OF ${expected}$`));
  }
  // What is not read is not joined, and cannot be locked.
  const unread = Duchy.objects.only('liege').selectForUpdate({ of: ['realmPtr'] as never });
  const error = yield* thrownBy(() => atomic(() => call(unread, 'list')));
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toBe(
    'Invalid field name(s) given in selectForUpdate({ of: [...] }): realmPtr. Only relational fields followed in the query are allowed. Choices are: self.',
  );
});
