import { AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { asyncContext } from '@migrate-async/runtime';
import {
  connections,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Counter, Parent } from '../support/library.ts';
import { at, startProxy } from '../support/proxy.ts';

const setup = faults();
const pool = () => connections.get().pool;
const gone = new Error('the client went away');

/** Runs a statement of one's own. */
async function sql(text: string): Promise<string | null | undefined> {
  const cursor = await connections.get().acursor();
  await cursor.aexecute(text);
  return cursor.fetchOne()?.[0];
}
/** Runs `work` with a signal that is aborted as soon as `moment` has come. */
async function abortedWhen(moment: () => Promise<unknown>, work: () => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  const outcome = asyncContext({ signal: controller.signal }, work).then(
    () => 'done',
    (error: unknown) => error,
  );
  await moment();
  controller.abort(gone);
  const settled = await outcome;
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  return settled;
}

test('before anything is sent: nothing is', async () => {
  const signal = AbortSignal.abort(gone);
  await expect(asyncContext({ signal }, () => Book.objects.acount())).rejects.toBe(gone);
  await expect(Book.objects.filter({ id: 1 }).abortable(signal).aget()).rejects.toBe(gone);
  await expect(Book.objects.all().abortable(signal).aiterator().next()).rejects.toBe(gone);
  await expect(
    asyncContext({ signal }, () => transaction.aatomic(() => Parent.objects.acreate({ name: 'a' }))),
  ).rejects.toBe(gone);
  expect(pool().size).toBe(0);
});
test('without a reason of its own it is the AbortError that fetch gives', async () => {
  const query = Book.objects.all().abortable(AbortSignal.abort()).alist();
  await expect(query).rejects.toMatchObject({ name: 'AbortError' });
  const late = Book.objects.all().abortable(AbortSignal.timeout(0));
  await setup.configure({ pool: { max: 1 } });
  await transaction.aatomic(async () => {
    await sql('select pg_sleep(0.01)');
  });
  await expect(late.alist()).rejects.toMatchObject({ name: 'TimeoutError' });
});
const outsideBlock = AsyncResource.bind(<T>(work: () => Promise<T>) => work());
test('while waiting for the pool: the queue is left', async () => {
  await setup.configure({ pool: { max: 1 } });
  await transaction.aatomic(async () => {
    await Parent.objects.acount();
    // Outside the block it asks for a connection of its own.
    const outcome = await outsideBlock(() =>
      abortedWhen(
        () => expect.poll(() => pool().waiting).toBe(1),
        () => Book.objects.acount(),
      ),
    );
    expect(outcome).toBe(gone);
    expect(pool().waiting).toBe(0);
  });
  expect([pool().size, pool().idle]).toEqual([1, 1]);
});
test('while connecting: the caller is free at once, the connection is for the next', async () => {
  const proxy = await startProxy(setup.url);
  let answer = () => {};
  const later = new Promise<void>((resolve) => {
    answer = resolve;
  });
  proxy.rule = at('toClient', '', { after: later });
  await setup.configure({ url: proxy.url, pool: { max: 1 } });
  const outcome = await abortedWhen(
    () => expect.poll(() => proxy.connections).toBe(1),
    () => Book.objects.acount(),
  );
  expect(outcome).toBe(gone);
  answer();
  await expect.poll(() => pool().idle).toBe(1);
  expect(await Book.objects.acount()).toBe(5);
  expect(pool().size).toBe(1);
  await connections.acloseAll();
  await setup.configure();
  await proxy.close();
});
test('while a statement runs: the server gives it up, and the connection is used again', async () => {
  await setup.configure({ pool: { max: 1 } });
  const process = await sql('select pg_backend_pid()');
  const outcome = await abortedWhen(
    () => setup.running('pg_sleep'),
    () => sql('select pg_sleep(60)'),
  );
  expect(outcome).toBe(gone);
  expect([pool().size, pool().idle]).toEqual([1, 1]);
  expect(await sql('select pg_backend_pid()')).toBe(process);
});
test('a query set of its own signal is aborted alone', async () => {
  const release = await setup.hold('lock table book');
  const controller = new AbortController();
  const aborted = Book.objects.all().abortable(controller.signal).alist();
  const other = Book.objects.acount();
  await setup.blocked();
  controller.abort(gone);
  await expect(aborted).rejects.toBe(gone);
  await release();
  expect(await other).toBe(5);
});
test('both signals count where there are two', async () => {
  for (const aborting of ['own', 'surrounding']) {
    const own = new AbortController();
    const release = await setup.hold('lock table book');
    const outcome = await abortedWhen(
      async () => {
        await setup.blocked();
        if (aborting === 'own') own.abort(gone);
      },
      () => Book.objects.all().abortable(own.signal).alist(),
    );
    await release();
    expect(outcome).toBe(gone);
  }
});
test('in a transaction: it is rolled back, even if the code inside goes on', async () => {
  const outcome = await abortedWhen(
    () => setup.running('pg_sleep'),
    () =>
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'a' });
        await sql('select pg_sleep(60)').catch(() => undefined);
        await Parent.objects.acreate({ name: 'b' }).catch(() => undefined);
      }),
  );
  expect(outcome).toBe(gone);
  expect(await Parent.objects.acount()).toBe(0);
});
test('in a transaction between two statements: it is not committed', async () => {
  let proceed = () => {};
  const working = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  const controller = new AbortController();
  const block = asyncContext({ signal: controller.signal }, () =>
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      proceed();
      await new Promise((resolve) => setImmediate(resolve));
    }),
  );
  await working;
  controller.abort(gone);
  await expect(block).rejects.toBe(gone);
  expect(await Parent.objects.acount()).toBe(0);
});
test('in a savepoint: the transaction around it goes on', async () => {
  const controller = new AbortController();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'kept' });
    const inner = transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'lost' });
      const slow = Parent.objects
        .raw('select id, name from parent, pg_sleep(60)')
        .abortable(controller.signal);
      await slow.alist();
    });
    await setup.running('pg_sleep');
    controller.abort(gone);
    await expect(inner).rejects.toBe(gone);
    await Parent.objects.acreate({ name: 'also' });
  });
  expect(await Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist()).toEqual([
    'kept',
    'also',
  ]);
});
test('361 in a transaction: it takes no more statements, until it is rolled back', async () => {
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'kept' });
    const controller = new AbortController();
    const savepoint = transaction.aatomic(async () => {
      const slow = Parent.objects
        .raw('select id, name from parent, pg_sleep(60)')
        .abortable(controller.signal);
      const given = expect(slow.alist()).rejects.toBe(gone);
      await setup.running('pg_sleep');
      controller.abort(gone);
      await given;
      await expect(Parent.objects.acount()).rejects.toBeInstanceOf(TransactionManagementError);
      throw gone;
    });
    await expect(savepoint).rejects.toBe(gone);
    expect(await Parent.objects.acount()).toBe(1);
  });
  expect(await Parent.objects.acount()).toBe(1);
});
test('while waiting for a turn in a transaction: it is not sent', async () => {
  const controller = new AbortController();
  const block = transaction.aatomic(async () => {
    const slow = sql('select pg_sleep(0.2)');
    const queued = Parent.objects.all().abortable(controller.signal).alist();
    controller.abort(gone);
    await expect(queued).rejects.toBe(gone);
    await slow;
    await Parent.objects.acreate({ name: 'a' });
  });
  // A part of the work was given up, so the rest cannot be committed.
  await expect(block).rejects.toBeInstanceOf(TransactionManagementError);
  expect(await Parent.objects.acount()).toBe(0);
});
test('during COMMIT: it is too late, and the outcome is told as it is', async () => {
  const proxy = await startProxy(setup.url);
  await setup.configure({ url: proxy.url });
  const controller = new AbortController();
  let commit = () => {};
  const later = new Promise<void>((resolve) => {
    commit = resolve;
  });
  proxy.rule = (direction, data) => {
    if (direction === 'toServer' && data.includes('COMMIT')) {
      controller.abort(gone);
      setImmediate(commit);
      return { after: later };
    }
    return 'pass';
  };
  await asyncContext({ signal: controller.signal }, () =>
    transaction.aatomic(() => Parent.objects.acreate({ name: 'a' })),
  );
  expect(controller.signal.aborted).toBe(true);
  expect(await Parent.objects.acount()).toBe(1);
  await setup.configure();
  await proxy.close();
});
test('in an operation of several statements: what it began is rolled back', async () => {
  const release = await setup.hold("insert into counter (key, n, updated) values ('k', 1, now())");
  const outcome = await abortedWhen(
    () => setup.blocked(),
    () => Counter.objects.agetOrCreate({ key: 'k' }, { defaults: { n: 2 } }),
  );
  expect(outcome).toBe(gone);
  await release();
  expect(await Counter.objects.acount()).toBe(0);
});
test('while a stream fetches, and between two chunks: the cursor is closed and the connection back', async () => {
  await setup.configure({ pool: { max: 1 } });
  const process = await sql('select pg_backend_pid()');
  const controller = new AbortController();
  const rows = Book.objects.orderBy('id').abortable(controller.signal).aiterator({ chunkSize: 1 });
  await rows.next();
  controller.abort(gone);
  await expect(rows.next()).rejects.toBe(gone);
  expect(await rows.next()).toEqual({ done: true, value: undefined });
  expect(await sql("select count(*) from pg_cursors where name like 'migrate%'")).toBe('0');
  const release = await setup.hold('lock table book');
  const outcome = await abortedWhen(
    () => setup.blocked(),
    () => Book.objects.aiterator().next(),
  );
  await release();
  expect(outcome).toBe(gone);
  expect(await sql('select pg_backend_pid()')).toBe(process);
});
test('after the answer: nothing happens', async () => {
  const controller = new AbortController();
  await asyncContext({ signal: controller.signal }, () => Book.objects.acount());
  controller.abort(gone);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  expect(await Book.objects.acount()).toBe(5);
});
test('a statement that the server does not give up in time costs its connection', async () => {
  const proxy = await startProxy(setup.url);
  await setup.configure({ url: proxy.url, cancelTimeout: 50, pool: { max: 1 } });
  await Book.objects.acount();
  proxy.rule = () => 'drop';
  const controller = new AbortController();
  const query = Book.objects.all().abortable(controller.signal).alist();
  controller.abort(gone);
  await expect(query).rejects.toBe(gone);
  expect(pool().size).toBe(0);
  proxy.rule = () => 'pass';
  expect(await Book.objects.acount()).toBe(5);
  await setup.configure();
  await proxy.close();
});
test('ten thousand aborted requests leave the pool as it was', async () => {
  await setup.configure({ pool: { max: 4 } });
  const outcomes = await Promise.all(
    Array.from({ length: 10_000 }, async (_, index) => {
      const controller = new AbortController();
      const request = asyncContext<unknown>({ signal: controller.signal }, () =>
        index % 2 === 0
          ? Book.objects.aget({ id: 1 })
          : transaction.aatomic(() => Parent.objects.acreate({ name: 'x' })),
      );
      if (index % 100 === 0) await Promise.race([request.catch(() => undefined), Book.objects.aexists()]);
      controller.abort(gone);
      return request.then(
        () => 'done',
        (error: unknown) => (error === gone ? 'aborted' : error),
      );
    }),
  );
  expect(outcomes.filter((outcome) => outcome !== 'done' && outcome !== 'aborted')).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === 'aborted').length).toBeGreaterThan(5_000);
  expect(pool().size).toBeLessThanOrEqual(4);
  expect(pool().waiting).toBe(0);
  const committed = outcomes.filter((outcome, index) => outcome === 'done' && index % 2 === 1).length;
  expect(await Parent.objects.acount()).toBe(committed);
});
test('statementTimeout: the server gives the statement up', async () => {
  await setup.configure({ statementTimeout: 50, pool: { max: 1 } });
  const error = await sql('select pg_sleep(60)').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OperationalError);
  expect((error as OperationalError).code).toBe('57014');
  expect(pool().idle).toBe(1);
  expect(() => connections.get().cursor().execute('select pg_sleep(60)')).toThrow(OperationalError);
});
test('statementTimeout: a server that stays silent is given up', async () => {
  const proxy = await startProxy(setup.url);
  const limits = { statementTimeout: 50, cancelTimeout: 50, connectTimeout: 200 };
  await setup.configure({ url: proxy.url, ...limits, pool: { max: 1 } });
  await Book.objects.acount();
  proxy.rule = () => 'drop';
  const error = await Book.objects.acount().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OperationalError);
  expect(String(error)).toMatch(/did not answer within the statement timeout of 50 ms/);
  expect(() => Book.objects.count()).toThrow();
  proxy.rule = () => 'pass';
  expect(await Book.objects.acount()).toBe(5);
  await setup.configure();
  await proxy.close();
});
