import type { DatabaseSettings } from '@migrate-async/runtime/orm';

/** A database of one test file's own, on one of the engines. */
export interface EngineDatabase {
  readonly settings: DatabaseSettings;
  /** Empties all tables, starts keys at 1 again and runs `rows`, written as PostgreSQL takes it. */
  restore(rows: string): Promise<void>;
  drop(): Promise<void>;
}

/** What the behaviour suite needs to know of an engine. */
export interface TestEngine {
  /** Name of the run. */
  readonly name: string;
  readonly engine: DatabaseSettings['engine'];
  /** Whether the a-prefixed operations have a path without threads. */
  readonly native: boolean;
  open(): Promise<EngineDatabase>;
  /**
   * Behaviours that the engine does not have, by the start of their names, with the reason. They are run all the same
   * and must fail: what has come to work is no difference any more.
   */
  readonly differences: Readonly<Record<string, string>>;
}

/** Statements of rows written for PostgreSQL, for an engine whose arrays are JSON and whose moments have no zone. */
export function portable(rows: string): string[] {
  return rows
    .replace(/'\{([\w, ]*)\}'/g, (_all, words: string) => {
      const list = words === '' ? [] : words.split(',').map((word) => word.trim());
      return `'${JSON.stringify(list)}'`;
    })
    .replace(/'(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z'/g, "'$1 $2'")
    .replace(/'([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})'/g, "'$1$2$3$4$5'")
    .replace(/'(\d{4}-\d\d-\d\d)Z'/g, "'$1 00:00:00'")
    .split(/;\s*(?:\n|$)/)
    .filter((statement) => statement.trim() !== '');
}
