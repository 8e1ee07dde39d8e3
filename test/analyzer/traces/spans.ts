import type { Span, SpanKind } from '../../../analyzer/traces/index.ts';

/** A span of a test: times in milliseconds from the start of its trace. */
export interface TestSpan {
  readonly id: string;
  readonly parent?: string;
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly at: number;
  readonly for: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly service?: string;
  readonly instance?: string;
  readonly failed?: boolean;
}

/** Start of every test trace: milliseconds since the epoch. */
export const epoch = Date.UTC(2026, 0, 5);

export function spansOf(traceId: string, spans: readonly TestSpan[], offset = 0): readonly Span[] {
  return spans.map((span) => ({
    traceId,
    spanId: span.id,
    parentId: span.parent,
    name: span.name ?? span.id,
    kind: span.kind ?? 'internal',
    start: epoch + offset + span.at,
    end: epoch + offset + span.at + span.for,
    attributes: new Map(Object.entries(span.attributes ?? {})),
    service: span.service ?? 'shop',
    instance: span.instance ?? 'one',
    failed: span.failed ?? false,
  }));
}

export function server(
  route: string,
  duration: number,
  attributes: Readonly<Record<string, string | number>> = {},
): TestSpan {
  return {
    id: 'server',
    name: `GET ${route}`,
    kind: 'server',
    at: 0,
    for: duration,
    attributes: {
      'http.request.method': 'GET',
      'http.route': route,
      'http.response.status_code': 200,
      ...attributes,
    },
  };
}

export function http(id: string, host: string, at: number, duration: number, parent = 'server'): TestSpan {
  return {
    id,
    parent,
    kind: 'client',
    at,
    for: duration,
    attributes: { 'server.address': host, 'http.request.method': 'GET' },
  };
}

export function db(
  id: string,
  at: number,
  duration: number,
  parent = 'server',
  query = 'SELECT post',
): TestSpan {
  return {
    id,
    parent,
    kind: 'client',
    at,
    for: duration,
    attributes: { 'db.system.name': 'postgresql', 'db.query.summary': query },
  };
}
