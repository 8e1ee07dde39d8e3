import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { threadCounts } from '@migrate-async/runtime';
import { connections } from '@migrate-async/runtime/orm';

// One copy of the storefront in a process of its own, under load. Says its URL when it listens, what it holds when it is
// asked, and ends with its parent.
// Run as: server.ts <folder of the application> <database URL> <partners URL>

/** What the process held on average between two questions. */
export interface Held {
  /** Threads of requests, each with its connection. */
  readonly threads: number;
  /** Pooled connections that were handed out. */
  readonly pooled: number;
}

const [folder = '', databaseUrl = '', partners = ''] = process.argv.slice(2);
const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);

const { clock } = await load('src/clock.ts');
const { configure, partnersBehind } = await load('src/config.ts');
const { startServer } = await load('src/server.ts');
const { resetDatabase, seed } = await load('seed.ts');
const { requestsNow } = await load('test-requests.ts');

clock.freeze(requestsNow);
configure({ databaseUrl, port: 0, partners: partnersBehind(partners) });
const server = await startServer();
resetDatabase();
seed();
// The script's own thread is not the requests'.
const { inUse: own } = threadCounts();

let began = performance.now();
let last = began;
let [threads, pooled] = [0, 0];

/** Adds up what is held, by the time it was held for: while the event loop is blocked, nothing changes hands. */
function sample(): void {
  const now = performance.now();
  const { pool } = connections.get();
  threads += (threadCounts().inUse - own) * (now - last);
  pooled += (pool.size - pool.idle) * (now - last);
  last = now;
}
setInterval(sample, 1);

process.on('message', () => {
  sample();
  const held: Held = { threads: threads / (last - began), pooled: pooled / (last - began) };
  process.send?.(held);
  began = last;
  [threads, pooled] = [0, 0];
});
process.once('disconnect', () => process.exit());
process.send?.({ url: server.url });
