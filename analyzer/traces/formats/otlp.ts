import { type AttributeValue, isRecord, recordsOf, type Span, type SpanKind } from '../span.ts';

// OTLP/JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Unknown fields are ignored, as it asks.

const kinds: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Roots that hold resource spans: OTLP itself, and what the APIs of Tempo and of Jaeger 2 answer with. */
function resourceSpansOf(
  root: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  const inner = [root.trace, root.result].find(isRecord) ?? root;
  return recordsOf(inner.resourceSpans ?? inner.batches);
}

export function isOtlp(root: unknown): root is Readonly<Record<string, unknown>> {
  if (!isRecord(root)) return false;
  const inner = [root.trace, root.result].find(isRecord) ?? root;
  return 'resourceSpans' in inner || 'batches' in inner;
}

export function otlpSpans(root: Readonly<Record<string, unknown>>): readonly Span[] {
  return resourceSpansOf(root).flatMap((resourceSpans) => {
    const resource = isRecord(resourceSpans.resource) ? resourceSpans.resource : {};
    const process = attributesOf(resource.attributes);
    const scopes = recordsOf(resourceSpans.scopeSpans ?? resourceSpans.instrumentationLibrarySpans);
    return scopes.flatMap((scope) => recordsOf(scope.spans).flatMap((span) => spanOf(span, process)));
  });
}

function spanOf(
  span: Readonly<Record<string, unknown>>,
  process: ReadonlyMap<string, AttributeValue>,
): readonly Span[] {
  const start = milliseconds(span.startTimeUnixNano);
  const end = milliseconds(span.endTimeUnixNano);
  const traceId = identifier(span.traceId);
  const spanId = identifier(span.spanId);
  if (start === undefined || end === undefined || traceId === undefined || spanId === undefined) return [];
  const status = isRecord(span.status) ? span.status.code : undefined;
  const service = process.get('service.name');
  const instance = process.get('service.instance.id') ?? process.get('process.pid');
  return [
    {
      traceId,
      spanId,
      parentId: identifier(span.parentSpanId),
      name: String(span.name ?? ''),
      kind: kindOf(span.kind),
      start,
      end,
      attributes: withSampling(attributesOf(span.attributes), span.traceState),
      service: typeof service === 'string' ? service : undefined,
      instance: instance === undefined ? undefined : String(instance),
      failed: status === 2 || status === 'STATUS_CODE_ERROR',
    },
  ];
}

/**
 * OpenTelemetry's samplers say in the trace state what share they keep: `th`, the threshold below which traces are
 * dropped, or the older `p`, a power of two (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 */
function withSampling(
  attributes: ReadonlyMap<string, AttributeValue>,
  traceState: unknown,
): ReadonlyMap<string, AttributeValue> {
  const [, own] = /(?:^|,)\s*ot=([^,]*)/.exec(typeof traceState === 'string' ? traceState : '') ?? [];
  if (own === undefined || attributes.has('sampling.ratio')) return attributes;
  const [, threshold] = /(?:^|;)th:([0-9a-f]{1,14})(?:;|$)/.exec(own) ?? [];
  const [, power] = /(?:^|;)p:(\d{1,2})(?:;|$)/.exec(own) ?? [];
  const ratio =
    threshold !== undefined
      ? 1 - Number.parseInt(threshold.padEnd(14, '0'), 16) / 2 ** 56
      : power !== undefined
        ? 2 ** -Number(power)
        : undefined;
  return ratio === undefined || ratio <= 0 ? attributes : new Map([...attributes, ['sampling.ratio', ratio]]);
}

/** Nanoseconds as decimal text or number: more digits than a double holds, so the fraction is cut off as text. */
function milliseconds(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const isTime = typeof value === 'number' ? Number.isFinite(value) : /^\d{1,20}$/.test(value);
  if (!isTime) return undefined;
  const digits = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
  return Number(digits / 1000n) / 1000 + Number(digits % 1000n) / 1e6;
}

/** Hexadecimal, or base64 as protobuf's own JSON mapping writes it. */
function identifier(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || /^0+$/.test(value)) return undefined;
  if (/^[0-9a-f]{16}$|^[0-9a-f]{32}$/i.test(value)) return value.toLowerCase();
  return /^[A-Za-z0-9+/]+=*$/.test(value) ? Buffer.from(value, 'base64').toString('hex') : value;
}

function kindOf(value: unknown): SpanKind {
  if (typeof value === 'number') return kinds[value] ?? 'internal';
  const name = typeof value === 'string' ? value.replace(/^SPAN_KIND_/, '').toLowerCase() : '';
  return kinds.find((kind) => kind === name) ?? 'internal';
}

function attributesOf(list: unknown): ReadonlyMap<string, AttributeValue> {
  const found = new Map<string, AttributeValue>();
  for (const attribute of recordsOf(list)) {
    const value = attributeValue(attribute.value);
    if (typeof attribute.key === 'string' && value !== undefined) found.set(attribute.key, value);
  }
  return found;
}

function attributeValue(given: unknown): AttributeValue | undefined {
  if (!isRecord(given)) return undefined;
  if (typeof given.stringValue === 'string') return given.stringValue;
  if (typeof given.boolValue === 'boolean') return given.boolValue;
  if (given.intValue !== undefined) return Number(given.intValue);
  if (typeof given.doubleValue === 'number') return given.doubleValue;
  const list = isRecord(given.arrayValue) ? given.arrayValue.values : undefined;
  return list === undefined ? undefined : recordsOf(list).map((item) => String(attributeValue(item) ?? ''));
}
