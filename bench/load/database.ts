import pg from 'pg';
import type { Scenario } from './requests.ts';

/** The rows of a seeded database, put back before every window: what one window writes must not slow the next. */
export class Snapshot {
  readonly #client: pg.Client;
  readonly #tables: readonly string[];

  private constructor(client: pg.Client, tables: readonly string[]) {
    this.#client = client;
    this.#tables = tables;
  }

  /** Keeps a copy of every table of the database. */
  static async take(url: string): Promise<Snapshot> {
    const client = new pg.Client({ connectionString: url });
    // A server that is stopped first says so to the query that is under way.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const tables = rows.map(({ name }) => client.escapeIdentifier(name));
    await client.query('create schema kept');
    for (const table of tables) await client.query(`create table kept.${table} as table public.${table}`);
    return new Snapshot(client, tables);
  }

  /** Puts the rows back, and adds those that the turns of a window need. */
  async restore(
    { rows = [] }: Scenario | { readonly rows?: readonly string[] },
    first: number,
    turns: number,
  ) {
    const all = this.#tables.map((table) => `public.${table}`).join(', ');
    const back = this.#tables.map((table) => `insert into public.${table} select * from kept.${table};`);
    // Without triggers, tables can be filled in any order.
    await this.#client.query(
      `begin; set local session_replication_role = replica; truncate ${all}; ${back.join(' ')} commit`,
    );
    for (const sql of rows) {
      const numbers = `turns as (select generate_series(${first}, ${first + turns - 1}) as turn)`;
      await this.#client.query(`with ${numbers} ${sql}`);
    }
  }

  /** Connections to the database besides this one, as the server counts them. */
  async connections(): Promise<number> {
    const { rows } = await this.#client.query<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    return rows[0]?.count ?? 0;
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
