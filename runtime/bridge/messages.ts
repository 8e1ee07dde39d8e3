import type { MessagePort } from 'node:worker_threads';
import type { PackedResult } from '../orm/protocol/result.ts';
import type { WireRows } from '../orm/protocol/rows.ts';
import type { Limits } from './settling.ts';

/** Message of a driver that was asked after its connection had closed: nothing was sent. */
export const connectionClosed = 'the connection is closed';

/** How a worker opens one connection: which driver module, with which settings. Both cross threads. */
export interface ConnectionPlan {
  /** Path of a module that exports `openDriver(settings)`. */
  readonly driver: string;
  readonly settings: unknown;
  /** How long a statement may take, where the driver cannot be trusted to find out. */
  readonly limits?: Limits;
}

/** How long the server takes for a statement; kept up to date by drivers that can tell. */
export interface ServiceTime {
  /** Milliseconds; infinite until the statement was answered for the first time. */
  typical: number;
}

/** One statement as a driver takes it. */
export interface DriverRequest {
  readonly text: string;
  readonly values: readonly (string | Uint8Array | null)[];
  /** Name to prepare the statement under; absent for statements not worth preparing. */
  readonly name?: string | undefined;
  /** False when the names of the columns are not asked for: the server then need not describe them. */
  readonly describe?: boolean;
  /** Set for a statement that only reads: how long the server took for it before. */
  readonly service?: ServiceTime | undefined;
}

/** A row as the server sent it: text of each column. */
export type RawRow = readonly (string | null)[];

export interface RawResult {
  /** Command tag without counts: `SELECT`, `INSERT`, `COMMIT`, `ROLLBACK`. */
  readonly command: string;
  /** Rows returned, matched or inserted; 0 where the command has no count. */
  readonly rowCount: number;
  readonly rows: readonly RawRow[];
  /** The same rows as they came over the wire, where the driver hands them on undecoded. */
  readonly wire?: WireRows | undefined;
  readonly columns: readonly string[];
  /** Key the server made for the first row of an INSERT, where it does not return rows. */
  readonly insertId?: string | undefined;
  /** Type of each column by PostgreSQL's number (OID); absent where the driver does not tell. */
  readonly types?: readonly number[] | undefined;
}

/** An open connection, in whichever thread owns it. */
export interface Driver {
  execute(request: DriverRequest): Promise<RawResult>;
  close(): Promise<void>;
  /**
   * Asks the server to give up the running statement; it then fails in the ordinary way. Resolves when the server has
   * acted on it: a connection used earlier could lose its next statement. `signal` ends the attempt.
   */
  cancel(signal: AbortSignal): Promise<void>;
  /** Drops the connection without a word to the server; what runs on it fails. */
  destroy(): void;
  /** False when the connection can no longer be used. */
  readonly usable: boolean;
  /** True when the server has a transaction open, whoever began it. */
  readonly inTransaction: boolean;
  /** An idle connection does not keep a finished program alive. */
  setIdle(idle: boolean): void;
}

/** What a driver module exports. */
export interface DriverModule {
  openDriver(settings: unknown): Promise<Driver>;
  /** The fields of an error that are worth keeping; they must be cloneable. */
  describeError(error: unknown): object;
}

export interface WorkerStart {
  readonly port: MessagePort;
  /** Counts replies, so that a blocked thread can wait for the next one. */
  readonly replies: SharedArrayBuffer;
}

export type WorkerRequest =
  | { readonly id: number; readonly kind: 'open'; readonly connection: number; readonly plan: ConnectionPlan }
  | {
      readonly id: number;
      readonly kind: 'execute';
      readonly connection: number;
      readonly request: DriverRequest;
    }
  | { readonly id: number; readonly kind: 'close'; readonly connection: number }
  /** Not answered: that it could be sent is the answer. */
  | { readonly id: number; readonly kind: 'lifeSign' };

export type WorkerReply =
  | (ConnectionStatus & { readonly id: number; readonly result: PackedResult | undefined })
  | (ConnectionStatus & { readonly id: number; readonly error: object });

/** The state of the connection after a request. */
export interface ConnectionStatus {
  readonly usable: boolean;
  readonly inTransaction: boolean;
}
