import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../fixtures/postgres/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server's maintenance database, as superuser. */
    postgresUrl: string;
  }
}

/** One server for the whole run: the one `DATABASE_URL` names, or an embedded one. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.DATABASE_URL;
  if (given !== undefined && given !== '') {
    project.provide('postgresUrl', given);
    return undefined;
  }
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}
