import { performance } from 'node:perf_hooks';
import { isAsyncFunction } from 'node:util/types';
import { currentContext, signalFor } from '../context.ts';
import { type CrossingEvent, crossingChannel } from '../instrumentation.ts';
import { type ActiveSpan, startSpan } from '../tracing.ts';
import { boundOperationOf } from './bound.ts';
import { callGate } from './gate.ts';
import { Lane, processLane } from './lane.ts';

export interface SyncToAsyncOptions {
  /** Run on the context's one thread, in order (the default), or on a thread of its own. */
  readonly threadSensitive?: boolean;
}

/**
 * Makes a sync function callable from async code.
 *
 * A *method reference* of this runtime (`syncToAsync(Post.objects.get)`) is compiled here and executed on a bridge
 * thread: the event loop stays free, a thread is held. Any other function cannot leave this thread: it runs here, and
 * the queries inside it hold the event loop until they are answered.
 *
 * Thread-sensitive calls run strictly in order and share one connection: those of one `threadSensitiveContext`
 * among each other, those outside any context process-wide. Others run in parallel, each with a connection of its own.
 *
 * @param operation a sync function
 * @returns an async function with the same parameters, which settles as `operation` does
 * @throws TypeError when `operation` is no function or an async one, and for options that do not exist
 */
export function syncToAsync<Arguments extends readonly unknown[], Result>(
  operation: (...values: Arguments) => Result,
  options: SyncToAsyncOptions = {},
): (...values: Arguments) => Promise<Result> {
  if (typeof operation !== 'function' || isAsync(operation)) {
    throw new TypeError('syncToAsync can only be applied to sync functions.');
  }
  const threadSensitive = options.threadSensitive ?? true;
  requireKnownOptions(options, threadSensitive);
  const bound = boundOperationOf(operation);
  if (bound !== undefined) {
    const crossing = { form: 'reference', operation: bound.name, threadSensitive } as const;
    return (...values) => cross(crossing, () => bound.run(...values)) as Promise<Result>;
  }
  const crossing = { form: 'closure', operation: operation.name, threadSensitive } as const;
  return async (...values) => {
    // Boxed, so that a promise returned by the function is not waited for inside the lane: what settles it may
    // need the lane itself.
    const { result } = await cross(crossing, () => ({ result: operation(...values) }));
    return result;
  };
}

type Crossing = Pick<CrossingEvent, 'form' | 'operation' | 'threadSensitive'>;

/**
 * Runs `work` as sync code on a lane, and publishes the passage. When the signal or the context's is aborted the
 * caller is told at once; work that has not begun never does, work that has is finished and its outcome dropped.
 */
export async function cross<Result>(
  crossing: Crossing,
  work: () => Result | Promise<Result>,
  own?: AbortSignal,
): Promise<Result> {
  const signal = signalFor(own);
  signal?.throwIfAborted();
  const times = { start: performance.now(), began: 0, held: 0 };
  const lane = laneFor(crossing.threadSensitive);
  const span = startSpan(`syncToAsync ${crossing.operation}`.trimEnd(), 'internal', () => ({
    'migrate_async.bridge': crossing.form,
    'migrate_async.operation': crossing.operation,
    'migrate_async.thread_sensitive': crossing.threadSensitive,
    'migrate_async.lane': lane.number,
  }));
  const closure = crossing.form === 'closure';
  const job = () => {
    signal?.throwIfAborted();
    times.began = performance.now();
    try {
      return work();
    } finally {
      if (closure) times.held = performance.now() - times.began;
    }
  };
  try {
    const run = () => lane.run(job, { closure });
    const running = span === undefined ? run() : span.around(run);
    if (!crossing.threadSensitive) endAfter(running, lane);
    const result = await (signal === undefined ? running : unlessAborted(running, signal));
    publish(crossing, lane, times, span);
    return result;
  } catch (error) {
    publish(crossing, lane, times, span, { error });
    throw error;
  }
}

/** A thread of its own for a call that is not thread-sensitive, and one made by such a call never waits for it. */
function laneFor(threadSensitive: boolean): Lane {
  const context = currentContext();
  if (threadSensitive) return context?.lane ?? processLane;
  return new Lane(context?.turn?.lane.gate === callGate ? undefined : callGate);
}

function endAfter(running: Promise<unknown>, lane: Lane): void {
  const end = () => lane.end().catch(() => undefined);
  running.then(end, end);
}

function unlessAborted<Result>(running: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function publish(
  crossing: Crossing,
  lane: Lane,
  { start, began, held }: { readonly start: number; readonly began: number; readonly held: number },
  span: ActiveSpan | undefined,
  failure?: { readonly error: unknown },
): void {
  // Work that was given up before it began only ever waited.
  const queued = (began === 0 ? performance.now() : began) - start;
  span?.set({ 'migrate_async.queued_ms': queued, 'migrate_async.held_ms': held });
  span?.end(failure);
  if (!crossingChannel.hasSubscribers) return;
  const event: CrossingEvent = {
    ...crossing,
    ...failure,
    lane: lane.number,
    start,
    queued,
    duration: performance.now() - start,
    held,
  };
  crossingChannel.publish(event);
}

/** A misspelt option would silently be none. */
function requireKnownOptions(options: object, threadSensitive: boolean): void {
  for (const name of Object.keys(options)) {
    if (name === 'threadSensitive') continue;
    throw new TypeError(
      name === 'executor' && threadSensitive
        ? 'executor must not be set when thread_sensitive is True'
        : `syncToAsync has no option ${name}.`,
    );
  }
}
function isAsync(operation: object): boolean {
  // By the name as well: one that is bound or behind a proxy is no async function to the engine.
  const { name } = (operation as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
  return isAsyncFunction(operation) || name === 'AsyncFunction' || name === 'AsyncGeneratorFunction';
}
