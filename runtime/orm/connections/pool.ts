import { performance } from 'node:perf_hooks';
import { poolChannel } from '../../instrumentation.ts';
import { OperationalError, PoolTimeout } from '../errors.ts';
import type { NativeConnection } from './native-connection.ts';

export interface PoolSettings {
  readonly min: number;
  readonly max: number;
  /** Milliseconds to wait for a connection. */
  readonly timeout: number;
  /** Milliseconds after which an unused connection is closed, down to `min`. */
  readonly maxIdle: number;
  /** Milliseconds after which a connection is not used again. */
  readonly maxLifetime: number;
  /** Whether to ask the server `SELECT 1` before a connection is handed out. */
  readonly check: boolean;
}
export const defaultPool: PoolSettings = {
  min: 0,
  max: 10,
  timeout: 30_000,
  maxIdle: 600_000,
  maxLifetime: 3_600_000,
  check: false,
};

interface Waiter {
  give(connection: NativeConnection): void;
  fail(error: Error): void;
}
interface Idle {
  readonly connection: NativeConnection;
  readonly since: number;
}

/** Native connections of one database: opened on demand, handed out to whoever waited longest. */
export class Pool {
  readonly #alias: string;
  readonly #settings: PoolSettings;
  readonly #open: () => Promise<NativeConnection>;
  readonly #idle: Idle[] = [];
  readonly #born = new Map<NativeConnection, number>();
  #waiting: Waiter[] = [];
  #opening = 0;
  #closed = false;
  #reaper: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  constructor(alias: string, settings: PoolSettings, open: () => Promise<NativeConnection>) {
    this.#alias = alias;
    this.#settings = settings;
    this.#open = open;
  }

  get size(): number {
    return this.#born.size + this.#opening;
  }
  get idle(): number {
    return this.#idle.length;
  }
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes a connection out; `release` gives it back.
   *
   * @param signal leaves the queue when aborted
   * @throws PoolTimeout when none becomes free in time
   */
  async acquire(signal?: AbortSignal): Promise<NativeConnection> {
    if (this.#closed) throw new OperationalError('the pool is closed');
    signal?.throwIfAborted();
    const start = performance.now();
    try {
      for (;;) {
        const connection = this.#takeIdle() ?? (await this.#openOrWait(signal));
        if (await this.#healthy(connection)) {
          this.#publish(start);
          return connection;
        }
        this.#discard(connection);
      }
    } catch (error) {
      this.#publish(start, error);
      throw error;
    }
  }

  /** Gives a connection back; one that is broken or too old is closed instead. */
  release(connection: NativeConnection): void {
    const age = performance.now() - (this.#born.get(connection) ?? 0);
    if (!connection.usable || this.#closed || age > this.#settings.maxLifetime) {
      this.#discard(connection);
      this.#openForWaiting();
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.give(connection);
      return;
    }
    connection.setIdle(true);
    this.#idle.push({ connection, since: performance.now() });
    this.#watchIdle();
  }

  /** Refuses new callers, waits for connections in use, closes everything. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reaper);
    for (const waiter of this.#waiting.splice(0)) waiter.fail(new OperationalError('the pool is closed'));
    for (const { connection } of this.#idle.splice(0)) this.#discard(connection);
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    await Promise.allSettled(this.#closing);
  }
  readonly #closing = new Set<Promise<void>>();

  #takeIdle(): NativeConnection | undefined {
    // The last one used: the others get a chance to become old enough to close.
    const connection = this.#idle.pop()?.connection;
    connection?.setIdle(false);
    return connection;
  }
  #openOrWait(signal: AbortSignal | undefined): Promise<NativeConnection> {
    if (this.size < this.#settings.max) return this.#openOne();
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
      };
      const waiter: Waiter = {
        give: (connection) => {
          settle();
          resolve(connection);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiter.fail(this.#timeout()), this.#settings.timeout);
      const abort = () => waiter.fail(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
    });
  }
  #timeout(): PoolTimeout {
    const { timeout, max } = this.#settings;
    return new PoolTimeout(
      `No connection to '${this.#alias}' became free within ${timeout} ms ` +
        `(max ${max}, open ${this.size}, idle ${this.idle}, waiting ${this.waiting}).`,
    );
  }
  async #openOne(): Promise<NativeConnection> {
    this.#opening += 1;
    try {
      const connection = await this.#open();
      this.#born.set(connection, performance.now());
      this.#opening -= 1;
      return connection;
    } catch (error) {
      this.#opening -= 1;
      this.#openForWaiting();
      this.#noteDrained();
      throw error;
    }
  }
  /** A place became free without a connection to fill it: open one for whoever waited longest. */
  #openForWaiting(): void {
    const waiter = this.#waiting[0];
    if (this.#closed || waiter === undefined || this.size >= this.#settings.max) return;
    this.#openOne().then(
      (connection) => this.release(connection),
      (error) => waiter.fail(error),
    );
  }
  async #healthy(connection: NativeConnection): Promise<boolean> {
    if (!connection.usable) return false;
    return this.#settings.check ? connection.answers() : true;
  }
  #discard(connection: NativeConnection): void {
    this.#born.delete(connection);
    const closing = connection.close().catch(() => undefined);
    this.#closing.add(closing);
    closing.finally(() => this.#closing.delete(closing));
    this.#noteDrained();
  }
  #noteDrained(): void {
    if (this.#closed && this.size === 0) this.#drained?.();
  }

  /** Closes connections that nobody used for long. The timer must not keep a finished program alive. */
  #watchIdle(): void {
    if (this.#reaper !== undefined) return;
    this.#reaper = setTimeout(
      () => {
        this.#reaper = undefined;
        const limit = performance.now() - this.#settings.maxIdle;
        while (this.size > this.#settings.min && (this.#idle[0]?.since ?? limit + 1) <= limit) {
          const oldest = this.#idle.shift();
          if (oldest !== undefined) this.#discard(oldest.connection);
        }
        if (this.#idle.length > 0) this.#watchIdle();
      },
      Math.min(this.#settings.maxIdle, 30_000),
    );
    this.#reaper.unref();
  }
  #publish(start: number, error?: unknown): void {
    if (!poolChannel.hasSubscribers) return;
    poolChannel.publish({
      alias: this.#alias,
      start,
      duration: performance.now() - start,
      ...(error === undefined ? {} : { error }),
    });
  }
}
