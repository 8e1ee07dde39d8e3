import { configureThreads, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import { connections, type DatabaseSettings, PoolTimeout, transaction } from '@migrate-async/runtime/orm';
import { afterEach, expect, test, vi } from 'vitest';
import { faults } from '../../support/faults.ts';
import { Book, Parent } from '../../support/library.ts';
import { at, startProxy } from '../../support/proxy.ts';

const setup = faults();
const pool = () => connections.get().pool;
afterEach(() => configureThreads({ max: 64, keepIdle: 16, maxIdle: 60_000, timeout: 30_000 }));

const everyPath = async () => {
  expect(await Book.objects.acount()).toBe(5);
  expect(await syncToAsync(Book.objects.count)()).toBe(5);
  expect(Book.objects.count()).toBe(5);
  await transaction.aatomic(() => Parent.objects.acreate({ name: 'a' }));
};

const endless: readonly Partial<DatabaseSettings>[] = [
  Number.POSITIVE_INFINITY,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
].flatMap((limit) => [
  { connectTimeout: limit },
  { statementTimeout: limit },
  { cancelTimeout: limit },
  { statementTimeout: 5_000, cancelTimeout: limit },
  { pool: { max: 1, timeout: limit } },
  { pool: { max: 1, maxIdle: limit, maxLifetime: limit } },
]);
test.each(endless)('a limit that no timer can keep is none: %o', async (settings) => {
  const warnings = vi.spyOn(process, 'emitWarning');
  await setup.configure(settings);
  await everyPath();
  // Somebody has to wait: for a connection where there is one, for an answer elsewhere.
  const release = await setup.hold('lock table book');
  const answers = Promise.all([Book.objects.aget({ id: 1 }), Book.objects.aget({ id: 2 })]);
  await setup.blocked();
  await release();
  expect((await answers).map(({ id }) => id)).toEqual([1, 2]);
  expect(warnings.mock.calls).toEqual([]);
  warnings.mockRestore();
});
test('0 is no limit for a statement, nor for connecting', async () => {
  await setup.configure({ statementTimeout: 0, connectTimeout: 0 });
  await everyPath();
});
test('threads may be waited for without end, and kept without end', async () => {
  const warnings = vi.spyOn(process, 'emitWarning');
  configureThreads({ max: 1, timeout: Number.POSITIVE_INFINITY, maxIdle: Number.POSITIVE_INFINITY });
  const count = () => threadSensitiveContext(() => syncToAsync(Book.objects.count)());
  expect(await Promise.all([count(), count(), count()])).toEqual([5, 5, 5]);
  expect(warnings.mock.calls).toEqual([]);
  warnings.mockRestore();
});
test('closing may be waited for without end', async () => {
  const release = await setup.hold('lock table book');
  const running = [Book.objects.acount(), syncToAsync(Book.objects.count)()];
  await setup.blocked();
  const closed = connections.acloseAll({ timeout: Number.POSITIVE_INFINITY });
  await release();
  expect(await Promise.all(running)).toEqual([5, 5]);
  await closed;
  await setup.configure();
});
test('a pool at its minimum does not look for idle connections again and again', async () => {
  await setup.configure({ pool: { min: 2, max: 4, maxIdle: 0 } });
  await Promise.all([1, 2, 3, 4].map((id) => Book.objects.aget({ id })));
  await expect.poll(() => [pool().size, pool().idle]).toEqual([2, 2]);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const before = timers.mock.calls.length;
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    const turn = () => (performance.now() - begin > 100 ? resolve() : setImmediate(turn));
    turn();
  });
  expect(timers.mock.calls.length).toBe(before);
  timers.mockRestore();
});
test('an idle connection is closed when its time is up, not at the next round of all', async () => {
  await setup.configure({ pool: { max: 2, maxIdle: 200 } });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  await Book.objects.acount();
  const [, delay] = timers.mock.calls.at(-1) ?? [];
  timers.mockRestore();
  expect(delay).toBeGreaterThan(0);
  expect(delay).toBeLessThanOrEqual(200);
  await expect.poll(() => pool().size, { interval: 5 }).toBe(0);
});
test('a connection that is asked before it is handed out has the time to wait for one to answer', async () => {
  const proxy = await startProxy(setup.url);
  const pooled = { max: 1, check: true, timeout: 2_000 };
  await setup.configure({ url: proxy.url, cancelTimeout: 50, connectTimeout: 2_000, pool: pooled });
  expect(await Book.objects.acount()).toBe(5);
  proxy.rule = () => 'drop';
  await expect(Book.objects.acount()).rejects.toThrow(PoolTimeout);
  await expect.poll(() => pool().size).toBe(0);
  proxy.rule = () => 'pass';
  expect(await Book.objects.acount()).toBe(5);
  // Who asks is aborted meanwhile: not for the time of the pool.
  proxy.rule = () => 'drop';
  const signal = AbortSignal.timeout(20);
  await expect(Book.objects.all().abortable(signal).alist()).rejects.toMatchObject({ name: 'TimeoutError' });
  proxy.rule = () => 'pass';
  expect(await Book.objects.acount()).toBe(5);
  await setup.configure();
  await proxy.close();
});
test('closing with a time limit does not wait for a server that says nothing', async () => {
  const proxy = await startProxy(setup.url);
  let answer = () => {};
  const later = new Promise<void>((resolve) => {
    answer = resolve;
  });
  proxy.rule = at('toClient', '', { after: later });
  await setup.configure({ url: proxy.url });
  const connecting = Book.objects.acount().catch((error: unknown) => error);
  await expect.poll(() => proxy.connections).toBe(1);
  await connections.acloseAll({ timeout: 100 });
  expect(String(await connecting)).toMatch(/the pool is closed/);
  answer();
  // It is closed as soon as it is open.
  await expect.poll(() => proxy.connections).toBe(0);
  await setup.configure();
  await proxy.close();
});
