import { setTimeout as delay } from 'node:timers/promises';
import { syncToAsync } from '@migrate-async/runtime';
import { configureDatabases, connections, OperationalError, transaction } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { faults } from '../../support/faults.ts';
import { Book, Parent } from '../../support/library.ts';

const setup = faults();
const sessions = async () => {
  const { rows } = await setup.outside.query(
    `select count(*)::int as n from pg_stat_activity where datname = current_database()
     and pid <> pg_backend_pid() and application_name <> 'holder' and backend_type = 'client backend'`,
  );
  return rows[0].n as number;
};

test('closing twice at once is closing once', async () => {
  const release = await setup.hold('lock table book');
  const running = Book.objects.acount();
  await setup.blocked();
  const closings = [connections.acloseAll(), connections.acloseAll(), connections.get().aclose()];
  await release();
  await Promise.all(closings);
  expect(await running).toBe(5);
  expect(await sessions()).toBe(0);
  await setup.configure();
});
test('closing with a time limit drops what takes longer, on the pool and on threads', async () => {
  await setup.hold('lock table book');
  const running = [
    Book.objects.acount(),
    transaction.aatomic(() => Book.objects.acount()),
    syncToAsync(Book.objects.count)(),
  ].map((each) => each.catch((error: unknown) => error));
  await expect.poll(sessions).toBe(3);
  await setup.blocked();
  await connections.acloseAll({ timeout: 100 });
  for (const outcome of await Promise.all(running)) expect(outcome).toBeInstanceOf(OperationalError);
  await setup.configure();
});
test('a time limit is not waited for where nothing is under way', async () => {
  await Book.objects.acount();
  Book.objects.count();
  await connections.acloseAll({ timeout: Number.MAX_SAFE_INTEGER });
  await setup.configure();
});
test('other settings for the same name: what runs is finished on the old connections, which are then closed', async () => {
  const release = await setup.hold('lock table book');
  const old = connections.get();
  const running = Book.objects.acount();
  const block = transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    await Book.objects.acount();
    await Parent.objects.acreate({ name: 'b' });
  });
  const rows = Parent.objects.aiterator({ chunkSize: 1 });
  await Parent.objects.acreate({ name: 'first' });
  await rows.next();
  await setup.blocked();
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, pool: { max: 2 } } });
  expect(connections.get()).not.toBe(old);
  await release();
  await Promise.all([running, block]);
  for await (const _row of rows);
  await expect.poll(() => old.pool.size).toBe(0);
  expect(await Parent.objects.acount()).toBe(3);
  expect(await sessions()).toBe(1);
  expect(connections.get().pool.idle).toBe(1);
});
test('used after everything was closed, a database has to be configured again', async () => {
  await connections.acloseAll();
  await expect(Book.objects.acount()).rejects.toThrow(
    "The connection 'default' was closed by connections.acloseAll(); configureDatabases() opens it again.",
  );
  await delay(1);
  await setup.configure();
  expect(await Book.objects.acount()).toBe(5);
});
test('a misspelt option is refused, and nothing is closed', async () => {
  const misspelt = { timeuot: 5 } as object;
  await expect(connections.acloseAll(misspelt)).rejects.toThrow(
    /unexpected option 'timeuot'.*perhaps you meant timeout/,
  );
  await expect(connections.get().aclose(misspelt)).rejects.toThrow(/unexpected option 'timeuot'/);
  expect(await Book.objects.acount()).toBe(5);
});
