import type { Confidence, Range } from '../analysis.ts';
import { percentile } from '../estimate/random.ts';
import { dominanceInterval, type Timed } from './bootstrap.ts';
import type { Leaf, TracedRequest } from './requests.ts';
import { clockStep } from './span.ts';
import { isExternal, type RequestTime, timeOf, unionOf } from './timeline.ts';

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
  /** Mean time a lane is held per request, where the traces show bridges. */
  readonly hold?: number;
  /** Mean passages through bridges per request, where the traces show bridges. */
  readonly crossings?: number;
  /** Requests per second over the time from the first to the last; absent for a single moment. */
  readonly perSecond?: number;
  /** Share of requests that queried after an external wait had ended: templates, serializers, write-backs. */
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

/** Requests from which the tail is a sample worth the name. */
const enough = { high: 200, highTail: 10, medium: 40 };
/** Weight of the estimate, in requests, when there are too few measured ones. */
const priorWeight = 40;
/** Similar queries in one request from which they are one too many. */
const manyQueries = 5;
/** Spans of taking a connection, which is no query: `pg-pool.connect`, `mongodb.connect`. */
const connecting = /^[\w-]+[.-]connect$|^connect$/i;
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
  const timed = requests.map((request) => ({ time: timeOf(request), weight: request.weight }));
  const p95 = weightedPercentile(timed, 0.95);
  const tail = timed.filter(({ time }) => time.total >= p95);
  const confidence = confidenceOf(timed.length, tail.length);
  const slowest = slowestOf(timed, confidence);
  const bridged = requests.some(({ leaves }) => leaves.some((leaf) => leaf.class === 'bridge'));
  const [from, to] = spanOf(requests);
  const weights = requests.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...counts,
    requests: timed.length,
    p50: weightedPercentile(timed, 0.5),
    p95,
    d95: dominance(timed, confidence, estimated),
    bounds: [
      ratio(slowest, ({ externalOnly }) => externalOnly),
      ratio(slowest, (time) => time.externalOnly + time.both),
    ],
    tail: tail.length,
    confidence,
    calls: callsOf(requests),
    overlap: mean(timed.map(({ time }) => time.overlap)),
    laneWait: mean(timed.map(({ time }) => time.laneWait)),
    ...(bridged
      ? {
          hold: mean(timed.map(({ time }) => time.held)),
          crossings: mean(timed.map(({ time }) => time.crossings)),
        }
      : {}),
    ...(to > from ? { perSecond: (weights * 1000) / (to - from) } : {}),
    lateQueries: mean(requests.map((request) => (queriesLate(request.leaves) ? 1 : 0))),
    saveable: mean(requests.map(({ leaves }) => saveableOf(leaves))),
    repeated: repeatedQueries(requests),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
}

/** Starts of the first and the last request; there may be more than a call has room for. */
function spanOf(requests: readonly TracedRequest[]): readonly [from: number, to: number] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { server } of requests) {
    from = Math.min(from, server.start);
    to = Math.max(to, server.start);
  }
  return [from, to];
}

function confidenceOf(requests: number, tail: number): Confidence {
  if (requests >= enough.high && tail >= enough.highTail) return 'high';
  return requests >= enough.medium ? 'medium' : 'low';
}

function tailShare(confidence: Confidence): number {
  return confidence === 'low' ? 0.9 : 0.95;
}

/** The tail set: the slowest 5 %; too few requests widen it to a tenth. */
function slowestOf(timed: readonly Timed[], confidence: Confidence): readonly Timed[] {
  const limit = weightedPercentile(timed, tailShare(confidence));
  return timed.filter(({ time }) => time.total >= limit);
}

/** Ratio of sums over the tail set; too few requests are drawn towards the estimate. */
function dominance(timed: readonly Timed[], confidence: Confidence, estimated: number): Range {
  const shrunk = (value: number) =>
    confidence === 'low'
      ? (timed.length * value + priorWeight * estimated) / (timed.length + priorWeight)
      : value;
  const middle = ratio(slowestOf(timed, confidence), ({ externalCritical }) => externalCritical);
  const [low, high] = dominanceInterval(timed, tailShare(confidence));
  // A share near 0 or 1 may lie outside of what its resamples give.
  return [shrunk(Math.min(low, middle)), shrunk(middle), shrunk(Math.max(high, middle))];
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
      const known = durations.get(leaf.label);
      if (known === undefined) durations.set(leaf.label, [leaf.end - leaf.start]);
      else known.push(leaf.end - leaf.start);
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
  const ends = leaves.filter((leaf) => isExternal(leaf) && leaf.end > leaf.start).map(({ end }) => end);
  if (ends.length === 0) return false;
  const first = Math.min(...ends);
  return leaves.some((leaf) => leaf.class === 'db' && leaf.start >= first - clockStep);
}

/** Runs of external waits that follow each other closely, those at the same time being one: their sum less the longest. */
function saveableOf(leaves: readonly Leaf[]): number {
  const external = unionOf(leaves.filter(isExternal), clockStep);
  let saved = 0;
  let run: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const close = () => {
    if (run.length > 1) saved += run.reduce((sum, own) => sum + own, 0) - Math.max(...run);
    run = [];
  };
  for (const leaf of external) {
    if (leaf.start - end >= sequentialGap) close();
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
      if (own === 'db' && !connecting.test(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
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
