import { fileURLToPath } from 'node:url';
import {
  connectionClosed,
  type Driver,
  type DriverRequest,
  type RawResult,
} from '../../../bridge/messages.ts';
import type { DriverErrorFields } from '../../errors.ts';
import { AbortedTransaction, endsTransaction, rolledBack } from '../aborted.ts';
import { commandOf, inOrder, type Positional, positional } from '../positional.ts';
import { openDatabase, type SqliteDatabase, type SqliteResult, type SqliteStatement } from './engine.ts';

/** Settings of one connection; they cross threads, so they are plain data. */
export interface SqliteSettings {
  /** A file, as a path or a `file:` URL; `:memory:` is a database of the connection's own. */
  readonly url: string;
  /** Milliseconds to wait for another connection that writes. */
  readonly busyTimeout: number;
}

const mostStatements = 200;

/** Opens a database file, which is made where there is none. */
export async function openDriver(settings: unknown): Promise<Driver> {
  const { url, busyTimeout } = settings as SqliteSettings;
  const database = openDatabase(fileOf(url));
  const driver = new SqliteDriver(database);
  const pragmas = [
    `busy_timeout = ${Math.trunc(busyTimeout)}`,
    'foreign_keys = ON',
    // LIKE tells case apart, as elsewhere; lookups that ignore case say so.
    'case_sensitive_like = ON',
  ];
  for (const pragma of pragmas) await driver.execute({ text: `PRAGMA ${pragma}`, values: [] });
  return driver;
}
function fileOf(url: string): string {
  return url.startsWith('file:///') ? fileURLToPath(url) : url.replace(/^(?:sqlite:(?:\/\/)?|file:)/, '');
}

class SqliteDriver implements Driver {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();
  #open = true;
  /** Whether a transaction was open after the last statement that did not fail. */
  #begun = false;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }
  get usable(): boolean {
    return this.#open;
  }
  get inTransaction(): boolean {
    return this.#open && this.#database.inTransaction;
  }
  setIdle(): void {}
  async cancel(): Promise<void> {}
  destroy(): void {
    if (!this.#open) return;
    // A database with prepared statements is only closed once they are collected, and would keep its locks until then.
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    this.#open = false;
    this.#statements.clear();
    this.#database.close();
  }
  async close(): Promise<void> {
    this.destroy();
  }

  async execute(request: DriverRequest): Promise<RawResult> {
    if (!this.#open) throw new Error(connectionClosed);
    const sent = positional(request.text);
    if (this.#begun && !this.#database.inTransaction) {
      if (!endsTransaction(sent.text)) throw new AbortedTransaction();
      this.#begun = false;
      return rolledBack;
    }
    const result = this.#run(sent, inOrder(sent, request));
    // What ended a transaction without failing was asked to, however it is written: END, or COMMIT behind a comment.
    this.#begun = this.#database.inTransaction;
    return result;
  }
  #run(sent: Positional, values: DriverRequest['values']): RawResult {
    const command = commandOf(sent.text);
    if (control.test(sent.text)) {
      this.#database.exec(sent.text);
      return { command, rowCount: 0, rows: [], columns: [] };
    }
    const statement = this.#prepared(sent);
    if (values.some((value) => typeof value === 'string' && value.includes('\0'))) throw new NulError();
    if (statement.columns.length === 0) {
      const { changes } = statement.run(values);
      return { command, rowCount: Number(changes), rows: [], columns: [] };
    }
    const given = statement.all(values);
    const rows = given.map((row) => row.map(textOf));
    const types = statement.columns.map((_name, at) => typeOf(given, at));
    return { command, rowCount: rows.length, rows, columns: statement.columns, types };
  }
  #prepared({ text }: Positional): SqliteStatement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const made = this.#database.prepare(text);
    // What a change of the schema invalidates is not worth keeping.
    if (/^\s*(?:SELECT|INSERT|UPDATE|DELETE)/i.test(text) && this.#statements.size < mostStatements) {
      this.#statements.set(text, made);
    }
    return made;
  }
}

// A prepared COMMIT that fails would go on holding the locks of its transaction until it is collected.
const control = /^\s*(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

/** PostgreSQL's number for the type of a column's values; SQLite has types of values, not of columns. */
function typeOf(rows: readonly (readonly SqliteResult[])[], at: number): number {
  const value = rows.find((row) => row[at] !== null)?.[at];
  if (typeof value === 'bigint') return BigInt.asIntN(32, value) === value ? 23 : 20;
  if (typeof value === 'number') return 701;
  return value instanceof Uint8Array ? 17 : 25;
}

function textOf(value: SqliteResult): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value);
}

/** SQLite keeps NUL in text, but its functions end there, and so does what some drivers give back. */
class NulError extends Error {
  readonly state = '22021';

  constructor() {
    super('A text cannot contain NUL.');
  }
}

// SQLSTATE of SQLite's extended result codes (sqlite.org/rescode.html), so that applications ask for one code whatever
// the engine.
const states: Readonly<Record<number, string>> = {
  275: '23514',
  787: '23503',
  1299: '23502',
  1555: '23505',
  2067: '23505',
  2579: '23505',
};

/** The cloneable part of a driver error. */
export function describeError(error: unknown): DriverErrorFields {
  if (error instanceof NulError || error instanceof AbortedTransaction)
    return { message: error.message, code: error.state };
  const { message, rawCode, errcode, code } = error as {
    message: string;
    rawCode?: number;
    errcode?: number;
    code?: string;
  };
  const number = rawCode ?? errcode;
  const constraint = /constraint failed: (.+)$/.exec(message)?.[1];
  const state =
    number === undefined
      ? code?.startsWith('SQLITE_CONSTRAINT')
        ? '23000'
        : undefined
      : (states[number] ?? stateOfClass(number & 0xff));
  return { message, code: state, constraint };
}
function stateOfClass(primary: number): string | undefined {
  if (primary === 19) return '23000';
  // A value of the wrong type, or too big.
  return primary === 20 || primary === 18 ? '22000' : undefined;
}
