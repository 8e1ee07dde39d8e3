import path from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { configureThreads, threadCounts } from '@migrate-async/runtime';
import { connections } from '@migrate-async/runtime/orm';

// One copy of the storefront in a process of its own, under load. Says its URL when it listens, what it holds when it is
// asked, and ends with its parent.
// Run as: server.ts <folder of the application> <database URL> <partners URL> [<most threads>]

/** What the process held since it was asked to report before. */
export interface Held {
  /** Threads of requests, each with its connection; on average. */
  readonly threads: number;
  /** Pooled connections that were handed out, on average. */
  readonly pooled: number;
  /** The most threads of requests. */
  readonly mostThreads: number;
  /** The most resident memory, bytes. */
  readonly memory: number;
  /** Milliseconds by which the event loop was late. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
}

const [folder = '', databaseUrl = '', partners = '', most] = process.argv.slice(2);
// The application is what this file is: sources, or compiled.
const extension = path.extname(fileURLToPath(import.meta.url));
const load = (file: string) => import(pathToFileURL(`${folder}/${file}${extension}`).href);

const { clock } = await load('src/clock');
const { configure, partnersBehind } = await load('src/config');
const { startServer } = await load('src/server');
const { resetDatabase, seed } = await load('seed');
const { requestsNow } = await load('test-requests');

if (most !== undefined) configureThreads({ max: Number(most), keepIdle: Number(most), timeout: 120_000 });
clock.freeze(requestsNow);
configure({ databaseUrl, port: 0, partners: partnersBehind(partners) });
const server = await startServer();
resetDatabase();
seed();
// What only the script needed is not the requests'.
connections.get().connection.close();
const { inUse: own } = threadCounts();

let began = performance.now();
let last = began;
let [threads, pooled, mostThreads, memory] = [0, 0, 0, 0];
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

/** Adds up what is held, by the time it was held for: while the event loop is blocked, nothing changes hands. */
function sample(): void {
  const now = performance.now();
  const { pool } = connections.get();
  const { inUse } = threadCounts();
  mostThreads = Math.max(mostThreads, inUse - own);
  threads += (inUse - own) * (now - last);
  pooled += (pool.size - pool.idle) * (now - last);
  last = now;
}
function weigh(): void {
  memory = Math.max(memory, process.memoryUsage.rss());
}
setInterval(sample, 1);
setInterval(weigh, 50);

// 'look' leaves everything as it is, 'report' begins anew.
process.on('message', (question: 'look' | 'report') => {
  sample();
  weigh();
  const milliseconds = (percentile: number) => delay.percentile(percentile) / 1e6;
  const held: Held = {
    threads: threads / (last - began),
    pooled: pooled / (last - began),
    mostThreads,
    memory,
    delay: { p50: milliseconds(50), p99: milliseconds(99), max: delay.max / 1e6 },
  };
  process.send?.(held);
  if (question === 'look') return;
  began = last;
  [threads, pooled, mostThreads, memory] = [0, 0, 0, 0];
  delay.reset();
});
process.once('disconnect', () => process.exit());
process.send?.({ url: server.url });
