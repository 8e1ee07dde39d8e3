import type { Driver, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { type Limits, settled } from '../../bridge/settling.ts';
import { startTimer } from '../../timer.ts';
import { TransactionState } from '../transaction/state.ts';
import { Lock } from './lock.ts';

/** One connection of the native path: statements take turns, transaction state belongs to it. */
export class NativeConnection {
  readonly #driver: Driver;
  readonly #limits: Limits;
  readonly transaction = new TransactionState();
  readonly lock = new Lock();
  /** Statements that whoever keeps the connection has under way. */
  underWay = 0;
  #statements = 0;

  constructor(driver: Driver, limits: Limits) {
    this.#driver = driver;
    this.#limits = limits;
  }
  get usable(): boolean {
    const { usable, inTransaction } = this.#driver;
    return usable && !inTransaction && !this.transaction.broken && !this.transaction.inBlock;
  }
  /** For a context that keeps the connection: see `Opened`. */
  get progress(): number | undefined {
    return this.underWay > 0 || this.lock.held ? undefined : this.#statements;
  }
  /** Sends one statement; `signal` cancels it. The connection is settled when this is. */
  execute(request: DriverRequest, signal?: AbortSignal): Promise<RawResult> {
    this.#statements += 1;
    if (signal === undefined && this.#limits.statementTimeout === undefined)
      return this.#driver.execute(request);
    return settled(this.#driver, request, this.#limits, signal);
  }
  setIdle(idle: boolean): void {
    this.#driver.setIdle(idle);
  }
  /**
   * Whether the server is still there.
   *
   * @param patience milliseconds to wait for its answer
   * @param signal gives up the question
   */
  async answers(patience: number, signal?: AbortSignal): Promise<boolean> {
    const late = new AbortController();
    const timer = startTimer(() => late.abort(), patience);
    try {
      await this.execute(
        { text: 'SELECT 1', values: [] },
        signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
      );
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
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
