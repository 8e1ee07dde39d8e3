import { inject } from 'vitest';
import type { TestEngine } from './engine.ts';
import { mysqlEngine } from './mysql.ts';
import { pgbouncer } from './pgbouncer.ts';
import { postgresql } from './postgresql.ts';
import { sqlite } from './sqlite.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Engine the behaviours run on; PostgreSQL when absent. */
    engine?: string;
  }
}

const engines: readonly TestEngine[] = [postgresql, pgbouncer, sqlite, mysqlEngine];

/** The engine of this run. */
export function testEngine(): TestEngine {
  const name = inject('engine') ?? 'postgresql';
  const engine = engines.find((each) => each.name === name);
  if (engine === undefined) throw new Error(`there is no engine ${name} to test`);
  return engine;
}
/** True where the suite does not run on PostgreSQL, directly or behind a pooler. */
export function onOtherEngine(): boolean {
  return testEngine().engine !== 'postgresql';
}
