import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Contestant, TaskRun } from './contestant.ts';
import type { TaskName } from './tasks.ts';

// One contestant in a process of its own: its CPU time is the process's, and nobody else's garbage is collected in it.

export type ToContestant =
  | { readonly kind: 'open'; readonly module: string; readonly url: string }
  | { readonly kind: 'check'; readonly task: TaskName }
  | {
      readonly kind: 'run';
      readonly task: TaskName;
      readonly operations: number;
      readonly concurrency: number;
    }
  | { readonly kind: 'close' };

/** What one round took. */
export interface Round {
  /** Microseconds of CPU time of the process, user and system, per operation. */
  readonly cpu: number;
  /** Microseconds of wall time per operation. */
  readonly wall: number;
  /** Milliseconds of single operations, sorted. */
  readonly latencies: readonly number[];
  /** Bytes of objects and buffers above those held before, at the highest seen; what nobody needs counts until it is collected. */
  readonly memory: number;
}
export type FromContestant =
  | { readonly kind: 'opened'; readonly tasks: readonly string[] }
  | { readonly kind: 'checked'; readonly digest: string }
  | { readonly kind: 'ran'; readonly round: Round }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string };

let session: Awaited<ReturnType<Contestant['open']>>;

process.on('message', (message: ToContestant) => {
  answer(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) =>
      process.send?.({
        kind: 'failed',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});

async function answer(message: ToContestant): Promise<FromContestant> {
  switch (message.kind) {
    case 'open': {
      const contestant = (await import(`./contestants/${message.module}`)) as Contestant;
      session = await contestant.open(message.url);
      return { kind: 'opened', tasks: Object.keys(session.tasks) };
    }
    case 'check': {
      const task = taskNamed(message.task);
      const plain = task.plain(await task.run(7));
      return { kind: 'checked', digest: createHash('sha256').update(JSON.stringify(plain)).digest('hex') };
    }
    case 'run':
      return {
        kind: 'ran',
        round: await run(taskNamed(message.task), message.operations, message.concurrency),
      };
    case 'close':
      await session.close();
      return { kind: 'closed' };
  }
}

function taskNamed(name: TaskName): TaskRun {
  const task = session.tasks[name];
  if (task === undefined) throw new Error(`no task ${name}`);
  return task;
}

/** Milliseconds after which a round begins no further operation: some take a hundred times as long as others. */
const longestRound = 2_000;

async function run(task: TaskRun, operations: number, concurrency: number): Promise<Round> {
  globalThis.gc?.();
  const before = held();
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, held());
  }, 5);
  const latencies: number[] = [];
  let next = 0;
  let done = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const worker = async () => {
    while (next < operations && performance.now() - start < longestRound) {
      const index = next++;
      const began = performance.now();
      await task.run(index);
      latencies.push(performance.now() - began);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  clearInterval(watch);
  return {
    cpu: (used.user + used.system) / done,
    wall: (wall * 1000) / done,
    latencies: latencies.sort((a, b) => a - b),
    memory: Math.max(highest, held()) - before,
  };
}

/** Bytes of objects and buffers. Not the resident set: what an earlier round let it grow to stays in there. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
