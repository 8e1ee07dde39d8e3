import { type AttributeValue, isRecord, type Span, type SpanKind } from '../span.ts';

/** Zipkin v2: a list of spans, or a list of traces. Times are microseconds. */
export function isZipkin(root: unknown): root is readonly unknown[] {
  return (
    Array.isArray(root) &&
    root.flat().some((span) => isRecord(span) && 'traceId' in span && 'timestamp' in span)
  );
}

export function zipkinSpans(root: readonly unknown[]): readonly Span[] {
  return root.flat().filter(isRecord).map(spanOf);
}

function spanOf(span: Readonly<Record<string, unknown>>): Span {
  const kind = kindOf(span.kind);
  const endpoint = isRecord(span.localEndpoint) ? span.localEndpoint : {};
  const service = endpoint.serviceName;
  const start = Number(span.timestamp) / 1000;
  const attributes = tagsOf(span.tags);
  const id = String(span.id ?? '');
  // Client and server may share one id: the server's half becomes a child of the client's.
  const shared = span.shared === true && kind === 'server';
  return {
    traceId: String(span.traceId ?? ''),
    spanId: shared ? `${id}:server` : id,
    parentId: shared ? id : typeof span.parentId === 'string' ? span.parentId : undefined,
    name: String(span.name ?? ''),
    kind,
    start,
    end: start + Number(span.duration ?? 0) / 1000,
    attributes,
    service: typeof service === 'string' ? service : undefined,
    instance: typeof endpoint.ipv4 === 'string' ? `${endpoint.ipv4}:${endpoint.port ?? ''}` : undefined,
    failed: attributes.has('error'),
  };
}

function kindOf(value: unknown): SpanKind {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  return name === 'server' || name === 'client' || name === 'producer' || name === 'consumer'
    ? name
    : 'internal';
}

function tagsOf(tags: unknown): ReadonlyMap<string, AttributeValue> {
  const entries = isRecord(tags) ? Object.entries(tags) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
