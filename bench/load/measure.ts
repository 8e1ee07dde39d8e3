import { replay } from '../../fixtures/apps/storefront/replay.ts';
import { testRequests } from '../../fixtures/apps/storefront/test-requests.ts';
import { Snapshot } from './database.ts';
import { generate } from './generator.ts';
import { type ServerProcess, startProcess } from './processes.ts';
import type { Scenario } from './requests.ts';
import type { Held } from './server.ts';

/** One copy of the storefront, with a database and partners of its own. */
export interface Target {
  readonly server: ServerProcess<Held>;
  readonly database: Snapshot;
  /** Requests it works on at a time. */
  readonly atOnce: number;
  close(): Promise<void>;
}

/** One window of load. */
export interface Measured {
  /** Milliseconds, one per request. */
  readonly latencies: readonly number[];
  /** Milliseconds for which a request held a database connection. */
  readonly connectionTime: number;
  /** Threads that were held on average. */
  readonly threads: number;
}

/** @param threads whether its requests need one */
export async function target(
  folder: string,
  threads: boolean,
  databaseUrl: string,
  latency: Readonly<Record<string, number>>,
): Promise<Target> {
  const partners = await startProcess('partners.ts', [JSON.stringify(latency)]);
  const server = await startProcess<Held>('server.ts', [folder, databaseUrl, partners.url]);
  const database = await Snapshot.take(databaseUrl);
  return {
    server,
    database,
    atOnce: threads ? lanes : Number.POSITIVE_INFINITY,
    async close() {
      await database.close();
      await server.stop();
      await partners.stop();
    },
  };
}

/**
 * Sends both copies the day in the shop that the storefront is tested with.
 * @throws Error at the first answer that differs: then nothing that is measured afterwards would mean anything
 */
export async function sameAnswers(targets: readonly Target[]): Promise<void> {
  const [expected, given] = await Promise.all(targets.map(({ server }) => replay(server.url, testRequests)));
  expected?.forEach((answer, index) => {
    if (JSON.stringify(answer) !== JSON.stringify(given?.[index])) {
      const { method, path } = answer.request;
      throw new Error(`${method} ${path}: the copies answer differently.`);
    }
  });
}

/** Requests a second: few enough for every handler, so that what is measured is the handler and not a full processor. */
const rate = 40;
const warmUp = 5;
const count = 40;
/**
 * Threads that requests of the original share, each with a connection, as in every server with a thread pool. The
 * rewritten copy needs no thread, so nobody has to wait for one.
 */
const lanes = 4;
let turn = 10_000_000;

/**
 * Puts both copies under the same load at the same time, so that whatever else the machine does disturbs both.
 *
 * A request holds a connection for the mean number of connections held times the length of the window, shared by the
 * requests of the window (Little's law).
 */
export async function measure(targets: readonly Target[], scenario: Scenario): Promise<readonly Measured[]> {
  const first = turn;
  turn += warmUp + count;
  return Promise.all(
    targets.map(async ({ server, database, atOnce }) => {
      let own = first;
      const next = () => scenario.call(own++);
      await database.restore(scenario, first, warmUp + count);
      await generate(server.url, next, { rate: 4 * rate, count: warmUp, atOnce });
      await server.ask();
      const begun = performance.now();
      const latencies = await generate(server.url, next, { rate, count, atOnce });
      const { threads, pooled } = await server.ask();
      const duration = performance.now() - begun;
      return { latencies, threads, connectionTime: ((threads + pooled) * duration) / count };
    }),
  );
}
