import type { SpanClass } from './classify.ts';
import type { Leaf, TracedRequest } from './requests.ts';

/** How one request spent its time. Milliseconds. */
export interface RequestTime {
  readonly total: number;
  /** Waiting on externals and on nothing else. */
  readonly externalOnly: number;
  /** Waiting on externals while a database, cache or queue waited too. */
  readonly both: number;
  /** Waiting on anything but externals. */
  readonly otherOnly: number;
  /** In the process's own code, or waiting for the event loop. */
  readonly self: number;
  /** External waits on the critical path. */
  readonly externalCritical: number;
  /** Sum of the external waits over their union: above 1 they overlapped. */
  readonly overlap: number;
  /** Waiting for a lane: as the bridge's span says, else between its start and the query inside it. */
  readonly laneWait: number;
  /** Bridges under way, the wait for their lane left out. */
  readonly held: number;
  /** Passages through bridges; a number. */
  readonly crossings: number;
}

/** Waits of other organisations and of own services both are external: the process does nothing meanwhile. */
export function isExternal({ class: own }: Leaf): boolean {
  return own === 'external' || own === 'internal-http';
}

const waits: ReadonlySet<SpanClass> = new Set([
  'external',
  'internal-http',
  'shared',
  'db',
  'cache',
  'queue',
]);

export function timeOf({ server, leaves }: TracedRequest): RequestTime {
  const waiting = leaves.filter((leaf) => waits.has(leaf.class) && leaf.end > leaf.start);
  const external = waiting.filter(isExternal);
  const total = Math.max(0, server.end - server.start);
  const swept = sweep(waiting);
  const union = swept.externalOnly + swept.both;
  const sum = external.reduce((before, leaf) => before + (leaf.end - leaf.start), 0);
  return {
    total,
    ...swept,
    self: Math.max(0, total - swept.externalOnly - swept.both - swept.otherOnly),
    externalCritical: criticalExternal(waiting, server.start, server.end),
    overlap: union === 0 ? 1 : sum / union,
    ...lanes(leaves),
  };
}

/** Sums the stretches between starts and ends by what was waiting: never twice for waits that overlap. */
function sweep(leaves: readonly Leaf[]): Pick<RequestTime, 'externalOnly' | 'both' | 'otherOnly'> {
  const marks = leaves
    .flatMap((leaf) => [
      { at: leaf.start, change: 1, external: isExternal(leaf) },
      { at: leaf.end, change: -1, external: isExternal(leaf) },
    ])
    .sort((left, right) => left.at - right.at);
  const sums = { externalOnly: 0, both: 0, otherOnly: 0 };
  let external = 0;
  let other = 0;
  let before = marks[0]?.at ?? 0;
  for (const mark of marks) {
    const stretch = mark.at - before;
    if (external > 0 && other > 0) sums.both += stretch;
    else if (external > 0) sums.externalOnly += stretch;
    else if (other > 0) sums.otherOnly += stretch;
    if (mark.external) external += mark.change;
    else other += mark.change;
    before = mark.at;
  }
  return sums;
}

/**
 * External waits on the critical path: backwards from the end, by the wait that finished last before the cursor, which
 * is Jaeger's rule of the last-finishing child. What no wait covers is the process's own.
 */
function criticalExternal(leaves: readonly Leaf[], start: number, end: number): number {
  let cursor = end;
  let external = 0;
  for (;;) {
    let last: Leaf | undefined;
    for (const leaf of leaves) {
      if (leaf.start >= cursor || leaf.start < start) continue;
      if (last === undefined || Math.min(leaf.end, cursor) > Math.min(last.end, cursor)) last = leaf;
      else if (Math.min(leaf.end, cursor) === Math.min(last.end, cursor) && leaf.start < last.start)
        last = leaf;
    }
    if (last === undefined) return external;
    if (isExternal(last)) external += Math.min(last.end, cursor) - last.start;
    cursor = last.start;
  }
}

function lanes(leaves: readonly Leaf[]): Pick<RequestTime, 'laneWait' | 'held' | 'crossings'> {
  const bridges = leaves.filter((leaf) => leaf.class === 'bridge');
  let waited = 0;
  const held = bridges.map((bridge) => {
    const queued = Math.min(queuedFor(bridge, leaves), bridge.end - bridge.start);
    waited += queued;
    return { start: bridge.start + queued, end: bridge.end };
  });
  return {
    laneWait: waited,
    held: unionOf(held).reduce((sum, { start, end }) => sum + end - start, 0),
    crossings: bridges.length,
  };
}

function queuedFor(bridge: Leaf, leaves: readonly Leaf[]): number {
  if (bridge.queued !== undefined) return bridge.queued;
  const inner = leaves.find(
    (leaf) => leaf.class !== 'bridge' && leaf.start >= bridge.start && leaf.end <= bridge.end,
  );
  return inner === undefined ? 0 : inner.start - bridge.start;
}

interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * Intervals that overlap as one, in order of their start.
 * @param gap milliseconds by which they must overlap
 */
export function unionOf(intervals: readonly Interval[], gap = 0): readonly Interval[] {
  const united: { start: number; end: number }[] = [];
  for (const { start, end } of [...intervals].sort((left, right) => left.start - right.start)) {
    const last = united.at(-1);
    if (last !== undefined && start < last.end - gap) last.end = Math.max(last.end, end);
    else united.push({ start, end });
  }
  return united;
}
