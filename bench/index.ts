/**
 * Prints the figures of the performance table, this project and its peers side by side in one run.
 *
 *     npm run bench -- [--only <name>[,<name>]] [--json]
 *
 * Machines are shared and noisy: an absolute time means little, the ratio between two lines of one run means more.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Bench, type Figure, table } from './figures.ts';

/** Benchmarks by name; one line each, loaded when asked for. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  analyzer: async () => (await import('./analyzer/index.ts')).analyzer,
  load: async () => (await import('./load/index.ts')).load,
  types: async () => (await import('./types/index.ts')).types,
  threads: async () => (await import('./threads/index.ts')).threads,
  paths: async () => (await import('./paths/index.ts')).paths,
  orm: async () => (await import('./orm/bench.ts')).orm,
};

const usage = `npm run bench -- [--only <name>[,<name>]] [--json]
Benchmarks: ${Object.keys(benches).join(', ')}; all of them, one after the other, when none is named.`;
const { values } = options();
if (values.help) {
  console.log(usage);
  process.exit();
}
const wanted = values.only === undefined ? Object.keys(benches) : values.only.split(',');
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}.`,
  );
  process.exit(3);
}

const measured: Record<string, readonly Figure[]> = {};
for (const name of wanted) {
  const bench = await benches[name]?.();
  if (bench === undefined) continue;
  measured[name] = await bench.run();
  if (!values.json) console.log(`${bench.title}\n\n${table(measured[name])}\n`);
}
const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: cpus().length };
if (values.json)
  console.log(JSON.stringify({ ...machine, date: new Date().toISOString(), measured }, null, 2));
else console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);

function options() {
  try {
    return parseArgs({
      options: { only: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(3);
  }
}
