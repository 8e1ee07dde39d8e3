import { defineConfig } from 'vitest/config';
import suite from './vitest.config.ts';

// The behaviours of the ORM once more with every optimisation switched off: what differs is a bug of one of them.
export default defineConfig({
  ...suite,
  test: {
    ...suite.test,
    include: ['test/runtime/orm/**/*.test.ts', 'test/runtime/faults/**/*.test.ts'],
    exclude: [
      ...(suite.test?.exclude ?? []),
      // The catalogue is read by plain statements.
      '**/inspect.test.ts',
      // About the optimisations themselves.
      '**/sharing.test.ts',
      '**/shapes.test.ts',
      '**/protocol/session.test.ts',
    ],
    env: { MIGRATE_ASYNC_WITHOUT: 'all' },
  },
});
