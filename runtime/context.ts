import { AsyncLocalStorage } from 'node:async_hooks';
import type { Lane } from './bridge/lane.ts';
import type { Turn } from './bridge/turn.ts';
import type { Scope } from './scope.ts';

/** The transaction a piece of async code runs in; the ORM gives it its meaning. */
export type NativeBlocks = ReadonlyMap<string, object>;

/**
 * What the running code may do. Absent (no store at all) means a script, a command or a test: blocking is fine.
 * Values are never changed in place: parallel branches of `Promise.all` share the object they were started with.
 */
export interface Context {
  /** `async`: the sync path is refused. `sync`: inside a bridged call, where blocking is the point. */
  readonly mode: 'async' | 'sync';
  /** Lane of the nearest thread-sensitive context. */
  readonly lane: Lane | undefined;
  /** The job this code is part of: sync code uses the connections of its lane. */
  readonly turn: Turn | undefined;
  /** Innermost native transaction block by database alias. */
  readonly blocks: NativeBlocks | undefined;
  /** Blocks of the async code that this job was bridged from: sync code has no part in them. */
  readonly surrounding: NativeBlocks | undefined;
  readonly signal: AbortSignal | undefined;
  /** What is open in the nearest `asyncContext`. */
  readonly scope: Scope | undefined;
}

const storage = new AsyncLocalStorage<Context>();
const outermost: Context = {
  mode: 'sync',
  lane: undefined,
  turn: undefined,
  blocks: undefined,
  surrounding: undefined,
  signal: undefined,
  scope: undefined,
};

/** The running code's context, undefined outside any. */
export function currentContext(): Context | undefined {
  return storage.getStore();
}

/** Runs `work` with `changes` applied to the current context; ends with it. */
export function withContext<T>(changes: Partial<Context>, work: () => T): T {
  return storage.run({ ...(storage.getStore() ?? outermost), ...changes }, work);
}

/** What aborts a piece of work: a signal of its own, the context's, or either of the two. */
export function signalFor(own: AbortSignal | undefined, context = currentContext()): AbortSignal | undefined {
  const surrounding = context?.signal;
  if (own === undefined || surrounding === undefined || own === surrounding) return own ?? surrounding;
  return AbortSignal.any([own, surrounding]);
}
