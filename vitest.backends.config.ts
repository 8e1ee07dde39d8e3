import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { installedMariadb } from './fixtures/mariadb/server.ts';
import { noPgbouncer, pgbouncerVersion } from './test/support/pgbouncer.ts';
import suite from './vitest.config.ts';

const { include: _all, globalSetup: _postgres, ...shared } = suite.test ?? {};
const { resolve, ssr } = suite;
// About PostgreSQL's native path, its wire, its types and its servers, or programs that name their engine.
const postgresqlOnly = [
  'native',
  'native-streaming',
  'fallback',
  'fallback-aborting',
  'closing',
  'fields',
  'field-edges',
  'streaming',
  'overrides',
  'inspect',
  'constraints',
  'bulk',
  'races',
  'sharing',
  'operators',
  'output-fields',
  'own-aggregates',
];

interface BackendRun {
  readonly engine: string;
  /** Files that are about something else. */
  readonly without: readonly string[];
  readonly globalSetup: string[];
}
/** Engines that can be tested here, with what has to be started for them. */
function runs(): readonly BackendRun[] {
  const found: BackendRun[] = [{ engine: 'sqlite', without: postgresqlOnly, globalSetup: [] }];
  if (installedMariadb() === undefined && !process.env.MYSQL_URL) {
    console.warn('MySQL is NOT tested: MariaDB is not installed, and MYSQL_URL names no server.');
  } else {
    const globalSetup = ['test/support/global-mariadb.ts'];
    found.push({ engine: 'mysql', without: postgresqlOnly, globalSetup });
  }
  if (pgbouncerVersion() === undefined) console.warn(noPgbouncer);
  else {
    found.push({
      engine: 'pgbouncer',
      // Nor what is about the text of SQL and not about sessions.
      without: [
        'native',
        'native-streaming',
        'fallback',
        'fallback-aborting',
        'closing',
        'sharing',
        'injection',
        'inspect',
        'long-run',
      ],
      globalSetup: ['test/support/global-pgbouncer.ts'],
    });
  }
  return found;
}

// The behaviours of the ORM once more, on the back ends besides PostgreSQL and behind a pooler.
export default defineConfig({
  test: {
    projects: runs().map(
      ({ engine, without, globalSetup }) =>
        ({
          resolve,
          ssr,
          test: {
            ...shared,
            name: engine,
            include: [
              'test/runtime/orm/*.test.ts',
              ...[engine, 'long-run'].map((name) => `test/runtime/backends/${name}.test.ts`),
            ],
            exclude: without.map((name) => `**/${name}.test.ts`),
            globalSetup,
            provide: { engine },
          },
        }) as TestProjectConfiguration,
    ),
  },
});
