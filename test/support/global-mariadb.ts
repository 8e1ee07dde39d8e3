import type { TestProject } from 'vitest/node';
import { startMariadb } from '../../fixtures/mariadb/server.ts';

/** One server for the whole run: the one `MYSQL_URL` names, or the installed one. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.MYSQL_URL;
  if (given !== undefined && given !== '') {
    project.provide('mysqlUrl', given);
    return undefined;
  }
  const server = await startMariadb();
  project.provide('mysqlUrl', server.url);
  return () => server.stop();
}
