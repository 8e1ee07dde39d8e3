import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Endpoint } from '../../analyzer/analysis.ts';
import { percentile } from '../../analyzer/estimate/random.ts';
import { startPostgres } from '../../fixtures/postgres/server.ts';
import { type Bench, type Figure, median } from '../figures.ts';
import { copies } from './copies.ts';
import { correlationRange, spearman } from './correlation.ts';
import { type Measured, measure, sameAnswers, type Target, target } from './measure.ts';
import { type Scenario, scenarios } from './requests.ts';

const rounds = 3;

/** The claim itself: do the handlers that are ranked high gain from the rewrite, and the others not? */
export const load: Bench = {
  title: 'The storefront under load, as it is and rewritten as a whole: rank against gain',
  async run() {
    const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'migrate-async-load-')));
    const postgres = await startPostgres();
    const targets: Target[] = [];
    try {
      const { folders, endpoints } = copies(workspace);
      const latency = partnerLatencies(endpoints);
      for (const [index, folder] of folders.entries())
        targets.push(await target(folder, index === 0, await postgres.createDatabase(), latency));
      await sameAnswers(targets);
      const contests = endpoints.flatMap((endpoint): Contest[] => {
        const scenario = scenarios.find(({ handler }) => handler === endpoint.handler?.name);
        return scenario === undefined ? [] : [{ endpoint, scenario, before: [], after: [] }];
      });
      for (let round = 0; round < rounds; round++) {
        for (const { scenario, before, after } of contests) {
          const [original, rewritten] = await measure(targets, scenario);
          if (original) before.push(original);
          if (rewritten) after.push(rewritten);
        }
      }
      return figures(contests.map(gainOf));
    } finally {
      for (const each of targets) await each.close();
      await postgres.stop();
      rmSync(workspace, { recursive: true, force: true });
    }
  },
};

interface Contest {
  readonly endpoint: Endpoint;
  readonly scenario: Scenario;
  readonly before: Measured[];
  readonly after: Measured[];
}

/** Half a second is long enough to be slow, and a window has to see many requests. */
const slowest = 500;

/** What the catalogue assumes of each partner, milliseconds. */
function partnerLatencies(endpoints: readonly Endpoint[]): Readonly<Record<string, number>> {
  const latencies: Record<string, number> = { default: 100 };
  for (const { host, p50, streaming } of endpoints.flatMap(({ externals }) => externals)) {
    const [, partner] = /partners\.(\w+)/.exec(host ?? '') ?? [];
    if (partner !== undefined) latencies[partner] = streaming ? slowest : Math.min(p50, slowest);
  }
  return latencies;
}

/** What one handler gained by the rewrite. */
interface Gain {
  readonly endpoint: Endpoint;
  /** Throughput that one database connection can carry, rewritten over original. */
  readonly throughput: number;
  /** 95th percentile of the latency, original over rewritten. */
  readonly p95: number;
  readonly before: Side;
  readonly after: Side;
}

interface Side {
  readonly connectionTime: number;
  readonly p95: number;
  readonly threads: number;
}

function gainOf({ endpoint, before, after }: Contest): Gain {
  const [was, is] = [sideOf(before), sideOf(after)];
  const pairs = before.map((one, round) => one.connectionTime / (after[round]?.connectionTime ?? 1));
  return { endpoint, throughput: median(pairs), p95: was.p95 / is.p95, before: was, after: is };
}

function sideOf(windows: readonly Measured[]): Side {
  return {
    connectionTime: median(windows.map(({ connectionTime }) => connectionTime)),
    p95: percentile(
      windows.flatMap(({ latencies }) => latencies),
      0.95,
    ),
    threads: median(windows.map(({ threads }) => threads)),
  };
}

function figures(gains: readonly Gain[]): readonly Figure[] {
  return [...gains.flatMap(handlerFigures), ...groupFigures(gains), ...correlations(gains)];
}

function handlerFigures({ endpoint, throughput, p95, before, after }: Gain): readonly Figure[] {
  const { verdict, score, handler } = endpoint;
  const what = `${verdict.padEnd(7)} ${String(Math.round(score)).padStart(3)}  ${handler?.name}`;
  const moved = (of: (side: Side) => number, unit: string) =>
    `${Number(of(before).toPrecision(3))} -> ${Number(of(after).toPrecision(3))} ${unit}`;
  return [
    {
      what,
      contestant: `throughput per connection (held ${moved(({ connectionTime }) => connectionTime, 'ms a request')})`,
      value: throughput,
      unit: 'x',
    },
    { what: '', contestant: `p95 (${moved((side) => side.p95, 'ms')})`, value: p95, unit: 'x' },
  ];
}

function groupFigures(gains: readonly Gain[]): readonly Figure[] {
  return ['migrate', 'depends', 'stay'].flatMap((verdict): Figure[] => {
    const own = gains.filter(({ endpoint }) => endpoint.verdict === verdict);
    if (own.length === 0) return [];
    const figure = (contestant: string, of: (gain: Gain) => number, unit: string): Figure => {
      return {
        what: `${verdict}: median of ${own.length} handlers`,
        contestant,
        value: median(own.map(of)),
        unit,
      };
    };
    return [
      figure('throughput per connection', ({ throughput }) => throughput, 'x'),
      figure('p95', ({ p95 }) => p95, 'x'),
      figure('threads held, original', ({ before }) => before.threads, ''),
      figure('threads held, rewritten', ({ after }) => after.threads, ''),
    ];
  });
}

/**
 * Whole doublings gained, none for a handler that gained less than one: below that, repetitions of one window differ as
 * much, and whether a handler gains is what the ranking claims to know.
 */
function doublings(ratio: number): number {
  return Math.max(0, Math.floor(Math.log2(ratio)));
}

/** Most handlers share the score 0, so that even a perfect ranking cannot reach 1 against gains that are all different. */
function correlations(gains: readonly Gain[]): readonly Figure[] {
  const scores = gains.map(({ endpoint }) => endpoint.score);
  const ceiling = spearman(scores.map((score, index) => [score, score + index * 1e-9] as const));
  const figure = (name: string, gain: (each: Gain) => number, reach?: Figure['reach']): Figure => {
    const pairs = gains.map((each) => [each.endpoint.score, gain(each)] as const);
    const [low, high] = correlationRange(pairs);
    return {
      what: 'rank correlation (Spearman)',
      contestant: `score against ${name}, 90 % of resamples ${low.toFixed(2)} to ${high.toFixed(2)}`,
      value: spearman(pairs),
      unit: '',
      ...(reach === undefined ? {} : { reach }),
    };
  };
  return [
    figure('throughput per connection, whole doublings', ({ throughput }) => doublings(throughput), {
      atLeast: 0.8,
    }),
    figure(`the same, every difference (at most ${ceiling.toFixed(2)})`, ({ throughput }) => throughput),
    figure('p95 under concurrency, whole doublings', ({ p95 }) => doublings(p95)),
    figure('milliseconds saved at p95', ({ before, after }) => before.p95 - after.p95),
  ];
}
