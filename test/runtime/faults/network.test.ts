import { setImmediate as nextTurn } from 'node:timers/promises';
import { connections, type DatabaseError, OperationalError, transaction } from '@migrate-async/runtime/orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';
import { at, type NetworkProxy, startProxy, type Verdict } from '../support/proxy.ts';

const setup = faults();
let proxy: NetworkProxy;
beforeEach(async () => {
  proxy = await startProxy(setup.url);
  await setup.configure({ url: proxy.url, pool: { max: 4 } });
});
afterEach(async () => {
  await setup.configure();
  await proxy.close();
});
const pool = () => connections.get().pool;
const failure = (work: Promise<unknown>): Promise<DatabaseError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
const rows = () => Book.objects.orderBy('id').alist();

const breaks: readonly (readonly [string, Verdict])[] = [
  ['reset before the statement arrives', 'reset'],
  ['cut in the middle of the statement', { first: 20 }],
];
for (const [name, verdict] of breaks) {
  test(`${name}: that statement fails, the next one is answered`, async () => {
    await rows();
    proxy.rule = at('toServer', '', verdict);
    expect(await failure(rows())).toBeInstanceOf(OperationalError);
    expect((await rows()).length).toBe(5);
    expect([pool().size, pool().idle]).toEqual([1, 1]);
  });
}
test('cut at every byte of an answer: an error or all rows, never some', async () => {
  await rows();
  let length = 0;
  proxy.rule = (direction, data) => {
    if (direction === 'toClient') length += data.length;
    return 'pass';
  };
  await rows();
  for (let first = 0; first < length; first += 7) {
    proxy.rule = at('toClient', '', { first });
    expect(await failure(rows())).toBeInstanceOf(OperationalError);
    proxy.rule = () => 'pass';
    expect((await rows()).length).toBe(5);
  }
});
test('delayed: the answer comes late and is right', async () => {
  await rows();
  let answer = () => {};
  const later = new Promise<void>((resolve) => {
    answer = resolve;
  });
  proxy.rule = at('toClient', '', { after: later });
  const late = rows();
  // What is asked for in the same turn would go out on the same connection, and be answered behind it.
  await nextTurn();
  const inTime = await rows();
  answer();
  expect((await late).map(({ id }) => id)).toEqual(inTime.map(({ id }) => id));
});
test('in pieces of one byte: nothing changes', async () => {
  const expected = await rows();
  await setup.configure({ url: proxy.url });
  proxy.rule = () => 'pieces';
  expect(await rows()).toEqual(expected);
});
test('silent: the statement timeout ends the wait, and nobody else gets the connection', async () => {
  await setup.configure({ url: proxy.url, statementTimeout: 60, cancelTimeout: 40, pool: { max: 2 } });
  await rows();
  proxy.rule = () => 'drop';
  const before = pool().size;
  expect(await failure(rows())).toBeInstanceOf(OperationalError);
  expect(pool().size).toBeLessThan(before + 1);
  proxy.rule = () => 'pass';
  expect((await rows()).length).toBe(5);
});
test('silent while connecting: the connect timeout frees the place in the pool', async () => {
  await setup.configure({ url: proxy.url, connectTimeout: 3_000, pool: { max: 1 } });
  proxy.rule = () => 'drop';
  const error = await failure(rows());
  expect(error).toBeInstanceOf(OperationalError);
  expect(error.message).toMatch(/did not accept the connection within 3000 ms/);
  proxy.rule = () => 'pass';
  expect((await rows()).length).toBe(5);
});
test('reset under many statements at once: each fails or is answered, none hangs', async () => {
  await setup.configure({ url: proxy.url, pool: { max: 5 } });
  let answered = 0;
  proxy.rule = (direction, data) => {
    if (direction === 'toClient' && data.includes('SELECT') && ++answered % 10 === 0) proxy.reset();
    return 'pass';
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => rows()));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') expect(outcome.value.length).toBe(5);
    else expect(outcome.reason).toBeInstanceOf(OperationalError);
  }
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
  proxy.rule = () => 'pass';
  // The last reset may not have arrived yet: then one more read finds out.
  await expect
    .poll(() =>
      rows().then(
        ({ length }) => length,
        () => 0,
      ),
    )
    .toBe(5);
});
test('reset in a transaction: nothing of it stays', async () => {
  for (const text of ['BEGIN', 'INSERT', 'SAVEPOINT', 'RELEASE']) {
    proxy.rule = at('toServer', text, 'reset');
    const error = await failure(
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'a' });
        await transaction.aatomic(() => Parent.objects.acreate({ name: 'b' }));
      }),
    );
    expect(error, text).toBeInstanceOf(OperationalError);
    expect(await Parent.objects.acount(), text).toBe(0);
  }
});
test('reset in mid-stream: the stream fails, and its connection is replaced', async () => {
  await rows();
  proxy.rule = at('toServer', 'CLOSE', 'reset');
  const seen: number[] = [];
  for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 2 })) seen.push(id);
  // The rows were all there; that the cursor could not be closed is the connection's end, not the reader's trouble.
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  proxy.rule = at('toClient', 'FETCH 2', 'reset');
  const read = async () => {
    for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 2 })) seen.push(id);
  };
  expect(await failure(read())).toBeInstanceOf(OperationalError);
  expect((await rows()).length).toBe(5);
});
test('nobody listens: an OperationalError at once, for everybody who waits', async () => {
  await proxy.close();
  proxy.reset();
  await setup.configure({ url: proxy.url, pool: { max: 2 } });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => rows()));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { name: 'OperationalError' } });
});
