import type { Span } from '../span.ts';

/**
 * Zipkin, and Jaeger where it takes Zipkin's spans: client and server may share one id, said so or not: the server's half becomes a child of the client's, and what the
 * server's process reports below that id belongs to its half.
 */
export function withSharedSpans(spans: readonly Span[]): readonly Span[] {
  const clients = new Set(spans.filter(({ kind }) => kind === 'client').map(keyOf));
  const halves = new Map<string, Span>();
  for (const span of spans) {
    if (span.kind === 'server' && clients.has(keyOf(span))) halves.set(keyOf(span), span);
  }
  return spans.map((span) => {
    if (halves.get(keyOf(span)) === span)
      return { ...span, spanId: serverHalf(span.spanId), parentId: span.spanId };
    const above = span.parentId && halves.get(keyOf({ ...span, spanId: span.parentId }));
    return above && above.service === span.service ? { ...span, parentId: serverHalf(above.spanId) } : span;
  });
}

function keyOf({ traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>): string {
  return `${traceId}/${spanId}`;
}

function serverHalf(id: string): string {
  return `${id}:server`;
}
