import {
  type AnyModel,
  acreateTables,
  configureDatabases,
  connections,
  type DatabaseSettings,
} from '@migrate-async/runtime/orm';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { type Behaviour, differential, type Stage } from './differential.ts';
import { libraryModels, libraryRows } from './library.ts';

/** A database of the test file's own, with tables and rows that come back before every behaviour. */
export interface Harness {
  readonly url: string;
  /** Statements outside the ORM, on a connection of their own. */
  readonly outside: pg.Client;
  reset(): Promise<void>;
  /** Declares a behaviour that must be the same on every path. */
  behaviour(name: string, body: () => Behaviour): void;
}

/**
 * Sets up a database with `models` for the tests of this file.
 *
 * @param rows SQL that fills the emptied tables
 * @param settings further database settings
 */
export function harness(
  models: readonly AnyModel[] = libraryModels,
  rows = libraryRows,
  settings: Partial<DatabaseSettings> = {},
): Harness {
  let database: TestDatabase;
  let outside: pg.Client;
  let native = settings.native ?? true;
  const configure = () =>
    configureDatabases({ default: { engine: 'postgresql', url: database.url, ...settings, native } });
  beforeAll(async () => {
    database = await testDatabase();
    outside = new pg.Client({ connectionString: database.url });
    await outside.connect();
    configure();
    await acreateTables(models);
  });
  afterAll(async () => {
    await connections.acloseAll();
    await outside.end();
    await database.drop();
  });
  const restore = async () => {
    const tables = await outside.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    );
    await outside.query(
      `truncate ${tables.rows.map(({ name }) => name).join(', ')} restart identity cascade`,
    );
    await outside.query(rows);
  };
  const stage: Stage = {
    stale: true,
    restore,
    get native() {
      return native;
    },
    async swap() {
      await connections.get().aclose();
      native = !native;
      configure();
    },
  };
  // What is no behaviour runs as the file asked for.
  const asConfigured = async () => {
    if (native !== (settings.native ?? true)) await stage.swap();
  };
  return {
    get url() {
      return database.url;
    },
    get outside() {
      return outside;
    },
    async reset() {
      stage.stale = true;
      await asConfigured();
      await restore();
    },
    behaviour: (name, body) => differential(name, stage, body),
  };
}

/** Primary keys, in the order of the rows. */
export function keys(rows: readonly unknown[]): unknown[] {
  return rows.map((row) => (row as { pk: unknown }).pk);
}
