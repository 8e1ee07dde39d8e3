import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
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

// The behaviours of the ORM once more, on the back ends besides PostgreSQL.
export default defineConfig({
  test: {
    projects: ['sqlite'].map(
      (engine) =>
        ({
          resolve,
          ssr,
          test: {
            ...shared,
            name: engine,
            include: ['test/runtime/orm/*.test.ts'],
            exclude: postgresqlOnly.map((name) => `**/${name}.test.ts`),
            provide: { engine },
          },
        }) as TestProjectConfiguration,
    ),
  },
});
