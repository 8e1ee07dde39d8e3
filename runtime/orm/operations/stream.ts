import type { DriverRequest, RawResult } from '../../bridge/messages.ts';
import { connections, dialectOf } from '../connections/index.ts';
import { ValueError } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { prefetch } from '../queryset/prefetch.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { rowsPlan } from '../sql/plans.ts';
import { prefetchesFor, rememberCircumstances, requireLockable } from './read.ts';
import { insideBlock, type Streaming, statement } from './steps.ts';

export interface IteratorOptions {
  /** Rows fetched and prefetched for at a time; 2,000 when absent. */
  readonly chunkSize?: number;
}
const defaultChunkSize = 2_000;
let cursorCount = 0;

export function chunkSizeOf(options: IteratorOptions): number {
  requireOptions('iterator', options, ['chunkSize']);
  const { chunkSize = defaultChunkSize } = options;
  if (!(chunkSize > 0)) throw new ValueError('Chunk size must be strictly positive.');
  if (!Number.isInteger(chunkSize)) throw new ValueError('Chunk size must be a whole number.');
  return chunkSize;
}
/** What the sync iterator checks when it is called. That it wants a chunk size for prefetching is Django's rule. */
export function requireStreamable(queryset: QuerySet, options: IteratorOptions): void {
  chunkSizeOf(options);
  if (options.chunkSize !== undefined || prefetchesFor(queryset).length === 0) return;
  throw new ValueError('chunkSize must be provided when using QuerySet.iterator() after prefetchRelated().');
}

/**
 * Every row of a query set, a chunk at a time. They come from a server-side cursor where there is one, which is closed
 * when the reader is done or leaves.
 */
export function* stream(queryset: QuerySet, options: IteratorOptions): Streaming {
  const chunkSize = chunkSizeOf(options);
  const plan = rowsPlan(queryset.shape, 'all', dialectOf(queryset.database));
  if (plan === undefined) return;
  yield* requireLockable(queryset);
  const { database } = queryset;
  const prefetches = prefetchesFor(queryset);
  const request = plan.bind(queryset.parameters);
  const { step } = queryset.query;
  let count = 0;
  yield* inChunks(database, request, chunkSize, function* (result): Streaming {
    const read = plan.read(result, database);
    const before = count;
    count += read.length;
    const rows = step === 1 ? read : read.filter((_row, at) => (before + at) % step === 0);
    rememberCircumstances(queryset, rows);
    if (prefetches.length > 0) yield* prefetch(rows as object[], prefetches, database);
    yield { kind: 'rows', rows };
  });
}

/**
 * The answer to a query, a chunk of rows at a time.
 *
 * @param canHold false for what no cursor can be declared for, at least none that outlives its statement
 */
export function* inChunks(
  alias: string,
  request: DriverRequest,
  chunkSize: number,
  deliver: Deliver,
  canHold: (inside: boolean) => boolean = () => true,
): Streaming {
  const inside = yield* insideBlock(alias);
  const chunks = hasCursors(alias, inside) && canHold(inside) ? fromCursor(!inside) : fromResult();
  yield* chunks(alias, request, chunkSize, deliver);
}

type Deliver = (result: RawResult) => Streaming;
type Chunks = (alias: string, request: DriverRequest, chunkSize: number, deliver: Deliver) => Streaming;

function hasCursors(alias: string, inside: boolean): boolean {
  const { features, settings } = connections.get(alias);
  if (!features.serverSideCursors || settings.serverSideCursors === false) return false;
  return inside || settings.preparedStatements !== false;
}

/** @param hold outlives the statement that declares it; else it ends with the transaction */
function fromCursor(hold: boolean): Chunks {
  return function* (alias, { text, values }, chunkSize, deliver): Streaming {
    cursorCount += 1;
    const cursor = `"migrate_async_${cursorCount}"`;
    let open = false;
    yield { kind: 'pin', alias };
    try {
      const declaration = `DECLARE ${cursor} NO SCROLL CURSOR ${hold ? 'WITH HOLD ' : ''}FOR ${text}`;
      yield* statement(alias, { text: declaration, values });
      open = true;
      for (;;) {
        const result = yield* statement(alias, { text: `FETCH ${chunkSize} FROM ${cursor}`, values: [] });
        if (result.rowCount > 0) yield* deliver(result);
        if (result.rowCount < chunkSize) return;
      }
    } finally {
      yield { kind: 'unpin', alias, parting: open ? `CLOSE ${cursor}` : undefined };
    }
  };
}

/** All rows in one answer, converted a chunk at a time. */
function fromResult(): Chunks {
  return function* (alias, request, chunkSize, deliver): Streaming {
    const { rows, command, columns, types } = yield* statement(alias, request);
    for (let at = 0; at < rows.length; at += chunkSize) {
      const chunk = rows.slice(at, at + chunkSize);
      yield* deliver({ command, columns, types, rows: chunk, rowCount: chunk.length });
    }
  };
}
