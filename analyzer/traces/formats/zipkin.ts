import { type AttributeValue, isRecord, type Span, type SpanKind } from '../span.ts';
import { withSharedSpans } from './shared.ts';

/** Zipkin v2: a list of spans, a list of traces, or one span. Times are microseconds. */
export function isZipkin(root: unknown): boolean {
  return spansIn(root).some((span) => 'traceId' in span && 'id' in span);
}

export function zipkinSpans(root: unknown): readonly Span[] {
  return withSharedSpans(spansIn(root).flatMap(spanOf));
}

function spansIn(root: unknown): readonly Readonly<Record<string, unknown>>[] {
  return [root].flat(2).filter(isRecord);
}

function spanOf(span: Readonly<Record<string, unknown>>): readonly Span[] {
  const kind = kindOf(span.kind);
  const endpoint = isRecord(span.localEndpoint) ? span.localEndpoint : {};
  const service = endpoint.serviceName;
  const start = Number(span.timestamp) / 1000;
  const end = start + Number(span.duration ?? 0) / 1000;
  if (!Number.isFinite(start) || !Number.isFinite(end)) return [];
  const attributes = tagsOf(span.tags);
  return [
    {
      traceId: String(span.traceId ?? ''),
      spanId: String(span.id ?? ''),
      parentId: typeof span.parentId === 'string' ? span.parentId : undefined,
      name: String(span.name ?? ''),
      kind,
      start,
      end,
      attributes: withPeer(attributes, span.remoteEndpoint),
      service: typeof service === 'string' ? service : undefined,
      instance: typeof endpoint.ipv4 === 'string' ? `${endpoint.ipv4}:${endpoint.port ?? ''}` : undefined,
      failed: attributes.has('error'),
    },
  ];
}

/** Where a client span went stands beside its tags, as the name of a service or as an address. */
function withPeer(
  attributes: ReadonlyMap<string, AttributeValue>,
  remote: unknown,
): ReadonlyMap<string, AttributeValue> {
  if (!isRecord(remote)) return attributes;
  const peer = [remote.serviceName, remote.ipv4, remote.ipv6].find((each) => typeof each === 'string');
  return typeof peer === 'string' && peer !== ''
    ? new Map([['peer.service', peer], ...attributes])
    : attributes;
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
