import type { Catalogue } from '../catalogue/index.ts';
import { attribute, classOf, hostOfSpan, type SpanClass } from './classify.ts';
import { number, type Span } from './span.ts';

/** A wait inside a request: nothing below it is looked at, so that no wait counts twice. */
export interface Leaf {
  readonly class: SpanClass;
  /** Host, query or name: what the same kind of wait has in common. */
  readonly label: string;
  /** Milliseconds, clipped to the request. */
  readonly start: number;
  readonly end: number;
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

/**
 * Puts traces together into requests: every server span that is not inside another one of the same service, with the
 * waits below it. Work that starts after the response, and what remote services do, is left out.
 */
export function requestsOf(spans: readonly Span[], catalogue: Catalogue): readonly TracedRequest[] {
  const byId = new Map(spans.map((span) => [key(span.traceId, span.spanId), span]));
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    if (span.parentId === undefined) continue;
    const parent = key(span.traceId, span.parentId);
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  return spans
    .filter((span) => span.kind === 'server' && !isInner(span, byId))
    .map((server) => requestOf(server, children, catalogue));
}

function key(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`;
}

/** Frameworks put a server span of their own inside the one of the HTTP module. */
function isInner(span: Span, byId: ReadonlyMap<string, Span>): boolean {
  const seen = new Set<Span>();
  let above = span.parentId === undefined ? undefined : byId.get(key(span.traceId, span.parentId));
  while (above !== undefined && !seen.has(above)) {
    seen.add(above);
    if (above.service !== span.service || above.kind === 'client') return false;
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
  const inside: Span[] = [server];
  const visit = (span: Span) => {
    for (const child of children.get(key(span.traceId, span.spanId)) ?? []) {
      const isRemote = child.kind === 'server' && child.service !== server.service;
      if (isRemote || child.start >= server.end) continue;
      inside.push(child);
      const found = classOf(child, catalogue);
      if (found === 'other' || found === 'bridge') visit(child);
      if (found !== 'other') leaves.push(leafOf(child, found, server));
    }
  };
  visit(server);
  return { server, leaves, inside, failed: hasFailed(server), weight: weightOf(server) };
}

function leafOf(span: Span, spanClass: SpanClass, server: Span): Leaf {
  const label = hostOfSpan(span) ?? attribute(span, 'model') ?? attribute(span, 'query') ?? span.name;
  const named = spanClass === 'db' || spanClass === 'cache' ? (attribute(span, 'query') ?? span.name) : label;
  return {
    class: spanClass,
    label: named,
    start: Math.max(span.start, server.start),
    end: Math.min(span.end, server.end),
  };
}

function hasFailed(server: Span): boolean {
  const status = number(server, 'http.response.status_code', 'http.status_code');
  return status === undefined ? server.failed : status >= 500;
}

/** Head sampling keeps one request in so many and says how many. */
function weightOf(server: Span): number {
  const ratio = number(server, 'sampling.ratio', 'sampling.probability', 'SampleRate');
  if (ratio === undefined || ratio <= 0) return 1;
  return ratio <= 1 ? 1 / ratio : ratio;
}
