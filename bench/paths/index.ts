import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../../fixtures/postgres/server.ts';
import type { Bench, Figure } from '../figures.ts';
import { schema, seed } from '../orm/dataset.ts';
import { compile } from '../orm/index.ts';
import { peersFolder } from '../peers.ts';
import type { PathTimes } from './process.ts';

const program = path.join(peersFolder, 'build/bench/paths/process.js');

/** One get by key, asked for in each way that there is: what blocking and contexts cost. */
export const paths: Bench = {
  title: 'One get by key by each path, in one process',
  async run() {
    compile();
    const server = await startPostgres();
    try {
      const url = await server.createDatabase();
      const admin = new pg.Client({ connectionString: url });
      await admin.connect();
      await admin.query(schema);
      await admin.query(seed);
      await admin.end();
      const { stdout } = await promisify(execFile)(process.execPath, [program, url]);
      return figures(JSON.parse(stdout) as PathTimes[]);
    } finally {
      await server.stop();
    }
  },
};

function figures(all: readonly PathTimes[]): readonly Figure[] {
  const native = all.find(({ path: name }) => name === 'native');
  const figures = all.flatMap(({ path: contestant, p50, p95, cpu }): Figure[] => [
    { what: 'one at a time: p50', contestant, value: p50, unit: 'µs' },
    { what: 'one at a time: p95', contestant, value: p95, unit: 'µs' },
    ...(cpu === undefined ? [] : [{ what: '50 in flight: CPU', contestant, value: cpu, unit: 'µs' }]),
  ]);
  for (const { path: contestant, p50, cpu } of all) {
    if (contestant === 'native') continue;
    const blocking = contestant === 'blocking' ? { reach: { atMost: 1.1 } } : {};
    const contextual = contestant.includes('context') ? { reach: { atMost: 1.05 } } : {};
    const to = (value: number, base = Number.NaN) => ({ contestant, value: value / base, unit: 'x' });
    figures.push({ what: 'p50 to that of native', ...to(p50, native?.p50), ...blocking, ...contextual });
    if (cpu !== undefined) figures.push({ what: 'CPU to that of native', ...to(cpu, native?.cpu) });
  }
  return figures;
}
