import type { RawRow } from '../../bridge/messages.ts';
import { describe } from '../describe.ts';
import { InterfaceError, ProgrammingError, ValueError } from '../errors.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import { type Operation, statement } from '../operations/steps.ts';
import type { Dialect } from '../sql/dialect.ts';
import { cursorRequest } from './parameters.ts';

/** Values for `%s` in order, or for `%(name)s` by name. */
export type CursorParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Statements of one's own, on the connection of the running code. Rows come as the server sends them, as text. The sync
 * members are bound, as what is handed to a bridge.
 */
export class Cursor {
  readonly #alias: string;
  readonly #dialect: Dialect;
  #rows: readonly RawRow[] | undefined;
  #at = 0;
  #rowCount = -1;
  #columns: readonly string[] = [];
  #closed = false;

  constructor(alias: string, dialect: Dialect) {
    this.#alias = alias;
    this.#dialect = dialect;
  }
  /** Rows matched or returned by the last statement, by all of them after `executeMany`; -1 before it. */
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
  aexecute(sql: string, parameters?: CursorParameters | null) {
    return asynchronous(execute(this, sql, parameters));
  }
  get executeMany() {
    return synchronous(this, 'executeMany', executeMany);
  }
  aexecuteMany(sql: string, parameterLists: Iterable<CursorParameters>) {
    return asynchronous(executeMany(this, sql, parameterLists));
  }
  /**
   * The next row; null after the last.
   *
   * @throws ProgrammingError when the last statement returned no rows, as an UPDATE does, or there was none
   */
  readonly fetchOne = (): RawRow | null => this.#take(1)[0] ?? null;
  async afetchOne(): Promise<RawRow | null> {
    return this.fetchOne();
  }
  readonly fetchMany = (count = 1): readonly RawRow[] => {
    if (!Number.isInteger(count))
      throw new TypeError(`fetchMany() takes a number of rows, not ${describe(count)}.`);
    if (count <= 0) throw new ValueError('fetchMany() needs a positive number of rows.');
    return this.#take(count);
  };
  async afetchMany(count?: number): Promise<readonly RawRow[]> {
    return this.fetchMany(count);
  }
  readonly fetchAll = (): readonly RawRow[] => this.#take(Number.POSITIVE_INFINITY);
  async afetchAll(): Promise<readonly RawRow[]> {
    return this.fetchAll();
  }
  /** The rows that were not fetched yet. */
  *[Symbol.iterator](): Generator<RawRow, void, undefined> {
    for (let row = this.fetchOne(); row !== null; row = this.fetchOne()) yield row;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<RawRow, void, undefined> {
    yield* this[Symbol.iterator]();
  }
  #take(count: number): readonly RawRow[] {
    this.#requireOpen();
    if (this.#rows === undefined) throw new ProgrammingError('no results to fetch');
    const rows = this.#rows.slice(this.#at, this.#at + count);
    this.#at += rows.length;
    return rows;
  }
  readonly close = (): void => {
    this.#closed = true;
    this.#rows = undefined;
  };
  async aclose(): Promise<void> {
    this.close();
  }

  /** Sends one statement and keeps its rows. */
  *run(called: string, sql: string, parameters?: CursorParameters | null): Operation<void> {
    this.#forget();
    const result = yield* statement(this.#alias, cursorRequest(called, sql, parameters, this.#dialect));
    this.#rows = result.columns.length === 0 ? undefined : result.rows;
    this.#at = 0;
    this.#rowCount = result.rowCount;
    this.#columns = result.columns;
  }
  /** Sends one statement for each list of parameters. */
  *runEach(sql: string, parameterLists: Iterable<CursorParameters>): Operation<void> {
    const given: unknown = parameterLists;
    if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
      throw new TypeError(
        `executeMany() takes the parameters of each statement in a list, not ${describe(given)}.`,
      );
    }
    this.#forget();
    let count = 0;
    for (const parameters of parameterLists) {
      yield* this.run('executeMany', sql, parameters);
      count += this.#rowCount;
    }
    this.#rowCount = count;
  }
  /** What the last statement left: after one that fails, or none, its rows are not those of another. */
  #forget(): void {
    this.#requireOpen();
    this.#rows = undefined;
    this.#at = 0;
    this.#rowCount = -1;
    this.#columns = [];
  }
  #requireOpen(): void {
    if (this.#closed) throw new InterfaceError('the cursor is closed');
  }
}

function execute(cursor: Cursor, sql: string, parameters?: CursorParameters | null): Operation<void> {
  return cursor.run('execute', sql, parameters);
}
function executeMany(
  cursor: Cursor,
  sql: string,
  parameterLists: Iterable<CursorParameters>,
): Operation<void> {
  return cursor.runEach(sql, parameterLists);
}
