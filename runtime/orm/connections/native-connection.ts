import type { Driver, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { type Limits, settled } from '../../bridge/settling.ts';
import { TransactionState } from '../transaction/state.ts';
import { Lock } from './lock.ts';

/** One connection of the native path: statements take turns, transaction state belongs to it. */
export class NativeConnection {
  readonly #driver: Driver;
  readonly #limits: Limits;
  readonly transaction = new TransactionState();
  readonly lock = new Lock();

  constructor(driver: Driver, limits: Limits) {
    this.#driver = driver;
    this.#limits = limits;
  }
  get usable(): boolean {
    const { usable, inTransaction } = this.#driver;
    return usable && !inTransaction && !this.transaction.broken && !this.transaction.inBlock;
  }
  /** Sends one statement; `signal` cancels it. The connection is settled when this is. */
  execute(request: DriverRequest, signal?: AbortSignal): Promise<RawResult> {
    if (signal === undefined && this.#limits.statementTimeout === undefined)
      return this.#driver.execute(request);
    return settled(this.#driver, request, this.#limits, signal);
  }
  setIdle(idle: boolean): void {
    this.#driver.setIdle(idle);
  }
  async answers(): Promise<boolean> {
    try {
      await this.execute({ text: 'SELECT 1', values: [] });
      return true;
    } catch {
      return false;
    }
  }
  /** Closes the connection that a transaction is open on: the server rolls it back, later statements are refused. */
  async closeInBlock(): Promise<void> {
    await this.lock.acquire();
    this.destroy();
    this.lock.release();
  }
  /** Drops the connection, which rolls back what is open on it. */
  destroy(): void {
    this.#driver.destroy();
  }
  close(): Promise<void> {
    return this.#driver.close();
  }
}
