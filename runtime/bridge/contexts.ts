import { currentContext, withContext } from '../context.ts';
import { Scope } from '../scope.ts';
import { contextGate } from './gate.ts';
import { Lane } from './lane.ts';

/**
 * Gives everything bridged inside one thread and one connection of its own, in order. An inner context shares the
 * outer one's. The thread is taken on first use and given back when `work` is over.
 *
 * @returns what `work` resolves to
 */
export async function threadSensitiveContext<T>(work: () => Promise<T>): Promise<T> {
  if (currentContext()?.lane !== undefined) return work();
  const lane = new Lane(contextGate);
  try {
    return await withContext({ lane, mode: currentContext()?.mode ?? 'async' }, work);
  } finally {
    // Not waited for: the caller's answer does not depend on a connection being closed.
    lane.end().catch(() => undefined);
  }
}

export interface AsyncContextOptions {
  /** Cancels what is waited for inside when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Marks async code: sync ORM calls inside throw SynchronousOnlyOperation instead of holding the event loop. What is
 * still open when `work` is over is ended: native transactions that were not awaited are rolled back, streams closed.
 *
 * @returns what `work` resolves to
 */
export function asyncContext<T>(work: () => Promise<T>): Promise<T>;
export function asyncContext<T>(options: AsyncContextOptions, work: () => Promise<T>): Promise<T>;
export async function asyncContext<T>(
  first: AsyncContextOptions | (() => Promise<T>),
  second?: () => Promise<T>,
): Promise<T> {
  const [options, work] = typeof first === 'function' ? [{}, first] : [first, second];
  if (work === undefined) throw new TypeError('asyncContext() takes a function.');
  const { signal } = options as AsyncContextOptions;
  const scope = new Scope();
  try {
    return await withContext({ mode: 'async', scope, ...(signal === undefined ? {} : { signal }) }, work);
  } finally {
    if (scope.isOpen) await scope.end();
  }
}
