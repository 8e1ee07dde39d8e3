import type { TestProject } from 'vitest/node';
import startServer from './global-postgres.ts';
import { startPgbouncer } from './pgbouncer.ts';

/** The run's server, with a PgBouncer in front of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stopServer = await startServer(project);
  const bouncer = await startPgbouncer(project.getProvidedContext().postgresUrl);
  project.provide('pgbouncerUrl', bouncer.through(project.getProvidedContext().postgresUrl));
  return async () => {
    await bouncer.stop();
    await stopServer?.();
  };
}
