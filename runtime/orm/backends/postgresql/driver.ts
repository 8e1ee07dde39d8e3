import pg from 'pg';
import type { Driver, DriverRequest, RawResult } from '../../../bridge/messages.ts';
import type { DriverErrorFields } from '../../errors.ts';

/** Settings of one connection; they cross threads, so they are plain data. */
export interface PostgresqlSettings {
  readonly url: string;
  /** Milliseconds after which the server gives up a statement. */
  readonly statementTimeout?: number | undefined;
  readonly ssl?: unknown;
  /** False behind a pooler that hands out a different server connection for every transaction. */
  readonly preparedStatements?: boolean | undefined;
}

// Values stay as the server sent them: one row reader, in the main thread, converts for every path.
const rawText = { getTypeParser: () => (text: string) => text };

// What decoding and SQL rely on, whatever the server's own configuration. One message for all three.
const sessionSettings = "SET TIME ZONE 'UTC'; SET datestyle TO 'ISO, MDY'; SET intervalstyle TO 'postgres'";

/**
 * Connects to PostgreSQL.
 *
 * @param settings a PostgresqlSettings
 * @returns an open connection in autocommit
 * @throws the driver's error when the server cannot be reached or refuses
 */
export async function openDriver(settings: unknown): Promise<Driver> {
  const { url, statementTimeout, ssl, preparedStatements } = settings as PostgresqlSettings;
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    ...(statementTimeout === undefined ? {} : { statement_timeout: statementTimeout }),
    ...(ssl === undefined ? {} : { ssl: ssl as boolean }),
  });
  await client.connect();
  const driver = new PostgresqlDriver(client, preparedStatements ?? true);
  await driver.execute({ text: sessionSettings, values: [] });
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
    client.on('error', () => {
      this.#broken = true;
    });
    client.on('end', () => {
      this.#broken = true;
    });
  }

  get usable(): boolean {
    return !this.#broken;
  }

  get inTransaction(): boolean {
    const client = this.#client as unknown as { getTransactionStatus(): string | null };
    return client.getTransactionStatus() !== 'I';
  }

  setIdle(idle: boolean): void {
    const client = this.#client as unknown as { ref(): void; unref(): void };
    if (idle) client.unref();
    else client.ref();
  }

  execute(request: DriverRequest): Promise<RawResult> {
    if (this.#broken) return Promise.reject(new Error('the connection is closed'));
    const config = {
      text: request.text,
      values: request.values as unknown[],
      rowMode: 'array' as const,
      types: rawText,
      ...(request.name !== undefined && this.#prepares ? { name: request.name } : {}),
    };
    return new Promise((resolve, reject) => {
      this.#client.query(config, (error: Error, result: pg.QueryArrayResult | pg.QueryArrayResult[]) => {
        if (error) return reject(error);
        const last = Array.isArray(result) ? result[result.length - 1] : result;
        resolve({
          command: last?.command ?? '',
          rowCount: last?.rowCount ?? 0,
          rows: (last?.rows ?? []) as (string | null)[][],
          columns: last?.fields?.map((field) => field.name) ?? [],
        });
      });
    });
  }

  async cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as { processID: number; secretKey: number };
    const helper = new pg.Client({ ...connectionOf(this.#client) });
    const connection = (helper as unknown as { connection: PgConnection }).connection;
    await new Promise<void>((resolve) => {
      connection.once('connect', () => connection.cancel(processID, secretKey));
      connection.once('end', resolve);
      connection.once('error', () => resolve());
      connection.connect(this.#client.port, this.#client.host);
    });
  }

  async close(): Promise<void> {
    this.#broken = true;
    // An idle socket does not keep the program alive, but a wait for its end must: else the process ends first.
    this.setIdle(false);
    await this.#client.end();
  }
}

/** The undocumented part of pg that sends a CancelRequest; `Client.cancel` is a wrapper around it. */
interface PgConnection {
  once(event: string, listener: () => void): void;
  connect(port: number, host: string): void;
  cancel(processID: number, secretKey: number): void;
}

function connectionOf(client: pg.Client): pg.ClientConfig {
  return { host: client.host, port: client.port, ssl: client.ssl };
}

/** The cloneable part of a driver error. */
export function describeError(error: unknown): DriverErrorFields {
  const { message, code, detail, hint, constraint, table, column } = error as Partial<DriverErrorFields>;
  return { message: message || String(code ?? error), code, detail, hint, constraint, table, column };
}
