import type { Confidence, Range } from '../analysis.ts';
import { percentile, randomSource } from '../estimate/random.ts';
import type { Leaf, TracedRequest } from './requests.ts';
import { isExternal, type RequestTime, timeOf } from './timeline.ts';

/** What the traces say about one handler. Milliseconds where nothing else is said. */
export interface Measured {
  readonly requests: number;
  /** Left out, and counted here: errors, and the first request of every process. */
  readonly failed: number;
  readonly warmUp: number;
  readonly p50: number;
  readonly p95: number;
  /** External share of the critical path over the slowest 5 %, with a 90 % interval of the bootstrap. */
  readonly d95: Range;
  /** The same by what waited alone, and by whatever waited: the truth is between. */
  readonly bounds: readonly [low: number, high: number];
  readonly tail: number;
  readonly confidence: Confidence;
  readonly calls: readonly MeasuredCall[];
  /** Sum of external waits over their union; above 1 they overlapped. */
  readonly overlap: number;
  /** Mean wait for a lane per request. */
  readonly laneWait: number;
  /** Share of requests that queried after the last external wait: templates, serializers, write-backs. */
  readonly lateQueries: number;
  /** What overlapping the external waits that follow each other would save at most, mean per request. */
  readonly saveable: number;
  /** Queries that ran at least five times in one request, with the mean count. */
  readonly repeated: readonly { readonly query: string; readonly times: number }[];
  /** ISO 8601, of the first and the last request. */
  readonly from: string;
  readonly to: string;
}

export interface MeasuredCall {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
  /** Mean per request. */
  readonly rounds: number;
}

const resamples = 400;
/** Requests from which the tail is a sample worth the name. */
const enough = { high: 200, highTail: 10, medium: 40 };
/** Weight of the estimate, in requests, when there are too few measured ones. */
const priorWeight = 40;
/** Similar queries in one request from which they are one too many. */
const manyQueries = 5;
/** External waits that start within this of the end of another follow it. Milliseconds. */
const sequentialGap = 5;

/**
 * Sums up the requests of one handler.
 * @param estimated D95 of the estimate, towards which too small a sample is drawn
 */
export function measure(
  requests: readonly TracedRequest[],
  counts: Pick<Measured, 'failed' | 'warmUp'>,
  estimated: number,
): Measured {
  const timed = requests.map((request) => ({ request, time: timeOf(request), weight: request.weight }));
  const p95 = weightedPercentile(timed, 0.95);
  const tail = timed.filter(({ time }) => time.total >= p95);
  const confidence = confidenceOf(timed.length, tail.length);
  const starts = requests.map(({ server }) => server.start);
  return {
    ...counts,
    requests: timed.length,
    p50: weightedPercentile(timed, 0.5),
    p95,
    d95: dominance(timed, confidence, estimated),
    bounds: [
      ratio(tail, ({ externalOnly }) => externalOnly),
      ratio(tail, (time) => time.externalOnly + time.both),
    ],
    tail: tail.length,
    confidence,
    calls: callsOf(requests),
    overlap: mean(timed.map(({ time }) => time.overlap)),
    laneWait: mean(timed.map(({ time }) => time.laneWait)),
    lateQueries: mean(requests.map((request) => (queriesLate(request.leaves) ? 1 : 0))),
    saveable: mean(requests.map(({ leaves }) => saveableOf(leaves))),
    repeated: repeatedQueries(requests),
    from: new Date(Math.min(...starts)).toISOString(),
    to: new Date(Math.max(...starts)).toISOString(),
  };
}

interface Timed {
  readonly time: RequestTime;
  readonly weight: number;
}

function confidenceOf(requests: number, tail: number): Confidence {
  if (requests >= enough.high && tail >= enough.highTail) return 'high';
  return requests >= enough.medium ? 'medium' : 'low';
}

/** Ratio of sums over the tail set; too few requests widen the tail to a tenth and are drawn towards the estimate. */
function dominance(timed: readonly Timed[], confidence: Confidence, estimated: number): Range {
  const share = confidence === 'low' ? 0.9 : 0.95;
  const shrunk = (value: number) =>
    confidence === 'low'
      ? (timed.length * value + priorWeight * estimated) / (timed.length + priorWeight)
      : value;
  const of = (sample: readonly Timed[]) => {
    const limit = weightedPercentile(sample, share);
    return ratio(
      sample.filter(({ time }) => time.total >= limit),
      ({ externalCritical }) => externalCritical,
    );
  };
  const random = randomSource(timed.length);
  const resampled = Array.from({ length: resamples }, () =>
    of(
      Array.from(timed, () => timed[Math.floor(random() * timed.length)]).filter(
        (each) => each !== undefined,
      ),
    ),
  );
  return [shrunk(percentile(resampled, 0.05)), shrunk(of(timed)), shrunk(percentile(resampled, 0.95))];
}

function ratio(timed: readonly Timed[], part: (time: RequestTime) => number): number {
  const total = timed.reduce((sum, { time, weight }) => sum + time.total * weight, 0);
  const own = timed.reduce((sum, { time, weight }) => sum + part(time) * weight, 0);
  return total === 0 ? 0 : own / total;
}

/** Type 7 where every request counts the same, else by the weights of the sampling. */
function weightedPercentile(timed: readonly Timed[], share: number): number {
  const [first] = timed;
  if (first === undefined) return 0;
  if (timed.every(({ weight }) => weight === first.weight)) {
    return percentile(
      timed.map(({ time }) => time.total),
      share,
    );
  }
  const sorted = [...timed].sort((left, right) => left.time.total - right.time.total);
  const wanted = share * sorted.reduce((sum, { weight }) => sum + weight, 0);
  let passed = 0;
  for (const { time, weight } of sorted) {
    passed += weight;
    if (passed >= wanted) return time.total;
  }
  return sorted.at(-1)?.time.total ?? 0;
}

function callsOf(requests: readonly TracedRequest[]): readonly MeasuredCall[] {
  const durations = new Map<string, number[]>();
  for (const { leaves } of requests) {
    for (const leaf of leaves.filter(isExternal)) {
      durations.set(leaf.label, [...(durations.get(leaf.label) ?? []), leaf.end - leaf.start]);
    }
  }
  return [...durations]
    .map(([name, own]) => ({
      name,
      p50: percentile(own, 0.5),
      p95: percentile(own, 0.95),
      rounds: own.length / requests.length,
    }))
    .sort((left, right) => right.p95 * right.rounds - left.p95 * left.rounds);
}

function queriesLate(leaves: readonly Leaf[]): boolean {
  const external = leaves.filter(isExternal);
  if (external.length === 0) return false;
  const last = Math.max(...external.map(({ end }) => end));
  return leaves.some((leaf) => leaf.class === 'db' && leaf.start >= last);
}

/** Runs of external waits that follow each other closely: their sum less the longest of them. */
function saveableOf(leaves: readonly Leaf[]): number {
  const external = leaves.filter(isExternal).sort((left, right) => left.start - right.start);
  let saved = 0;
  let run: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const close = () => {
    if (run.length > 1) saved += run.reduce((sum, own) => sum + own, 0) - Math.max(...run);
    run = [];
  };
  for (const leaf of external) {
    const follows = leaf.start >= end && leaf.start - end < sequentialGap;
    if (!follows) close();
    run.push(leaf.end - leaf.start);
    end = leaf.end;
  }
  close();
  return saved;
}

function repeatedQueries(requests: readonly TracedRequest[]): Measured['repeated'] {
  const totals = new Map<string, { times: number; requests: number }>();
  for (const { leaves } of requests) {
    const counts = new Map<string, number>();
    for (const { class: own, label } of leaves)
      if (own === 'db') counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const [query, times] of counts) {
      if (times < manyQueries) continue;
      const known = totals.get(query) ?? { times: 0, requests: 0 };
      totals.set(query, { times: known.times + times, requests: known.requests + 1 });
    }
  }
  return [...totals]
    .map(([query, { times, requests: seen }]) => ({ query, times: times / seen }))
    .sort((left, right) => right.times - left.times);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
