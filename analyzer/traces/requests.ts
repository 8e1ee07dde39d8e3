import type { Catalogue } from '../catalogue/index.ts';
import { attribute, classOf, hostOfSpan, queryOf, type SpanClass } from './classify.ts';
import { clockStep, number, type Span } from './span.ts';

/** A wait inside a request: nothing below it is looked at, so that no wait counts twice. */
export interface Leaf {
  readonly class: SpanClass;
  /** Host, query or name: what the same kind of wait has in common. */
  readonly label: string;
  /** Milliseconds, clipped to the request. */
  readonly start: number;
  readonly end: number;
  /** How long a bridge waited for its lane, where its span says so; milliseconds. */
  readonly queued?: number;
}

/** One request the service answered. */
export interface TracedRequest {
  readonly server: Span;
  readonly leaves: readonly Leaf[];
  /** Spans inside the process, for matching: they may name the handler. */
  readonly inside: readonly Span[];
  readonly failed: boolean;
  /** How many requests this one stands for, by its sampling ratio. */
  readonly weight: number;
}

/** The requests of some spans, and how many spans could not be given to one of them. */
export interface TracedRequests {
  readonly requests: readonly TracedRequest[];
  /** Spans whose parent is not in the traces and that more than one request, or none, could have made. */
  readonly lost: number;
}

/**
 * Puts traces together into requests: every server span that is not inside another one of the same service, with the
 * waits below it. Work that starts after the response, and what remote services do, is left out.
 */
export function requestsOf(spans: readonly Span[], catalogue: Catalogue): TracedRequests {
  const distinct = withoutRepeats(spans);
  const byId = new Map(distinct.map((span) => [key(span.traceId, span.spanId), span]));
  const children = new Map<string, Span[]>();
  const orphans: Span[] = [];
  for (const span of distinct) {
    if (span.parentId === undefined) continue;
    const parent = key(span.traceId, span.parentId);
    if (byId.has(parent)) keep(children, parent, span);
    else if (span.kind !== 'server' && span.kind !== 'consumer') orphans.push(span);
  }
  const servers = distinct.filter((span) => span.kind === 'server' && !isInner(span, byId));
  const lost = adopt(orphans, servers, children);
  return { requests: servers.map((server) => requestOf(server, children, catalogue)), lost };
}

function key(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`;
}

function keep(table: Map<string, Span[]>, at: string, span: Span): void {
  const known = table.get(at);
  if (known === undefined) table.set(at, [span]);
  else known.push(span);
}

/** An exporter that tries again, and files that overlap, hold the same span twice. */
function withoutRepeats(spans: readonly Span[]): readonly Span[] {
  const seen = new Set<string>();
  return spans.filter(({ traceId, spanId }) => {
    const own = key(traceId, spanId);
    if (seen.has(own)) return false;
    seen.add(own);
    return true;
  });
}

/**
 * Gives spans whose parent was dropped to the request of their trace and process that was open when they started, if
 * there is just one.
 * @returns how many nobody took
 */
function adopt(orphans: readonly Span[], servers: readonly Span[], children: Map<string, Span[]>): number {
  const open = new Map<string, Span[]>();
  if (orphans.length > 0) for (const server of servers) keep(open, server.traceId, server);
  let lost = 0;
  for (const span of orphans) {
    const [only, ...more] = (open.get(span.traceId) ?? []).filter(
      (server) =>
        inSameProcess(server, span) && span.start >= server.start - clockStep && span.start < server.end,
    );
    if (only === undefined || more.length > 0) lost++;
    else keep(children, key(only.traceId, only.spanId), span);
  }
  return lost;
}

function inSameProcess(one: Span, other: Span): boolean {
  if (one.service !== other.service) return false;
  return one.instance === undefined || other.instance === undefined || one.instance === other.instance;
}

/** Frameworks put a server span of their own inside the one of the HTTP module. */
function isInner(span: Span, byId: ReadonlyMap<string, Span>): boolean {
  const seen = new Set<Span>([span]);
  let above = span.parentId === undefined ? undefined : byId.get(key(span.traceId, span.parentId));
  while (above !== undefined && !seen.has(above)) {
    seen.add(above);
    if (!inSameProcess(above, span) || above.kind === 'client') return false;
    if (above.kind === 'server') return true;
    above = above.parentId === undefined ? undefined : byId.get(key(above.traceId, above.parentId));
  }
  return false;
}

function requestOf(
  server: Span,
  children: ReadonlyMap<string, readonly Span[]>,
  catalogue: Catalogue,
): TracedRequest {
  const leaves: Leaf[] = [];
  const inside = new Set<Span>([server]);
  const waiting = [server];
  for (let span = waiting.pop(); span !== undefined; span = waiting.pop()) {
    for (const child of children.get(key(span.traceId, span.spanId)) ?? []) {
      const answers = child.kind === 'server' || child.kind === 'consumer';
      const isRemote = answers && !inSameProcess(child, server);
      if (isRemote || child.start >= server.end || inside.has(child)) continue;
      inside.add(child);
      const found = classOf(child, catalogue);
      if (found === 'other' || found === 'bridge') waiting.push(child);
      if (found !== 'other') leaves.push(leafOf(child, found, server));
    }
  }
  leaves.sort((left, right) => left.start - right.start || left.end - right.end);
  return { server, leaves, inside: [...inside], failed: hasFailed(server), weight: weightOf(server) };
}

function leafOf(span: Span, spanClass: SpanClass, server: Span): Leaf {
  const isQuery = spanClass === 'db' || spanClass === 'cache';
  const label = isQuery ? queryOf(span) : (hostOfSpan(span) ?? attribute(span, 'model') ?? span.name);
  const queued = number(span, 'migrate_async.queued_ms');
  // Spans of one process share a clock; one that leaves its request all the same cannot have waited outside of it.
  const start = Math.min(Math.max(span.start, server.start), server.end);
  return {
    class: spanClass,
    label,
    start,
    end: Math.max(start, Math.min(span.end, server.end)),
    ...(spanClass === 'bridge' && queued !== undefined ? { queued } : {}),
  };
}

function hasFailed(server: Span): boolean {
  const status = number(server, 'http.response.status_code', 'http.status_code');
  return status === undefined ? server.failed : status >= 500;
}

/** Head sampling keeps one request in so many and says how many: as a share, or as a rate above one. */
function weightOf(server: Span): number {
  const ratio =
    number(server, 'sampling.ratio', 'sampling.probability', 'SampleRate') ??
    (server.attributes.get('sampler.type') === 'probabilistic' ? number(server, 'sampler.param') : undefined);
  if (ratio === undefined || ratio <= 0) return 1;
  return ratio <= 1 ? 1 / ratio : ratio;
}
