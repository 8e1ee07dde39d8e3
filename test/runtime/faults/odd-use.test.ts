import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test, vi } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';

const setup = faults();
const pool = () => connections.get().pool;
const parents = () => Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist();
async function sql(text: string): Promise<string | null | undefined> {
  const cursor = await connections.get().acursor();
  await cursor.aexecute(text);
  return cursor.fetchOne()?.[0];
}

test('bridged inside a native transaction, a statement would run outside it: it is refused', async () => {
  const bridged: readonly (() => Promise<unknown>)[] = [
    () => syncToAsync(Parent.objects.create)({ name: 'outside' }),
    () => syncToAsync(() => Parent.objects.create({ name: 'outside' }))(),
    () => syncToAsync(() => transaction.atomic(() => Parent.objects.create({ name: 'outside' })))(),
    () => threadSensitiveContext(() => syncToAsync(Parent.objects.count)()),
    () => syncToAsync(Parent.objects.count, { threadSensitive: false })(),
  ];
  for (const work of bridged) {
    await transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'inside' });
      const error = await work().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TransactionManagementError);
      expect(String(error)).toMatch(/would run outside the aatomic block/);
    });
  }
  expect(await parents()).toEqual(bridged.map(() => 'inside'));
});
test('bridged after a native transaction, or in its hooks, or on another database, it runs', async () => {
  configureDatabases({ other: { engine: 'postgresql', url: setup.url } });
  await transaction.aatomic(async () => {
    transaction.onCommit(() => syncToAsync(Parent.objects.create)({ name: 'hook' }));
    await Parent.objects.acreate({ name: 'inside' });
    await syncToAsync(() => Parent.objects.using('other').count())();
    await syncToAsync(() => 1)();
  });
  await syncToAsync(Parent.objects.create)({ name: 'after' });
  expect(await parents()).toEqual(['inside', 'hook', 'after']);
});
test('a race that a query lost: the query is finished, its connection comes back', async () => {
  await setup.configure({ pool: { max: 1 } });
  const late = delay(20).then(() => 'late');
  expect(await Promise.race([sql('select pg_sleep(0.2)'), late])).toBe('late');
  expect(await Parent.objects.acount()).toBe(0);
  const block = transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    const first = await Promise.race([sql('select pg_sleep(0.2)'), delay(20).then(() => 'late')]);
    if (first === 'late') throw new RangeError('late');
  });
  await expect(block).rejects.toThrow(RangeError);
  expect(await Parent.objects.acount()).toBe(0);
  expect([pool().size, pool().idle]).toEqual([1, 1]);
});
test('aborted between BEGIN and the first statement: nothing is written', async () => {
  const controller = new AbortController();
  const block = asyncContext({ signal: controller.signal }, () =>
    transaction.aatomic(async () => {
      controller.abort(new RangeError('gone'));
      await Parent.objects.acreate({ name: 'a' });
    }),
  );
  await expect(block).rejects.toThrow(RangeError);
  const inHand = new AbortController();
  const empty = asyncContext({ signal: inHand.signal }, () =>
    transaction.aatomic(async () => {
      inHand.abort(new RangeError('gone'));
    }),
  );
  await expect(empty).rejects.toThrow(RangeError);
  expect(await Parent.objects.acount()).toBe(0);
});
test('a query that nobody awaits ends with its context at the latest, and gives its connection back', async () => {
  let unawaited: Promise<unknown> = Promise.resolve();
  await asyncContext(async () => {
    unawaited = Parent.objects.acreate({ name: 'a' });
  });
  await unawaited;
  let refused: Promise<unknown> = Promise.resolve();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'b' });
    refused = Parent.objects.acreate({ name: 'c' }).then(
      () => 'done',
      (error: unknown) => error,
    );
  });
  // Sent before the end of the block, it is part of it; too late, it is refused. It never runs by itself.
  const outcome = await refused;
  expect(outcome === 'done' || outcome instanceof TransactionManagementError).toBe(true);
  expect(await Parent.objects.acount()).toBe(outcome === 'done' ? 3 : 2);
});
test('two requests that share a query set each get its rows', async () => {
  const shared = Book.objects.filter({ pages__gte: 100 }).orderBy('id');
  const ids = (rows: readonly Book[]) => rows.map(({ id }) => id);
  const [first, second, third] = await Promise.all([
    asyncContext(() => shared.alist()),
    asyncContext(() => transaction.aatomic(() => shared.alist())),
    asyncContext(async () => {
      const seen: Book[] = [];
      for await (const book of shared) seen.push(book);
      return seen;
    }),
  ]);
  for (const rows of [first, second, third]) expect(ids(rows)).toEqual([1, 2, 3, 4, 5]);
  const streams = await Promise.all(
    [1, 2].map(async () => {
      const seen: number[] = [];
      for await (const { id } of shared.aiterator({ chunkSize: 2 })) seen.push(id);
      return seen;
    }),
  );
  expect(streams).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]);
});
test('with the timers of the test faked, queries are answered', async () => {
  vi.useFakeTimers();
  try {
    await setup.configure({ pool: { max: 1 }, statementTimeout: 5_000 });
    const rows = await Promise.all([
      Book.objects.acount(),
      Book.objects.aget({ id: 1 }),
      Parent.objects.acount(),
    ]);
    expect(rows[0]).toBe(5);
    await transaction.aatomic(() => Parent.objects.acreate({ name: 'a' }));
    expect(Parent.objects.count()).toBe(1);
    expect(await syncToAsync(Parent.objects.count)()).toBe(1);
    const controller = new AbortController();
    const slow = Parent.objects
      .raw('select id, name from parent, pg_sleep(60)')
      .abortable(controller.signal)
      .alist();
    controller.abort(new RangeError('gone'));
    await expect(slow).rejects.toThrow(RangeError);
  } finally {
    vi.useRealTimers();
  }
});
test('many databases at once: each has connections of its own', async () => {
  const aliases = Array.from({ length: 40 }, (_, index) => `db${index}`);
  const settings = { engine: 'postgresql', url: setup.url, pool: { max: 2 } } as const;
  configureDatabases(Object.fromEntries(aliases.map((alias) => [alias, settings])));
  await Promise.all(
    aliases.map((using) =>
      transaction
        .aatomic({ using }, async () => {
          await new Parent({ name: using }).asave({ using });
          expect(await Parent.objects.using(using).filter({ name: using }).acount()).toBe(1);
          if (using !== 'db7') throw new RangeError('back');
        })
        .catch((error) => expect(error).toBeInstanceOf(RangeError)),
    ),
  );
  expect(await parents()).toEqual(['db7']);
  for (const alias of aliases) expect(connections.get(alias).pool.idle).toBe(1);
});
test('a transaction on one database inside one on another: each ends by itself', async () => {
  configureDatabases({ other: { engine: 'postgresql', url: setup.url } });
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'kept' });
    const inner = transaction.aatomic({ using: 'other' }, async () => {
      await new Parent({ name: 'lost' }).asave({ using: 'other' });
      await Parent.objects.acreate({ name: 'also kept' });
      throw new RangeError('back');
    });
    await expect(inner).rejects.toThrow(RangeError);
  });
  expect(await parents()).toEqual(['kept', 'also kept']);
});
