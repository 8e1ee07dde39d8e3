import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPostgres } from '../../fixtures/postgres/server.ts';
import { installPeers, peersFolder } from '../peers.ts';
import { contestants } from './contestants/index.ts';
import { schema, seed } from './dataset.ts';
import type { FromContestant, Round, ToContestant } from './process.ts';
import { type Task, tasks } from './tasks.ts';

const program = path.join(peersFolder, 'build/bench/orm/process.js');

/**
 * Compiles what is measured. What runs from TypeScript by a loader is not what anybody deploys: the names such a
 * loader keeps on classes stop V8 from optimising their constructors, which made whole rows three times as slow.
 */
export function compile(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', path.join(root, 'bench/orm')], { stdio: 'inherit' });
}

/** What is measured shares one `pg`, the version this project has, so that nobody wins by its driver's age. */
function install(taking: typeof contestants): void {
  const { version } = createRequire(import.meta.url)('pg/package.json') as { version: string };
  installPeers(Object.assign({ pg: version }, ...taking.map(({ packages }) => packages)));
}

/** Settings of one run. */
export interface OrmBenchOptions {
  /** Rounds per task and contestant; medians are taken over them. */
  readonly rounds: number;
  readonly contestants?: readonly string[] | undefined;
  readonly tasks?: readonly string[] | undefined;
}

/** One cell of the table. */
export interface Measurement {
  readonly task: string;
  readonly contestant: string;
  /** Microseconds of client CPU per operation, median of the rounds. */
  readonly cpu: number;
  /** The same relative to the driver with named statements, median of the rounds' ratios. */
  readonly ratio: number;
  readonly wall: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Highest memory above the start, bytes. */
  readonly memory: number;
}

/** Runs every contestant through every task, round by round in turn, after checking that their answers agree. */
export async function measure(options: OrmBenchOptions, log: (line: string) => void): Promise<Measurement[]> {
  const taking = contestants.filter(
    ({ name }) => options.contestants === undefined || options.contestants.includes(name),
  );
  install(taking);
  compile();
  const server = await startPostgres();
  const url = await server.createDatabase();
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const opened: Opened[] = [];
  try {
    await admin.query(schema);
    await admin.query(seed);
    for (const { name, module } of taking) {
      const contestant = await Opened.start(name, module, url).catch((error: Error) => {
        log(`${name}: not measured (${error.message.split('\n')[0]})`);
        return undefined;
      });
      if (contestant !== undefined) opened.push(contestant);
    }
    const measurements: Measurement[] = [];
    for (const task of tasks) {
      if (options.tasks !== undefined && !options.tasks.includes(task.name)) continue;
      const able = opened.filter((each) => each.tasks.includes(task.name));
      await requireSameAnswers(task, able, admin);
      log(`${task.title}: ${able.length} contestants, answers agree`);
      measurements.push(...(await race(task, able, admin, options.rounds)));
    }
    return measurements;
  } finally {
    await admin.end();
    for (const each of opened) await each.close();
    await server.stop();
  }
}

async function requireSameAnswers(task: Task, able: readonly Opened[], admin: pg.Client): Promise<void> {
  const digests = new Map<string, string[]>();
  for (const each of able) {
    await reset(task, admin);
    const reply = await each.ask({ kind: 'check', task: task.name });
    if (reply.kind !== 'checked') throw new Error(`${each.name} could not be checked`);
    const written = task.written === undefined ? [] : (await admin.query(task.written)).rows;
    const digest = `${reply.digest} ${JSON.stringify(written)}`;
    digests.set(digest, [...(digests.get(digest) ?? []), each.name]);
  }
  if (digests.size > 1) {
    const groups = [...digests.values()].map((names) => names.join(', ')).join(' | ');
    throw new Error(`${task.title}: the answers differ: ${groups}`);
  }
}

async function race(
  task: Task,
  able: readonly Opened[],
  admin: pg.Client,
  count: number,
): Promise<Measurement[]> {
  const rounds = new Map<Opened, Round[]>(able.map((each) => [each, []]));
  // The first round warms up: code is compiled, statements are prepared.
  for (let round = 0; round <= count; round += 1) {
    for (const each of able) {
      await reset(task, admin);
      const { name, operations, concurrency } = task;
      const reply = await each.ask({ kind: 'run', task: name, operations, concurrency });
      if (reply.kind !== 'ran') throw new Error(`${each.name} did not run`);
      if (round > 0) rounds.get(each)?.push(reply.round);
    }
  }
  const base = able.find((each) => each.name === 'pg');
  const baseRounds = base === undefined ? undefined : rounds.get(base);
  return able.map((each) => {
    const own = rounds.get(each) ?? [];
    const latencies = own.flatMap((round) => round.latencies).sort((a, b) => a - b);
    return {
      task: task.name,
      contestant: each.name,
      cpu: median(own.map((round) => round.cpu)),
      ratio: median(own.map((round, at) => round.cpu / (baseRounds?.[at]?.cpu ?? Number.NaN))),
      wall: median(own.map((round) => round.wall)),
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
      memory: Math.max(...own.map((round) => round.memory)),
    };
  });
}

async function reset(task: Task, admin: pg.Client): Promise<void> {
  for (const statement of task.reset?.split(';') ?? []) await admin.query(statement);
}

/** A contestant in its process. */
class Opened {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly #child: ReturnType<typeof fork>;

  private constructor(name: string, tasks: readonly string[], child: ReturnType<typeof fork>) {
    this.name = name;
    this.tasks = tasks;
    this.#child = child;
  }
  static async start(name: string, module: string, url: string): Promise<Opened> {
    const child = fork(program, { execArgv: ['--expose-gc'], env: { ...process.env, TZ: 'UTC' } });
    const pending = new Opened(name, [], child);
    const reply = await pending.ask({ kind: 'open', module, url }).catch((error) => {
      child.kill();
      throw error;
    });
    return new Opened(name, reply.kind === 'opened' ? reply.tasks : [], child);
  }
  async ask(message: ToContestant): Promise<FromContestant> {
    this.#child.send(message);
    const [reply] = (await once(this.#child, 'message')) as [FromContestant];
    if (reply.kind === 'failed') throw new Error(`${this.name}: ${reply.message}`);
    return reply;
  }
  async close(): Promise<void> {
    await this.ask({ kind: 'close' }).catch(() => undefined);
    this.#child.disconnect();
    this.#child.kill();
  }
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
