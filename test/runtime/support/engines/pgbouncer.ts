import type pg from 'pg';
import { inject } from 'vitest';
import { type PostgresqlDatabase, type PostgresqlEngine, postgresql } from './postgresql.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of a PgBouncer in front of the run's server; its path is replaced. */
    pgbouncerUrl?: string;
  }
}

/** PostgreSQL with a PgBouncer in transaction mode in front of it. */
async function open(): Promise<PostgresqlDatabase> {
  const database = await postgresql.open();
  const address = inject('pgbouncerUrl');
  if (address === undefined) throw new Error('the run has no PgBouncer');
  const url = new URL(address);
  url.pathname = new URL(database.settings.url).pathname;
  await makeHostile(database.outside);
  return {
    ...database,
    settings: { ...database.settings, url: url.href, preparedStatements: false },
  };
}

/** What a session must not rely on: a setting made in one is not there in the next transaction. */
async function makeHostile(outside: pg.Client): Promise<void> {
  const { rows } = await outside.query('select quote_ident(current_database()) as name');
  for (const setting of [
    "timezone to 'Asia/Tokyo'",
    "datestyle to 'SQL, DMY'",
    "intervalstyle to 'iso_8601'",
  ]) {
    await outside.query(`alter database ${rows[0].name} set ${setting}`);
  }
}

const cursors =
  'rows of a stream outside a transaction come in one answer: the next statement may meet another session';

export const pgbouncer: PostgresqlEngine = {
  name: 'pgbouncer',
  engine: 'postgresql',
  native: true,
  open,
  differences: {
    '335 outside': cursors,
    '335 a raw query is': cursors,
    '336 ': cursors,
    '338 ': cursors,
    '342 a stream': cursors,
  },
};
