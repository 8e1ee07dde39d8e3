import type { Catalogue } from '../catalogue/index.ts';
import type { Handler } from '../handlers/handler.ts';
import { type MatchedBy, methodOf, pathOf, proceduresOf, RouteMatcher, routeOf } from './match.ts';
import { type Measured, measure } from './measure.ts';
import { requestsOf, type TracedRequest, type TracedRequests } from './requests.ts';
import type { Span } from './span.ts';

/** Traced requests sorted out by the handler that answered them. */
export interface TracedHandlers {
  /** What the traces say about a handler; `undefined` when no request of it is in them. */
  measuredFor(
    handler: Handler,
    estimated: number,
  ): (Measured & { readonly matchedBy: readonly MatchedBy[] }) | undefined;
  /** Requests that no handler was found for. */
  readonly unmatched: readonly UnmatchedRequests[];
  /** What makes the figures less than they look. */
  readonly warnings: readonly string[];
  /** Processes that answered the requests, as far as the traces tell them apart. */
  readonly processes: number;
}

export interface UnmatchedRequests {
  readonly method: string;
  /** Route as the trace gives it, else the path. */
  readonly route: string;
  readonly requests: number;
}

interface Bucket {
  readonly requests: TracedRequest[];
  readonly matchedBy: Set<MatchedBy>;
  failed: number;
  warmUp: number;
}

/** Sorts the requests of traces out by handler. */
export function tracedHandlers(
  spans: readonly Span[],
  handlers: readonly Handler[],
  catalogue: Catalogue,
): TracedHandlers {
  const matcher = new RouteMatcher(handlers);
  const found = requestsOf(spans, catalogue);
  const { requests } = found;
  const warmUp = warmUpOf(requests);
  const buckets = new Map<Handler, Bucket>();
  const unmatched = new Map<string, { method: string; route: string; requests: number }>();
  for (const request of requests) {
    const match = matcher.match(request);
    if (match === undefined) {
      countUnmatched(unmatched, request);
      continue;
    }
    const bucket = buckets.get(match.handler) ?? { requests: [], matchedBy: new Set(), failed: 0, warmUp: 0 };
    buckets.set(match.handler, bucket);
    bucket.matchedBy.add(match.by);
    if (warmUp.has(request)) bucket.warmUp++;
    else if (request.failed) bucket.failed++;
    else bucket.requests.push(request);
  }
  return {
    unmatched: [...unmatched.values()].sort(
      (left, right) => right.requests - left.requests || compare(left.route, right.route),
    ),
    processes: new Set(requests.map(({ server }) => processOf(server))).size,
    warnings: warningsOf(spans, found, requests.filter((request) => proceduresOf(request).length > 1).length),
    measuredFor(handler, estimated) {
      const bucket = buckets.get(handler);
      if (bucket === undefined || bucket.requests.length === 0) return undefined;
      const { failed, warmUp } = bucket;
      return {
        ...measure(bucket.requests, { failed, warmUp }, estimated),
        matchedBy: [...bucket.matchedBy].sort(),
      };
    },
  };
}

/**
 * What began before a process had answered once: while it compiles and connects, a request says nothing of the others,
 * and in a busy service several wait for that at the same time.
 */
function warmUpOf(requests: readonly TracedRequest[]): ReadonlySet<TracedRequest> {
  const answered = new Map<string, number>();
  for (const { server } of requests) {
    answered.set(processOf(server), Math.min(answered.get(processOf(server)) ?? server.end, server.end));
  }
  return new Set(requests.filter(({ server }) => server.start < (answered.get(processOf(server)) ?? 0)));
}

function processOf({ service, instance }: Span): string {
  return `${service ?? ''} ${instance ?? ''}`;
}

function countUnmatched(
  unmatched: Map<string, { method: string; route: string; requests: number }>,
  request: TracedRequest,
): void {
  const method = methodOf(request);
  const route = routeOf(request) ?? templateOf(pathOf(request)) ?? request.server.name;
  const known = unmatched.get(`${method} ${route}`) ?? { method, route, requests: 0 };
  known.requests++;
  unmatched.set(`${method} ${route}`, known);
}

/** Paths of one route in one bucket: segments that look like identifiers stand for any. */
function templateOf(path: string | undefined): string | undefined {
  return path?.replace(/\/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,})(?=\/|$)/gi, '/{}');
}

function warningsOf(
  spans: readonly Span[],
  { requests, lost }: TracedRequests,
  batched: number,
): readonly string[] {
  const warnings: string[] = [];
  if (spans.length > 0 && requests.length === 0) {
    warnings.push(
      'The traces hold no server span: the HTTP instrumentation is missing, or another service wrote them.',
    );
  }
  if (lost > 0) {
    warnings.push(
      `${lost} of ${spans.length} spans belong to no request: their parents are not in the traces, and it cannot be told whose they are.`,
    );
  }
  if (batched > 0) {
    warnings.push(
      `${batched} requests carried several procedures at once: they are counted at the route of their mount.`,
    );
  }
  const bare = requests.filter(({ leaves }) => leaves.length === 0).length;
  if (requests.length > 0 && bare === requests.length) {
    warnings.push(
      'No request has a client or database span inside: their instrumentation may be missing, so external shares read as 0.',
    );
  }
  const tailSampled = spans.some((span) =>
    [...span.attributes.keys()].some((name) => /tail.?sampl|sampling\.policy/i.test(name)),
  );
  if (tailSampled) {
    warnings.push(
      'The traces were sampled by their tail: slow requests are over-represented, and a p95 of them means nothing.',
    );
  }
  return warnings;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
