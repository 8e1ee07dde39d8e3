import { setTimeout as delay } from 'node:timers/promises';
import { threadCounts } from '@migrate-async/runtime';
import { acreateTables, configureDatabases, connections } from '@migrate-async/runtime/orm';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { Random } from '../support/random.ts';
import { Account, accounts, Entry, RandomClient, type Tally } from '../support/random-client.ts';

const seconds = Number(process.env.LONG_RUN_SECONDS ?? 8);
const seed = Number(process.env.LONG_RUN_SEED ?? Date.now() % 1_000_000);
const clients = 50;

let database: TestDatabase;
let outside: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  outside = new pg.Client({ connectionString: database.url });
  await outside.connect();
  // Found at once, where a server would wait a second to see whether it resolves itself.
  await outside.query(
    `alter database ${new URL(database.url).pathname.slice(1)} set deadlock_timeout to '20ms'`,
  );
  configureDatabases({ default: { engine: 'postgresql', url: database.url, pool: { max: 12 } } });
  await acreateTables([Entry, Account]);
  await Account.objects.abulkCreate(Array.from({ length: accounts }, () => ({ balance: 0 })));
});
afterAll(async () => {
  await connections.acloseAll();
  await outside.end();
  await database.drop();
});

/** Ends a session of the application now and then, whatever it is doing. */
async function kill(random: Random, until: () => boolean): Promise<number> {
  let killed = 0;
  while (!until()) {
    await delay(100 + random.below(200));
    const { rowCount } = await outside.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       order by random() limit 1`,
    );
    killed += rowCount ?? 0;
  }
  return killed;
}

test(
  `fifty clients do random work for ${seconds} s, and the tables hold what each of them was told`,
  async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const tally: Tally = {};
    const all = Array.from({ length: clients }, (_, owner) => new RandomClient(owner, seed, tally));
    const end = performance.now() + seconds * 1_000;
    let failed = false;
    const over = () => failed || performance.now() > end;
    const killing = kill(new Random(seed), over);
    const outcomes = await Promise.allSettled(
      all.map(async (client) => {
        try {
          await client.runUntil(over);
        } catch (error) {
          failed = true;
          throw error;
        }
      }),
    );
    tally.killed = await killing;
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length > 0) throw new Error(`LONG_RUN_SEED=${seed}: ${errors[0]}`, { cause: errors[0] });
    for (const client of all) await client.check();
    const { rows } = await outside.query('select owner, key, n from entry');
    const expected = all.flatMap(({ rows: own }, owner) => [...own].map(([key, n]) => ({ owner, key, n })));
    const sorted = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
    expect(sorted(rows)).toEqual(sorted(expected));
    const { rows: sums } = await outside.query(
      'select sum(balance)::int as sum, count(*)::int as n from account',
    );
    expect(sums).toEqual([{ sum: 0, n: accounts }]);

    const { pool } = connections.get();
    await expect.poll(() => [pool.size - pool.idle, pool.waiting]).toEqual([0, 0]);
    expect(pool.size).toBeLessThanOrEqual(12);
    await expect.poll(() => threadCounts().inUse).toBe(0);
    const { rows: open } = await outside.query(
      "select query from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()",
    );
    expect(open).toEqual([]);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    // Every kind of end was met: a run without them would show nothing.
    for (const kind of ['transaction', 'aborted', 'rolled back', 'savepoint rolled back', 'killed']) {
      expect(tally[kind] ?? 0, kind).toBeGreaterThan(0);
    }
    if (process.env.LONG_RUN_SECONDS !== undefined) console.info(seed, tally);
  },
  (seconds + 60) * 1_000,
);
