import { configureThreads, threadCounts, threadSensitiveContext } from '@migrate-async/runtime';
import { acreateTables, configureDatabases, connections } from '@migrate-async/runtime/orm';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../../runtime/orm/backends/sqlite/engine.ts';
import type { EngineDatabase } from '../support/engines/engine.ts';
import { testEngine } from '../support/engines/index.ts';
import { Random } from '../support/random.ts';
import { Account, accounts, Entry, RandomClient, type Tally } from '../support/random-client.ts';

// The long run where the a-prefixed operations go over bridge threads: contexts of requests share few of them.
const seconds = Number(process.env.LONG_RUN_SECONDS ?? 8);
const seed = Number(process.env.LONG_RUN_SEED ?? Date.now() % 1_000_000);
const clients = 50;
const threads = 4;

const engine = testEngine();
let database: EngineDatabase;
let outside: Outside;
beforeAll(async () => {
  database = await engine.open();
  outside = await outsideOf(engine.name);
  configureDatabases({ default: database.settings });
  configureThreads({ max: threads });
  await acreateTables([Entry, Account]);
  await Account.objects.abulkCreate(Array.from({ length: accounts }, () => ({ balance: 0 })));
  // Threads take their time to start, which is not what is tested.
  await Promise.all(
    Array.from({ length: threads }, () => threadSensitiveContext(() => Account.objects.acount())),
  );
});
afterAll(async () => {
  await connections.acloseAll();
  await database.drop();
});

/** What can be broken here, and asked about from outside. */
interface Outside {
  /** Ends a session of the application, whatever it is doing; returns how many that were. */
  kill(random: Random): Promise<number>;
  /** Fails when something is still locked. */
  requireNothingOpen(): Promise<void>;
  end(): Promise<void>;
}
async function outsideOf(name: string): Promise<Outside> {
  if (name === 'sqlite') return outsideOfSqlite();
  const url = new URL(database.settings.url);
  const admin = await mysql.createConnection({ uri: inject('mysqlUrl') ?? '' });
  const sessions = async () => {
    const name = url.pathname.slice(1);
    const [rows] = await admin.query('select id from information_schema.processlist where db = ?', [name]);
    return (rows as { id: number }[]).map(({ id }) => id);
  };
  // Not one of the application's.
  const own = await sessions();
  return {
    async kill(random) {
      const ids = (await sessions()).filter((id) => !own.includes(id));
      if (ids.length === 0) return 0;
      // It may have ended by itself.
      return admin.query(`kill ${Number(random.pick(ids))}`).then(
        () => 1,
        () => 0,
      );
    },
    async requireNothingOpen() {
      const open = async () => (await admin.query('select trx_id from information_schema.innodb_trx'))[0];
      await expect.poll(open).toEqual([]);
    },
    end: () => admin.end(),
  };
}
function outsideOfSqlite(): Outside {
  return {
    // There are no sessions: a file cannot be lost as a connection can.
    kill: async () => 0,
    async requireNothingOpen() {
      const file = openDatabase(database.settings.url);
      file.exec('begin exclusive; rollback');
      file.close();
    },
    end: async () => undefined,
  };
}

test(
  `fifty clients do random work on ${threads} threads for ${seconds} s, and the tables hold what each of them was told`,
  async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const tally: Tally = {};
    const all = Array.from(
      { length: clients },
      (_, owner) => new RandomClient(owner, seed, tally, threadSensitiveContext),
    );
    const end = performance.now() + seconds * 1_000;
    let failed = false;
    const over = () => failed || performance.now() > end;
    const random = new Random(seed);
    const killing = (async () => {
      let killed = 0;
      while (!over()) {
        await new Promise((resolve) => setTimeout(resolve, 200 + random.below(200)));
        killed += await outside.kill(random);
      }
      return killed;
    })();
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
    await expect.poll(() => threadCounts().inUse).toBeLessThanOrEqual(1);
    for (const client of all) await client.check();
    const expected = all.flatMap(({ rows }, owner) => [...rows].map(([key, n]) => [owner, key, n]));
    const stored = await Entry.objects.valuesList('owner', 'key', 'n').alist();
    const sorted = (list: readonly unknown[]) => list.map((row) => JSON.stringify(row)).sort();
    expect(sorted(stored)).toEqual(sorted(expected));
    const balances = await Account.objects.valuesList('balance', { flat: true }).alist();
    expect([balances.length, balances.reduce((sum, each) => sum + each, 0)]).toEqual([accounts, 0]);
    await connections.acloseAll();
    expect(threadCounts()).toEqual({ inUse: 0, idle: 0 });
    await outside.requireNothingOpen();
    await outside.end();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    const met = [
      'transaction',
      'aborted',
      'rolled back',
      'savepoint rolled back',
      'duplicate refused',
      'stream',
    ];
    for (const kind of [...met, ...(engine.name === 'sqlite' ? [] : ['killed'])]) {
      expect(tally[kind] ?? 0, kind).toBeGreaterThan(0);
    }
    if (process.env.LONG_RUN_SECONDS !== undefined) console.info(seed, tally);
  },
  (seconds + 120) * 1_000,
);
