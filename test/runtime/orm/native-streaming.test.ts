import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { channels, type QueryEvent, syncToAsync } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  type DatabaseSettings,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { afterEach, expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { Book, Parent } from '../support/library.ts';

const setup = harness();
const books = () => Book.objects.orderBy('id');
/** Reconfigures the default database. */
async function configure(settings: Partial<DatabaseSettings>): Promise<void> {
  await connections.acloseAll();
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, ...settings } });
}
afterEach(() => configure({}));

const pool = () => connections.get().pool;
/** Reads some rows natively; leaves after `stopAfter`. */
async function nativeIds(chunkSize: number, stopAfter = Infinity): Promise<number[]> {
  const seen: number[] = [];
  for await (const { id } of books().prefetchRelated('reviews').aiterator({ chunkSize })) {
    if (seen.push(id) >= stopAfter) break;
  }
  return seen;
}
async function sentDuring(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const note = (event: unknown) => sent.push((event as QueryEvent).sql.split(' ')[0] as string);
  subscribe(channels.query, note);
  try {
    await work();
  } finally {
    unsubscribe(channels.query, note);
  }
  return sent;
}

test('a native stream keeps one connection, prefetches on it, and gives it back', async () => {
  await setup.reset();
  await configure({ pool: { max: 1, timeout: 1_000 } });
  expect(await nativeIds(2)).toEqual([1, 2, 3, 4, 5]);
  expect(await nativeIds(2, 3)).toEqual([1, 2, 3]);
  expect([pool().size, pool().idle]).toEqual([1, 1]);
  const rows = books().aiterator({ chunkSize: 1 });
  await rows.next();
  expect(pool().idle).toBe(0);
  await rows.return();
  expect(pool().idle).toBe(1);
  expect(await rows.next()).toEqual({ done: true, value: undefined });
});
test('a native stream that was never read takes no connection', async () => {
  await configure({ pool: { max: 1 } });
  const rows = books().aiterator();
  await rows.return();
  expect(pool().size).toBe(0);
});
test('a stream read on after its transaction is refused, and its connection is not lost', async () => {
  await configure({ pool: { max: 1, timeout: 1_000 } });
  const rows = await transaction.aatomic(async () => {
    const rows = books().aiterator({ chunkSize: 1 });
    await rows.next();
    return rows;
  });
  await expect(rows.next()).rejects.toThrow(TransactionManagementError);
  expect(await Book.objects.acount()).toBe(5);
});
test('340 without server-side cursors the same rows come from one answer', async () => {
  await configure({ serverSideCursors: false });
  expect(await sentDuring(() => nativeIds(2))).toEqual(['SELECT', 'SELECT', 'SELECT', 'SELECT']);
  expect(await nativeIds(2, 3)).toEqual([1, 2, 3]);
  const atomically = () => transaction.aatomic(() => nativeIds(5));
  expect(await sentDuring(atomically)).toEqual(['BEGIN', 'SELECT', 'SELECT', 'COMMIT']);
});
test('340 behind a pooler in transaction mode cursors are for transactions', async () => {
  await configure({ preparedStatements: false });
  expect((await sentDuring(() => nativeIds(5)))[0]).toBe('SELECT');
  const atomically = () => transaction.aatomic(() => nativeIds(5, 1));
  expect(await sentDuring(atomically)).toEqual(['BEGIN', 'DECLARE', 'FETCH', 'SELECT', 'CLOSE', 'COMMIT']);
});
test('374 native: false streams on the bridge thread of its context', async () => {
  await configure({ native: false });
  expect(await nativeIds(2)).toEqual([1, 2, 3, 4, 5]);
  expect((await sentDuring(() => nativeIds(2, 1))).at(-1)).toBe('CLOSE');
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    const names: string[] = [];
    for await (const { name } of Parent.objects.aiterator({ chunkSize: 1 })) names.push(name);
    expect(names).toEqual(['a']);
    transaction.setRollback(true);
  });
  expect(await Parent.objects.acount()).toBe(0);
});
test('a bridged closure streams too', async () => {
  const ids = await syncToAsync(() => [...books().iterator({ chunkSize: 2 })].map(({ id }) => id))();
  expect(ids).toEqual([1, 2, 3, 4, 5]);
});
