import type { LaneResource } from '../../bridge/lane.ts';
import {
  type ConnectionPlan,
  type ConnectionStatus,
  connectionClosed,
  type DriverRequest,
  type RawResult,
} from '../../bridge/messages.ts';
import { type Thread, ThreadRequestError } from '../../bridge/thread.ts';
import { borrowThread, returnThread } from '../../bridge/threads.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { type PackedResult, unpacked } from '../protocol/result.ts';
import { TransactionState } from '../transaction/state.ts';

let connectionCount = 0;

function isNotCloneable(error: unknown): error is Error {
  return (error as { name?: unknown } | undefined)?.name === 'DataCloneError';
}
/** Statements are texts and bytes; only settings may hold what cannot go to another thread. */
function settingsStayHere(cause: Error): ImproperlyConfigured {
  return new ImproperlyConfigured(
    `The settings of the database cannot go to a bridge thread, where sync operations run: ${cause.message} ` +
      'Functions and objects of a class, such as checkServerIdentity in ssl, are for the a-prefixed operations only.',
    { cause },
  );
}

/**
 * The connection of one lane to one database, owned by a worker thread. The same connection can be waited for in two
 * ways: blocking this thread, or leaving the event loop free.
 */
export class ThreadConnection implements LaneResource {
  readonly #plan: () => ConnectionPlan | Promise<ConnectionPlan>;
  /** What it is connected to: connections of one target may stand in for each other. */
  readonly #target: object;
  readonly #released: (connection: ThreadConnection) => void;
  #key = 0;
  transaction = new TransactionState();
  /** Statements that failed so far: what waited behind one of them in a transaction is not sent. */
  failures = 0;
  /** Streams that have something open in its session. */
  cursors = 0;
  #underWay = 0;
  #statements = 0;
  #thread: Thread | undefined;
  #open = false;
  #inTransaction = false;
  #spoiled = false;

  constructor(
    target: object,
    plan: () => ConnectionPlan | Promise<ConnectionPlan>,
    released: (connection: ThreadConnection) => void,
  ) {
    this.#target = target;
    this.#plan = plan;
    this.#released = released;
  }

  /** For a context that keeps the connection: see `Opened`. */
  get progress(): number | undefined {
    return this.#underWay > 0 ? undefined : this.#statements;
  }
  get isOpen(): boolean {
    return this.#open;
  }
  /** Notes that something may be left in the session: no other lane gets the connection. */
  spoil(): void {
    this.#spoiled = true;
  }

  execute(request: DriverRequest): RawResult {
    const thread = this.#ready();
    this.#statements += 1;
    try {
      if (!this.#open) {
        thread.request({ kind: 'open', connection: this.#key, plan: this.#planNow() });
        this.#open = true;
      }
      return this.#answer(thread.request({ kind: 'execute', connection: this.#key, request }));
    } catch (error) {
      throw this.#failed(error, thread);
    }
  }
  async executeAsync(request: DriverRequest): Promise<RawResult> {
    const thread = this.#ready();
    this.#statements += 1;
    this.#underWay += 1;
    try {
      if (!this.#open) {
        const plan = await this.#plan();
        await thread.requestAsync({ kind: 'open', connection: this.#key, plan });
        this.#open = true;
      }
      return this.#answer(await thread.requestAsync({ kind: 'execute', connection: this.#key, request }));
    } catch (error) {
      throw this.#failed(error, thread);
    } finally {
      this.#underWay -= 1;
    }
  }

  #planNow(): ConnectionPlan {
    const plan = this.#plan();
    if (!(plan instanceof Promise)) return plan;
    plan.catch(() => undefined);
    throw new Error('a blocking operation cannot wait for an async password function');
  }

  /** Closes the connection; the next use opens another. */
  close(): void {
    if (this.#open) this.#thread?.request({ kind: 'close', connection: this.#key });
    this.#forget();
  }
  /** @param timeout milliseconds to wait for the statement under way before the thread is ended */
  async closeAsync(timeout?: number): Promise<void> {
    if (this.#open) await this.#thread?.closeConnection(this.#key, timeout);
    this.#forget();
  }
  /** Closes the connection that a transaction is open on: the server rolls it back, later statements are refused. */
  closeInBlock(): Promise<void> {
    return this.closeAsync();
  }
  get busy(): boolean {
    return this.transaction.inBlock;
  }
  /**
   * Gives the thread back, with the connection unless something is left in its session: closing it rolls that back.
   *
   * @param timeout milliseconds to wait for the statement under way
   */
  async release(timeout?: number): Promise<void> {
    this.#released(this);
    const thread = this.#thread;
    if (thread === undefined) return;
    const clean = !this.#inTransaction && !this.#spoiled && this.cursors === 0;
    if (this.#open && clean) thread.kept.set(this.#target, this.#key);
    else await this.closeAsync(timeout).catch(() => undefined);
    this.#thread = undefined;
    this.#open = false;
    returnThread(thread);
  }

  #ready(): Thread {
    // It died while nobody used it: that is nobody's failure, unless a transaction was open there.
    if (this.#thread?.usable === false) this.#lose();
    if (this.#thread === undefined) {
      this.#thread = borrowThread(this.#target);
      this.#key = this.#thread.kept.get(this.#target) ?? ++connectionCount;
      this.#thread.kept.delete(this.#target);
    }
    // A block that lost its connection must end before the next one can start on another.
    if (!this.#open && this.transaction.begun) throw new Error(connectionClosed);
    return this.#thread;
  }
  #answer(reply: ConnectionStatus & { readonly result: PackedResult | undefined }): RawResult {
    this.#inTransaction = reply.inTransaction;
    return unpacked(reply.result as PackedResult);
  }
  #failed(error: unknown, thread: Thread): unknown {
    if (error instanceof ThreadRequestError) this.#inTransaction = error.status.inTransaction;
    if (error instanceof ThreadRequestError && error.status.usable) return error;
    // Of several that waited for it the first may have another thread by now.
    if (this.#thread === thread) this.#lose();
    return isNotCloneable(error) ? settingsStayHere(error) : error;
  }
  /** The connection is gone. A thread that is, too, is given back, to be counted out; the next use takes another. */
  #lose(): void {
    this.#open = false;
    if (this.#thread?.usable !== false) return;
    returnThread(this.#thread);
    this.#thread = undefined;
  }
  #forget(): void {
    this.#open = false;
    this.#spoiled = false;
    if (!this.transaction.inBlock) this.transaction = new TransactionState();
  }
}
