import pg from 'pg';
import type { Driver, DriverRequest, RawResult } from '../../../bridge/messages.ts';
import type { DriverErrorFields } from '../../errors.ts';
import { requestCancel } from './cancel.ts';
import { RunningQuery } from './query.ts';

/** Settings of one connection; they cross threads, so they are plain data. */
export interface PostgresqlSettings {
  readonly url: string;
  /** Milliseconds to wait for the server to accept the connection. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds after which the server gives up a statement. */
  readonly statementTimeout?: number | undefined;
  readonly ssl?: unknown;
  /** False behind a pooler that hands out a different server connection for every transaction. */
  readonly preparedStatements?: boolean | undefined;
}

// What decoding and SQL rely on, whatever the server's own configuration. One message for all three.
const sessionSettings = "SET TIME ZONE 'UTC'; SET datestyle TO 'ISO, MDY'; SET intervalstyle TO 'postgres'";

/** Milliseconds without traffic after which the system starts to ask whether the other side is still there. */
const keepAliveDelay = 10_000;
const defaultConnectTimeout = 10_000;
/** Milliseconds a server has to answer a goodbye. */
const goodbyeTimeout = 1_000;

/**
 * Connects to PostgreSQL.
 *
 * @param settings a PostgresqlSettings
 * @returns an open connection in autocommit
 * @throws the driver's error when the server cannot be reached or refuses
 */
export async function openDriver(settings: unknown): Promise<Driver> {
  const { url, statementTimeout, ssl, preparedStatements, connectTimeout } = settings as PostgresqlSettings;
  const prepares = preparedStatements ?? true;
  const timeout = connectTimeout ?? defaultConnectTimeout;
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelay,
    // Poolers refuse start-up parameters they do not know; behind one the deadline is kept on this side.
    ...(statementTimeout === undefined || !prepares ? {} : { statement_timeout: statementTimeout }),
    ...(ssl === undefined ? {} : { ssl: ssl as boolean }),
  });
  const driver = new PostgresqlDriver(client, prepares);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    driver.destroy();
  }, timeout);
  try {
    await client.connect();
    await driver.execute({ text: sessionSettings, values: [] });
  } catch (error) {
    driver.destroy();
    throw late ? new Error(`the server did not accept the connection within ${timeout} ms`) : error;
  } finally {
    clearTimeout(timer);
  }
  return driver;
}

class PostgresqlDriver implements Driver {
  readonly #client: pg.Client;
  readonly #prepares: boolean;
  #broken = false;

  constructor(client: pg.Client, prepares: boolean) {
    this.#client = client;
    this.#prepares = prepares;
    // An idle connection that breaks has no query to report to; the next use finds out.
    client.on('error', () => this.destroy());
    client.on('end', () => {
      this.#broken = true;
    });
  }

  get usable(): boolean {
    return !this.#broken && !socketOf(this.#client).destroyed;
  }

  get inTransaction(): boolean {
    return this.#client.getTransactionStatus() !== 'I';
  }

  setIdle(idle: boolean): void {
    const client = this.#client as unknown as { ref(): void; unref(): void };
    if (idle) client.unref();
    else client.ref();
  }

  execute(request: DriverRequest): Promise<RawResult> {
    if (!this.usable) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => {
      const name = this.#prepares ? request.name : undefined;
      try {
        this.#client.query(new RunningQuery(request, name, resolve, reject));
      } catch (error) {
        // Half a statement may have been written: nothing that follows would be understood.
        this.destroy();
        reject(error);
      }
    });
  }

  cancel(signal: AbortSignal): Promise<void> {
    return requestCancel(this.#client, signal);
  }

  destroy(): void {
    this.#broken = true;
    socketOf(this.#client).destroy();
  }

  async close(): Promise<void> {
    this.#broken = true;
    // An idle socket does not keep the program alive, but a wait for its end must: else the process ends first.
    this.setIdle(false);
    const late = setTimeout(() => this.destroy(), goodbyeTimeout);
    await this.#client.end();
    clearTimeout(late);
  }
}

function socketOf(client: pg.Client): { readonly destroyed: boolean; destroy(): void } {
  return client.connection.stream;
}

/** The cloneable part of a driver error. */
export function describeError(error: unknown): DriverErrorFields {
  const { message, code, detail, hint, constraint, table, column } = error as Partial<DriverErrorFields>;
  return { message: message || String(code ?? error), code, detail, hint, constraint, table, column };
}
