import { asyncContext } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  IntegrityError,
  InternalError,
  ProgrammingError,
  Sum,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, type Behaviour, call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Pair, Parent, Publisher } from '../support/library.ts';

const { behaviour, reset } = harness();

/** First words of the statements: what happened to the transaction. */
function words(): string[] {
  return statements().map((sql) =>
    sql
      .split(' ')
      .slice(0, sql.startsWith('ROLLBACK TO') ? 2 : 1)
      .join(' '),
  );
}
function* names(): Behaviour<unknown> {
  return yield* call(Parent.objects.orderBy('name').valuesList('name', { flat: true }), 'list');
}
const make = (name: string) => call(Parent.objects, 'create', { name });
class Boom extends Error {}

behaviour('310 a block commits, or rolls back and rethrows', function* () {
  yield* atomic(() => make('a'));
  expect(words()).toEqual(['BEGIN', 'INSERT', 'COMMIT']);
  const error = yield* thrownBy(() =>
    atomic(function* () {
      yield* make('b');
      throw new Boom('x');
    }),
  );
  expect(error).toBeInstanceOf(Boom);
  expect(words().slice(3)).toEqual(['BEGIN', 'INSERT', 'ROLLBACK']);
  expect(yield* names()).toEqual(['a']);
});
behaviour('311 inner blocks are savepoints', function* () {
  yield* atomic(function* () {
    yield* make('o');
    yield* thrownBy(() =>
      atomic(function* () {
        yield* make('i');
        throw new Boom('x');
      }),
    );
    yield* atomic(() => make('p'));
  });
  expect(words()).toEqual([
    'BEGIN',
    'INSERT',
    'SAVEPOINT',
    'INSERT',
    'ROLLBACK TO',
    'RELEASE',
    'SAVEPOINT',
    'INSERT',
    'RELEASE',
    'COMMIT',
  ]);
  expect(yield* names()).toEqual(['o', 'p']);
});
behaviour('313 a block without a savepoint fails with the one around it', function* () {
  yield* atomic(function* () {
    yield* make('o');
    yield* thrownBy(() =>
      atomic(
        function* () {
          yield* make('i');
          throw new Boom('x');
        },
        { savepoint: false },
      ),
    );
    expect(transaction.getRollback()).toBe(true);
    const next = yield* thrownBy(() => make('p'));
    expect(next).toBeInstanceOf(TransactionManagementError);
  });
  expect(yield* names()).toEqual([]);
});
behaviour('314 after a failed write the block takes no more queries', function* () {
  const outcome = yield* thrownBy(() =>
    atomic(function* () {
      yield* make('a');
      const failed = yield* thrownBy(() =>
        call(Publisher.objects, 'create', { id: 1, name: 'x', awards: 1 }),
      );
      expect(failed).toBeInstanceOf(IntegrityError);
      yield* call(Parent.objects, 'count');
    }),
  );
  expect(outcome).toBeInstanceOf(TransactionManagementError);
  expect(outcome.message).toBe(
    "An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block.",
  );
  expect(outcome.cause).toBeInstanceOf(IntegrityError);
});
behaviour('314 the error that broke a block inside it is the cause around it, too', function* () {
  const broken = function* () {
    yield* thrownBy(() => call(Publisher.objects, 'create', { id: 1, name: 'x', awards: 1 }));
  };
  const outcome = yield* thrownBy(() =>
    atomic(function* () {
      yield* atomic(broken, { savepoint: false });
      yield* call(Parent.objects, 'count');
    }),
  );
  expect(outcome).toBeInstanceOf(TransactionManagementError);
  expect(outcome.cause).toBeInstanceOf(IntegrityError);
  const marked = yield* thrownBy(() =>
    atomic(function* () {
      transaction.setRollback(true);
      yield* call(Parent.objects, 'count');
    }),
  );
  expect(marked.cause).toBeUndefined();
});
behaviour('315 inside a savepoint a failed write costs only the savepoint', function* () {
  yield* atomic(function* () {
    yield* make('a');
    yield* thrownBy(() => atomic(() => call(Publisher.objects, 'create', { id: 1, name: 'x', awards: 1 })));
    yield* make('b');
  });
  expect(yield* names()).toEqual(['a', 'b']);
});
behaviour('316 after a failed read the server refuses the next statement', function* () {
  const broken = Book.objects.annotate({ n: Sum('title') }).values('n');
  const error = yield* thrownBy(() =>
    atomic(function* () {
      expect(yield* thrownBy(() => call(broken, 'list'))).toBeInstanceOf(ProgrammingError);
      yield* call(Parent.objects, 'count');
    }),
  );
  expect(error).toBeInstanceOf(InternalError);
  expect(error.message).toBe(
    'current transaction is aborted, commands ignored until end of transaction block',
  );
});
behaviour(
  '317 a commit that the server turns into a rollback is an error, and its hooks do not run',
  function* () {
    let ran = false;
    const broken = Book.objects.annotate({ n: Sum('title') }).values('n');
    const error = yield* thrownBy(() =>
      atomic(function* () {
        yield* make('a');
        transaction.onCommit(() => {
          ran = true;
        });
        yield* thrownBy(() => call(broken, 'list'));
      }),
    );
    expect(error).toBeInstanceOf(TransactionManagementError);
    expect(ran).toBe(false);
    expect(yield* names()).toEqual([]);
  },
);
behaviour('319 not finding a row breaks nothing', function* () {
  yield* atomic(function* () {
    yield* thrownBy(() => call(Book.objects, 'get', { id: 99 }));
    yield* make('a');
  });
  expect(yield* names()).toEqual(['a']);
});
behaviour('320 setRollback rolls back without an error', function* () {
  yield* atomic(function* () {
    yield* make('a');
    transaction.setRollback(true);
  });
  expect(yield* names()).toEqual([]);
});
behaviour('326 a deferred violation is raised by the commit', function* () {
  let inserted = false;
  const error = yield* thrownBy(() =>
    atomic(function* () {
      yield* call(Book.objects.filter({ id: 1 }), 'update', { publisherId: 99 });
      inserted = true;
    }),
  );
  expect(inserted).toBe(true);
  expect(error).toBeInstanceOf(IntegrityError);
  expect((error as IntegrityError).constraint).toBe('book_publisher_id_fk');
  expect(words()).toEqual(['BEGIN', 'UPDATE', 'COMMIT', 'ROLLBACK']);
  const direct = yield* thrownBy(() => call(Book.objects.filter({ id: 1 }), 'update', { publisherId: 99 }));
  expect(direct).toBeInstanceOf(IntegrityError);
});
behaviour('328 hooks run in order after the outermost commit, dropped ones never', function* () {
  const ran: string[] = [];
  const hook = (name: string) => transaction.onCommit(() => void ran.push(name));
  yield* atomic(function* () {
    hook('a');
    yield* thrownBy(() =>
      atomic(function* () {
        hook('dropped');
        yield* make('x');
        throw new Boom('x');
      }),
    );
    yield* atomic(function* () {
      hook('b');
      yield* make('y');
    });
    expect(ran).toEqual([]);
  });
  expect(ran).toEqual(['a', 'b']);
  yield* thrownBy(() =>
    atomic(function* () {
      hook('lost');
      yield* make('z');
      throw new Boom('x');
    }),
  );
  yield* atomic(() => make('w'));
  expect(ran).toEqual(['a', 'b']);
});
behaviour('329 a failing hook leaves the data committed', function* () {
  const ran: string[] = [];
  const error = yield* thrownBy(() =>
    atomic(function* () {
      yield* make('a');
      transaction.onCommit(() => void ran.push('first'));
      transaction.onCommit(() => {
        throw new Boom('hook');
      });
      transaction.onCommit(() => void ran.push('never'));
    }),
  );
  expect(error).toBeInstanceOf(Boom);
  expect(ran).toEqual(['first']);
  expect(yield* names()).toEqual(['a']);
});
behaviour('333 a durable block is outermost', function* () {
  yield* atomic(() => make('a'), { durable: true });
  const error = yield* thrownBy(() => atomic(() => atomic(() => make('b'), { durable: true })));
  expect(error.message).toBe('A durable atomic block cannot be nested within another atomic block.');
});
behaviour('227 getOrCreate leaves the surrounding transaction usable', function* () {
  yield* call(Pair.objects, 'create', { f1: 1, f2: 1 });
  yield* atomic(function* () {
    const error = yield* thrownBy(() =>
      call(Pair.objects, 'getOrCreate', { f1: 7 }, { defaults: { f2: 1 } }),
    );
    expect(error).toBeInstanceOf(IntegrityError);
    expect(yield* call(Pair.objects, 'count')).toBe(1);
  });
  expect(words()).toEqual([
    'INSERT',
    'BEGIN',
    'SELECT',
    'SAVEPOINT',
    'INSERT',
    'ROLLBACK TO',
    'RELEASE',
    'SELECT',
    'SELECT',
    'COMMIT',
  ]);
});
behaviour(
  '211 rows are locked inside a transaction only, and that is found out when they are read',
  function* () {
    const locked = Book.objects.selectForUpdate().orderBy('id');
    const error = yield* thrownBy(() => call(locked, 'list'));
    expect(error).toBeInstanceOf(TransactionManagementError);
    expect(error.message).toBe('selectForUpdate cannot be used outside of a transaction.');
    expect(yield* call(locked, 'count')).toBe(5);
    yield* atomic(() => call(locked.selectForUpdate({ skipLocked: true, of: ['self'] }), 'list'));
    expect(statements().at(-2)).toMatch(/FOR UPDATE OF "book" SKIP LOCKED$/);
    expect(yield* thrownBy(() => call(locked, 'exists'))).toBeInstanceOf(TransactionManagementError);
  },
);
test('371 native hooks may be async and are awaited in order', async () => {
  await reset();
  const ran: string[] = [];
  await transaction.aatomic(async () => {
    transaction.onCommit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      ran.push(`slow ${await Parent.objects.acount()}`);
    });
    transaction.onCommit(() => void ran.push('quick'));
    await Parent.objects.acreate({ name: 'a' });
  });
  expect(ran).toEqual(['slow 1', 'quick']);
});
test('hooks that query find a connection, however few there are', async () => {
  await reset();
  const { settings } = connections.get();
  configureDatabases({ default: { ...settings, pool: { max: 1, timeout: 2_000 } } });
  const left = await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    transaction.onCommit(() =>
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'b' });
        transaction.onCommit(() => Parent.objects.acreate({ name: 'c' }));
      }),
    );
    return 'given';
  });
  expect(left).toBe('given');
  expect(await Parent.objects.acount()).toBe(3);
  configureDatabases({ default: settings });
});
test('332 a hook is a function', () => {
  expect(() => transaction.onCommit(3 as never)).toThrow(
    new TypeError("onCommit()'s callback must be a callable."),
  );
  let ran = false;
  transaction.onCommit(() => {
    ran = true;
  });
  expect(ran).toBe(true);
});
test('320 outside a block there is nothing to roll back, in async code neither', async () => {
  expect(() => transaction.setRollback(true)).toThrow(TransactionManagementError);
  const { settings } = connections.get();
  for (const native of [false, true]) {
    configureDatabases({ default: { ...settings, native } });
    for (const ask of [() => transaction.getRollback(), () => transaction.setRollback(true)])
      await expect(asyncContext(async () => ask())).rejects.toThrow(TransactionManagementError);
  }
  configureDatabases({ default: settings });
});
test('an async function is refused by the sync atomic before it is called', async () => {
  await reset();
  let called = false;
  const work = async () => {
    called = true;
    await Parent.objects.acreate({ name: 'outside' });
  };
  expect(() => transaction.atomic(work as never)).toThrow(/use transaction.aatomic/);
  expect(() => transaction.atomic({ durable: true }, work as never)).toThrow(/use transaction.aatomic/);
  expect(called).toBe(false);
  expect(await Parent.objects.acount()).toBe(0);
});
test('a promise that work gives is refused by the sync atomic, and what it wrote rolled back', async () => {
  await reset();
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const work = () => {
      Parent.objects.create({ name: 'inside' });
      return Promise.reject(new Boom('nobody waits'));
    };
    expect(() => transaction.atomic(work as never)).toThrow(/use transaction.aatomic/);
    expect(await Parent.objects.acount()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
test.each([
  [{ durabel: true }, "an unexpected option 'durabel', perhaps you meant durable?"],
  [{ savepiont: false }, "an unexpected option 'savepiont', perhaps you meant savepoint?"],
  [{ isolation: 'serializable' }, "an unexpected option 'isolation'. Options are: using, savepoint, durable"],
])('a block has no other options than its own: %o', async (options, message) => {
  let called = false;
  const work = () => {
    called = true;
  };
  expect(() => transaction.atomic(options as never, work)).toThrow(new TypeError(`atomic() got ${message}`));
  await expect(transaction.aatomic(options as never, async () => work())).rejects.toThrow(
    new TypeError(`aatomic() got ${message}`),
  );
  expect(called).toBe(false);
});
test('options of blocks and of hooks are true or false', async () => {
  expect(() => transaction.atomic({ durable: 'yes' as never }, () => 1)).toThrow(
    new TypeError("The option 'durable' of atomic() is true or false, not 'yes'."),
  );
  expect(() => transaction.onCommit(() => undefined, { robst: true } as never)).toThrow(
    new TypeError("onCommit() got an unexpected option 'robst', perhaps you meant robust?"),
  );
  await expect(transaction.aonCommit(() => undefined, { robust: 1 } as never)).rejects.toThrow(
    new TypeError("The option 'robust' of aonCommit() is true or false, not 1."),
  );
});
