import { createRequire } from 'node:module';
import type { Driver, DriverRequest, RawResult } from '../../../bridge/messages.ts';
import type { DriverErrorFields } from '../../errors.ts';
import { AbortedTransaction, endsTransaction, rolledBack } from '../aborted.ts';
import { commandOf, inOrder, positional } from '../positional.ts';

/** Settings of one connection; they cross threads, so they are plain data. */
export interface MysqlSettings {
  readonly url: string;
  /** In place of the one in the URL. */
  readonly password?: string | undefined;
  /** Milliseconds after which the server gives up a statement; MariaDB's clock. */
  readonly statementTimeout?: number | undefined;
  readonly connectTimeout?: number | undefined;
  readonly ssl?: unknown;
}

/** The part of mysql2 used here: it is the application's package, not this one's. */
interface Client {
  query(options: object, done: Done): void;
  execute(options: object, values: readonly unknown[], done: Done): void;
  end(done: (error?: unknown) => void): void;
  destroy(): void;
  on(event: string, listener: (error?: unknown) => void): void;
  readonly stream: { ref(): void; unref(): void };
  /** What the server calls the connection. */
  readonly threadId: number;
}
type Done = (error: unknown, result: unknown, columns?: readonly { readonly name: string }[]) => void;
/** What the server says about a statement without rows. */
interface Outcome {
  readonly affectedRows: number;
  readonly insertId: number | string;
}

// What the SQL of the dialect relies on, whatever the server's own configuration: names in double quotes, `||` joins
// text, a backslash escapes, values that do not fit are refused, moments are UTC. Django's isolation level.
const sessionSettings = [
  "SET SESSION sql_mode = CONCAT(REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''), ',ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_TRANS_TABLES')",
  "SET SESSION time_zone = '+00:00'",
  'SET SESSION sql_auto_is_null = 0',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET SESSION group_concat_max_len = 1048576',
];

/** Connects to MySQL or MariaDB. */
export async function openDriver(settings: unknown): Promise<Driver> {
  const { statementTimeout } = settings as MysqlSettings;
  const driver = new MysqlDriver(await connect(settings as MysqlSettings), settings as MysqlSettings);
  for (const text of sessionSettings) await driver.execute({ text, values: [] });
  if (statementTimeout !== undefined) {
    const seconds = statementTimeout / 1000;
    // MariaDB's name for it; MySQL has one of its own, in milliseconds.
    await driver
      .execute({ text: `SET SESSION max_statement_time = ${seconds}`, values: [] })
      .catch(() =>
        driver.execute({ text: `SET SESSION max_execution_time = ${statementTimeout}`, values: [] }),
      );
  }
  return driver;
}
async function connect({ url, password, connectTimeout, ssl }: MysqlSettings): Promise<Client> {
  const client = mysql2().createConnection({
    uri: url,
    charset: 'utf8mb4',
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    decimalNumbers: false,
    jsonStrings: true,
    connectTimeout: connectTimeout ?? 10_000,
    ...(ssl === undefined ? {} : { ssl }),
    ...(password === undefined ? {} : { password }),
  });
  await new Promise<void>((resolve, reject) => {
    client.on('connect', () => resolve());
    client.on('error', reject);
  });
  return client;
}
function mysql2(): { createConnection(options: object): Client } {
  try {
    return createRequire(import.meta.url)('mysql2');
  } catch (cause) {
    throw new Error('The MySQL back end needs the package mysql2.', { cause });
  }
}

/** The server's number for a deadlock, after which InnoDB has rolled the whole transaction back. */
const deadlock = 1213;

class MysqlDriver implements Driver {
  readonly #client: Client;
  readonly #settings: MysqlSettings;
  #broken = false;
  #inTransaction = false;
  /** True when the server has rolled the transaction back and nobody has ended it yet. */
  #aborted = false;

  constructor(client: Client, settings: MysqlSettings) {
    this.#client = client;
    this.#settings = settings;
    const gone = () => {
      this.#broken = true;
    };
    client.on('error', gone);
    client.on('end', gone);
  }
  get usable(): boolean {
    return !this.#broken;
  }
  get inTransaction(): boolean {
    return this.#inTransaction;
  }
  setIdle(idle: boolean): void {
    if (idle) this.#client.stream.unref();
    else this.#client.stream.ref();
  }
  /** The server takes such a request on another connection only. */
  async cancel(signal: AbortSignal): Promise<void> {
    const other = await connect(this.#settings);
    const giveUp = () => other.destroy();
    signal.addEventListener('abort', giveUp, { once: true });
    await new Promise<void>((resolve) => {
      other.on('end', () => resolve());
      other.query({ sql: `KILL QUERY ${this.#client.threadId}` }, () => other.end(() => resolve()));
    });
    signal.removeEventListener('abort', giveUp);
  }
  destroy(): void {
    this.#broken = true;
    this.#client.destroy();
  }
  close(): Promise<void> {
    this.#broken = true;
    return new Promise((resolve) => this.#client.end(() => resolve()));
  }

  async execute(request: DriverRequest): Promise<RawResult> {
    if (this.#broken) throw new Error('the connection is closed');
    const sent = positional(request.text, 'backslash');
    const command = commandOf(sent.text);
    if (this.#aborted) {
      if (!endsTransaction(sent.text)) throw new AbortedTransaction();
      this.#aborted = false;
      this.#inTransaction = false;
      return rolledBack;
    }
    const { rows, columns, outcome } = await this.#send(sent.text, inOrder(sent, request));
    if (command === 'BEGIN' || command === 'START') this.#inTransaction = true;
    if (endsTransaction(sent.text)) this.#inTransaction = false;
    return {
      command,
      rowCount: outcome?.affectedRows ?? rows.length,
      rows: rows.map((row) => row.map(textOf)),
      columns,
      insertId: outcome === undefined ? undefined : String(outcome.insertId),
    };
  }

  #send(sql: string, values: readonly unknown[]) {
    return new Promise<{ rows: unknown[][]; columns: string[]; outcome: Outcome | undefined }>(
      (resolve, reject) => {
        const done: Done = (error, result, columns) => {
          if (error) {
            const { fatal, errno } = error as { readonly fatal?: boolean; readonly errno?: number };
            if (fatal === true) this.#broken = true;
            this.#aborted ||= this.#inTransaction && errno === deadlock;
            return reject(error);
          }
          const rows = Array.isArray(result) ? (result as unknown[][]) : [];
          const outcome = Array.isArray(result) ? undefined : (result as Outcome);
          resolve({ rows, columns: columns?.map(({ name }) => name) ?? [], outcome });
        };
        // BEGIN and the like cannot be prepared.
        if (values.length === 0) this.#client.query({ sql, rowsAsArray: true }, done);
        else this.#client.execute({ sql, rowsAsArray: true }, values, done);
      },
    );
  }
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

// SQLSTATE where the server gives but a class, so that applications ask for one code whatever the engine.
const states: Readonly<Record<number, string>> = {
  1040: '53300',
  1048: '23502',
  1062: '23505',
  1205: '55P03',
  1213: '40P01',
  1216: '23503',
  1217: '23503',
  1317: '57014',
  1364: '23502',
  1451: '23503',
  1452: '23503',
  1969: '57014',
  3024: '57014',
  3572: '55P03',
  3819: '23514',
  4025: '23514',
};

/** The cloneable part of a driver error. */
export function describeError(error: unknown): DriverErrorFields {
  if (error instanceof AbortedTransaction) return { message: error.message, code: error.state };
  const { message, sqlMessage, errno, sqlState, code } = error as {
    message: string;
    sqlMessage?: string;
    errno?: number;
    sqlState?: string;
    code?: string;
  };
  const words = sqlMessage ?? message;
  const constraint = /CONSTRAINT [`"]([^`"]+)[`"]|for key '([^']+)'/.exec(words);
  // HY000 says nothing: a lock that was not available, a server that shuts down.
  const state =
    (errno === undefined ? undefined : states[errno]) ?? (sqlState === 'HY000' ? undefined : sqlState);
  return {
    message: words || String(code ?? error),
    code: state ?? (sqlState === undefined ? code : undefined),
    constraint: constraint?.[1] ?? constraint?.[2]?.split('.').at(-1),
  };
}
