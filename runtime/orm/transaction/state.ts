import { connectionClosed, type RawResult } from '../../bridge/messages.ts';
import { isPlainRead } from '../connections/statement-shape.ts';
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
  /** True when it can only be rolled back. */
  needsRollback: boolean;
  /** The error that made it so, where it was one. */
  failure: unknown;
  /** True for a block of async code: code around it may go on while it is open. */
  lasting: boolean;
  /** Blocks around it whose code sent something while it was open: that is undone with it. */
  carries: readonly OpenBlock[];
  /** True when work of its own was undone with another block: it cannot end well. */
  undone: boolean;
}

/** Statements of a protocol: yields SQL, is answered with the server's result. */
export type Control<Result> = Generator<string, Result, RawResult>;

const brokenBlock =
  "An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block.";

const unfinishedInside =
  'The atomic block ended while a block inside it was still open, and was rolled back. Await every block.';
const undoneWork =
  'The atomic block was rolled back, because part of it ran while a block beside or inside it was open that was rolled back. Await one before starting the other.';
const insideIsOpen =
  'Savepoints cannot be made or ended while a block inside this one is open. Await it first.';

/** Transaction state of one connection, and the statements that change it. Does no I/O. */
export class TransactionState {
  readonly #blocks: OpenBlock[] = [];
  #hooks: CommitHook[] = [];
  #savepointCount = 0;
  #begun = false;
  /** True when a savepoint could not be rolled back to: what was to be kept is gone with the rest. */
  #savepointLost = false;
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
  /** True when the innermost block can only be rolled back. */
  get needsRollback(): boolean {
    return this.innermost?.needsRollback === true;
  }
  /** Whether `block` has not ended. What was made in one that has, such as a cursor, may be gone. */
  isOpen(block: OpenBlock): boolean {
    return this.#blocks.includes(block);
  }

  /**
   * Comes before everything that code of a block sends: refuses what could only fail or be lost.
   *
   * @param from block of the code that sends it, where that is known; the innermost one may be another's
   * @param text what is sent
   */
  check(from: OpenBlock | undefined, text: string): void {
    this.#requireSound();
    if (from?.needsRollback && this.isOpen(from)) throw broken(from);
    if (from !== undefined && from !== this.innermost && !isPlainRead(text)) this.#carry(from);
  }
  /** Notes that what comes next is undone with the blocks that others have open inside `from`. */
  #carry(from: OpenBlock): void {
    for (const block of this.#inside(from)) {
      if (!block.carries.includes(from)) block.carries = [...block.carries, from];
    }
  }
  /** Notes that a write failed with `failure`: what it did before failing must not be kept. */
  writeFailed(failure: unknown, from?: OpenBlock): void {
    const failed = this.#blockOf(from);
    if (failed === undefined) return;
    mark(failed, failure);
    // Their own work is beyond the failed statement on the server, and goes with it.
    for (const block of this.#inside(failed)) {
      mark(block, failure);
      block.undone = true;
    }
  }
  /** Open blocks that other code opened inside `block` and has not ended. */
  #inside(block: OpenBlock | undefined): readonly OpenBlock[] {
    if (block === undefined || block === this.innermost) return [];
    const at = this.#blocks.indexOf(block);
    return at === -1 ? [] : this.#blocks.slice(at + 1).filter(({ lasting }) => lasting);
  }
  /** Marks the innermost block, or the one the code of `from` is in, to be rolled back at its end, or not to be. */
  setRollback(rollback: boolean, from?: OpenBlock): void {
    const block = this.#blockOf(from);
    if (block === undefined) return;
    block.needsRollback = rollback;
    block.failure = undefined;
  }
  getRollback(from?: OpenBlock): boolean {
    return this.#blockOf(from)?.needsRollback === true;
  }
  /** What async code opened inside `from` is none of its code's business; anything else it opened itself. */
  #blockOf(from: OpenBlock | undefined): OpenBlock | undefined {
    const { innermost } = this;
    return innermost !== undefined && this.#inside(from).includes(innermost) ? from : innermost;
  }

  /** @param from block of the code that opens one, where that is known */
  *enter({ savepoint = true, durable = false }: BlockOptions, from?: OpenBlock): Control<void> {
    if (durable && this.inBlock) {
      throw new TransactionManagementError(
        'A durable atomic block cannot be nested within another atomic block.',
      );
    }
    if (!this.inBlock) {
      // The same names in every transaction: the server's statistics tell statements apart by their text.
      this.#savepointCount = 0;
      this.#savepointLost = false;
      yield 'BEGIN';
      this.#begun = true;
      this.#open(undefined);
      return;
    }
    if (from !== undefined) this.#carry(from);
    const name = savepoint && !this.needsRollback ? this.#newSavepoint() : undefined;
    if (name !== undefined) yield `SAVEPOINT ${name}`;
    this.#open(name);
  }
  #open(savepoint: string | undefined): void {
    this.#blocks.push({
      savepoint,
      byHand: [],
      needsRollback: this.needsRollback,
      failure: this.innermost?.failure,
      lasting: false,
      carries: [],
      undone: false,
    });
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
    if (block === undefined || at === -1) {
      // The block around it, or its context, ended first and took it along.
      if (failed) return [];
      throw new TransactionManagementError('The atomic block was already over, and was rolled back.');
    }
    const unfinished = this.#blocks.splice(at).length > 1;
    const spoiled = unfinished || block.undone;
    const rollback = failed || spoiled || block.needsRollback;
    if (rollback) for (const around of block.carries) around.undone = true;
    const hooks = this.inBlock
      ? yield* this.#exitInner(block, rollback)
      : yield* this.#exitOutermost(failed, rollback);
    if (this.innermost?.undone) this.innermost.needsRollback = true;
    if (spoiled && !failed) throw new TransactionManagementError(unfinished ? unfinishedInside : undoneWork);
    return hooks;
  }
  *#exitOutermost(failed: boolean, rollback: boolean): Control<readonly CommitHook[]> {
    const hooks = this.#hooks;
    this.#hooks = [];
    try {
      if (rollback) {
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

  *#exitInner({ savepoint, failure }: OpenBlock, rollback: boolean): Control<readonly CommitHook[]> {
    if (rollback) {
      if (savepoint === undefined) mark(this.innermost, failure);
      else yield* this.#rollbackTo(savepoint);
    } else if (savepoint !== undefined) {
      try {
        yield `RELEASE SAVEPOINT ${savepoint}`;
      } catch (error) {
        yield* this.#rollbackTo(savepoint);
        throw error;
      }
    }
    return [];
  }

  *#rollbackTo(savepoint: string): Control<void> {
    this.#hooks = this.#hooks.filter((hook) => !hook.savepoints.includes(savepoint));
    try {
      yield `ROLLBACK TO SAVEPOINT ${savepoint}`;
      yield `RELEASE SAVEPOINT ${savepoint}`;
    } catch {
      // The savepoint is beyond reach; only the end of the whole transaction can put things right.
      this.setRollback(true);
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

  /**
   * Adds a hook; call only inside a block.
   *
   * @param from block of the code that adds it, where that is known
   */
  addHook(run: () => unknown, robust: boolean, from?: OpenBlock): void {
    const others = this.#inside(from);
    const savepoints = this.#blocks
      .filter((block) => !others.includes(block))
      .flatMap(({ savepoint, byHand }) => [...(savepoint ? [savepoint] : []), ...byHand]);
    this.#hooks.push({ run, robust, savepoints });
  }

  /**
   * Comes before anything is done about savepoints by hand.
   *
   * @throws TransactionManagementError while a block inside is open: its savepoint would be in between
   */
  requireInnermost(from: OpenBlock | undefined): void {
    if (this.#inside(from).length > 0) throw new TransactionManagementError(insideIsOpen);
  }
  /** Makes a savepoint by hand; null outside a block. */
  *savepoint(): Control<string | null> {
    const block = this.innermost;
    if (block === undefined) return null;
    this.#requireSound();
    const name = this.#newSavepoint();
    yield `SAVEPOINT ${name}`;
    block.byHand = [...block.byHand, name];
    return name;
  }
  *savepointRollback(name: string): Control<void> {
    if (!this.inBlock) return;
    this.#requireSound();
    this.#requireName(name);
    this.#hooks = this.#hooks.filter((hook) => !hook.savepoints.includes(name));
    this.#forgetSavepoints(name, 1);
    yield `ROLLBACK TO SAVEPOINT ${name}`;
  }
  *savepointCommit(name: string): Control<void> {
    if (!this.inBlock) return;
    this.#requireSound();
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

  /** As in Django, whoever repairs a block by hand says so first, with setRollback(false). */
  #requireSound(): void {
    const { innermost } = this;
    if (innermost?.needsRollback) throw broken(innermost);
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

/** Notes that a block can only be rolled back. */
function mark(block: OpenBlock | undefined, failure: unknown): void {
  if (block === undefined || block.needsRollback) return;
  block.needsRollback = true;
  block.failure = failure;
}
function broken({ failure }: OpenBlock): TransactionManagementError {
  return new TransactionManagementError(brokenBlock, {}, undefined, failure);
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
