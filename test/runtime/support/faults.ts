import { threadCounts } from '@migrate-async/runtime';
import { configureDatabases, connections, type DatabaseSettings } from '@migrate-async/runtime/orm';
import pg from 'pg';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Harness, harness } from './harness.ts';

const others = `datname = current_database() and pid <> pg_backend_pid() and application_name <> 'holder' and backend_type = 'client backend'`;

export interface Faults extends Harness {
  /** Reconfigures the default database; its address is that of the test's database unless one is given. */
  configure(settings?: Partial<DatabaseSettings>): Promise<void>;
  /** Keeps a transaction with `statement` in it open until the returned function is called, or the test is over. */
  hold(statement: string): Promise<() => Promise<void>>;
  /** Process of a backend that waits for a lock, as soon as there is one. */
  blocked(): Promise<number>;
  /** Process of a backend that executes a statement with `text` in it, as soon as there is one. */
  running(text: string): Promise<number>;
  /** Ends a server process, and waits until it is gone. */
  kill(pid: number): Promise<void>;
  /** Ends every backend of the application, and waits until they are gone. */
  killAll(): Promise<void>;
}

/** Asks until nothing is selected any more. */
async function noneIsLeft(outside: pg.Client, selected: string): Promise<void> {
  await expect.poll(async () => (await outside.query(`select ${selected}`)).rowCount).toBe(0);
}
/**
 * Ends the backends of the test's database, and waits until they are gone. They are told so each time one looks: a
 * connection that was being opened is listed only when it is open.
 */
export const killBackends = (outside: pg.Client): Promise<void> =>
  noneIsLeft(outside, `pg_terminate_backend(pid) from pg_stat_activity where ${others}`);

/**
 * A database whose parts are made to fail. After each test nothing may be left of the fault: every connection is back
 * in the pool, no thread is missing, no transaction is open on the server, no rejection went unhandled.
 */
export function faults(): Faults {
  const setup = harness();
  const outside = (): pg.Client => setup.outside;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  async function configure(settings: Partial<DatabaseSettings> = {}): Promise<void> {
    await connections.acloseAll();
    configureDatabases({ default: { engine: 'postgresql', url: setup.url, ...settings } });
  }
  async function found(condition: string): Promise<number> {
    let pid = 0;
    await expect
      .poll(async () => {
        const { rows } = await outside().query(
          `select pid from pg_stat_activity where ${others} and ${condition}`,
        );
        pid = rows[0]?.pid ?? 0;
        return pid;
      })
      .toBeGreaterThan(0);
    return pid;
  }
  const gone = (condition: string): Promise<void> =>
    noneIsLeft(outside(), `pid from pg_stat_activity where ${others} and ${condition}`);

  const holders = new Set<pg.Client>();
  async function hold(statement: string): Promise<() => Promise<void>> {
    const holder = new pg.Client({ connectionString: setup.url, application_name: 'holder' });
    await holder.connect();
    holders.add(holder);
    await holder.query(`begin; ${statement}`);
    return async () => {
      holders.delete(holder);
      await holder.end();
    };
  }

  beforeEach(async () => {
    process.on('unhandledRejection', note);
    await setup.reset();
    await configure();
  });
  afterEach(async () => {
    await Promise.all([...holders].map((holder) => holder.end()));
    holders.clear();
    const { pool } = connections.get();
    await expect.poll(() => [pool.size - pool.idle, pool.waiting]).toEqual([0, 0]);
    await gone("state like 'idle in transaction%'");
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
    await connections.acloseAll();
    expect(threadCounts()).toMatchObject({ inUse: 0, idle: 0 });
    await gone('true');
  });

  return Object.assign(Object.create(setup) as Harness, {
    configure,
    hold,
    blocked: () => found("wait_event_type = 'Lock'"),
    running: (text: string) => found(`state = 'active' and query like '%${text}%'`),
    async kill(pid: number) {
      await outside().query('select pg_terminate_backend($1)', [pid]);
      await gone(`pid = ${pid}`);
    },
    killAll: () => killBackends(outside()),
  });
}
