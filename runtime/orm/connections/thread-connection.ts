import type { LaneResource } from '../../bridge/lane.ts';
import type { ConnectionPlan, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { type Thread, ThreadRequestError } from '../../bridge/thread.ts';
import { borrowThread, returnThread } from '../../bridge/threads.ts';
import { TransactionState } from '../transaction/state.ts';

let connectionCount = 0;

/**
 * The connection of one lane to one database, owned by a worker thread. The same connection can be waited for in two
 * ways: blocking this thread, or leaving the event loop free.
 */
export class ThreadConnection implements LaneResource {
  readonly #plan: ConnectionPlan;
  readonly #key = ++connectionCount;
  transaction = new TransactionState();
  #thread: Thread | undefined;
  #open = false;

  constructor(plan: ConnectionPlan) {
    this.#plan = plan;
  }

  execute(request: DriverRequest): RawResult {
    const thread = this.#ready();
    if (!this.#open) {
      thread.request({ kind: 'open', connection: this.#key, plan: this.#plan });
      this.#open = true;
    }
    return this.#track(() => thread.request({ kind: 'execute', connection: this.#key, request }));
  }
  async executeAsync(request: DriverRequest): Promise<RawResult> {
    const thread = this.#ready();
    if (!this.#open) {
      await thread.requestAsync({ kind: 'open', connection: this.#key, plan: this.#plan });
      this.#open = true;
    }
    try {
      const reply = await thread.requestAsync({ kind: 'execute', connection: this.#key, request });
      return reply.result as RawResult;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Closes the connection; the next use opens another. */
  close(): void {
    if (this.#open) this.#thread?.request({ kind: 'close', connection: this.#key });
    this.#forget();
  }
  async closeAsync(): Promise<void> {
    if (this.#open) await this.#thread?.requestAsync({ kind: 'close', connection: this.#key });
    this.#forget();
  }
  async release(): Promise<void> {
    await this.closeAsync().catch(() => undefined);
    if (this.#thread !== undefined) returnThread(this.#thread);
    this.#thread = undefined;
  }

  #ready(): Thread {
    this.#thread ??= borrowThread();
    // A block that lost its connection must end before the next one can start on another.
    if (!this.#open && this.transaction.inBlock) throw new Error('the connection is closed');
    return this.#thread;
  }
  #track(request: () => { readonly result: RawResult | undefined }): RawResult {
    try {
      return request().result as RawResult;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }
  #noteFailure(error: unknown): void {
    if (error instanceof ThreadRequestError && error.usable) return;
    this.#open = false;
    if (this.#thread?.usable === false) this.#thread = undefined;
  }
  #forget(): void {
    this.#open = false;
    if (!this.transaction.inBlock) this.transaction = new TransactionState();
  }
}
