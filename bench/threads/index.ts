import type { Bench, Figure } from '../figures.ts';
import { contest, type Standing } from './contest.ts';

const options = { callers: 500, duration: 10_000, warmUp: 60_000, latency: 200 };

/** What waiting costs: requests around a slow call, on bridge threads and natively. */
export const threads: Bench = {
  title: `${options.callers} requests at a time, two queries around a call of ${options.latency} ms (storefront, verifyAddress)`,
  async run() {
    const standings = await contest({
      ...options,
      seen: ({ variant, phase, answered }) => {
        if (phase === 'done') console.error(`${variant}: ${answered} answers`);
      },
    });
    return [...standings.flatMap(figures), ...comparison(standings)];
  },
};

function figures(standing: Standing): readonly Figure[] {
  const { variant, delay } = standing;
  const native = variant === 'native';
  const figure = (what: string, value: number, unit: string, reach?: Figure['reach']): Figure => ({
    what,
    contestant: variant,
    value,
    unit,
    ...(native && reach !== undefined ? { reach } : {}),
  });
  return [
    figure('throughput', standing.throughput, 'a second'),
    figure('throughput per connection', perConnection(standing), 'a second'),
    figure('p50', standing.p50, 'ms'),
    figure('p95', standing.p95, 'ms'),
    figure('p99', standing.p99, 'ms'),
    figure('errors and no answer', standing.failed, ''),
    figure('threads', standing.threads, '', { atMost: 0 }),
    figure('connections', standing.connections, '', { atMost: 10 }),
    figure('memory above idle', standing.memory / 2 ** 20, 'MiB'),
    figure('event loop late, p99', delay.p99, 'ms'),
    figure('event loop late, worst', delay.max, 'ms'),
  ];
}

function comparison(standings: readonly Standing[]): readonly Figure[] {
  const [before, after] = ['bridged', 'native'].map((name) =>
    standings.find(({ variant }) => variant === name),
  );
  if (before === undefined || after === undefined) return [];
  const figure = (what: string, value: number, reach: Figure['reach']): Figure => {
    return { what, contestant: 'native to bridged', value, unit: 'x', ...(reach && { reach }) };
  };
  return [
    figure('throughput per connection', perConnection(after) / perConnection(before), { atLeast: 5 }),
    figure('memory above idle', after.memory / before.memory, { atMost: 0.1 }),
  ];
}

export function perConnection({ throughput, connections }: Standing): number {
  return throughput / Math.max(1, connections);
}
