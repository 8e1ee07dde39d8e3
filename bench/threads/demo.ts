/**
 * Shows what waiting on threads costs, live: 500 requests at a time to the storefront, bridged and rewritten.
 *
 *     npm run demo
 *
 * In a terminal the table is drawn over and over; elsewhere each line is printed when it is known. Ctrl-C stops it.
 */
import pc from 'picocolors';
import { contest, type Standing } from './contest.ts';
import { perConnection } from './index.ts';

const options = {
  callers: 500,
  duration: 4_000,
  warmUp: 15_000,
  latency: 200,
  only: ['bridged', 'bridged, 64 threads', 'native'],
};

/** What each row is, for readers who know nothing of the variants. */
const titles: Readonly<Record<string, string>> = {
  bridged: 'syncToAsync(…)(…), a thread each',
  'bridged, 64 threads': 'syncToAsync(…)(…), 64 threads',
  native: 'await Address.objects.aget(…)',
};

const columns: readonly {
  readonly title: string;
  readonly width: number;
  readonly cell: (standing: Standing) => string;
}[] = [
  { title: 'req/s', width: 7, cell: ({ throughput }) => throughput.toFixed(0) },
  { title: 'per conn', width: 9, cell: (standing) => perConnection(standing).toFixed(1) },
  { title: 'p50 ms', width: 7, cell: ({ p50 }) => p50.toFixed(0) },
  { title: 'p95 ms', width: 7, cell: ({ p95 }) => p95.toFixed(0) },
  { title: 'p99 ms', width: 7, cell: ({ p99 }) => p99.toFixed(0) },
  { title: 'failed', width: 7, cell: ({ failed }) => String(failed) },
  { title: 'threads', width: 8, cell: ({ threads }) => String(threads) },
  { title: 'conns', width: 6, cell: ({ connections }) => String(connections) },
  { title: 'MiB +idle', width: 10, cell: ({ memory }) => (memory / 2 ** 20).toFixed(0) },
  { title: 'loop late ms', width: 13, cell: ({ delay }) => delay.max.toFixed(0) },
];
const first = 36;

function header(): string {
  return (
    'the handler asks with'.padEnd(first) + columns.map(({ title, width }) => title.padStart(width)).join('')
  );
}
function line(standing: Standing): string {
  const { variant, phase } = standing;
  const name = (titles[variant] ?? variant).padEnd(first);
  if (phase === 'waiting') return pc.dim(name);
  if (phase === 'warming up')
    return `${name}${pc.dim(' starting threads, opening connections …'.slice(variant === 'native' ? 19 : 0))}`;
  const figures = columns.map(({ width, cell }) => cell(standing).padStart(width)).join('');
  return phase === 'done'
    ? `${variant === 'native' ? pc.green(name) : name}${figures}`
    : `${pc.bold(name)}${figures}`;
}

const standings = new Map<string, Standing>();
const live = process.stdout.isTTY === true;
let drawn = 0;

function show(standing: Standing): void {
  standings.set(standing.variant, standing);
  if (!live) {
    if (standing.phase === 'done') console.log(line(standing));
    return;
  }
  const lines = [pc.dim(header()), ...[...standings.values()].map(line)];
  const up = drawn === 0 ? '' : `\x1b[${drawn}A`;
  process.stdout.write(up + lines.map((each) => `\x1b[2K${each}\n`).join(''));
  drawn = lines.length;
}

/** The figures that decide, in one sentence: against the threads that the runtime starts unless it is told otherwise. */
function summary(all: readonly Standing[]): string {
  const [before, after] = ['bridged, 64 threads', 'native'].map((name) =>
    all.find(({ variant }) => variant === name),
  );
  if (before === undefined || after === undefined) return '';
  const times =
    before.answered === 0
      ? 'The bridges answered nobody in time. Native:'
      : `Native: ${(perConnection(after) / perConnection(before)).toFixed(0)} times the throughput per connection,`;
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return (
    `${times} ${after.threads} threads in place of ${before.threads}, ` +
    `${megabytes(after.memory)} above idle in place of ${megabytes(before.memory)}.`
  );
}

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort(new Error('interrupted')));
process.once('SIGTERM', () => stopping.abort(new Error('interrupted')));

console.log(
  `${options.callers} requests at a time: a query, a call of ${options.latency} ms to the carrier, a write. One variant after the other.\n`,
);
if (!live) console.log(header());
try {
  const all = await contest({ ...options, seen: show, signal: stopping.signal });
  console.log(`\n${summary(all)}`);
  if (all.some(({ failed }) => failed > 0)) {
    console.log(`Failed: an error, or no answer within ${(2 * options.duration) / 1000} s.`);
  }
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  console.log('\nStopped; nothing is left running.');
  process.exitCode = 130;
}
