import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import type { Span, SpanKind, Tracer } from '@opentelemetry/api';

// The application decides whether there is tracing: without @opentelemetry/api, or without an SDK behind it, nothing is
// made. Spans follow the stable conventions for databases and for code (semantic-conventions 1.33 and later).

type Api = typeof import('@opentelemetry/api');
const tracerName = '@migrate-async/runtime';

let api: Api | undefined;
let looked = false;
let knownProvider: object | undefined;
let tracer: Tracer | undefined;

/** The application's tracer; undefined while nobody records. */
function activeTracer(): Tracer | undefined {
  if (!looked) {
    looked = true;
    api = optionalApi();
  }
  if (api === undefined) return undefined;
  const provider = api.trace.getTracerProvider();
  if (!(provider instanceof api.ProxyTracerProvider)) return provider.getTracer(tracerName);
  // An SDK may be registered, or taken away, at any time.
  const behind = provider.getDelegate();
  if (behind !== knownProvider) {
    knownProvider = behind;
    tracer = provider.getDelegateTracer(tracerName);
  }
  return tracer;
}

function optionalApi(): Api | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as Api;
  } catch (error) {
    // An installation that is broken in another way than by its absence is the application's to know about.
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Whether spans are wanted at all; costs a few nanoseconds. */
export function isTracing(): boolean {
  return activeTracer() !== undefined;
}

/** Named here and not by the type of @opentelemetry/api, which need not be installed. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span under way, as the code that is measured sees it. */
export interface ActiveSpan {
  /** Runs `work` as what the span is about: what it starts is below the span. */
  around<T>(work: () => T): T;
  set(attributes: SpanAttributes): void;
  end(failure?: { readonly error: unknown }): void;
}

/**
 * Starts a span below the running code's.
 *
 * @param attributes made only if somebody records
 * @returns undefined while nobody does
 */
export function startSpan(
  name: string,
  kind: 'client' | 'internal',
  attributes: () => SpanAttributes,
): ActiveSpan | undefined {
  const active = activeTracer();
  if (active === undefined || api === undefined) return undefined;
  const { context, trace, SpanStatusCode } = api;
  const kinds: Readonly<Record<typeof kind, SpanKind>> = { client: 2, internal: 0 };
  const span: Span = active.startSpan(name, { kind: kinds[kind], attributes: attributes() });
  if (span.isRecording()) span.setAttributes(callSite());
  return {
    around: (work) => context.with(trace.setSpan(context.active(), span), work),
    set: (more) => void span.setAttributes(more),
    end(failure) {
      if (failure !== undefined) {
        const { error } = failure;
        span.setAttributes({ 'error.type': errorType(error), ...responseStatus(error) });
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: error instanceof Error ? error.message : inspect(error),
        });
      }
      span.end();
    },
  };
}

function errorType(error: unknown): string {
  const { code, name } = fieldsOf(error);
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : '_OTHER';
}
/** Anything can be thrown, `null` and symbols too. */
function fieldsOf(error: unknown): { readonly code?: unknown; readonly name?: unknown } {
  return Object(error);
}
function responseStatus(error: unknown): SpanAttributes {
  const { code } = fieldsOf(error);
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? { 'db.response.status_code': code } : {};
}

const ownFolder = path.dirname(fileURLToPath(import.meta.url)) + path.sep;
const frameForm = /^\s*at (?:async )?(?:(.+?) \()?((?:file:\/\/)?[^()]+?):(\d+):(\d+)\)?$/;

/** Adds to the span that the running code is part of, if somebody records. */
export function describeActiveSpan(attributes: SpanAttributes): void {
  if (activeTracer() !== undefined) api?.trace.getActiveSpan()?.setAttributes(attributes);
}

/** Where in the application the running operation was asked for. */
export function callSite(): SpanAttributes {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  for (const line of stack.split('\n')) {
    const [, functionName, location, lineNumber, column] = frameForm.exec(line) ?? [];
    if (location === undefined || location.startsWith('node:')) continue;
    const file = location.startsWith('file://') ? fileURLToPath(location) : location;
    if (file.startsWith(ownFolder) || !path.isAbsolute(file)) continue;
    return {
      'code.file.path': file,
      'code.line.number': Number(lineNumber),
      'code.column.number': Number(column),
      ...(functionName === undefined ? {} : { 'code.function.name': functionName }),
    };
  }
  return {};
}
