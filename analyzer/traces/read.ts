import { isJaeger, jaegerSpans } from './formats/jaeger.ts';
import { isOtlp, otlpSpans } from './formats/otlp.ts';
import { isZipkin, zipkinSpans } from './formats/zipkin.ts';
import { type Span, TraceError } from './span.ts';

/**
 * Reads the spans of one trace file: OTLP as JSON or as JSON lines (the collector's file exporter), Jaeger, Zipkin v2,
 * or what Tempo's API answers with.
 * @param name of the file, for the error
 * @throws TraceError when the text is none of these
 */
export function readTraces(name: string, content: string): readonly Span[] {
  const whole = parsed(content);
  if (whole !== undefined) return spansOf(name, whole);
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line, index) => {
    const value = parsed(line);
    if (value === undefined) throw new TraceError(`${name}:${index + 1} is not JSON.`);
    return spansOf(name, value);
  });
}

function spansOf(name: string, root: unknown): readonly Span[] {
  if (isOtlp(root)) return otlpSpans(root);
  if (isJaeger(root)) return jaegerSpans(root);
  if (isZipkin(root)) return zipkinSpans(root);
  if (Array.isArray(root) && root.every(isOtlp)) return root.flatMap(otlpSpans);
  throw new TraceError(
    `${name} holds no traces: expected OTLP JSON, JSON lines, Jaeger, Zipkin v2 or Tempo.`,
  );
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
