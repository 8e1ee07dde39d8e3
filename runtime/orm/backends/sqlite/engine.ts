import { createRequire } from 'node:module';

/** A value as SQLite drivers take it. */
export type SqliteValue = string | Uint8Array | null;
/** A value as they give it. */
export type SqliteResult = string | number | bigint | Uint8Array | null;

/** One prepared statement, the same whichever driver made it. */
export interface SqliteStatement {
  /** Names of the columns; empty for a statement that returns no rows. */
  readonly columns: readonly string[];
  all(values: readonly SqliteValue[]): SqliteResult[][];
  run(values: readonly SqliteValue[]): { readonly changes: number | bigint };
}
export interface SqliteDatabase {
  /** Runs a statement without values or rows, and forgets it even when it fails. */
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  readonly inTransaction: boolean;
  close(): void;
}

const load = createRequire(import.meta.url);

/** Drivers, best first: Node's own where it has one that can do what is needed here. */
const openers: readonly ((file: string) => SqliteDatabase | undefined)[] = [
  openWithNode,
  (file) => openWith('better-sqlite3', file),
  (file) => openWith('libsql', file),
];

/**
 * Opens a database file with the first driver there is.
 *
 * @throws Error when there is none, saying what to install
 */
export function openDatabase(file: string): SqliteDatabase {
  for (const open of openers) {
    const database = open(file);
    if (database !== undefined) return database;
  }
  throw new Error('SQLite needs Node 22.16 or later, or one of the packages better-sqlite3 and libsql.');
}

/** The part of `node:sqlite` used here; types of Node 20 have none. */
interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  function(name: string, options: { deterministic: boolean }, call: (...values: unknown[]) => unknown): void;
  readonly isTransaction: boolean;
  close(): void;
}
interface NodeStatement {
  setReturnArrays(enabled: boolean): void;
  setReadBigInts(enabled: boolean): void;
  columns(): { readonly name: string }[];
  all(...values: SqliteValue[]): SqliteResult[][];
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
}

function openWithNode(file: string): SqliteDatabase | undefined {
  const module = quietly(() => {
    try {
      return load('node:sqlite');
    } catch {
      return undefined;
    }
  });
  if (module?.StatementSync?.prototype?.setReturnArrays === undefined) return undefined;
  const database = new module.DatabaseSync(file) as NodeDatabase;
  const deterministic = { deterministic: true };
  database.function('regexp', deterministic, (pattern, text) => matches(pattern, text, 'u'));
  database.function('regexpi', deterministic, (pattern, text) => matches(pattern, text, 'iu'));
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      statement.setReadBigInts(true);
      return {
        columns: statement.columns().map(({ name }) => name),
        all: (values) => statement.all(...values),
        run: (values) => statement.run(...values),
      };
    },
    get inTransaction() {
      return database.isTransaction;
    },
    close: () => database.close(),
  };
}
function matches(pattern: unknown, text: unknown, flags: string): number | null {
  if (pattern === null || text === null) return null;
  return Number(new RegExp(String(pattern), flags).test(String(text)));
}

/** Node 22 warns that its SQLite is experimental; that is no news to whoever runs an application. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The interface better-sqlite3 has, and libsql after it. */
interface CompatibleDatabase {
  exec(sql: string): void;
  prepare(sql: string): CompatibleStatement;
  readonly inTransaction: boolean;
  close(): void;
}
interface CompatibleStatement {
  readonly reader: boolean;
  raw(enabled: boolean): CompatibleStatement;
  safeIntegers(enabled: boolean): CompatibleStatement;
  columns(): { readonly name: string }[];
  all(values: readonly SqliteValue[]): SqliteResult[][];
  run(values: readonly SqliteValue[]): { readonly changes: number | bigint };
}

function openWith(name: string, file: string): SqliteDatabase | undefined {
  let Database: new (file: string) => CompatibleDatabase;
  try {
    Database = load(name);
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
  const database = new Database(file);
  const execute = name === 'libsql' ? endingWhatIsLocked(database) : plainly;
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      if (!statement.reader) {
        const run = (values: readonly SqliteValue[]) => execute(() => statement.run(values.map(bytes)));
        return { columns: [], all: () => [], run };
      }
      statement.raw(true).safeIntegers(true);
      return {
        columns: statement.columns().map((column) => column.name),
        all: (values) => execute(() => statement.all(values.map(bytes))),
        run: () => ({ changes: 0 }),
      };
    },
    get inTransaction() {
      return database.inTransaction;
    },
    close: () => database.close(),
  };
}
/** How a driver's statements are executed. */
type Execute = <Result>(work: () => Result) => Result;
const plainly: Execute = (work) => work();
/**
 * libsql (0.5.29) does not reset a statement that found the database locked. It stays half executed, and the connection
 * goes on reading the state of that moment, also after ROLLBACK. Executed once more while nothing may be written it ends.
 */
function endingWhatIsLocked(database: CompatibleDatabase): Execute {
  return (work) => {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error)) throw error;
      database.exec('pragma query_only = 1');
      try {
        work();
      } catch {
        // It was to fail: what it would have done is not wanted any more.
      } finally {
        database.exec('pragma query_only = 0');
      }
      throw error;
    }
  };
}
/** SQLITE_BUSY and SQLITE_LOCKED, whatever their extension. */
function isLocked(error: unknown): boolean {
  const { rawCode } = error as { readonly rawCode?: number };
  return rawCode !== undefined && [5, 6].includes(rawCode & 0xff);
}
/** These drivers take bytes as a Buffer only. */
function bytes(value: SqliteValue): SqliteValue {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
