import type { Submittable } from 'pg';
import type { DriverRequest, RawResult, RawRow } from '../../../bridge/messages.ts';

/** The part of pg's connection that sends messages and reports what becomes of the socket. */
export interface WireConnection {
  readonly stream: { readonly destroyed: boolean; cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  once(event: 'readyForQuery' | 'end', listener: () => void): void;
  off(event: 'readyForQuery' | 'end', listener: () => void): void;
  query(text: string): void;
  parse(message: { readonly text: string; readonly name: string }): void;
  bind(message: {
    readonly statement: string;
    readonly values: readonly unknown[];
    readonly valueMapper: (value: unknown) => unknown;
  }): void;
  describe(message: { readonly type: 'P'; readonly name: string }): void;
  execute(message: object): void;
  sync(): void;
  sendCopyFail(reason: string): void;
}

interface ColumnDescription {
  readonly name: string;
  readonly dataTypeID: number;
}

/**
 * One statement on pg's connection. Rows stay as the server sent them, because one row reader in the main thread
 * converts for every path. Unlike pg's own query it reports a failure only when the server is ready for the next
 * statement (or the socket is gone), so that nobody gets an unsettled connection and the transaction status is known.
 */
export class RunningQuery implements Submittable {
  readonly #request: DriverRequest;
  readonly #resolve: (result: RawResult) => void;
  readonly #reject: (error: Error) => void;
  /** Read by pg: it keeps the list of the statements that were prepared under a name. */
  readonly name: string | undefined;
  readonly text: string;
  #rows: RawRow[] = [];
  #columns: readonly string[] = [];
  #types: readonly number[] = [];
  #command = '';
  #rowCount = 0;
  #failed = false;

  constructor(
    request: DriverRequest,
    name: string | undefined,
    resolve: (result: RawResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#request = request;
    this.name = name;
    this.text = request.text;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(sending: unknown): void {
    const connection = sending as WireConnection;
    const { values } = this.#request;
    // Without values or a name it goes as one simple query, which may hold several statements.
    if (values.length === 0 && this.name === undefined) {
      connection.query(this.text);
      return;
    }
    const statement = this.name ?? '';
    connection.stream.cork();
    try {
      if (this.name === undefined || connection.parsedStatements[statement] === undefined) {
        connection.parse({ text: this.text, name: statement });
      }
      connection.bind({ statement, values, valueMapper: asBuffer });
      connection.describe({ type: 'P', name: '' });
      connection.execute({});
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly ColumnDescription[] }): void {
    // Of several statements in one text the last one's answer counts.
    this.#rows = [];
    this.#columns = fields.map((field) => field.name);
    this.#types = fields.map((field) => field.dataTypeID);
  }
  handleDataRow({ fields }: { readonly fields: RawRow }): void {
    this.#rows.push(fields);
  }
  handleCommandComplete({ text }: { readonly text: string }): void {
    const words = text.split(' ');
    const count = Number(words.at(-1));
    this.#command = words[0] ?? '';
    this.#rowCount = Number.isNaN(count) ? 0 : count;
  }
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFail('COPY is not supported here');
  }
  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.#resolve({
      command: this.#command,
      rowCount: this.#rowCount,
      rows: this.#rows,
      columns: this.#columns,
      types: this.#types,
    });
  }
  /** Called when the server reports an error, and again when the socket breaks before the server is ready. */
  handleError(error: Error, connection: WireConnection): void {
    if (this.#failed) return;
    this.#failed = true;
    if (connection.stream.destroyed) {
      this.#reject(error);
      return;
    }
    const settle = () => {
      connection.off('readyForQuery', settle);
      connection.off('end', settle);
      this.#reject(error);
    };
    connection.once('readyForQuery', settle);
    connection.once('end', settle);
  }
}

/** Bytes that crossed threads are no longer a Buffer, which is what pg tells bytes by. */
function asBuffer(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
