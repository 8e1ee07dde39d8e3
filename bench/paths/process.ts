import { performance } from 'node:perf_hooks';
import { percentile } from '../../analyzer/estimate/random.ts';
import { asyncContext, syncToAsync } from '../../runtime/index.ts';
import { median } from '../figures.ts';
import { plainAuthor } from '../orm/contestant.ts';
import { models, open } from '../orm/contestants/native.ts';
import { openWith } from '../orm/contestants/pg.ts';
import { rows as sizes } from '../orm/dataset.ts';

// One process, so that every path has the same warm caches and the same connections' server. Prints one line of JSON.

/** Microseconds per query of one path. */
export interface PathTimes {
  readonly path: string;
  /** Median of the rounds' medians, one query at a time. */
  readonly p50: number;
  readonly p95: number;
  /** Of the process, with 50 in flight; absent for a path that cannot have them. */
  readonly cpu?: number;
}

const [url = ''] = process.argv.slice(2);
const rounds = 7;
const warmUps = 2;
const alone = 2_000;
const together = 10_000;
const inFlight = 50;

const session = await open(url);
const driver = await openWith(true)(url);
const { Author } = models;
const byDriver = driver.tasks.getByKey;
if (byDriver === undefined) throw new Error('pg has no such task');

type Ask = (id: number) => unknown;
const paths: Readonly<Record<string, Ask>> = {
  pg: (id) => byDriver.run(id - 1),
  native: (id) => Author.objects.aget({ id }),
  'native in a context of its own': (id) => asyncContext(() => Author.objects.aget({ id })),
  blocking: (id) => Author.objects.get({ id }),
  bridged: (id) => syncToAsync(Author.objects.get)({ id }),
};
const blocks = new Set(['blocking', 'bridged']);

const answers = new Set<string>();
for (const ask of Object.values(paths)) {
  answers.add(JSON.stringify(plainAuthor((await ask(7)) as Record<string, unknown>)));
}
if (answers.size !== 1) throw new Error(`The paths answer differently: ${[...answers].join(' | ')}`);

const seen = new Map(
  Object.keys(paths).map((path) => [path, [] as { p50: number; p95: number; cpu?: number }[]]),
);
for (let round = 0; round < warmUps + rounds; round += 1) {
  for (const [path, ask] of Object.entries(paths)) {
    const times = await oneAtATime(ask);
    const cpu = blocks.has(path) ? undefined : await manyAtATime(ask);
    if (round >= warmUps) seen.get(path)?.push({ ...times, ...(cpu !== undefined && { cpu }) });
  }
}
const result: PathTimes[] = [...seen].map(([path, all]) => ({
  path,
  p50: median(all.map(({ p50 }) => p50)),
  p95: median(all.map(({ p95 }) => p95)),
  ...(blocks.has(path) ? {} : { cpu: median(all.map(({ cpu }) => cpu ?? 0)) }),
}));
console.log(JSON.stringify(result));
await driver.close();
await session.close();

function key(turn: number): number {
  return 1 + (turn % sizes.authors);
}
async function oneAtATime(ask: Ask): Promise<{ p50: number; p95: number }> {
  const times: number[] = [];
  for (let turn = 0; turn < alone; turn += 1) {
    const began = performance.now();
    const answer = ask(key(turn));
    // Waiting for what is no promise would take a turn of the event loop's.
    if (answer instanceof Promise) await answer;
    times.push(1000 * (performance.now() - began));
  }
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
}

async function manyAtATime(ask: Ask): Promise<number> {
  let next = 0;
  const cpu = process.cpuUsage();
  const caller = async () => {
    while (next < together) await ask(key(next++));
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const used = process.cpuUsage(cpu);
  return (used.user + used.system) / together;
}
