import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, channels, type QueryEvent, syncToAsync, threadCounts } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  F,
  OperationalError,
  PoolTimeout,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { afterEach, expect, test } from 'vitest';
import { killBackends } from '../support/faults.ts';
import { harness } from '../support/harness.ts';
import { Book, Counter, Parent, Publisher } from '../support/library.ts';

const setup = harness();

/** Reconfigures the default database with another pool. */
async function withPool(pool: Record<string, unknown>): Promise<void> {
  await connections.acloseAll();
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, pool } });
}
afterEach(() => withPool({}));

const pool = () => connections.get().pool;
/** Server processes that answer the running statements of `work`. */
async function backends(): Promise<number> {
  const { rows } = await setup.outside.query(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
  );
  return rows[0].n;
}

test('362 outside a transaction parallel queries use parallel connections, and give them back', async () => {
  await setup.reset();
  await withPool({ max: 3 });
  const rows = await Promise.all([1, 2, 3].map((id) => Book.objects.aget({ id })));
  expect(rows.map((book) => book.id)).toEqual([1, 2, 3]);
  expect(pool().size).toBe(3);
  // A connection may still be opening when others have answered already.
  await expect.poll(() => pool().idle).toBe(3);
});
test('362 the pool is never exceeded, and waiting is in order', async () => {
  await withPool({ max: 2 });
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      await Publisher.objects.acount();
      order.push(i);
    }),
  );
  expect(pool().size).toBe(2);
  expect(order).toHaveLength(20);
});
test('362 waiting too long names the state of the pool', async () => {
  await withPool({ max: 1, timeout: 1_500 });
  await transaction.aatomic(async () => {
    await Parent.objects.acount();
    const outside = pool().acquire();
    await expect(outside).rejects.toThrow(PoolTimeout);
    await expect(pool().acquire()).rejects.toThrow(/max 1, open 1, idle 0, waiting 1/);
  });
  expect(pool().idle).toBe(1);
});
test('368 aborting while waiting for a connection leaves the queue', async () => {
  await withPool({ max: 1 });
  await transaction.aatomic(async () => {
    await Parent.objects.acount();
    const controller = new AbortController();
    const waiting = pool().acquire(controller.signal);
    expect(pool().waiting).toBe(1);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(pool().waiting).toBe(0);
  });
  expect(pool().idle).toBe(1);
});
test('a handler that waits on something else holds no connection', async () => {
  await withPool({ max: 2 });
  const busy: number[] = [];
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      await Publisher.objects.acount();
      await delay(20);
      busy.push(pool().size - pool().idle);
      await Publisher.objects.acount();
    }),
  );
  expect(Math.max(...busy)).toBeLessThanOrEqual(2);
  expect(pool().size).toBeLessThanOrEqual(2);
});
test('the native path starts no threads', async () => {
  await withPool({});
  const before = threadCounts();
  await Promise.all([1, 2, 3].map((id) => Book.objects.aget({ id })));
  expect(threadCounts()).toEqual(before);
});
test('359 statements of one transaction are sent one after the other, on one connection', async () => {
  await setup.reset();
  const running: string[] = [];
  let most = 0;
  const note = (event: unknown) => running.push((event as QueryEvent).sql);
  subscribe(channels.query, note);
  await transaction.aatomic(async () => {
    const started = await Promise.all([1, 2, 3].map((id) => Book.objects.aget({ id })));
    most = pool().size - pool().idle;
    expect(started).toHaveLength(3);
  });
  unsubscribe(channels.query, note);
  expect(most).toBe(1);
  expect(running.map((sql) => sql.split(' ')[0])).toEqual(['BEGIN', 'SELECT', 'SELECT', 'SELECT', 'COMMIT']);
});
test('364 when a statement fails, those queued behind it are not sent, and the block rolls back', async () => {
  await setup.reset();
  const sent: string[] = [];
  const note = (event: unknown) => sent.push((event as QueryEvent).sql.split(' ')[0] as string);
  subscribe(channels.query, note);
  const outcomes: PromiseSettledResult<unknown>[] = [];
  const block = transaction.aatomic(async () => {
    const queries = [
      Parent.objects.acreate({ name: 'a' }),
      Publisher.objects.acreate({ id: 1, name: 'taken', awards: 0 }),
      Parent.objects.acreate({ name: 'b' }),
      Parent.objects.acreate({ name: 'c' }),
    ];
    const settled = Promise.allSettled(queries).then((all) => outcomes.push(...all));
    try {
      await Promise.all(queries);
    } finally {
      await settled;
    }
  });
  await expect(block).rejects.toThrow('duplicate key');
  unsubscribe(channels.query, note);
  expect(sent).toEqual(['BEGIN', 'INSERT', 'INSERT', 'ROLLBACK']);
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.name : 'ok'));
  expect(reasons).toEqual([
    'ok',
    'IntegrityError',
    'TransactionManagementError',
    'TransactionManagementError',
  ]);
  expect(await Parent.objects.acount()).toBe(0);
});
test('365 blocks side by side in one transaction are refused', async () => {
  const block = transaction.aatomic(() =>
    Promise.all([
      transaction.aatomic(() => Parent.objects.acount()),
      transaction.aatomic(() => Parent.objects.acount()),
    ]),
  );
  await expect(block).rejects.toThrow(/side by side/);
  expect(pool().size).toBe(pool().idle);
});
test('365 operations with savepoints of their own take turns instead', async () => {
  await setup.reset();
  await transaction.aatomic(async () => {
    const made = await Promise.all(
      [1, 2, 3].map((n) => Counter.objects.agetOrCreate({ key: `k${n}` }, { defaults: { n } })),
    );
    expect(made.every(([, created]) => created)).toBe(true);
  });
  expect(await Counter.objects.acount()).toBe(3);
});
test('366 a query that outlives its block is refused, never run in autocommit', async () => {
  await setup.reset();
  let late: Promise<unknown> = Promise.resolve();
  let leak: () => Promise<unknown> = async () => undefined;
  await transaction.aatomic(async () => {
    await Parent.objects.acount();
    leak = async () => {
      await delay(20);
      return Parent.objects.acreate({ name: 'late' });
    };
    late = leak().catch((error) => error);
  });
  expect(await late).toBeInstanceOf(TransactionManagementError);
  expect(await Parent.objects.acount()).toBe(0);
});
test('367 transactions of two contexts do not meet', async () => {
  await setup.reset();
  let left = 2;
  let allHaveCounted: () => void = () => {};
  const counted = new Promise<void>((resolve) => {
    allHaveCounted = resolve;
  });
  const seen = await Promise.all(
    ['a', 'b'].map((name) =>
      asyncContext(() =>
        transaction.aatomic(async () => {
          await Parent.objects.acreate({ name });
          const count = await Parent.objects.acount();
          left -= 1;
          if (left === 0) allHaveCounted();
          await counted;
          return count;
        }),
      ),
    ),
  );
  expect(seen).toEqual([1, 1]);
  expect(await Parent.objects.acount()).toBe(2);
  expect(pool().idle).toBe(pool().size);
});
test('370 a killed backend fails its own statement only', async () => {
  await withPool({ max: 1 });
  const block = transaction.aatomic(async () => {
    await Parent.objects.acount();
    await killBackends(setup.outside);
    await Parent.objects.acount();
  });
  await expect(block).rejects.toThrow(OperationalError);
  expect(await Publisher.objects.acount()).toBe(3);
});
test('an idle connection that was killed is not handed out', async () => {
  await withPool({ max: 1 });
  await Publisher.objects.acount();
  await killBackends(setup.outside);
  await expect.poll(() => Publisher.objects.acount().catch(() => 0)).toBe(3);
});
test('a server that cannot be reached is an OperationalError', async () => {
  configureDatabases({ nowhere: { engine: 'postgresql', url: 'postgres://x@127.0.0.1:1/x' } });
  await expect(Publisher.objects.using('nowhere').acount()).rejects.toThrow(OperationalError);
  expect(() => Publisher.objects.using('nowhere').count()).toThrow(OperationalError);
  await expect(Publisher.objects.using('unknown').acount()).rejects.toThrow(
    "The connection 'unknown' doesn't exist.",
  );
});
test('a failed connection frees its place in the pool', async () => {
  configureDatabases({
    nowhere: { engine: 'postgresql', url: 'postgres://x@127.0.0.1:1/x', pool: { max: 1, timeout: 1000 } },
  });
  const attempts = await Promise.allSettled([1, 2, 3].map(() => Publisher.objects.using('nowhere').acount()));
  for (const attempt of attempts) {
    expect(attempt.status === 'rejected' && attempt.reason).toBeInstanceOf(OperationalError);
    expect(attempt.status === 'rejected' && attempt.reason).not.toBeInstanceOf(PoolTimeout);
  }
});
test('closing the pool closes its connections', async () => {
  await Promise.all([1, 2].map(() => Publisher.objects.acount()));
  await expect.poll(backends).toBeGreaterThanOrEqual(2);
  await connections.get().aclose();
  await delay(20);
  expect(await backends()).toBe(0);
});
test('374 native: false runs the same operations on bridge threads', async () => {
  await setup.reset();
  await connections.acloseAll();
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, native: false } });
  expect(connections.get().features.nativeAsync).toBe(false);
  expect((await Book.objects.aget({ isbn: 'i1' })).title).toBe('Alpha');
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    await transaction
      .aatomic(async () => {
        await Parent.objects.acreate({ name: 'b' });
        throw new Error('x');
      })
      .catch(() => undefined);
  });
  expect(await Parent.objects.valuesList('name', { flat: true }).alist()).toEqual(['a']);
  await Publisher.objects.aupdate({ awards: F('awards').add(1) });
  expect(pool().size).toBe(0);
  expect(threadCounts().inUse).toBeGreaterThan(0);
});
test('more parameters than the protocol can count are refused, natively and on a thread', async () => {
  const list = Array.from({ length: 65_536 }, (_each, index) => index);
  const sql = `SELECT 1 WHERE 7 IN (${list.map(() => '%s').join(',')})`;
  const cursor = connections.get().cursor();
  const refused = /takes 65535 parameters in one statement, this one has 65536/;
  await expect(cursor.aexecute(sql, list)).rejects.toThrow(refused);
  await expect(syncToAsync(cursor.execute)(sql, list)).rejects.toThrow(refused);
  expect(await Book.objects.filter({ id__in: list }).acount()).toBe(5);
});
