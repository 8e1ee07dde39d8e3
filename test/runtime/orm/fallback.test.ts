import { AsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { channels, type QueryEvent, threadCounts, threadSensitiveContext } from '@migrate-async/runtime';
import { connections, TransactionManagementError, transaction } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { libraryModels, libraryRows, Parent, Publisher } from '../support/library.ts';

// What the a-prefixed operations do where the back end has no native path: `native: false` asks for it.
const setup = harness(libraryModels, libraryRows, { native: false });

async function sentDuring(work: () => Promise<unknown>): Promise<readonly QueryEvent[]> {
  const sent: QueryEvent[] = [];
  const note = (event: unknown) => sent.push(event as QueryEvent);
  subscribe(channels.query, note);
  try {
    await work();
  } finally {
    unsubscribe(channels.query, note);
  }
  return sent;
}
const first = (sql: string) => sql.split(' ')[0];

test('no pool is used, and no statement leaves the bridge threads', async () => {
  await setup.reset();
  const sent = await sentDuring(() =>
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      for await (const parent of Parent.objects.all()) expect(parent.name).toBe('a');
    }),
  );
  expect(sent.map(({ sql, path }) => `${path} ${first(sql)}`)).toEqual([
    'bridged BEGIN',
    'bridged INSERT',
    'bridged SELECT',
    'bridged COMMIT',
  ]);
  expect(connections.get().pool.size).toBe(0);
});
test('code outside a transaction does not get into one that others have open', async () => {
  await setup.reset();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    const outside = await setup.outside.query('select count(*)::int as n from parent');
    expect(outside.rows[0].n).toBe(0);
    await Parent.objects.acount();
  });
  const both = await Promise.allSettled([
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'lost' });
      await Publisher.objects.acount();
      throw new Error('back');
    }),
    Parent.objects.acreate({ name: 'kept' }),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(await Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist()).toEqual([
    'a',
    'kept',
  ]);
});
test('364 when a statement fails, those queued behind it are not sent, and the block rolls back', async () => {
  await setup.reset();
  const reasons: string[] = [];
  const sent = await sentDuring(() =>
    expect(
      transaction.aatomic(async () => {
        const queries = [
          Parent.objects.acreate({ name: 'a' }),
          Publisher.objects.acreate({ id: 1, name: 'taken', awards: 0 }),
          Parent.objects.acreate({ name: 'b' }),
        ];
        for (const each of await Promise.allSettled(queries)) {
          reasons.push(each.status === 'rejected' ? each.reason.name : 'ok');
        }
        await Promise.all(queries);
      }),
    ).rejects.toThrow('duplicate key'),
  );
  expect(sent.map(({ sql }) => first(sql))).toEqual(['BEGIN', 'INSERT', 'INSERT', 'ROLLBACK']);
  expect(reasons).toEqual(['ok', 'IntegrityError', 'TransactionManagementError']);
});
test('365 two inner blocks of one transaction cannot be open side by side', async () => {
  await setup.reset();
  const inner = (name: string) => transaction.aatomic(() => Parent.objects.acreate({ name }));
  await expect(transaction.aatomic(() => Promise.all([inner('a'), inner('b')]))).rejects.toThrow(
    TransactionManagementError,
  );
  expect(await Parent.objects.acount()).toBe(0);
});
test('366 a query that outlives its block is refused', async () => {
  await setup.reset();
  let late: () => Promise<unknown> = async () => undefined;
  await transaction.aatomic(async () => {
    // As a callback that was made inside and is called much later.
    late = AsyncResource.bind(() => Parent.objects.acreate({ name: 'late' }));
    const unawaited = transaction.asavepoint();
    expect(await unawaited).toMatch(/^s\d+$/);
  });
  await expect(late()).rejects.toThrow(TransactionManagementError);
  expect(await Parent.objects.acount()).toBe(0);
});
test('savepoints by hand belong to the block', async () => {
  await setup.reset();
  expect(await transaction.asavepoint()).toBeNull();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'kept' });
    const savepoint = (await transaction.asavepoint()) as string;
    await Parent.objects.acreate({ name: 'undone' });
    await transaction.asavepointRollback(savepoint);
    await transaction.asavepointCommit(savepoint);
  });
  expect(await Parent.objects.valuesList('name', { flat: true }).alist()).toEqual(['kept']);
});
test('367 a block gives its thread back', async () => {
  const before = threadCounts().inUse;
  await Promise.all([1, 2, 3].map(() => transaction.aatomic(() => Parent.objects.acreate({ name: 'x' }))));
  await expect.poll(() => threadCounts().inUse).toBeLessThanOrEqual(before + 1);
  const { rows } = await setup.outside.query(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
  );
  expect(rows[0].n).toBe(0);
});
test("inside a thread-sensitive context a block is that thread's, as any statement", async () => {
  await setup.reset();
  await threadSensitiveContext(async () => {
    await transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      await transaction.aatomic(() => Parent.objects.acreate({ name: 'b' }));
    });
    expect(await Parent.objects.acount()).toBe(2);
  });
});
