import { type AttributeValue, isRecord, recordsOf, type Span, type SpanKind } from '../span.ts';
import { withSharedSpans } from './shared.ts';

/**
 * What Jaeger's API and its "download as JSON" give, one trace of it, or a list of those; and single spans with their
 * process inside, as its stores keep them. Times are microseconds.
 */
export function isJaeger(root: unknown): boolean {
  return tracesIn(root).some((trace) => 'traceID' in trace || 'processes' in trace);
}

export function jaegerSpans(root: unknown): readonly Span[] {
  const spans = tracesIn(root).flatMap((trace) => {
    const processes = isRecord(trace.processes) ? trace.processes : {};
    return recordsOf(trace.spans).flatMap((span) => spanOf(span, processes));
  });
  return withSharedSpans(spans);
}

function tracesIn(root: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list = recordsOf(isRecord(root) ? (root.data ?? [root]) : root);
  const single = list.filter((each) => 'traceID' in each && 'spanID' in each);
  const whole = list.filter(({ spans }) => Array.isArray(spans));
  return single.length === 0 ? whole : [...whole, { processes: {}, spans: single }];
}

function spanOf(
  span: Readonly<Record<string, unknown>>,
  processes: Readonly<Record<string, unknown>>,
): readonly Span[] {
  const attributes = tagsOf(span.tags);
  const processId = String(span.processID ?? '');
  const process = [span.process, processes[processId]].find(isRecord) ?? {};
  const service = process.serviceName;
  const start = Number(span.startTime) / 1000;
  const end = start + Number(span.duration) / 1000;
  if (!Number.isFinite(start) || !Number.isFinite(end)) return [];
  const error = attributes.get('error');
  return [
    {
      traceId: String(span.traceID ?? ''),
      spanId: String(span.spanID ?? ''),
      parentId: parentOf(span),
      name: String(span.operationName ?? ''),
      kind: kindOf(attributes.get('span.kind')),
      start,
      end,
      attributes,
      service: typeof service === 'string' ? service : undefined,
      instance: instanceOf(tagsOf(process.tags)),
      failed: error === true || error === 'true' || attributes.get('otel.status_code') === 'ERROR',
    },
  ];
}

/** Old clients name the parent beside the references; what only follows from a span is not waited for by it. */
function parentOf(span: Readonly<Record<string, unknown>>): string | undefined {
  const parent = recordsOf(span.references).find(({ refType }) => refType === 'CHILD_OF');
  const id = parent?.spanID ?? span.parentSpanID;
  return typeof id === 'string' && !/^0*$/.test(id) ? id : undefined;
}

/** `p1` is a name inside one trace only: what tells processes apart are their tags. */
function instanceOf(tags: ReadonlyMap<string, AttributeValue>): string | undefined {
  const instance = tags.get('service.instance.id') ?? tags.get('client-uuid');
  if (instance !== undefined) return String(instance);
  const parts = [tags.get('hostname') ?? tags.get('host.name'), tags.get('process.pid')];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.join(' ');
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
