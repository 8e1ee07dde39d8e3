import { SynchronousOnlyOperation } from '../../bridge/errors.ts';
import { type Lane, runningLane } from '../../bridge/lane.ts';
import type { ConnectionPlan, DriverRequest, RawResult } from '../../bridge/messages.ts';
import { defaultCancelTimeout, type Limits } from '../../bridge/settling.ts';
import { ThreadRequestError } from '../../bridge/thread.ts';
import { closeIdleConnections } from '../../bridge/threads.ts';
import { currentContext } from '../../context.ts';
import { isEndless } from '../../timer.ts';
import {
  DatabaseError,
  type DriverErrorFields,
  ImproperlyConfigured,
  TransactionManagementError,
} from '../errors.ts';
import { requireOptions } from '../options.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Backend, ConnectSettings, DatabaseSettings, Features } from './backend.ts';
import { Cursor } from './cursor.ts';
import { NativeConnection } from './native-connection.ts';
import { Pool, poolSettings } from './pool.ts';
import { ThreadConnection } from './thread-connection.ts';
import { databaseError } from './translate.ts';
import { Watch, type WatchedStatement } from './watch.ts';

export interface CloseOptions {
  readonly timeout?: number;
}
export const closeOptions: readonly (keyof CloseOptions)[] = ['timeout'];
/** The block that `aatomic` keeps in the context. */
interface OpenTransaction {
  readonly isOver: boolean;
  readonly connection: { closeInBlock(): Promise<void> };
}

/** One configured database: its blocking connections, its pool, and what it can do. */
export class DatabaseWrapper {
  readonly alias: string;
  readonly settings: DatabaseSettings;
  readonly features: Features;
  readonly dialect: Dialect;
  readonly #backend: Backend;
  readonly pool: Pool;
  /** Tells whoever observes this database. */
  readonly watch: Watch;
  readonly #threadConnections = new Set<ThreadConnection>();

  constructor(alias: string, settings: DatabaseSettings, backend: Backend) {
    this.alias = alias;
    this.settings = settings;
    this.#backend = backend;
    this.dialect = backend.dialect;
    this.features =
      settings.native === false ? { ...backend.features, nativeAsync: false } : backend.features;
    this.watch = new Watch(alias, settings);
    this.pool = new Pool(alias, poolSettings(settings), this.watch, () => this.#open());
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
      const connection = new ThreadConnection(this, () => this.#plan(), released);
      this.#threadConnections.add(connection);
      return connection;
    });
  }
  /** A native connection of the caller's own; give it back with `pool.release`. */
  asyncConnection(signal?: AbortSignal): Promise<NativeConnection> {
    return this.pool.acquire(signal);
  }

  /** A cursor for statements of one's own. */
  readonly cursor = (): Cursor => new Cursor(this.alias, this.dialect);
  async acursor(): Promise<Cursor> {
    return new Cursor(this.alias, this.dialect);
  }

  /** Sends a statement and holds this thread until it is answered. */
  executeBlocking(connection: ThreadConnection, request: DriverRequest): RawResult {
    this.#refuseBesideBlock();
    const watched = this.watch.statement(request.text, 'blocking');
    try {
      const result = connection.execute(request);
      watched?.end();
      return result;
    } catch (error) {
      throw this.failed(request, watched, error);
    }
  }
  /** Sends a statement to a lane's thread; the event loop stays free. */
  async executeBridged(connection: ThreadConnection, request: DriverRequest): Promise<RawResult> {
    this.#refuseBesideBlock();
    const watched = this.watch.statement(request.text, 'bridged');
    try {
      const result = await connection.executeAsync(request);
      watched?.end();
      return result;
    } catch (error) {
      throw this.failed(request, watched, error);
    }
  }
  /**
   * A native transaction has a connection that sync code cannot use. On its own it would not see what the transaction
   * wrote, would stay when that is rolled back, and would wait for ever for a row that is locked there.
   */
  #refuseBesideBlock(): void {
    if (!this.features.nativeAsync) return;
    const { blocks, surrounding } = currentContext() ?? {};
    const block = (blocks ?? surrounding)?.get(this.alias) as OpenTransaction | undefined;
    if (block === undefined || block.isOver) return;
    throw new TransactionManagementError(
      'This sync query would run outside the aatomic block it is called in, on a connection of its own. Use the a-prefixed operation, or bridge it before or after the block.',
    );
  }
  /** Sends a statement over an async socket; `signal` cancels it. */
  async executeNative(
    connection: NativeConnection,
    request: DriverRequest,
    signal?: AbortSignal,
  ): Promise<RawResult> {
    const watched = this.watch.statement(request.text, 'native');
    try {
      const result = await connection.execute(request, signal);
      watched?.end();
      return result;
    } catch (error) {
      throw this.failed(request, watched, error, signal);
    }
  }

  /** Closes the running code's blocking connection; the next use opens another. Bound, as what is handed to a bridge. */
  readonly close = (): void => {
    refuseInAsyncContext();
    this.connectionOf(runningLane()).close();
  };
  /**
   * Closes every connection to this database, the pool's and the bridge threads', when they are given back. Inside an
   * `aatomic` block it closes the one of the block, as `close` does: the others would wait for the block, which waits
   * for this.
   *
   * @param options `timeout`: milliseconds to wait for what is under way before it is dropped; without end when absent
   */
  async aclose(options: CloseOptions = {}): Promise<void> {
    requireOptions('aclose', options, closeOptions);
    const { timeout } = options;
    const block = currentContext()?.blocks?.get(this.alias);
    if (block !== undefined) return (block as OpenTransaction).connection.closeInBlock();
    const blocking = [...this.#threadConnections];
    this.#threadConnections.clear();
    await Promise.all([
      this.pool.close(timeout),
      ...blocking.map((connection) => connection.release(timeout)),
    ]);
    await closeIdleConnections(this, timeout);
  }

  /** How a connection is opened now; a promise where the application takes its time over the password. */
  #plan(): ConnectionPlan | Promise<ConnectionPlan> {
    const settings = this.#connectSettings();
    return settings instanceof Promise
      ? settings.then((given) => this.#planOf(given))
      : this.#planOf(settings);
  }
  #planOf(settings: ConnectSettings): ConnectionPlan {
    const plan = this.#backend.plan(settings);
    const limits = limitsOf(settings);
    return limits.statementTimeout === undefined ? plan : { ...plan, limits };
  }
  #connectSettings(): ConnectSettings | Promise<ConnectSettings> {
    const settings = withoutEndlessLimits(this.settings);
    if (typeof settings.password !== 'function') return settings as ConnectSettings;
    const password = settings.password();
    return password instanceof Promise
      ? password.then((given) => ({ ...settings, password: given }))
      : { ...settings, password };
  }
  async #open(): Promise<NativeConnection> {
    try {
      const settings = await this.#connectSettings();
      return new NativeConnection(await this.#backend.open(settings), limitsOf(settings));
    } catch (error) {
      throw databaseError(this.#backend.describeError(error), undefined, error);
    }
  }
  /** What the application sees of a driver's error; whoever watches the statement is told. */
  failed(
    request: DriverRequest,
    watched: WatchedStatement | undefined,
    error: unknown,
    signal?: AbortSignal,
  ): unknown {
    // Whoever aborted it gets their own reason back, as from fetch.
    const aborted = signal?.aborted === true && error === signal.reason;
    const translated = aborted ? error : this.#translate(request, error);
    // Few frames are kept: those of the translation would push out the caller's.
    if (translated !== error) Error.captureStackTrace(translated as Error, this.failed);
    watched?.end({ error: translated });
    return translated;
  }
  #translate(request: DriverRequest, error: unknown): unknown {
    if (error instanceof DatabaseError || error instanceof ImproperlyConfigured) return error;
    const fields =
      error instanceof ThreadRequestError
        ? (error.fields as DriverErrorFields)
        : this.#backend.describeError(error);
    return databaseError(fields, request.text, error);
  }
}

/** For servers and drivers a limit that never comes is 0. */
function withoutEndlessLimits(settings: DatabaseSettings): DatabaseSettings {
  const { statementTimeout = 0, connectTimeout = 0 } = settings;
  return {
    ...settings,
    ...(isEndless(statementTimeout) ? { statementTimeout: 0 } : {}),
    ...(isEndless(connectTimeout) ? { connectTimeout: 0 } : {}),
  };
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
