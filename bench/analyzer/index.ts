import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Figure } from '../figures.ts';
import { writeCorpus } from './corpus.ts';

const launcher = fileURLToPath(new URL('../../bin/migrate-async.js', import.meta.url));

/** Writes the most memory the process held, in kilobytes, to the file that PEAK_FILE names. */
const peakOnExit = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));`;

/**
 * The whole command over generated applications, and over the checkouts in the folder that BENCH_CORPUS names: once
 * with nothing known, then again. Process start and, in a checkout of this project, compiling its sources are in it.
 */
export const analyzer: Bench = {
  title: '--dry-run over a project, first and again with nothing changed',
  async run() {
    const work = mkdtempSync(path.join(tmpdir(), 'migrate-async-bench-'));
    try {
      const generated = [3000, 6000].map((files) => {
        const folder = path.join(work, String(files));
        writeCorpus(folder, files);
        return { name: `${files.toLocaleString('en-US')} files`, folder };
      });
      const given = process.env.BENCH_CORPUS;
      const checkouts = (given === undefined ? [] : readdirSync(given)).map((name) => ({
        name,
        folder: path.join(given ?? '', name),
      }));
      return [...generated, ...checkouts].flatMap((corpus) => figuresOf(corpus, work));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
};

interface Corpus {
  readonly name: string;
  readonly folder: string;
}

interface Run {
  readonly seconds: number;
  readonly megabytes: number;
  readonly output: string;
}

function figuresOf({ name, folder }: Corpus, work: string): Figure[] {
  const start = dryRun(work, work, ['--version']);
  const first = dryRun(folder, work, ['--dry-run', '--no-cache']);
  dryRun(folder, work, ['--dry-run']);
  const again = dryRun(folder, work, ['--dry-run']);
  if (first.output !== again.output) throw new Error(`${name}: the second run printed something else.`);
  const contestant = 'migrate-async';
  const figure = (what: string, value: number, unit: string): Figure => ({
    what: `${name}, ${what}`,
    contestant,
    value,
    unit,
  });
  return [
    figure('starting the process', start.seconds, 's'),
    figure('first', first.seconds, 's'),
    figure('first, memory', first.megabytes, 'MB'),
    figure('again', again.seconds, 's'),
    figure('again, memory', again.megabytes, 'MB'),
    { ...figure('again / first', again.seconds / first.seconds, ''), reach: { atMost: 0.35 } },
  ];
}

function dryRun(folder: string, work: string, args: readonly string[]): Run {
  const peakFile = path.join(work, 'peak');
  const begun = performance.now();
  const preload = `data:text/javascript,${encodeURIComponent(peakOnExit)}`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--import', preload, launcher, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, NO_COLOR: '1', PEAK_FILE: peakFile, XDG_CACHE_HOME: path.join(work, 'caches') },
  });
  // Files of a checkout that do not parse are reported, and no reason to stop.
  if (status !== 0 && status !== 2) throw new Error(`${folder} gave exit code ${status}: ${stderr}`);
  return {
    seconds: (performance.now() - begun) / 1000,
    megabytes: Number(readFileSync(peakFile, 'utf8')) / 1024,
    output: stdout,
  };
}
