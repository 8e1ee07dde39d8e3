import type { Driver, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { TransactionState } from '../transaction/state.ts';
import { Lock } from './lock.ts';

/** One connection of the native path: statements take turns, transaction state belongs to it. */
export class NativeConnection {
  readonly #driver: Driver;
  readonly transaction = new TransactionState();
  readonly lock = new Lock();

  constructor(driver: Driver) {
    this.#driver = driver;
  }
  get usable(): boolean {
    const { usable, inTransaction } = this.#driver;
    return usable && !inTransaction && !this.transaction.broken && !this.transaction.inBlock;
  }
  execute(request: DriverRequest): Promise<RawResult> {
    return this.#driver.execute(request);
  }
  setIdle(idle: boolean): void {
    this.#driver.setIdle(idle);
  }
  cancel(): Promise<void> {
    return this.#driver.cancel();
  }
  async answers(): Promise<boolean> {
    try {
      await this.#driver.execute({ text: 'SELECT 1', values: [] });
      return true;
    } catch {
      return false;
    }
  }
  close(): Promise<void> {
    return this.#driver.close();
  }
}
