import type { RawResult } from '../../bridge/messages.ts';

/**
 * Some databases roll a whole transaction back by themselves and say so to the one statement that it struck: MySQL after a
 * deadlock, SQLite when a conflict asks for it or the disk is full. Whatever came next would then be committed by itself.
 * It is refused instead, as PostgreSQL does, until the end of the transaction.
 */
export class AbortedTransaction extends Error {
  readonly state = '25P02';

  constructor() {
    super('current transaction is aborted, commands ignored until end of transaction block');
  }
}

/** Ends of the whole transaction, not of a savepoint. */
export function endsTransaction(text: string): boolean {
  return /^\s*(?:COMMIT|END|ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b/i.test(text);
}
/** What a database answers that was asked to end a transaction it has rolled back. */
export const rolledBack: RawResult = { command: 'ROLLBACK', rowCount: 0, rows: [], columns: [] };
