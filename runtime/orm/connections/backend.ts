import type { ConnectionPlan, Driver } from '../../bridge/messages.ts';
import type { DriverErrorFields } from '../errors.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { PoolSettings } from './pool.ts';

/** Settings of one database, as given to `configureDatabases`. */
export interface DatabaseSettings {
  readonly engine: 'postgresql' | 'sqlite' | 'mysql';
  readonly url: string;
  /** False makes the a-prefixed operations run on bridge threads too. */
  readonly native?: boolean;
  readonly pool?: Partial<PoolSettings>;
  /** Milliseconds after which the server gives up a statement. */
  readonly statementTimeout?: number;
  readonly ssl?: unknown;
  /** False behind a pooler in transaction mode. */
  readonly preparedStatements?: boolean;
}

/** What a back end can do; everything that differs between databases is asked here. */
export interface Features {
  /** The a-prefixed operations need no thread. */
  readonly nativeAsync: boolean;
  readonly canReturnRowsFromInsert: boolean;
  readonly supportsLocking: boolean;
  /** Parameters one statement may have. */
  readonly maxParameters: number;
}

/** The parts of a back end. */
export interface Backend {
  readonly features: Features;
  readonly dialect: Dialect;
  /** How a worker thread opens a connection. */
  plan(settings: DatabaseSettings): ConnectionPlan;
  /** Opens a connection on this thread's event loop. */
  open(settings: DatabaseSettings): Promise<Driver>;
  describeError(error: unknown): DriverErrorFields;
}
