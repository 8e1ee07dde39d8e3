import type { Counts, ExternalCall, Location } from '../analysis.ts';
import { placeOf } from './boundaries.ts';
import type { Bridge } from './bridge.ts';
import type { HandlerEvidence } from './handlers.ts';
import { type Position, roundsIn, visitPath } from './path.ts';
import { type Io, partsOf, type Step } from './step.ts';
import { holds } from './walk.ts';
import { type OnWay, onOneWay } from './ways.ts';

/** An external call on the hot path, with how often it runs. */
export interface ExternalOnPath extends ExternalCall {
  readonly rounds: number;
}

/** What a handler touches, counted. */
export interface HandlerFacts {
  readonly externals: readonly ExternalOnPath[];
  /** Those that one request can meet: of ways that exclude each other, the slowest. */
  readonly perRequest: readonly ExternalOnPath[];
  readonly counts: Counts;
  readonly unknownCalls: readonly { readonly text: string; readonly location: Location }[];
  /** Bridges on the path, error paths and detached work included, in the order of the source. */
  readonly bridges: readonly Bridge[];
  /** Renderings that may query after the asynchronous part. */
  readonly lateAccesses: readonly string[];
  readonly streams: boolean;
  /** A bridge that waits on an external call. */
  readonly bridgesExternal: boolean;
  /** Every external call comes before the first crossing, which is when a request takes its lane. */
  readonly waitsUnheld: boolean;
  /** The least sure way to an external call or a bridge, 0 to 1. */
  readonly confidence: number;
}

/** @param unboundedRounds rounds taken for a loop whose length only run time knows */
export function factsOf(evidence: HandlerEvidence, unboundedRounds: number): HandlerFacts {
  const collector = new Collector(evidence, unboundedRounds);
  visitPath(evidence.step, (step, position) => collector.visit(step, position));
  return collector.facts();
}

class Collector {
  private readonly evidence: HandlerEvidence;
  private readonly unboundedRounds: number;
  private readonly externals: (OnWay & { readonly call: ExternalOnPath })[] = [];
  private readonly places = { orm: new Set<string>(), lazy: new Set<string>(), cache: new Set<string>() };
  private readonly other = new Map<string, Set<string>>();
  private readonly unknown = new Map<string, { readonly text: string; readonly location: Location }>();
  private readonly bridges = new Set<Bridge>();
  private readonly late = new Map<string, number>();
  private readonly lateNames: string[] = [];
  private streams = false;
  private bridgesExternal = false;
  private crossed = false;
  private waitsHeld = false;
  private confidence = 1;

  constructor(evidence: HandlerEvidence, unboundedRounds: number) {
    this.evidence = evidence;
    this.unboundedRounds = unboundedRounds;
  }

  visit(step: Step, position: Position): void {
    switch (step.kind) {
      case 'io':
        this.io(step, position);
        return;
      case 'orm':
        if (step.transaction === undefined) this.places.orm.add(placeOf(step.location));
        return;
      case 'lazy':
        this.places.lazy.add(placeOf(step.location));
        return;
      case 'late':
        if (step.models.length === 0) return;
        this.late.set(placeOf(step.location), step.reads?.length ?? 1);
        if (position.hot && step.reads?.length !== 0) this.lateNames.push(step.what);
        return;
      case 'bridge':
        this.bridges.add(step.bridge);
        if (position.hot) this.confidence = Math.min(this.confidence, position.confidence);
        this.crossed ||= position.hot;
        return;
      case 'stream':
        // A response has one end: what streams in a loop is carried somewhere else.
        if (position.hot && step.to === 'response' && position.loops.length === 0) this.streams = true;
        return;
      case 'unknown':
        if (position.hot)
          this.unknown.set(placeOf(step.location), { text: step.text, location: step.location });
        return;
      case 'blocking':
        this.count(step.call?.category ?? 'blocking', step.location);
    }
  }

  facts(): HandlerFacts {
    const { orm, lazy, cache } = this.places;
    const bridges = [...this.bridges].sort(inSourceOrder);
    return {
      externals: this.externals.map(({ call }) => call),
      perRequest: onOneWay(this.externals).map(({ call }) => call),
      counts: {
        orm: orm.size,
        ormLazy: lazy.size,
        ormLate: [...this.late.values()].reduce((sum, reads) => sum + reads, 0),
        cache: cache.size,
        external: this.externals.length,
        unknown: this.unknown.size,
        other: Object.fromEntries(
          [...this.other].sort().map(([category, places]) => [category, places.size]),
        ),
      },
      unknownCalls: [...this.unknown.values()],
      bridges,
      lateAccesses: this.lateNames,
      streams: this.streams,
      bridgesExternal: this.bridgesExternal,
      waitsUnheld: this.crossed && this.externals.length > 0 && !this.waitsHeld,
      confidence: this.confidence,
    };
  }

  private io(step: Io, position: Position): void {
    const { call, host, location } = step;
    if (call.category === 'cache') this.places.cache.add(placeOf(location));
    else if (call.weight !== 'external') this.count(call.category, location);
    if (call.weight !== 'external' || !position.hot) return;
    this.confidence = Math.min(this.confidence, position.confidence);
    if (position.bridge !== undefined) this.bridgesExternal = true;
    // In a loop, the second round comes after the first one's crossings.
    if (this.crossed || position.loops.some(({ body }) => holds(body, isBridge, partsOf)))
      this.waitsHeld = true;
    const streaming = call.streaming || this.evidence.streamed.has(placeOf(location));
    if (streaming && position.loops.length === 0) this.streams = true;
    const rounds = roundsIn(position.loops, this.unboundedRounds);
    const external: ExternalOnPath = {
      client: call.client,
      category: call.category,
      host,
      location,
      p50: call.latency.p50,
      p95: call.latency.p95,
      basis: call.latency.basis,
      why: call.latency.why,
      asyncNative: call.asyncNative,
      streaming,
      loop: position.loops.length > 0,
      ...(position.parallelGroup === undefined ? {} : { parallelGroup: position.parallelGroup }),
      via: position.calls.map(({ name, location: from }) => ({ name, ...from })),
      rounds,
    };
    this.externals.push({ call: external, ways: position.ways, weight: external.p95 * rounds });
  }

  private count(category: string, location: Location): void {
    const places = this.other.get(category) ?? new Set();
    this.other.set(category, places.add(placeOf(location)));
  }
}

function inSourceOrder(left: Bridge, right: Bridge): number {
  return left.file.path < right.file.path
    ? -1
    : left.file.path > right.file.path
      ? 1
      : (left.wrap.start ?? 0) - (right.wrap.start ?? 0);
}

function isBridge({ kind }: Step): boolean {
  return kind === 'bridge';
}
