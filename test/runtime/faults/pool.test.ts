import { AsyncResource } from 'node:async_hooks';
import { asyncContext } from '@migrate-async/runtime';
import { connections, OperationalError, PoolTimeout, transaction } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';

const setup = faults();
const pool = () => connections.get().pool;
/** Runs work outside the transaction of the code that calls it. */
const apart = AsyncResource.bind(<T>(work: () => Promise<T>) => work());

test('exhausted: who waits too long is told the state of the pool, the others are served in order', async () => {
  await setup.configure({ pool: { max: 1, timeout: 1_500 } });
  const release = await setup.hold('lock table book');
  const holding = Book.objects.aget({ id: 1 });
  await setup.blocked();
  const late = await Promise.allSettled(Array.from({ length: 20 }, () => Parent.objects.acount()));
  for (const outcome of late) {
    expect(outcome).toMatchObject({ reason: { name: 'PoolTimeout' } });
    expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/max 1, open 1, idle 0, waiting/);
  }
  const order: number[] = [];
  const patient = Array.from({ length: 10 }, (_, index) =>
    Parent.objects.acount().then(() => order.push(index)),
  );
  await release();
  await Promise.all([holding, ...patient]);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
test('two transactions that each need a second connection: one gives up, both connections come back', async () => {
  await setup.configure({ pool: { max: 2, timeout: 1_500 } });
  let begun = 0;
  let bothBegun = () => {};
  const both = new Promise<void>((resolve) => {
    bothBegun = resolve;
  });
  const blocks = [1, 2].map(() =>
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      begun += 1;
      if (begun === 2) bothBegun();
      await both;
      await apart(() => Book.objects.acount());
    }),
  );
  const outcomes = await Promise.allSettled(blocks);
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(PoolTimeout);
  }
  expect(await Parent.objects.acount()).toBe(outcomes.filter(({ status }) => status === 'fulfilled').length);
});
test('a slow reader of a stream holds one connection, and no memory but a chunk', async () => {
  await setup.configure({ pool: { max: 2 } });
  await Parent.objects.abulkCreate(Array.from({ length: 500 }, (_, index) => ({ name: `p${index}` })));
  let read = 0;
  let busy = 0;
  for await (const parent of Parent.objects.orderBy('id').aiterator({ chunkSize: 50 })) {
    read += 1;
    busy = Math.max(busy, pool().size - pool().idle);
    if (read % 100 === 0) {
      expect(await Parent.objects.filter({ id__lte: parent.id }).acount()).toBe(read);
      const { rows } = await setup.outside.query(
        "select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()",
      );
      expect(rows[0].n).toBe(0);
    }
  }
  expect([read, busy]).toEqual([500, 1]);
});
test('used for long: a connection is replaced', async () => {
  await setup.configure({ pool: { max: 1, maxLifetime: 0 } });
  const pid = async () => {
    const cursor = await connections.get().acursor();
    await cursor.aexecute('select pg_backend_pid()');
    return cursor.fetchOne()?.[0];
  };
  const seen = new Set([await pid(), await pid(), await pid()]);
  expect(seen.size).toBe(3);
});
test('unused for long: connections are closed, down to the minimum', async () => {
  await setup.configure({ pool: { min: 1, max: 3, maxIdle: 30 } });
  await Promise.all([1, 2, 3].map((id) => Book.objects.aget({ id })));
  await expect.poll(() => pool().size).toBe(1);
  expect(await Book.objects.acount()).toBe(5);
});
test('min: that many are opened once the pool is used', async () => {
  await setup.configure({ pool: { min: 3, max: 5 } });
  expect(pool().size).toBe(0);
  await Book.objects.acount();
  await expect.poll(() => pool().idle).toBe(3);
  await setup.killAll();
  await Book.objects.acount().catch(() => undefined);
  await expect.poll(() => pool().idle).toBeGreaterThanOrEqual(1);
});
test('closing waits for what runs, and refuses what comes', async () => {
  await setup.configure({ pool: { max: 2 } });
  const release = await setup.hold('lock table book');
  const running = Book.objects.acount();
  await setup.blocked();
  const { pool } = connections.get();
  const closing = connections.get().aclose();
  await expect(Parent.objects.acount()).rejects.toThrow(new OperationalError('the pool is closed'));
  expect(pool.size).toBe(1);
  await release();
  expect(await running).toBe(5);
  await closing;
  expect(pool.size).toBe(0);
});
test('five hundred requests that wait elsewhere need few connections', async () => {
  await setup.configure({ pool: { max: 5 } });
  let partner = () => {};
  const answered = new Promise<void>((resolve) => {
    partner = resolve;
  });
  let waiting = 0;
  const requests = Array.from({ length: 500 }, () =>
    asyncContext(async () => {
      const before = await Book.objects.acount();
      waiting += 1;
      if (waiting === 500) partner();
      await answered;
      return before + (await Parent.objects.acount());
    }),
  );
  expect(new Set(await Promise.all(requests))).toEqual(new Set([5]));
  expect(pool().size).toBeLessThanOrEqual(5);
});
