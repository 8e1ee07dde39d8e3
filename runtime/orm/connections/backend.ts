import type { ConnectionPlan, Driver } from '../../bridge/messages.ts';
import type { DriverErrorFields } from '../errors.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { PoolSettings } from './pool.ts';

/** Settings of one database, as given to `configureDatabases`. */
export interface DatabaseSettings {
  /** `postgresql`, `sqlite` or `mysql`. */
  readonly engine: 'postgresql' | 'sqlite' | 'mysql';
  /** Where it is: `postgres://user:password@host:port/database`, or the path of a SQLite file. */
  readonly url: string;
  /**
   * The password, in place of one in the URL: a text, or a function that is asked for every new connection, for
   * passwords that change. The blocking operations cannot wait for an async one.
   */
  readonly password?: string | (() => string | Promise<string>);
  /** False makes the a-prefixed operations run on bridge threads too. */
  readonly native?: boolean;
  /** The pool of native connections. */
  readonly pool?: Partial<PoolSettings>;
  /** Milliseconds to wait for the server to accept a connection; 10,000 when absent, 0 for no limit. */
  readonly connectTimeout?: number;
  /**
   * Milliseconds after which the server gives up a statement, 0 for no limit. A server that is silent for longer is given
   * up.
   */
  readonly statementTimeout?: number;
  /** Milliseconds a cancelled statement has to end, else its connection is dropped; 2,000 when absent. */
  readonly cancelTimeout?: number;
  /** As `pg` takes it: true, or options of `node:tls`. */
  readonly ssl?: unknown;
  /** False behind a pooler in transaction mode. */
  readonly preparedStatements?: boolean;
  /**
   * False makes `iterator` load all rows at once. Behind a pooler in transaction mode (`preparedStatements: false`) it
   * does so outside transactions anyway: the next statement may reach another server connection.
   */
  readonly serverSideCursors?: boolean;
}

/** The settings of one connection that is about to be opened. */
export interface ConnectSettings extends DatabaseSettings {
  readonly password?: string;
}

/** What a back end can do; everything that differs between databases is asked here. */
export interface Features {
  /** The a-prefixed operations need no thread. */
  readonly nativeAsync: boolean;
  /** Foreign keys are checked at the end of the transaction, so that rows may go in any order. */
  readonly defersForeignKeys: boolean;
  readonly supportsLocking: boolean;
  /** Rows can be fetched in portions from a cursor with a name (`DECLARE`). */
  readonly serverSideCursors: boolean;
  /** Parameters one statement may have. */
  readonly maxParameters: number;
}

/** The parts of a back end. */
export interface Backend {
  readonly features: Features;
  readonly dialect: Dialect;
  /** What its URLs look like; absent where any text may be one. */
  readonly urlForm?: { readonly pattern: RegExp; readonly example: string };
  /** How a worker thread opens a connection. */
  plan(settings: ConnectSettings): ConnectionPlan;
  /** Opens a connection on this thread's event loop. */
  open(settings: ConnectSettings): Promise<Driver>;
  describeError(error: unknown): DriverErrorFields;
}
