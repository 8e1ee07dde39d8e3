import { performance } from 'node:perf_hooks';
import type { DriverRequest } from '../../bridge/messages.ts';
import { poolChannel } from '../../instrumentation.ts';
import { startTimer } from '../../timer.ts';
import type { ActiveSpan } from '../../tracing.ts';
import { OperationalError, PoolTimeout } from '../errors.ts';
import { optimises } from '../optimisations.ts';
import type { NativeConnection } from './native-connection.ts';
import { mostShared, Sharing } from './sharing.ts';
import { type Waiter, Waiting } from './waiting.ts';
import type { Watch } from './watch.ts';

export interface PoolSettings {
  /** Connections to keep open once the pool is used. */
  readonly min: number;
  /** Most connections at a time; whoever needs a further one waits. */
  readonly max: number;
  /** Milliseconds to wait for a connection, opening one included. */
  readonly timeout: number;
  /** Milliseconds after which an unused connection is closed, down to `min`. */
  readonly maxIdle: number;
  /** Milliseconds after which a connection is not used again. */
  readonly maxLifetime: number;
  /** Whether to ask the server `SELECT 1` before a connection is handed out. */
  readonly check: boolean;
  /**
   * Milliseconds: a read that usually takes less may share a connection with others, which wait behind it no longer
   * than that. 0 for connections of their own.
   */
  readonly quickRead: number;
}
const defaultPool: PoolSettings = {
  min: 0,
  max: 10,
  timeout: 30_000,
  maxIdle: 600_000,
  maxLifetime: 3_600_000,
  check: false,
  quickRead: 2,
};
/** The pool's settings, with defaults for what is absent or undefined. */
export function poolSettings({ pool = {} }: { readonly pool?: Partial<PoolSettings> }): PoolSettings {
  const given = Object.entries(pool).filter(([, value]) => value !== undefined);
  return { ...defaultPool, ...Object.fromEntries(given) };
}

/** Milliseconds: how soon the pool looks again for connections that nobody used. */
const shortestLook = 10;

interface Idle {
  readonly connection: NativeConnection;
  readonly since: number;
}

/**
 * Native connections of one database: opened on demand, handed out to whoever waited longest. Nobody waits while a
 * connection is idle. A connection is opened for the pool, not for the caller that made it necessary: who leaves the
 * queue in the meantime costs nothing, and the connection goes to the next.
 */
export class Pool {
  readonly #alias: string;
  readonly #settings: PoolSettings;
  readonly #watch: Watch;
  readonly #open: () => Promise<NativeConnection>;
  readonly #idle: Idle[] = [];
  readonly #born = new Map<NativeConnection, number>();
  readonly #waiting: Waiting<NativeConnection>;
  readonly #goodbyes = new Set<Promise<void>>();
  readonly #sharing = new Sharing();
  #opening = 0;
  #closed = false;
  #closing: Promise<void> | undefined;
  #reaper: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  constructor(alias: string, settings: PoolSettings, watch: Watch, open: () => Promise<NativeConnection>) {
    this.#alias = alias;
    this.#settings = settings;
    this.#watch = watch;
    this.#open = open;
    this.#waiting = new Waiting(settings.timeout, () => this.#timeout());
  }

  get size(): number {
    return this.#born.size + this.#opening;
  }
  get idle(): number {
    return this.#idle.length;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** An idle connection where there is one that needs no question first; spares the caller a wait. */
  take(): NativeConnection | undefined {
    if (this.#settings.check || poolChannel.hasSubscribers) return undefined;
    return this.#takeIdle();
  }

  /** Whether the statement is a read that was quick when it was sent before. */
  mayShare({ service }: DriverRequest): boolean {
    return (
      service !== undefined && service.typical < this.#settings.quickRead && optimises('shared-connections')
    );
  }

  /**
   * A connection for one quick read, which others may send theirs on before it is answered; `leave` gives it back.
   * It is never one that somebody has for himself. Undefined when there is none, or somebody else is waiting.
   *
   * @param typical milliseconds the server takes for such a read
   */
  join(typical = 0): NativeConnection | undefined {
    if (this.#settings.check || poolChannel.hasSubscribers) return undefined;
    const gathering = this.#waiting.size === 0 ? this.#sharing.joinGathering(typical) : undefined;
    if (gathering !== undefined) return gathering;
    const chosen = this.#joinElsewhere();
    if (chosen !== undefined) this.#sharing.gatherOn(chosen);
    return chosen;
  }
  #joinElsewhere(): NativeConnection | undefined {
    const idle = this.#takeIdle();
    if (idle !== undefined) {
      this.#sharing.carry(idle, 1);
      return idle;
    }
    return this.#waiting.size > 0 || this.size < this.#settings.max ? undefined : this.#sharing.joinLeast();
  }
  /** As `join`, for a caller who waits until there is one. */
  acquireShared(): Promise<NativeConnection> {
    // Nobody is to be told and nothing to be asked: a wait is all there is, and hundreds may begin in one turn.
    const span = this.#watch.wait();
    const plain = span === undefined && !this.#settings.check && !poolChannel.hasSubscribers && !this.#closed;
    if (plain && this.#idle.length === 0) return this.#wait(undefined, true);
    return this.#acquireShared(span);
  }
  async #acquireShared(span: ActiveSpan | undefined): Promise<NativeConnection> {
    const start = performance.now();
    try {
      const connection = await this.#healthy(undefined, true);
      span?.end();
      if (!this.#sharing.has(connection)) this.#sharing.carry(connection, 1);
      this.#publish(start);
      return connection;
    } catch (error) {
      span?.end({ error });
      this.#publish(start, error);
      throw error;
    }
  }
  /** Ends what `join` began. Whoever waits to share goes on with the connection, else the last one gives it back. */
  leave(connection: NativeConnection): void {
    const rest = this.#sharing.leave(connection);
    if (!connection.usable || this.#isTooOld(connection)) {
      if (rest === 0) this.release(connection);
      return;
    }
    if (this.#share(connection, rest) === 0) this.release(connection);
  }
  /** Lets those who wait to share join a connection, up to an even part of them; returns how many it carries then. */
  #share(connection: NativeConnection, carried: number): number {
    let count = carried;
    const part = Math.min(mostShared, 1 + Math.floor(this.#waiting.size / Math.max(1, this.size)));
    for (let next = this.#waiting.next(); count < part && next?.shares; next = this.#waiting.next()) {
      count += 1;
      this.#sharing.carry(connection, count);
      next.give(connection);
    }
    return count;
  }

  /**
   * Takes a connection out; `release` gives it back.
   *
   * @param signal leaves the queue when aborted
   * @throws PoolTimeout when none becomes free in time; the signal's reason when aborted
   */
  async acquire(signal?: AbortSignal): Promise<NativeConnection> {
    const start = performance.now();
    const span = this.#idle.length === 0 ? this.#watch.wait() : undefined;
    try {
      const connection = await this.#healthy(signal);
      span?.end();
      this.#publish(start);
      return connection;
    } catch (error) {
      span?.end({ error });
      this.#publish(start, error);
      throw error;
    }
  }

  /** Gives a connection back; one that is broken or too old is closed instead. */
  release(connection: NativeConnection): void {
    if (!connection.usable || this.#closed || this.#isTooOld(connection)) {
      this.#discard(connection);
      return;
    }
    this.#offer(connection);
  }
  #offer(connection: NativeConnection): void {
    const waiter = this.#waiting.next();
    if (waiter?.shares) {
      this.#share(connection, 0);
      return;
    }
    if (waiter !== undefined) {
      waiter.give(connection);
      return;
    }
    connection.setIdle(true);
    this.#idle.push({ connection, since: performance.now() });
    this.#watchIdle();
  }

  get closed(): boolean {
    return this.#closed;
  }
  /**
   * Refuses new callers, waits for connections in use, closes everything.
   *
   * @param timeout milliseconds to wait for connections in use before they are dropped; without end when absent
   */
  close(timeout?: number): Promise<void> {
    this.#closing ??= this.#drain();
    if (timeout === undefined || this.size === 0) return this.#closing;
    const late = startTimer(() => this.#dropAll(), timeout);
    return this.#closing.finally(() => clearTimeout(late));
  }
  #dropAll(): void {
    for (const connection of [...this.#born.keys()]) {
      connection.destroy();
      this.#discard(connection);
    }
    // One that is still being opened is closed as soon as it is open; nobody waits for a server that stays silent.
    this.#drained?.();
  }
  async #drain(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reaper);
    this.#waiting.refuse(new OperationalError('the pool is closed'));
    for (const { connection } of this.#idle.splice(0)) this.#discard(connection);
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    await Promise.allSettled(this.#goodbyes);
  }

  async #healthy(signal: AbortSignal | undefined, shares = false): Promise<NativeConnection> {
    const { check, timeout } = this.#settings;
    const begun = check ? performance.now() : 0;
    for (;;) {
      if (this.#closed) throw new OperationalError('the pool is closed');
      signal?.throwIfAborted();
      const connection = this.#takeIdle() ?? (await this.#wait(signal, shares));
      // One that carries others' reads is in use: there is nothing to ask it.
      if (!check || this.#sharing.has(connection)) return connection;
      if (await connection.answers(timeout - (performance.now() - begun), signal)) return connection;
      this.#discard(connection);
      if (performance.now() - begun >= timeout) throw this.#timeout();
    }
  }
  #takeIdle(): NativeConnection | undefined {
    for (;;) {
      // The last one used: the others get a chance to become old enough to close.
      const connection = this.#idle.pop()?.connection;
      if (connection === undefined) return undefined;
      if (connection.usable && !this.#isTooOld(connection)) {
        connection.setIdle(false);
        return connection;
      }
      this.#discard(connection);
    }
  }
  #isTooOld(connection: NativeConnection): boolean {
    return performance.now() - (this.#born.get(connection) ?? 0) > this.#settings.maxLifetime;
  }

  #wait(signal: AbortSignal | undefined, shares: boolean): Promise<NativeConnection> {
    const turn = new Promise<NativeConnection>((resolve, reject) => {
      this.#waiting.add(resolve, reject, signal, shares);
    });
    this.#openWhereNeeded();
    return turn;
  }
  #timeout(): PoolTimeout {
    const { timeout, max } = this.#settings;
    return new PoolTimeout(
      `No connection to '${this.#alias}' became free within ${timeout} ms ` +
        `(max ${max}, open ${this.size}, idle ${this.idle}, waiting ${this.waiting}).`,
    );
  }
  /** Opens connections for those who wait, and up to `min`, as far as there is room. */
  #openWhereNeeded(): void {
    if (this.#closed) return;
    const { min, max } = this.#settings;
    const wanted = Math.max(this.#waiting.size - this.#opening, Math.min(min, max) - this.size);
    for (let count = Math.min(wanted, max - this.size); count > 0; count -= 1) {
      this.#openOne(this.#waiting.at(this.#opening));
    }
  }
  /** @param waiter who is told when it cannot be opened; whoever waited longest by then gets the connection */
  #openOne(waiter: Waiter<NativeConnection> | undefined): void {
    this.#opening += 1;
    this.#open().then(
      (connection) => {
        this.#opening -= 1;
        this.#born.set(connection, performance.now());
        if (this.#closed) this.#discard(connection);
        else this.#offer(connection);
      },
      (error) => {
        this.#opening -= 1;
        waiter?.fail(error);
        // Without a waiter there is nobody to tell, and trying again at once would be a busy loop.
        if (this.#waiting.size > 0) this.#openWhereNeeded();
        this.#noteDrained();
      },
    );
  }
  #discard(connection: NativeConnection): void {
    this.#born.delete(connection);
    const closing = connection.close().catch(() => undefined);
    this.#goodbyes.add(closing);
    closing.finally(() => this.#goodbyes.delete(closing));
    this.#openWhereNeeded();
    this.#noteDrained();
  }
  #noteDrained(): void {
    if (this.#closed && this.size === 0) this.#drained?.();
  }

  /** Closes connections that nobody used for long. The timer must not keep a finished program alive. */
  #watchIdle(): void {
    const [oldest] = this.#idle;
    // Down to the minimum there is nothing to watch; the next one that is given back asks again.
    if (this.#reaper !== undefined || oldest === undefined || this.size <= this.#settings.min) return;
    const due = oldest.since + this.#settings.maxIdle - performance.now();
    this.#reaper = startTimer(() => this.#closeIdle(), Math.max(shortestLook, due));
    this.#reaper?.unref();
  }
  #closeIdle(): void {
    this.#reaper = undefined;
    const limit = performance.now() - this.#settings.maxIdle;
    while (this.size > this.#settings.min && (this.#idle[0]?.since ?? limit + 1) <= limit) {
      const oldest = this.#idle.shift();
      if (oldest !== undefined) this.#discard(oldest.connection);
    }
    this.#watchIdle();
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
