export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type AttributeValue = string | number | boolean | readonly string[];

/** One span of a trace, whatever format it came in. Times are milliseconds since the epoch, with fractions. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start: number;
  readonly end: number;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly service: string | undefined;
  /** What tells the processes of one service apart, where the format says. */
  readonly instance: string | undefined;
  readonly failed: boolean;
}

/**
 * How far off the start of a span may be, milliseconds: the JavaScript SDK takes starts from a clock of whole
 * milliseconds and measures durations with a finer one, so that what follows a span may seem to start before its end.
 */
export const clockStep = 1;

/** A trace file that cannot be read; says which and why. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

export function text(span: Pick<Span, 'attributes'>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = span.attributes.get(name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

export function number(span: Pick<Span, 'attributes'>, ...names: readonly string[]): number | undefined {
  const found = text(span, ...names);
  const value = found === undefined ? Number.NaN : Number(found);
  return Number.isFinite(value) ? value : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
