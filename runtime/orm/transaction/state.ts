import { connectionClosed, type RawResult } from '../../bridge/messages.ts';
import { DatabaseError, OperationalError, TransactionManagementError } from '../errors.ts';
import type { BlockOptions } from '../operations/steps.ts';

/** Something to do once the outermost block is committed. */
export interface CommitHook {
  readonly run: () => unknown;
  readonly robust: boolean;
  /** Savepoints that were open when it was added; rolling one of them back drops it. */
  readonly savepoints: readonly string[];
}

/** An open block; its savepoint is undefined where it is the outermost or joined the one around it. */
export interface OpenBlock {
  readonly savepoint: string | undefined;
  /** Savepoints made in it by hand that have not been given up, in the order of their making. */
  byHand: readonly string[];
}

/** Statements of a protocol: yields SQL, is answered with the server's result. */
export type Control<Result> = Generator<string, Result, RawResult>;

const brokenBlock =
  "An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block.";

/** Transaction state of one connection, and the statements that change it. Does no I/O. */
export class TransactionState {
  readonly #blocks: OpenBlock[] = [];
  #hooks: CommitHook[] = [];
  #savepointCount = 0;
  #begun = false;
  /** True when a savepoint could not be rolled back to: what was to be kept is gone with the rest. */
  #savepointLost = false;
  /** True when the innermost block can only be rolled back. */
  needsRollback = false;
  /** True when the connection must be thrown away: even ROLLBACK failed. */
  broken = false;

  /** True from BEGIN until COMMIT or ROLLBACK was answered: no other connection can stand in for this one. */
  get begun(): boolean {
    return this.#begun;
  }
  get inBlock(): boolean {
    return this.#blocks.length > 0;
  }
  get innermost(): OpenBlock | undefined {
    return this.#blocks.at(-1);
  }
  /** Whether `block` has not ended. What was made in one that has, such as a cursor, may be gone. */
  isOpen(block: OpenBlock): boolean {
    return this.#blocks.includes(block);
  }

  /** Refuses statements that could only fail or be lost. */
  check(): void {
    if (this.inBlock && this.needsRollback) throw new TransactionManagementError(brokenBlock);
  }
  /** Notes that a write failed: what it did before failing must not be kept. */
  writeFailed(): void {
    if (this.inBlock) this.needsRollback = true;
  }

  *enter({ savepoint = true, durable = false }: BlockOptions): Control<void> {
    if (durable && this.inBlock) {
      throw new TransactionManagementError(
        'A durable atomic block cannot be nested within another atomic block.',
      );
    }
    if (!this.inBlock) {
      this.needsRollback = false;
      // The same names in every transaction: the server's statistics tell statements apart by their text.
      this.#savepointCount = 0;
      this.#savepointLost = false;
      yield 'BEGIN';
      this.#begun = true;
      this.#blocks.push({ savepoint: undefined, byHand: [] });
      return;
    }
    const name = savepoint && !this.needsRollback ? this.#newSavepoint() : undefined;
    if (name !== undefined) yield `SAVEPOINT ${name}`;
    this.#blocks.push({ savepoint: name, byHand: [] });
  }

  /**
   * Ends `block`, the innermost one unless it is named: commits or releases when it went well, rolls back when it did
   * not. Blocks inside it that have not ended are lost with it.
   *
   * @returns hooks to run now, after the outermost commit
   * @throws DatabaseError when the commit fails; the work is then rolled back
   */
  *exit(failed: boolean, block = this.innermost): Control<readonly CommitHook[]> {
    const at = block === undefined ? -1 : this.#blocks.indexOf(block);
    if (at === -1) {
      // The block around it, or its context, ended first and took it along.
      if (failed) return [];
      throw new TransactionManagementError('The atomic block was already over, and was rolled back.');
    }
    const unfinished = this.#blocks.splice(at).length > 1;
    const hooks = yield* this.#exit(block?.savepoint, failed || unfinished);
    if (unfinished && !failed) {
      throw new TransactionManagementError(
        'The atomic block ended while a block inside it was still open, and was rolled back. Await every block.',
      );
    }
    return hooks;
  }
  *#exit(savepoint: string | undefined, failed: boolean): Control<readonly CommitHook[]> {
    if (this.inBlock) {
      yield* this.#exitInner(savepoint, failed);
      return [];
    }
    const hooks = this.#hooks;
    this.#hooks = [];
    try {
      if (failed || this.needsRollback) {
        this.needsRollback = false;
        yield* this.#rollback();
        // Code that caught the error must not be told that all went well.
        if (!failed && (this.broken || this.#savepointLost)) throw rolledBackUnasked();
        return [];
      }
      yield* this.#commit();
      return hooks;
    } finally {
      this.#begun = false;
    }
  }

  *#exitInner(savepoint: string | undefined, failed: boolean): Control<void> {
    if (!failed && !this.needsRollback) {
      if (savepoint === undefined) return;
      try {
        yield `RELEASE SAVEPOINT ${savepoint}`;
      } catch (error) {
        yield* this.#rollbackTo(savepoint);
        throw error;
      }
      return;
    }
    this.needsRollback = false;
    if (savepoint === undefined) this.needsRollback = true;
    else yield* this.#rollbackTo(savepoint);
  }

  *#rollbackTo(savepoint: string): Control<void> {
    this.#hooks = this.#hooks.filter((hook) => !hook.savepoints.includes(savepoint));
    try {
      yield `ROLLBACK TO SAVEPOINT ${savepoint}`;
      yield `RELEASE SAVEPOINT ${savepoint}`;
    } catch {
      // The savepoint is beyond reach; only the end of the whole transaction can put things right.
      this.needsRollback = true;
      this.#savepointLost = true;
    }
  }

  *#commit(): Control<void> {
    let tag: string;
    try {
      tag = (yield 'COMMIT').command;
    } catch (error) {
      if (error instanceof DatabaseError) yield* this.#rollback();
      throw this.broken && wasSent(error as DatabaseError) ? outcomeUnknown(error as DatabaseError) : error;
    }
    // PostgreSQL answers COMMIT of an aborted transaction with ROLLBACK and no error: the work is gone.
    if (tag === 'ROLLBACK') {
      throw new TransactionManagementError(
        'The transaction was rolled back instead of committed, because a statement in it had failed.',
      );
    }
  }

  *#rollback(): Control<void> {
    try {
      yield 'ROLLBACK';
    } catch {
      this.broken = true;
    }
  }

  /** Adds a hook; call only inside a block. */
  addHook(run: () => unknown, robust: boolean): void {
    const savepoints = this.#blocks.flatMap(({ savepoint, byHand }) => [
      ...(savepoint ? [savepoint] : []),
      ...byHand,
    ]);
    this.#hooks.push({ run, robust, savepoints });
  }

  /** Makes a savepoint by hand; null outside a block. */
  *savepoint(): Control<string | null> {
    const block = this.innermost;
    if (block === undefined) return null;
    const name = this.#newSavepoint();
    yield `SAVEPOINT ${name}`;
    block.byHand = [...block.byHand, name];
    return name;
  }
  *savepointRollback(name: string): Control<void> {
    if (!this.inBlock) return;
    this.#requireName(name);
    this.#hooks = this.#hooks.filter((hook) => !hook.savepoints.includes(name));
    this.#forgetSavepoints(name, 1);
    yield `ROLLBACK TO SAVEPOINT ${name}`;
  }
  *savepointCommit(name: string): Control<void> {
    if (!this.inBlock) return;
    this.#requireName(name);
    this.#forgetSavepoints(name, 0);
    yield `RELEASE SAVEPOINT ${name}`;
  }
  /** Those made after `name` are gone with what came after it; `kept` says whether it is still there itself. */
  #forgetSavepoints(name: string, kept: 0 | 1): void {
    for (const block of this.#blocks) {
      const at = block.byHand.indexOf(name);
      if (at !== -1) block.byHand = block.byHand.slice(0, at + kept);
    }
  }

  #newSavepoint(): string {
    this.#savepointCount += 1;
    return `s${this.#savepointCount}`;
  }
  #requireName(name: string): void {
    if (this.#blocks.some(({ byHand }) => byHand.includes(name))) return;
    throw new TransactionManagementError(`'${name}' is no open savepoint of this transaction.`);
  }
}

function rolledBackUnasked(): OperationalError {
  return new OperationalError('The connection was lost inside the transaction, which was rolled back.');
}
/** False when the connection was known to be closed, so that the server never saw the statement. */
function wasSent({ message }: DatabaseError): boolean {
  return message !== connectionClosed;
}
/** Not even ROLLBACK got through: the server may have committed before it, or the way to it, broke down. */
function outcomeUnknown(error: DatabaseError): OperationalError {
  return new OperationalError(
    `The connection was lost during COMMIT, so the transaction may have been committed or not: ${error.message}`,
    error,
    'COMMIT',
    error,
  );
}
