import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { installedMariadb } from './fixtures/mariadb/server.ts';
import suite from './vitest.config.ts';

const { include: _all, globalSetup: _postgres, ...shared } = suite.test ?? {};
const { resolve, ssr } = suite;
// About PostgreSQL's native path, its wire and its servers, or programs that name their engine.
const postgresqlOnly = [
  'native',
  'native-streaming',
  'fallback',
  'closing',
  'injection',
  'fields',
  'streaming',
  'overrides',
  'inspect',
  'races',
  'sharing',
];

/** Engines that can be tested here, with what has to be started for them. */
function engines(): readonly { readonly engine: string; readonly globalSetup: string[] }[] {
  const sqlite = { engine: 'sqlite', globalSetup: [] };
  if (installedMariadb() === undefined && !process.env.MYSQL_URL) {
    console.warn('MySQL is NOT tested: MariaDB is not installed, and MYSQL_URL names no server.');
    return [sqlite];
  }
  return [sqlite, { engine: 'mysql', globalSetup: ['test/support/global-mariadb.ts'] }];
}

// The behaviours of the ORM once more, on the back ends besides PostgreSQL.
export default defineConfig({
  test: {
    projects: engines().map(
      ({ engine, globalSetup }) =>
        ({
          resolve,
          ssr,
          test: {
            ...shared,
            name: engine,
            include: ['test/runtime/orm/*.test.ts', `test/runtime/backends/${engine}.test.ts`],
            exclude: postgresqlOnly.map((name) => `**/${name}.test.ts`),
            globalSetup,
            provide: { engine },
          },
        }) as TestProjectConfiguration,
    ),
  },
});
