import { OperationalError, transaction, ValueError } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book } from '../support/library.ts';

const context = harness();
const { behaviour } = context;

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
    new ValueError('The nowait option cannot be used with skip_locked.'),
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

test('214 what another transaction has locked is left out, or refused at once', async () => {
  await context.reset();
  await context.outside.query('begin');
  await context.outside.query('select * from book where id = 1 for update');
  try {
    const locked = Book.objects.orderBy('id');
    const free = await transaction.aatomic(() => locked.selectForUpdate({ skipLocked: true }).alist());
    expect(keys(free)).toEqual([2, 3, 4, 5]);
    const refused = transaction.aatomic(() => locked.selectForUpdate({ nowait: true }).alist());
    await expect(refused).rejects.toThrow(OperationalError);
    await expect(refused).rejects.toThrow('could not obtain lock on row in relation "book"');
    expect(await locked.acount()).toBe(5);
    expect(() =>
      transaction.atomic(() => {
        locked.selectForUpdate({ nowait: true }).list();
      }),
    ).toThrow('could not obtain lock on row in relation "book"');
    const left = transaction.atomic(() => locked.selectForUpdate({ skipLocked: true }).list());
    expect(keys(left)).toEqual([2, 3, 4, 5]);
  } finally {
    await context.outside.query('rollback');
  }
});
