import type { Socket } from 'node:net';
import pg from 'pg';
import {
  connectionClosed,
  type Driver,
  type DriverRequest,
  type RawResult,
} from '../../../bridge/messages.ts';
import { startTimer } from '../../../timer.ts';
import type { DriverErrorFields } from '../../errors.ts';
import { optimises } from '../../optimisations.ts';
import { WireSession } from '../../protocol/session.ts';
import { requestCancel } from './cancel.ts';
import { ClientSession } from './client-session.ts';
import { postgresqlFeatures } from './features.ts';

/** What speaks to the server on an open connection. */
export interface PostgresqlSession {
  readonly usable: boolean;
  /** True when the last answer said that a transaction is open. */
  readonly inTransaction: boolean;
  /** Sends a statement; `name` is where the server keeps it parsed, undefined to have it parsed for this one time. */
  send(request: DriverRequest, name: string | undefined, done: SessionCallback): void;
}
/** Called once with either an error or a result. */
export type SessionCallback = (error: Error | undefined, result: RawResult | undefined) => void;

/** Settings of one connection; they cross threads, so they are plain data. */
export interface PostgresqlSettings {
  readonly url: string;
  /** In place of the one in the URL. */
  readonly password?: string | undefined;
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
  const { url, password, statementTimeout, ssl, preparedStatements, connectTimeout } =
    settings as PostgresqlSettings;
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
  // As a setting beside the URL it would lose to the URL, even where that has none.
  if (password !== undefined) client.password = password;
  let late = false;
  const giveUp = () => {
    late = true;
    socketOf(client).destroy();
  };
  const timer = timeout === 0 ? undefined : startTimer(giveUp, timeout);
  // A socket that breaks has no listener of its own until the session takes it over.
  client.on('error', () => socketOf(client).destroy());
  try {
    await client.connect();
    const driver = new PostgresqlDriver(client, prepares && optimises('prepared-statements'));
    await driver.execute({ text: sessionSettings, values: [] });
    return driver;
  } catch (error) {
    socketOf(client).destroy();
    throw late ? new Error(`the server did not accept the connection within ${timeout} ms`) : error;
  } finally {
    clearTimeout(timer);
  }
}

class PostgresqlDriver implements Driver {
  readonly #client: pg.Client;
  readonly #prepares: boolean;
  readonly #session: PostgresqlSession;
  #closed = false;

  /** @param client connected, and with no query of its own under way */
  constructor(client: pg.Client, prepares: boolean) {
    this.#client = client;
    this.#prepares = prepares;
    this.#session = optimises('own-protocol') ? wireSession(client) : new ClientSession(client);
  }

  get usable(): boolean {
    return !this.#closed && this.#session.usable;
  }

  get inTransaction(): boolean {
    return this.#session.inTransaction;
  }

  setIdle(idle: boolean): void {
    const client = this.#client as unknown as { ref(): void; unref(): void };
    if (idle) client.unref();
    else client.ref();
  }

  execute(request: DriverRequest): Promise<RawResult> {
    // The socket takes a moment to say that it was destroyed.
    if (this.#closed) return Promise.reject(new Error(connectionClosed));
    // Their number is written in 16 bits: the server would be told another one.
    if (request.values.length > mostParameters) return Promise.reject(tooManyParameters(request));
    return new Promise((resolve, reject) => {
      this.#session.send(request, this.#prepares ? request.name : undefined, (error, result) => {
        if (result !== undefined) return resolve(result);
        // The server closes the connection behind such an error; the socket's end may take its time.
        if ((error as { severity?: string } | undefined)?.severity === 'FATAL') this.destroy();
        reject(error);
      });
    });
  }

  cancel(signal: AbortSignal): Promise<void> {
    return requestCancel(this.#client, signal);
  }

  destroy(): void {
    this.#closed = true;
    socketOf(this.#client).destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // An idle socket does not keep the program alive, but a wait for its end must: else the process ends first.
    this.setIdle(false);
    const late = setTimeout(() => this.destroy(), goodbyeTimeout);
    await this.#client.end();
    clearTimeout(late);
  }
}

const mostParameters = postgresqlFeatures.maxParameters;
function tooManyParameters({ values }: DriverRequest): Error {
  return new Error(
    `PostgreSQL takes ${mostParameters} parameters in one statement, this one has ${values.length}: give it a list as one array, or ask in several statements.`,
  );
}

function wireSession(client: pg.Client): WireSession {
  const socket = socketOf(client);
  // From here on the session reads.
  socket.removeAllListeners('data');
  return new WireSession(socket);
}

/** The socket under a client; over TLS it is another one than the client began with. */
function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

const pooled = 'Behind a pooler in transaction mode set preparedStatements: false for the database.';
/** What to do about errors whose cause the server cannot know. */
const hints: Readonly<Record<string, string>> = { '26000': pooled, '42P05': pooled };

/** The cloneable part of a driver error. */
export function describeError(error: unknown): DriverErrorFields {
  const { message, code, detail, hint, constraint, table, column } = error as Partial<DriverErrorFields>;
  return {
    message: message || String(code ?? error),
    code,
    detail,
    hint: hint ?? hints[String(code)],
    constraint,
    table,
    column,
  };
}
