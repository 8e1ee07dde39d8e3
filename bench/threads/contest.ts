import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { percentile } from '../../analyzer/estimate/random.ts';
import { startPostgres } from '../../fixtures/postgres/server.ts';
import { Snapshot } from '../load/database.ts';
import { type Sustained, send, sustain } from '../load/generator.ts';
import { type ServerProcess, startProcess } from '../load/processes.ts';
import { aroundOneCall } from '../load/requests.ts';
import type { Held } from '../load/server.ts';
import { type Variant, variants } from './variants.ts';

export interface ContestOptions {
  /** Requests in flight. */
  readonly callers: number;
  /** Milliseconds for which they ask, after a warm-up. */
  readonly duration: number;
  /** Milliseconds a variant has to answer everybody once before it is measured. */
  readonly warmUp: number;
  /** Milliseconds the external call takes. */
  readonly latency: number;
  /** Which variants take part; all of them when absent. */
  readonly only?: readonly string[];
  /** Told what is known of a variant so far. */
  readonly seen?: (so: Standing) => void;
  /** Ends the contest early; everything that was started is stopped. */
  readonly signal?: AbortSignal;
}

/** What was seen of one variant. Times in milliseconds, memory in bytes. */
export interface Standing {
  readonly variant: string;
  readonly phase: 'waiting' | 'warming up' | 'running' | 'done';
  readonly answered: number;
  /** Requests that were answered with an error, or not in time. */
  readonly failed: number;
  /** Answers a second. */
  readonly throughput: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The most threads besides the main one. */
  readonly threads: number;
  /** The most connections the database saw. */
  readonly connections: number;
  /** Resident memory above what the idle process held, at the most. */
  readonly memory: number;
  /** How late the event loop was at its 99th percentile, and at the worst. */
  readonly delay: { readonly p99: number; readonly max: number };
}

const nothing = {
  answered: 0,
  failed: 0,
  throughput: 0,
  p50: 0,
  p95: 0,
  p99: 0,
  threads: 0,
  connections: 0,
  memory: 0,
  delay: { p99: 0, max: 0 },
};

/** Rows for requests: more than can be answered. */
const turns = 40_000;
const firstTurn = 10_000_000;

/**
 * The same requests, as many at a time, to one variant of the storefront after the other, each alone on the machine.
 *
 * @returns one standing per variant
 * @throws Error when a variant answers differently
 */
export async function contest(options: ContestOptions): Promise<readonly Standing[]> {
  const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'migrate-async-threads-')));
  const postgres = await startPostgres({ maxConnections: options.callers + 100 });
  const partners = await startProcess('partners.ts', [JSON.stringify({ default: options.latency })]);
  try {
    const all = variants(workspace, options.callers).filter(
      ({ name }) => options.only?.includes(name) ?? true,
    );
    for (const { name } of all) options.seen?.({ variant: name, phase: 'waiting', ...nothing });
    const standings: Standing[] = [];
    let expected: string | undefined;
    for (const variant of all) {
      options.signal?.throwIfAborted();
      const url = await postgres.createDatabase();
      const contestant = await enter(variant, url, partners.url);
      try {
        expected = requireSameAnswer(variant, await contestant.answer(), expected);
        standings.push(await run(contestant, options));
      } finally {
        await contestant.leave();
      }
    }
    return standings;
  } finally {
    await partners.stop();
    await postgres.stop();
    rmSync(workspace, { recursive: true, force: true });
  }
}

interface Contestant {
  readonly variant: Variant;
  readonly server: ServerProcess<Held>;
  readonly database: Snapshot;
  /** Resident memory before any load, bytes. */
  readonly idle: number;
  /** What it answers to one request. */
  answer(): Promise<string>;
  leave(): Promise<void>;
}

async function enter(variant: Variant, databaseUrl: string, partners: string): Promise<Contestant> {
  const most = variant.threads === undefined ? [] : [String(variant.threads)];
  const server = await startProcess<Held>(pathToFileURL(variant.server).href, [
    variant.folder,
    databaseUrl,
    partners,
    ...most,
  ]);
  const database = await Snapshot.take(databaseUrl);
  await database.restore(aroundOneCall, firstTurn, turns);
  const { memory: idle } = await server.ask();
  return {
    variant,
    server,
    database,
    idle,
    async answer() {
      const agent = new Agent();
      const { status, body } = await send(agent, server.url, aroundOneCall.call(firstTurn));
      agent.destroy();
      return `${status} ${body}`;
    },
    async leave() {
      await database.close();
      await server.stop();
    },
  };
}

function requireSameAnswer({ name }: Variant, answer: string, expected = answer): string {
  if (answer !== expected) throw new Error(`${name} answers differently:\n${answer}\n${expected}`);
  return expected;
}

async function run(
  { variant, server, database, idle }: Contestant,
  { callers, duration, warmUp, seen = () => {}, signal }: ContestOptions,
): Promise<Standing> {
  let turn = firstTurn + 1;
  const next = () => {
    signal?.throwIfAborted();
    return aroundOneCall.call(turn++);
  };
  // As long as it takes until every caller was answered: threads are started, connections opened, code compiled.
  seen({ variant: variant.name, phase: 'warming up', ...nothing });
  await sustain(server.url, next, { callers, duration: 0, grace: warmUp });
  let [held, connections] = [await server.ask('look'), 0];
  const counting = every(100, async () => {
    connections = Math.max(connections, await database.connections());
  });
  const looking = every(500, async () => {
    held = await server.ask('look');
  });
  const standing = (
    phase: Standing['phase'],
    { latencies, failed, duration: passed }: Sustained,
  ): Standing => ({
    variant: variant.name,
    phase,
    answered: latencies.length,
    failed,
    throughput: (1000 * latencies.length) / passed,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    threads: held.mostThreads,
    connections,
    memory: held.memory - idle,
    delay: { p99: held.delay.p99, max: held.delay.max },
  });
  let measured: Sustained;
  try {
    const load = { callers, duration, grace: duration };
    measured = await sustain(server.url, next, load, (so) => seen(standing('running', so)));
  } finally {
    await Promise.all([counting.stop(), looking.stop()]);
  }
  held = await server.ask();
  const final = standing('done', measured);
  seen(final);
  return final;
}

/** Repeats `work`, never twice at a time; `stop` waits for the last. */
function every(milliseconds: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let last = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // A figure that could not be had leaves the one before.
    last = work()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, milliseconds);
  return {
    stop() {
      clearInterval(timer);
      return last;
    },
  };
}
