import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // Those of other databases: `npm run test:backends`.
    exclude: ['test/runtime/backends/**'],
    reporters: ['default', './test/support/behaviours-reporter.ts'],
    globalSetup: ['test/support/global-postgres.ts'],
    // Far beyond what any of them takes: a busy machine must not decide a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    // Every file is a process with databases of its own; by default one processor would be left unused.
    maxWorkers: '100%',
  },
});
