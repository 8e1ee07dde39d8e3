import { performance } from 'node:perf_hooks';
import { SynchronousOnlyOperation } from '../../bridge/errors.ts';
import { type Lane, runningLane } from '../../bridge/lane.ts';
import type { ConnectionPlan, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { defaultCancelTimeout, type Limits } from '../../bridge/settling.ts';
import { ThreadRequestError } from '../../bridge/thread.ts';
import { closeIdleConnections } from '../../bridge/threads.ts';
import { currentContext } from '../../context.ts';
import { type QueryEvent, queryChannel } from '../../instrumentation.ts';
import { DatabaseError, type DriverErrorFields } from '../errors.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Backend, DatabaseSettings, Features } from './backend.ts';
import { Cursor } from './cursor.ts';
import { NativeConnection } from './native-connection.ts';
import { defaultPool, Pool } from './pool.ts';
import { ThreadConnection } from './thread-connection.ts';
import { databaseError } from './translate.ts';

/** One configured database: its blocking connections, its pool, and what it can do. */
export class DatabaseWrapper {
  readonly alias: string;
  readonly settings: DatabaseSettings;
  readonly features: Features;
  readonly dialect: Dialect;
  readonly #backend: Backend;
  readonly pool: Pool;
  readonly #threadConnections = new Set<ThreadConnection>();

  constructor(alias: string, settings: DatabaseSettings, backend: Backend) {
    this.alias = alias;
    this.settings = settings;
    this.#backend = backend;
    this.dialect = backend.dialect;
    this.features =
      settings.native === false ? { ...backend.features, nativeAsync: false } : backend.features;
    this.pool = new Pool(alias, { ...defaultPool, ...settings.pool }, () => this.#open());
  }

  /**
   * The blocking connection of the running code: one per lane, as one per thread elsewhere.
   *
   * @throws SynchronousOnlyOperation inside async code, where blocking would hold every other request
   */
  get connection(): ThreadConnection {
    refuseInAsyncContext();
    return this.connectionOf(runningLane());
  }
  /** The connection of a lane, for work that a bridge executes there. */
  connectionOf(lane: Lane): ThreadConnection {
    return lane.resource(this, () => {
      const released = (each: ThreadConnection) => this.#threadConnections.delete(each);
      const connection = new ThreadConnection(this, this.#plan(), released);
      this.#threadConnections.add(connection);
      return connection;
    });
  }
  /** A native connection of the caller's own; give it back with `pool.release`. */
  asyncConnection(signal?: AbortSignal): Promise<NativeConnection> {
    return this.pool.acquire(signal);
  }

  /** A cursor for statements of one's own. */
  cursor(): Cursor {
    return new Cursor(this.alias);
  }
  async acursor(): Promise<Cursor> {
    return new Cursor(this.alias);
  }

  /** Sends a statement and holds this thread until it is answered. */
  executeBlocking(connection: ThreadConnection, request: DriverRequest): RawResult {
    const start = performance.now();
    try {
      const result = connection.execute(request);
      this.answered(request, 'blocking', start);
      return result;
    } catch (error) {
      throw this.failed(request, 'blocking', start, error);
    }
  }
  /** Sends a statement to a lane's thread; the event loop stays free. */
  async executeBridged(connection: ThreadConnection, request: DriverRequest): Promise<RawResult> {
    const start = performance.now();
    try {
      const result = await connection.executeAsync(request);
      this.answered(request, 'bridged', start);
      return result;
    } catch (error) {
      throw this.failed(request, 'bridged', start, error);
    }
  }
  /** Sends a statement over an async socket. */
  async executeNative(
    connection: NativeConnection,
    request: DriverRequest,
    signal?: AbortSignal,
  ): Promise<RawResult> {
    const start = performance.now();
    try {
      const result = await connection.execute(request, signal);
      this.answered(request, 'native', start);
      return result;
    } catch (error) {
      throw this.failed(request, 'native', start, error, signal);
    }
  }

  /** Closes the running code's blocking connection; the next use opens another. */
  close(): void {
    refuseInAsyncContext();
    this.connectionOf(runningLane()).close();
  }
  /** Closes every connection to this database, the pool's and the bridge threads', when they are given back. */
  async aclose(): Promise<void> {
    const blocking = [...this.#threadConnections];
    this.#threadConnections.clear();
    await Promise.all([this.pool.close(), ...blocking.map((connection) => connection.release())]);
    await closeIdleConnections(this);
  }

  #plan(): ConnectionPlan {
    const plan = this.#backend.plan(this.settings);
    const limits = limitsOf(this.settings);
    return limits.statementTimeout === undefined ? plan : { ...plan, limits };
  }
  async #open(): Promise<NativeConnection> {
    try {
      return new NativeConnection(await this.#backend.open(this.settings), limitsOf(this.settings));
    } catch (error) {
      throw databaseError(this.#backend.describeError(error), undefined, error);
    }
  }
  /**
   * Publishes that a statement was answered.
   *
   * @param start milliseconds as of `performance.now`
   */
  answered(request: DriverRequest, path: QueryEvent['path'], start: number): void {
    if (queryChannel.hasSubscribers) this.#publish(request, path, start);
  }
  #publish(request: DriverRequest, path: QueryEvent['path'], start: number, error?: unknown): void {
    if (!queryChannel.hasSubscribers) return;
    const event: QueryEvent = {
      alias: this.alias,
      sql: request.text,
      path,
      start,
      duration: performance.now() - start,
      ...(error === undefined ? {} : { error }),
    };
    queryChannel.publish(event);
  }
  /**
   * What the application sees of a driver's error; published too.
   *
   * @param start milliseconds as of `performance.now`
   */
  failed(
    request: DriverRequest,
    path: QueryEvent['path'],
    start: number,
    error: unknown,
    signal?: AbortSignal,
  ): unknown {
    // Whoever aborted it gets their own reason back, as from fetch.
    const aborted = signal?.aborted === true && error === signal.reason;
    const translated = aborted ? error : this.#translate(request, error);
    // Few frames are kept: those of the translation would push out the caller's.
    if (translated !== error) Error.captureStackTrace(translated as Error, this.failed);
    this.#publish(request, path, start, translated);
    return translated;
  }
  #translate(request: DriverRequest, error: unknown): unknown {
    if (error instanceof DatabaseError) return error;
    const fields =
      error instanceof ThreadRequestError
        ? (error.fields as DriverErrorFields)
        : this.#backend.describeError(error);
    return databaseError(fields, request.text, error);
  }
}

function limitsOf({ statementTimeout, cancelTimeout, preparedStatements }: DatabaseSettings): Limits {
  return {
    statementTimeout,
    serverKeepsTime: preparedStatements !== false,
    cancelTimeout: cancelTimeout ?? defaultCancelTimeout,
  };
}

/** Refuses to block where async code runs, unless the environment says otherwise. */
function refuseInAsyncContext(): void {
  const context = currentContext();
  // What a bridged closure started and left runs on the event loop, as any async code.
  if (context?.mode !== 'async' && context?.turn?.over !== true) return;
  const lifted = process.env.MIGRATE_ASYNC_ALLOW_UNSAFE;
  if (lifted === undefined || lifted === '') throw new SynchronousOnlyOperation();
}
