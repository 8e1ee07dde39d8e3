import { asyncContext, threadCounts } from '@migrate-async/runtime';
import {
  acreateTables,
  configureDatabases,
  connections,
  OperationalError,
  transaction,
} from '@migrate-async/runtime/orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../fixtures/postgres/server.ts';
import { Parent } from '../support/library.ts';

// A server of its own: the other tests must not see it go.
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  const url = await server.createDatabase();
  configureDatabases({ default: { engine: 'postgresql', url, pool: { max: 20 } } });
  await acreateTables([Parent]);
});
afterAll(async () => {
  await connections.acloseAll();
  await server.stop();
});

test('restarted under 200 requests: each commits whole or fails, and the pool recovers', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  let running = true;
  const kept = new Set<string>();
  const unknown = new Set<string>();
  let failed = 0;
  const requests = Array.from({ length: 200 }, async (_, client) => {
    for (let turn = 0; running; turn += 1) {
      const name = `${client}.${turn}`;
      try {
        await asyncContext(() =>
          transaction.aatomic(async () => {
            await Parent.objects.acreate({ name });
            await Parent.objects.filter({ name }).aupdate({ name });
          }),
        );
        kept.add(name);
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        failed += 1;
        if (/may have been committed or not/.test(error.message)) unknown.add(name);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });
  await expect.poll(() => kept.size).toBeGreaterThan(100);
  let before = 0;
  await server.restart(async () => {
    await expect.poll(() => failed).toBeGreaterThan(200);
    before = kept.size;
  });
  await expect.poll(() => kept.size).toBeGreaterThan(before + 200);
  running = false;
  await Promise.all(requests);
  const rows = await Parent.objects.valuesList('name', { flat: true }).alist();
  const stored = new Set(rows);
  expect(rows).toHaveLength(stored.size);
  expect([...kept].filter((name) => !stored.has(name))).toEqual([]);
  expect(rows.filter((name) => !kept.has(name) && !unknown.has(name))).toEqual([]);
  const { pool } = connections.get();
  expect([pool.size - pool.idle, pool.waiting]).toEqual([0, 0]);
  expect(pool.size).toBeLessThanOrEqual(20);
  const open = await connections.get().acursor();
  await open.aexecute("select count(*) from pg_stat_activity where state like 'idle in transaction%'");
  expect(open.fetchOne()).toEqual(['0']);
  expect(threadCounts().inUse).toBe(0);
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
