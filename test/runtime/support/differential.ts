import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { channels, type QueryEvent, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import { transaction } from '@migrate-async/runtime/orm';
import { relationTwin } from '@migrate-async/runtime/twins';
import { expect, test } from 'vitest';
import type { TestEngine } from './engines/engine.ts';

type ChunkOptions = { readonly chunkSize?: number };
type TransactionOptions = {
  readonly using?: string;
  readonly savepoint?: boolean;
  readonly durable?: boolean;
};

/** One step of a behaviour: a call, a relation read, or a transaction around further steps. */
type Step =
  | {
      readonly kind: 'call';
      readonly target: object;
      readonly name: string;
      readonly values: readonly unknown[];
    }
  | { readonly kind: 'read'; readonly target: object; readonly name: string }
  | { readonly kind: 'iterate'; readonly target: object; readonly stopAfter: number }
  | {
      readonly kind: 'stream';
      readonly target: object;
      readonly options: ChunkOptions | undefined;
      readonly body: (row: never) => unknown;
    }
  | {
      readonly kind: 'atomic';
      readonly options: TransactionOptions;
      readonly body: () => Behaviour<unknown>;
    };

/** A behaviour, written once: it yields what should be done, and any path can do it. */
export type Behaviour<Result = void> = Generator<Step, Result, unknown>;

/** Calls an operation by its sync name; its twin on the native path, a bridge on the bridged one. */
export function* call<Result = unknown>(
  target: object,
  name: string,
  ...values: unknown[]
): Behaviour<Result> {
  return (yield { kind: 'call', target, name, values }) as Result;
}
/** Reads a relation: `book.author`, or `await book.aauthor`. */
export function* readRelation<Result = unknown>(target: object, name: string): Behaviour<Result> {
  return (yield { kind: 'read', target, name }) as Result;
}
/** `for of`, or `for await`. */
export function* iterate<Row = unknown>(
  target: object,
  stopAfter = Number.POSITIVE_INFINITY,
): Behaviour<Row[]> {
  return (yield { kind: 'iterate', target, stopAfter }) as Row[];
}
/** Returned by the body of a stream: leave the loop, as `break` does. */
export const leave = Symbol('leave');
/** `for (const row of target.iterator(options)) body(row)`, or `for await` over `aiterator`; `body` may be a behaviour. */
export function* stream<Row>(
  target: object,
  options: ChunkOptions | undefined,
  body: (row: Row) => unknown,
): Behaviour<void> {
  yield { kind: 'stream', target, options, body };
}
export function* atomic<Result>(
  body: () => Behaviour<Result>,
  options: TransactionOptions = {},
): Behaviour<Result> {
  return (yield { kind: 'atomic', options, body }) as Result;
}
/** Runs steps that are expected to throw; returns what they threw. */
export function* thrownBy(body: () => Behaviour<unknown>): Behaviour<Error> {
  try {
    yield* body();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** `fallback` is what `native` becomes where the back end has no native path: the same calls, on bridge threads. */
type Path = 'sync' | 'native' | 'bridged' | 'fallback';
/** Which way statements may go on each path; a bridged closure runs here, and blocks. */
const allowed: Readonly<Record<Path, readonly QueryEvent['path'][]>> = {
  sync: ['blocking'],
  native: ['native'],
  bridged: ['bridged', 'blocking'],
  fallback: ['bridged'],
};

/** What one path did: every statement it sent and every outcome the behaviour saw. */
interface Transcript {
  readonly sql: string[];
  readonly outcomes: string[];
}

let transcript: Transcript = { sql: [], outcomes: [] };
/** Statements sent so far by the running behaviour. */
export function statements(): readonly string[] {
  return transcript.sql;
}
export function lastStatement(): string {
  return transcript.sql.at(-1) ?? '';
}

/** The database a behaviour runs on. */
export interface Stage {
  /** Rows are restored only after something wrote: most behaviours only read. */
  stale: boolean;
  restore(): Promise<void>;
  readonly engine: TestEngine;
  /** Whether the a-prefixed operations are native now. */
  readonly native: boolean;
  /** Closes every connection and starts with fresh rows. */
  recover(): Promise<void>;
  /** Configures the database the other way round. */
  swap(): Promise<void>;
}

/**
 * A test that runs `behaviour` on the sync, the bridged and the native path and on threads instead of the native one,
 * each on fresh rows, and compares: the same statements, results of the same value and type, errors of the same class
 * and message.
 */
export function differential(name: string, stage: Stage, behaviour: () => Behaviour): void {
  const { differences } = stage.engine;
  const differs = Object.keys(differences).some((start) => name.startsWith(start));
  const declare = differs ? test.fails : test;
  declare(name, async ({ task }) => {
    const paths: Path[] = [];
    // Counted at the end of the run.
    task.meta.paths = paths;
    try {
      await onEveryPath(stage, behaviour, paths);
    } catch (error) {
      // It may have left a transaction open, which would keep others out.
      await stage.recover();
      throw error;
    }
  });
}

/** @param paths filled with those it ran on */
async function onEveryPath(stage: Stage, behaviour: () => Behaviour, paths: Path[]): Promise<void> {
  const transcripts: Transcript[] = [];
  const perform = async (path: Path) => {
    paths.push(path);
    if (stage.stale) await stage.restore();
    stage.stale = true;
    const recorded = await record(path, behaviour);
    stage.stale = recorded.sql.some((sql) => !/^(SELECT|EXPLAIN)/.test(sql));
    transcripts.push(recorded);
  };
  const asynchronous = (): Path => (stage.native ? 'native' : 'fallback');
  // The sync and the bridged path do not depend on how the database is configured: one swap for each behaviour.
  await perform('sync');
  await perform('bridged');
  await perform(asynchronous());
  if (stage.engine.native) {
    await stage.swap();
    await perform(asynchronous());
  }
  const [sync, ...others] = transcripts;
  for (const other of others) expect(other).toEqual(sync);
}

async function record(path: Path, behaviour: () => Behaviour): Promise<Transcript> {
  transcript = { sql: [], outcomes: [] };
  const strays: string[] = [];
  const note = (event: unknown) => {
    const { sql, path: used } = event as QueryEvent;
    if (!allowed[path].includes(used)) strays.push(`${used}: ${sql}`);
    // Savepoints and cursors are counted, and some were made before this test.
    transcript.sql.push(sql.replace(/\bs\d+$/, 'savepoint').replace(/"migrate_async_\d+"/, 'cursor'));
  };
  subscribe(channels.query, note);
  try {
    if (path === 'sync') runSync(behaviour());
    else if (path === 'native') await runAsync(behaviour(), path);
    else await threadSensitiveContext(() => runAsync(behaviour(), path));
  } finally {
    unsubscribe(channels.query, note);
  }
  expect(strays, `statements that left the ${path} path`).toEqual([]);
  return transcript;
}

type Operations = Record<string, (...values: unknown[]) => unknown>;

function runSync<Result>(behaviour: Behaviour<Result>): Result {
  let step = behaviour.next();
  while (!step.done) {
    let answer: unknown;
    try {
      answer = performSync(step.value);
    } catch (error) {
      if (fatal(error)) throw error;
      noted(error);
      step = behaviour.throw(error);
      continue;
    }
    step = behaviour.next(noted(answer));
  }
  return step.value;
}
function performSync(step: Step): unknown {
  switch (step.kind) {
    case 'call':
      return method(step.target, step.name).apply(step.target, [...step.values]);
    case 'read':
      return (step.target as Record<string, unknown>)[step.name];
    case 'iterate': {
      const rows: unknown[] = [];
      for (const row of step.target as Iterable<unknown>) if (rows.push(row) >= step.stopAfter) break;
      return rows;
    }
    case 'stream':
      for (const row of method(step.target, 'iterator').call(step.target, step.options) as Iterable<never>)
        if (runSync(asBehaviour(step.body(row))) === leave) break;
      return undefined;
    case 'atomic':
      return transaction.atomic(step.options, () => runSync(step.body()));
  }
}

async function runAsync<Result>(behaviour: Behaviour<Result>, path: Path): Promise<Result> {
  let step = behaviour.next();
  while (!step.done) {
    let answer: unknown;
    try {
      answer = await performAsync(step.value, path);
    } catch (error) {
      if (fatal(error)) throw error;
      noted(error);
      step = behaviour.throw(error);
      continue;
    }
    step = behaviour.next(noted(answer));
  }
  return step.value;
}
async function performAsync(step: Step, path: Path): Promise<unknown> {
  if (path === 'bridged') return performBridged(step);
  switch (step.kind) {
    case 'call':
      return method(step.target, relationTwin(step.name)).apply(step.target, [...step.values]);
    case 'read':
      return (step.target as Record<string, unknown>)[relationTwin(step.name)];
    case 'iterate': {
      const rows: unknown[] = [];
      for await (const row of step.target as AsyncIterable<unknown>)
        if (rows.push(row) >= step.stopAfter) break;
      return rows;
    }
    case 'stream': {
      const rows = method(step.target, 'aiterator').call(step.target, step.options);
      for await (const row of rows as AsyncIterable<never>)
        if ((await runAsync(asBehaviour(step.body(row)), path)) === leave) break;
      return undefined;
    }
    case 'atomic':
      return transaction.aatomic(step.options, () => runAsync(step.body(), path));
  }
}
/** Relations, iteration and transactions have no method to hand to a bridge: they go as closures. */
async function performBridged(step: Step): Promise<unknown> {
  if (step.kind === 'call') return syncToAsync(method(step.target, step.name))(...step.values);
  return syncToAsync(() => performSync(step))();
}

/** What a loop body did, whether it had steps or not. */
function* asBehaviour(outcome: unknown): Behaviour<unknown> {
  const steps = typeof outcome === 'object' && outcome !== null && 'next' in outcome;
  return steps ? yield* outcome as Behaviour<unknown> : outcome;
}

function method(target: object, name: string): (...values: unknown[]) => unknown {
  const found = (target as Operations)[name];
  if (typeof found !== 'function') throw new Error(`there is no ${name} to call`);
  return found;
}

/** An assertion of the test itself, not an outcome. */
function fatal(error: unknown): boolean {
  return (error as Error | null | undefined)?.name === 'AssertionError';
}

/** Keeps an outcome in a form that tells types apart. */
function noted<T>(outcome: T): T {
  transcript.outcomes.push(describeOutcome(outcome));
  return outcome;
}
/** Moments set to now differ from path to path; that they are now is all that can be compared. */
function dateOutcome(date: Date): string {
  return Math.abs(Date.now() - date.getTime()) < 60_000 ? 'Date now' : `Date ${date.toISOString()}`;
}
function describeOutcome(outcome: unknown): string {
  if (outcome instanceof Error) return `${outcome.constructor.name}: ${outcome.message}`;
  return JSON.stringify(outcome, function (this: Record<string, unknown>, key, value: unknown) {
    const raw = this[key];
    if (raw instanceof Date) return dateOutcome(raw);
    if (typeof value === 'bigint') return `bigint ${value}`;
    if (value === undefined) return 'undefined';
    if (value instanceof Map) return { map: [...value] };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { class: value.constructor.name, ...value };
    }
    return value;
  });
}
