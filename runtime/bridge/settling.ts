import { startTimer } from '../timer.ts';
import type { Driver, DriverRequest, RawResult } from './messages.ts';

export interface Limits {
  /** Milliseconds after which the server gives up a statement; it gets the cancel time on top before we do. */
  readonly statementTimeout: number | undefined;
  /** False when the server was not told the timeout, so that this side has to ask it to cancel. */
  readonly serverKeepsTime: boolean;
  /** Milliseconds a cancelled statement has to end. */
  readonly cancelTimeout: number;
}
export const defaultCancelTimeout = 2_000;

/**
 * Sends one statement. When it is aborted or overdue it is cancelled on the server, and whatever happens it is settled
 * when this returns: the connection is ready for the next statement, or it is gone.
 *
 * @returns the driver's result
 * @throws the signal's reason when aborted, even if the statement still went through; else the driver's error
 */
export async function settled(
  driver: Driver,
  request: DriverRequest,
  limits: Limits,
  signal?: AbortSignal,
): Promise<RawResult> {
  signal?.throwIfAborted();
  const running = driver.execute(request);
  let ending: Promise<void> | undefined;
  let overdue = false;
  const cancel = () => {
    ending ??= cancelled(driver, running, limits.cancelTimeout);
  };
  const timer = deadline(limits, () => {
    overdue = true;
    cancel();
  });
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await running;
    await ending;
    signal?.throwIfAborted();
    return result;
  } catch (error) {
    await ending;
    signal?.throwIfAborted();
    throw overdue && !driver.usable ? unanswered(limits, error) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

function deadline(limits: Limits, act: () => void): NodeJS.Timeout | undefined {
  const { statementTimeout, serverKeepsTime, cancelTimeout } = limits;
  if (statementTimeout === undefined || statementTimeout === 0) return undefined;
  return startTimer(act, serverKeepsTime ? statementTimeout + cancelTimeout : statementTimeout);
}

/** Resolves when the statement is over and the cancel request too, which must not strike a later statement. */
async function cancelled(driver: Driver, running: Promise<unknown>, timeout: number): Promise<void> {
  const patience = new AbortController();
  const timer = startTimer(() => {
    patience.abort();
    driver.destroy();
  }, timeout);
  await Promise.allSettled([driver.cancel(patience.signal), running]);
  clearTimeout(timer);
}

function unanswered({ statementTimeout }: Limits, cause: unknown): Error {
  return new Error(`the server did not answer within the statement timeout of ${statementTimeout} ms`, {
    cause,
  });
}
