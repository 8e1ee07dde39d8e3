import { isJaeger, jaegerSpans } from './formats/jaeger.ts';
import { isOtlp, otlpSpans } from './formats/otlp.ts';
import { isZipkin, zipkinSpans } from './formats/zipkin.ts';
import { type Span, TraceError } from './span.ts';

/**
 * Reads the spans of one trace file: OTLP as JSON or as JSON lines (the collector's file exporter), Jaeger, Zipkin v2,
 * or what Tempo's API answers with.
 * @param name of the file, for the error
 * @param complain is told when the last line was cut off, as a process that is stopped while it writes leaves it
 * @throws TraceError when the text is none of these
 */
export function readTraces(
  name: string,
  content: string,
  complain: (message: string) => void = () => {},
): readonly Span[] {
  const text = content.replace(/^\uFEFF/, '');
  const whole = parsed(text);
  if (whole !== undefined) return spansOf(name, whole);
  const reader = new TraceLines(name);
  const spans: Span[] = [];
  for (const line of text.split('\n')) for (const span of reader.line(line)) spans.push(span);
  reader.end(complain);
  return spans;
}

/** Reads JSON lines one by one, for files that are too large to be one text. */
export class TraceLines {
  private readonly name: string;
  private number = 0;
  private read = 0;
  /** A line that is no JSON: forgiven if it is the last one. */
  private broken: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** @throws TraceError when a line before this one is no JSON, or this one holds no traces */
  line(line: string): readonly Span[] {
    this.number++;
    if (line.trim() === '') return [];
    if (this.broken !== undefined) throw this.error(this.broken);
    const value = parsed(this.number === 1 ? line.replace(/^\uFEFF/, '') : line);
    if (value === undefined) {
      this.broken = this.number;
      return [];
    }
    this.read++;
    return spansOf(this.name, value);
  }

  /** @throws TraceError when nothing but one broken line was read */
  end(complain: (message: string) => void): void {
    if (this.broken === undefined) return;
    if (this.read === 0) throw this.error(this.broken);
    complain(`${this.name}:${this.broken} is cut off: it was left out.`);
  }

  private error(line: number): TraceError {
    return new TraceError(`${this.name}:${line} is not JSON.`);
  }
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
