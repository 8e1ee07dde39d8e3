import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readTables } from '../../fixtures/apps/storefront/database.ts';
import { replay } from '../../fixtures/apps/storefront/replay.ts';

/** What one copy of a fixture application answered, wrote and crossed. */
export interface ApplicationRun {
  readonly exchanges: readonly {
    readonly request: {
      readonly handler?: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
    };
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** Passages through a bridge while the request was answered. */
    readonly crossings: number;
  }[];
  readonly tables: Readonly<Record<string, readonly unknown[]>>;
  /** What the partners were asked, in order of arrival per partner. */
  readonly partnerCalls: unknown;
}

// Run as: application-run.ts <folder of the application> <database URL> <file for the result>
const [folder = '', databaseUrl = '', output = ''] = process.argv.slice(2);
const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);
const { start, resetDatabase, seed } = await load('main.ts');
const { requestsNow, testRequests } = await load('test-requests.ts');

let crossings = 0;
subscribe('migrate-async:crossing', () => {
  crossings++;
});

const application = await start({ databaseUrl, now: requestsNow });
resetDatabase();
seed();
const exchanges: ApplicationRun['exchanges'][number][] = [];
for (const request of testRequests) {
  const before = crossings;
  const [exchange] = await replay(application.url, [request]);
  if (exchange) exchanges.push({ ...exchange, crossings: crossings - before });
}
const partnerCalls = application.partners.calls();
await application.close();
const run: ApplicationRun = { exchanges, tables: await readTables(databaseUrl), partnerCalls };
writeFileSync(output, JSON.stringify(run));
