import { performance } from 'node:perf_hooks';
import { currentContext } from '../context.ts';
import { type CrossingEvent, crossingChannel } from '../instrumentation.ts';
import { boundOperationOf } from './bound.ts';
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
 * @throws TypeError when `operation` is no function or an async one
 */
export function syncToAsync<Arguments extends readonly unknown[], Result>(
  operation: (...values: Arguments) => Result,
  options: SyncToAsyncOptions = {},
): (...values: Arguments) => Promise<Result> {
  if (typeof operation !== 'function' || isAsync(operation)) {
    throw new TypeError('syncToAsync can only be applied to sync functions.');
  }
  const threadSensitive = options.threadSensitive ?? true;
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

/** Runs `work` as sync code on a lane, and publishes the passage. */
export async function cross<Result>(
  crossing: Crossing,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const start = performance.now();
  const shared = crossing.threadSensitive;
  const lane = shared ? (currentContext()?.lane ?? processLane) : new Lane();
  let began = start;
  const job = () => {
    began = performance.now();
    return work();
  };
  try {
    const result = await lane.run(job);
    publish(crossing, lane, start, began);
    return result;
  } catch (error) {
    publish(crossing, lane, start, began, { error });
    throw error;
  } finally {
    if (!shared) await lane.end();
  }
}

function publish(
  crossing: Crossing,
  lane: Lane,
  start: number,
  began: number,
  failure: { readonly error?: unknown } = {},
): void {
  if (!crossingChannel.hasSubscribers) return;
  const event: CrossingEvent = {
    ...crossing,
    ...failure,
    lane: lane.number,
    start,
    queued: began - start,
    duration: performance.now() - start,
  };
  crossingChannel.publish(event);
}

function isAsync(operation: object): boolean {
  return (
    operation.constructor.name === 'AsyncFunction' || operation.constructor.name === 'AsyncGeneratorFunction'
  );
}
