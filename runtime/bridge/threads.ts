import { Thread } from './thread.ts';

// Starting a worker costs far more than a query, and so does connecting it, so a thread whose lane ended waits here
// with its connections for the next lane.
const idle: Thread[] = [];
const keepIdle = 16;
let inUse = 0;

/** A thread of the caller's own until it is returned, one that is connected to `target` where there is one. */
export function borrowThread(target: object): Thread {
  inUse += 1;
  const connected = idle.findIndex((thread) => thread.kept.has(target));
  const [thread] = connected === -1 ? idle.splice(-1) : idle.splice(connected, 1);
  return thread ?? new Thread();
}

/** Gives back a thread; its open connections must be in `kept`. */
export function returnThread(thread: Thread): void {
  inUse -= 1;
  if (thread.usable && idle.length < keepIdle) idle.push(thread);
  else thread.terminate().catch(() => undefined);
}

/** Closes the idle threads' connections to `target`. */
export async function closeIdleConnections(target: object): Promise<void> {
  const closing = idle.map((thread) => {
    const connection = thread.kept.get(target);
    thread.kept.delete(target);
    return connection === undefined ? undefined : thread.requestAsync({ kind: 'close', connection });
  });
  await Promise.allSettled(closing);
}

/** Ends the threads that nobody uses. */
export async function endIdleThreads(): Promise<void> {
  await Promise.all(idle.splice(0).map((thread) => thread.terminate()));
}

/** How many bridge threads there are, for dashboards and tests. */
export function threadCounts(): { readonly inUse: number; readonly idle: number } {
  return { inUse, idle: idle.length };
}
