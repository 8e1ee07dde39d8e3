import type { RawRow } from '../../bridge/messages.ts';
import { InterfaceError, ValueError } from '../errors.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import { type Operation, statement } from '../operations/steps.ts';
import { cursorParameters } from './parameters.ts';

/** Values for `%s` in order, or for `%(name)s` by name. */
export type CursorParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Statements of one's own, on the connection of the running code. Rows come as the server sends them, as text. */
export class Cursor {
  readonly #alias: string;
  #rows: readonly RawRow[] = [];
  #at = 0;
  #rowCount = -1;
  #columns: readonly string[] = [];
  #closed = false;

  constructor(alias: string) {
    this.#alias = alias;
  }
  /** Rows matched or returned by the last statement, -1 before it. */
  get rowCount(): number {
    return this.#rowCount;
  }
  /** Names of the columns of the last statement. */
  get columns(): readonly string[] {
    return this.#columns;
  }

  get execute() {
    return synchronous(this, 'execute', execute);
  }
  aexecute(sql: string, parameters?: CursorParameters) {
    return asynchronous(execute(this, sql, parameters));
  }
  get executeMany() {
    return synchronous(this, 'executeMany', executeMany);
  }
  aexecuteMany(sql: string, parameterLists: Iterable<CursorParameters>) {
    return asynchronous(executeMany(this, sql, parameterLists));
  }
  fetchOne(): RawRow | null {
    this.#requireOpen();
    return this.#rows[this.#at++] ?? null;
  }
  async afetchOne(): Promise<RawRow | null> {
    return this.fetchOne();
  }
  fetchMany(count = 1): readonly RawRow[] {
    this.#requireOpen();
    if (count <= 0) throw new ValueError('fetchMany() needs a positive number of rows.');
    const rows = this.#rows.slice(this.#at, this.#at + count);
    this.#at += rows.length;
    return rows;
  }
  async afetchMany(count?: number): Promise<readonly RawRow[]> {
    return this.fetchMany(count);
  }
  fetchAll(): readonly RawRow[] {
    this.#requireOpen();
    const rows = this.#rows.slice(this.#at);
    this.#at = this.#rows.length;
    return rows;
  }
  async afetchAll(): Promise<readonly RawRow[]> {
    return this.fetchAll();
  }
  close(): void {
    this.#closed = true;
    this.#rows = [];
  }
  async aclose(): Promise<void> {
    this.close();
  }

  /** Sends one statement and keeps its rows. */
  *run(sql: string, parameters?: CursorParameters): Operation<void> {
    this.#requireOpen();
    const result = yield* statement(this.#alias, cursorParameters(sql, parameters));
    this.#rows = result.rows;
    this.#at = 0;
    this.#rowCount = result.rowCount;
    this.#columns = result.columns;
  }
  #requireOpen(): void {
    if (this.#closed) throw new InterfaceError('the cursor is closed');
  }
}

function execute(cursor: Cursor, sql: string, parameters?: CursorParameters): Operation<void> {
  return cursor.run(sql, parameters);
}
function* executeMany(
  cursor: Cursor,
  sql: string,
  parameterLists: Iterable<CursorParameters>,
): Operation<void> {
  for (const parameters of parameterLists) yield* cursor.run(sql, parameters);
}
