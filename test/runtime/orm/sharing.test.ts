import { configureDatabases, connections, OperationalError, transaction } from '@migrate-async/runtime/orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NativeConnection } from '../../../runtime/orm/connections/native-connection.ts';
import { harness } from '../support/harness.ts';
import { Book } from '../support/library.ts';

// Reads that are known to be quick share connections. A lock taken outside holds them up for as long as a test wants
// to look at them.

const setup = harness();
const pool = () => connections.get().pool;
const title = (id: number) => Book.objects.aget({ id }).then((book) => book.title);
const titles = ['Alpha', 'Beta', 'Gamma', 'Delta_50%', 'alphabet'];

beforeEach(async () => {
  await setup.reset();
});
afterEach(async () => {
  await setup.outside.query('ROLLBACK');
  await connections.acloseAll();
});

/** A pool of `max` connections that are all open, and which has seen the read before. */
async function open(max: number): Promise<void> {
  await connections.acloseAll();
  // Any read that was seen before counts as quick: how busy the machine is decides nothing.
  const pooled = { max, quickRead: Number.POSITIVE_INFINITY };
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, pool: pooled } });
  const held = await Promise.all(Array.from({ length: max }, () => pool().acquire()));
  for (const connection of held) pool().release(connection);
  await title(1);
}
async function lockBooks(): Promise<void> {
  await setup.outside.query('BEGIN');
  await setup.outside.query('LOCK TABLE book IN ACCESS EXCLUSIVE MODE');
}
/** Server processes that wait for the lock, once there are `count` of them. */
async function waitingBackends(count: number): Promise<number[]> {
  for (;;) {
    const { rows } = await setup.outside.query(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rows.length >= count) return rows.map((row) => row.pid);
  }
}

test('more reads than connections are under way at once, and each gets its own answer', async () => {
  await open(2);
  await lockBooks();
  const reads = Array.from({ length: 30 }, (_each, index) => title(1 + (index % 5)));
  expect(await waitingBackends(2)).toHaveLength(2);
  expect(pool().waiting).toBe(0);
  await setup.outside.query('COMMIT');
  expect(await Promise.all(reads)).toEqual(reads.map((_each, index) => titles[index % 5]));
  expect([pool().size, pool().idle, pool().waiting]).toEqual([2, 2, 0]);
});

test('beyond what connections may carry, reads wait their turn', async () => {
  await open(1);
  await lockBooks();
  const reads = Array.from({ length: 200 }, (_each, index) => title(1 + (index % 5)));
  await waitingBackends(1);
  expect(pool().waiting).toBe(200 - 16);
  await setup.outside.query('COMMIT');
  expect(await Promise.all(reads)).toEqual(reads.map((_each, index) => titles[index % 5]));
  expect([pool().size, pool().idle, pool().waiting]).toEqual([1, 1, 0]);
});

test('reads of one turn go out on one connection, unless they would wait there for a millisecond', async () => {
  await open(4);
  const joined: (NativeConnection | undefined)[] = [];
  const join = (count: number, typical: number) => {
    const each = Array.from({ length: count }, () => pool().join(typical));
    joined.push(...each);
    return new Set(each).size;
  };
  expect(join(8, 0.1)).toBe(1);
  expect(join(3, 1)).toBe(3);
  await new Promise((resolve) => setImmediate(resolve));
  // A turn later the first one is on its way: the least loaded comes first.
  expect(join(1, 0.1)).toBe(1);
  expect(joined.at(-1)).not.toBe(joined[0]);
  for (const connection of joined) if (connection !== undefined) pool().leave(connection);
  expect([pool().size, pool().idle]).toEqual([4, 4]);
});

test('a read that fails fails alone', async () => {
  await open(1);
  await lockBooks();
  const reads = Promise.allSettled([1, 99, 2].map(title));
  await waitingBackends(1);
  await setup.outside.query('COMMIT');
  const [first, missing, last] = await reads;
  expect([first, last]).toMatchObject([{ value: 'Alpha' }, { value: 'Beta' }]);
  expect(missing).toMatchObject({ reason: expect.any(Book.DoesNotExist) });
});

test('a transaction gets a connection for itself, and reads that come later do not pass it', async () => {
  await open(1);
  await lockBooks();
  const before = [1, 2, 3].map(title);
  await waitingBackends(1);
  const order: string[] = [];
  const block = transaction.aatomic(async () => {
    await Book.objects.filter({ id: 1 }).aupdate({ title: 'changed' });
    order.push('transaction');
    expect(pool().waiting).toBe(1);
    await Book.objects.filter({ id: 1 }).aupdate({ title: 'committed' });
  });
  expect(pool().waiting).toBe(1);
  const after = title(1).then((text) => {
    order.push('read');
    return text;
  });
  expect(pool().waiting).toBe(2);
  await setup.outside.query('COMMIT');
  await block;
  expect(await Promise.all(before)).toEqual(['Alpha', 'Beta', 'Gamma']);
  expect(await after).toBe('committed');
  expect(order).toEqual(['transaction', 'read']);
});

test('reads inside a transaction go to its own connection', async () => {
  await open(2);
  await transaction.aatomic(async () => {
    await Book.objects.filter({ id: 1 }).aupdate({ title: 'inside' });
    expect(await Promise.all([1, 1, 1, 2].map(title))).toEqual(['inside', 'inside', 'inside', 'Beta']);
    transaction.setRollback(true);
  });
  expect(await title(1)).toBe('Alpha');
});

test('a read that can be aborted has its connection for itself', async () => {
  await open(1);
  await lockBooks();
  const shared = title(1);
  await waitingBackends(1);
  const abort = new AbortController();
  const aborted = Book.objects.abortable(abort.signal).aget({ id: 2 });
  expect(pool().waiting).toBe(1);
  abort.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await setup.outside.query('COMMIT');
  expect(await shared).toBe('Alpha');
});

test('a connection that breaks takes the read it was answering with it, not those behind', async () => {
  await open(1);
  await lockBooks();
  const reads = [1, 2, 3, 4, 5].map(title);
  const [pid] = await waitingBackends(1);
  // Awaited from the start: the read may fail before the statement that ends it is answered.
  const broken = expect(reads[0]).rejects.toThrow(OperationalError);
  await setup.outside.query('SELECT pg_terminate_backend($1)', [pid]);
  await broken;
  await setup.outside.query('COMMIT');
  expect(await Promise.all(reads.slice(1))).toEqual(titles.slice(1));
  expect([pool().size, pool().idle]).toEqual([1, 1]);
});

test('a read not seen before, and one that writes or locks, is not shared', async () => {
  await open(1);
  await lockBooks();
  const shared = title(1);
  await waitingBackends(1);
  const others = [
    Book.objects.filter({ pages__gt: 450, id__lt: 77 }).acount(),
    Book.objects.filter({ id: 5 }).aupdate({ pages: 501 }),
    transaction.aatomic(() => Book.objects.selectForUpdate().aget({ id: 5 })),
  ];
  expect(pool().waiting).toBe(3);
  await setup.outside.query('COMMIT');
  expect(await shared).toBe('Alpha');
  const [count, updated, locked] = await Promise.all(others);
  expect([count, updated, (locked as Book).pages]).toEqual([1, 1, 501]);
});
