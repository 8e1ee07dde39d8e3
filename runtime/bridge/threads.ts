import { startTimer } from '../timer.ts';
import { threadSettings } from './settings.ts';
import { Thread } from './thread.ts';

// Starting a worker costs far more than a query, and so does connecting it, so a thread whose lane ended waits here
// with its connections for the next lane, for a while.
interface Idle {
  readonly thread: Thread;
  readonly since: number;
}
let idle: Idle[] = [];
let inUse = 0;
let reaper: NodeJS.Timeout | undefined;

/** A thread of the caller's own until it is returned, one that is connected to `target` where there is one. */
export function borrowThread(target: object): Thread {
  idle = idle.filter(({ thread }) => thread.usable);
  const connected = idle.findLastIndex(({ thread }) => thread.kept.has(target));
  // The last one used: the others get a chance to become old enough to end.
  const [found] = connected === -1 ? idle.splice(-1) : idle.splice(connected, 1);
  const thread = found?.thread ?? new Thread();
  // One that could not be started is not in use.
  inUse += 1;
  return thread;
}

/** Gives back a thread; its open connections must be in `kept`. */
export function returnThread(thread: Thread): void {
  inUse -= 1;
  if (!thread.usable || idle.length >= threadSettings().keepIdle) {
    endThread(thread).catch(() => undefined);
    return;
  }
  idle.push({ thread, since: performance.now() });
  watchIdle();
}

/**
 * Closes the idle threads' connections to `target`.
 *
 * @param timeout milliseconds to wait for a statement that nobody waits for any more
 */
export async function closeIdleConnections(target: object, timeout?: number): Promise<void> {
  const closing = idle.map(({ thread }) => {
    const connection = thread.kept.get(target);
    thread.kept.delete(target);
    return connection === undefined ? undefined : thread.closeConnection(connection, timeout);
  });
  await Promise.allSettled(closing);
  idle = idle.filter(({ thread }) => thread.usable);
}

/** Ends the threads that nobody uses. */
export async function endIdleThreads(): Promise<void> {
  await Promise.all(idle.splice(0).map(({ thread }) => endThread(thread)));
}

/** How many bridge threads there are, for dashboards and tests. */
export function threadCounts(): { readonly inUse: number; readonly idle: number } {
  return { inUse, idle: idle.length };
}

/** Connections are closed first, so that the server sees a farewell and not a broken socket. */
async function endThread(thread: Thread): Promise<void> {
  const closing = [...thread.kept.values()].map((connection) => thread.closeConnection(connection));
  thread.kept.clear();
  await Promise.allSettled(closing);
  await thread.terminate();
}

/** Ends threads that nobody used for long. The timer must not keep a finished program alive. */
function watchIdle(): void {
  clearTimeout(reaper);
  if (idle.length === 0) return;
  const { maxIdle } = threadSettings();
  const oldest = idle[0]?.since ?? 0;
  reaper = startTimer(
    () => {
      const limit = performance.now() - threadSettings().maxIdle;
      while ((idle[0]?.since ?? limit + 1) <= limit) {
        const [old] = idle.splice(0, 1);
        if (old !== undefined) endThread(old.thread).catch(() => undefined);
      }
      watchIdle();
    },
    Math.max(10, oldest + maxIdle - performance.now()),
  );
  reaper?.unref();
}
