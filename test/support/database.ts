import { inject } from 'vitest';
import { createDatabase, dropDatabase } from '../../fixtures/postgres/server.ts';

/** A database of one test file's own. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates an empty database on the run's server; drop it in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const url = await createDatabase(server);
  return { url, drop: () => dropDatabase(server, url) };
}
