import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What one copy of the storefront answered, wrote and crossed. */
export interface StorefrontRun {
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

// Run as: storefront-run.ts <folder of the application> <database URL> <file for the result>
const [folder = '', databaseUrl = '', output = ''] = process.argv.slice(2);
const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);
const { startStorefront, resetDatabase, seed } = await load('main.ts');
const { replay } = await load('replay.ts');
const { readTables } = await load('database.ts');
const { requestsNow, testRequests } = await load('test-requests.ts');

let crossings = 0;
subscribe('migrate-async:crossing', () => {
  crossings++;
});

const storefront = await startStorefront({ databaseUrl, now: requestsNow });
resetDatabase();
seed();
const exchanges: StorefrontRun['exchanges'][number][] = [];
for (const request of testRequests) {
  const before = crossings;
  const [exchange] = await replay(storefront.url, [request]);
  exchanges.push({ ...exchange, crossings: crossings - before });
}
const partnerCalls = storefront.partners.calls();
await storefront.close();
const run: StorefrontRun = { exchanges, tables: await readTables(databaseUrl), partnerCalls };
writeFileSync(output, JSON.stringify(run));
