import type { DriverRequest, RawResult, RawRow } from '../../bridge/messages.ts';
import { runAsynchronously, runBlocking } from '../operations/run.ts';
import { type Operation, statement } from '../operations/steps.ts';

/** What a caller wants of a statement's answer. */
export type ResultMode =
  /** Every row. */
  | 'multi'
  /** The first row, or undefined. */
  | 'single'
  /** The whole answer, as the driver gives it. */
  | 'cursor'
  /** Number of rows matched or inserted. */
  | 'rowCount'
  | 'noResults';
export interface ResultOf {
  readonly multi: readonly RawRow[];
  readonly single: RawRow | undefined;
  readonly cursor: RawResult;
  readonly rowCount: number;
  readonly noResults: undefined;
}

/** A compiled statement with its values, ready to be sent by either path. */
export class SQLCompiler {
  readonly #alias: string;
  readonly #request: DriverRequest;
  readonly #write: boolean;

  constructor(alias: string, request: DriverRequest, write = false) {
    this.#alias = alias;
    this.#request = request;
    this.#write = write;
  }

  /** Sends the statement on the sync path; blocks. */
  executeSql<Mode extends ResultMode>(mode: Mode): ResultOf[Mode] {
    return runBlocking(this.execution(mode));
  }
  /** Sends the statement on the native path. */
  asyncExecuteSql<Mode extends ResultMode>(mode: Mode): Promise<ResultOf[Mode]> {
    return runAsynchronously(this.execution(mode));
  }

  /** The step both paths share; operations go through it. */
  *execution<Mode extends ResultMode>(mode: Mode): Operation<ResultOf[Mode]> {
    const result = yield* statement(this.#alias, this.#request, this.#write);
    return inMode(result, mode) as ResultOf[Mode];
  }
}

function inMode(result: RawResult, mode: ResultMode): ResultOf[ResultMode] {
  switch (mode) {
    case 'multi':
      return result.rows;
    case 'single':
      return result.rows[0];
    case 'cursor':
      return result;
    case 'rowCount':
      return result.rowCount;
    case 'noResults':
      return undefined;
  }
}
