import { Thread } from './thread.ts';

// Starting a worker costs far more than a query, so a thread whose lane ended waits here for the next one. It holds
// no connection meanwhile.
const idle: Thread[] = [];
const keepIdle = 8;
let inUse = 0;

/** A thread of the caller's own, until it is returned. */
export function borrowThread(): Thread {
  inUse += 1;
  return idle.pop() ?? new Thread();
}

/** Gives back a thread whose connections are closed. */
export function returnThread(thread: Thread): void {
  inUse -= 1;
  if (thread.usable && idle.length < keepIdle) idle.push(thread);
  else thread.terminate().catch(() => undefined);
}

/** Ends the threads that nobody uses. */
export async function endIdleThreads(): Promise<void> {
  await Promise.all(idle.splice(0).map((thread) => thread.terminate()));
}

/** How many bridge threads there are, for dashboards and tests. */
export function threadCounts(): { readonly inUse: number; readonly idle: number } {
  return { inUse, idle: idle.length };
}
