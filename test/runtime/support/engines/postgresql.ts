import pg from 'pg';
import { testDatabase } from '../../../support/database.ts';
import type { EngineDatabase, TestEngine } from './engine.ts';

export interface PostgresqlDatabase extends EngineDatabase {
  /** Statements outside the ORM, on a connection of their own. */
  readonly outside: pg.Client;
}

async function open(): Promise<PostgresqlDatabase> {
  const database = await testDatabase();
  const outside = new pg.Client({ connectionString: database.url });
  await outside.connect();
  return {
    outside,
    settings: { engine: 'postgresql', url: database.url },
    async restore(rows) {
      const tables = await outside.query<{ name: string }>(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
      );
      await outside.query(
        `truncate ${tables.rows.map(({ name }) => name).join(', ')} restart identity cascade`,
      );
      await outside.query(rows);
    },
    async drop() {
      await outside.end();
      await database.drop();
    },
  };
}

/** A test engine whose database can be asked from outside. */
export interface PostgresqlEngine extends TestEngine {
  open(): Promise<PostgresqlDatabase>;
}

export const postgresql: PostgresqlEngine = {
  name: 'postgresql',
  engine: 'postgresql',
  native: true,
  open,
  differences: {},
};
