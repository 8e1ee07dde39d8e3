import {
  type AnyModel,
  acreateTables,
  configureDatabases,
  connections,
  type DatabaseSettings,
} from '@migrate-async/runtime/orm';
import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type Behaviour, differential, type Stage } from './differential.ts';
import type { EngineDatabase } from './engines/engine.ts';
import { testEngine } from './engines/index.ts';
import type { PostgresqlDatabase } from './engines/postgresql.ts';
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
  const engine = testEngine();
  let database: EngineDatabase;
  let native = settings.native ?? true;
  const configure = () => configureDatabases({ default: { ...database.settings, ...settings, native } });
  beforeAll(async () => {
    database = await engine.open();
    configure();
    await acreateTables(models);
  });
  afterAll(async () => {
    await connections.acloseAll();
    await database.drop();
  });
  const restore = () => database.restore(rows);
  const stage: Stage = {
    stale: true,
    restore,
    engine,
    get native() {
      return native && engine.native;
    },
    async recover() {
      await connections.acloseAll();
      configure();
      stage.stale = true;
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
      return database.settings.url;
    },
    get outside() {
      if ('outside' in database) return (database as PostgresqlDatabase).outside;
      throw new Error(`${engine.name} has no connection outside the ORM`);
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
