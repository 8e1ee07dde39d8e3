import { type AttributeValue, isRecord, recordsOf, type Span, type SpanKind } from '../span.ts';

/** What Jaeger's API and its "download as JSON" give. Times are microseconds. */
export function isJaeger(root: unknown): root is Readonly<Record<string, unknown>> {
  return isRecord(root) && recordsOf(root.data).some((trace) => Array.isArray(trace.spans));
}

export function jaegerSpans(root: Readonly<Record<string, unknown>>): readonly Span[] {
  return recordsOf(root.data).flatMap((trace) => {
    const processes = isRecord(trace.processes) ? trace.processes : {};
    return recordsOf(trace.spans).map((span) => spanOf(span, processes));
  });
}

function spanOf(span: Readonly<Record<string, unknown>>, processes: Readonly<Record<string, unknown>>): Span {
  const attributes = tagsOf(span.tags);
  const processId = String(span.processID ?? '');
  const process = isRecord(processes[processId]) ? processes[processId] : {};
  const service = process.serviceName;
  const start = Number(span.startTime) / 1000;
  const error = attributes.get('error');
  const parent = recordsOf(span.references).find(({ refType }) => refType === 'CHILD_OF');
  return {
    traceId: String(span.traceID ?? ''),
    spanId: String(span.spanID ?? ''),
    parentId: typeof parent?.spanID === 'string' ? parent.spanID : undefined,
    name: String(span.operationName ?? ''),
    kind: kindOf(attributes.get('span.kind')),
    start,
    end: start + Number(span.duration) / 1000,
    attributes,
    service: typeof service === 'string' ? service : undefined,
    instance: processId === '' ? undefined : processId,
    failed: error === true || error === 'true',
  };
}

function kindOf(value: AttributeValue | undefined): SpanKind {
  return value === 'server' || value === 'client' || value === 'producer' || value === 'consumer'
    ? value
    : 'internal';
}

function tagsOf(tags: unknown): ReadonlyMap<string, AttributeValue> {
  const found = new Map<string, AttributeValue>();
  for (const { key, value } of recordsOf(tags)) {
    if (typeof key !== 'string') continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      found.set(key, value);
  }
  return found;
}
