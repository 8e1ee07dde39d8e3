import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, syncToAsync, threadCounts, threadSensitiveContext } from '@migrate-async/runtime';
import {
  connections,
  type DatabaseSettings,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';

// What is given up and left open where the back end has no native path, in contexts of requests and outside any.
const setup = faults();
const gone = new Error('the client went away');
const threads: Partial<DatabaseSettings> = { native: false };
beforeEach(() => setup.configure(threads));

const names = () => Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist();
const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );
const places: readonly [string, <T>(work: () => Promise<T>) => Promise<T>][] = [
  ['outside any context', (work) => work()],
  ['in the context of a request', (work) => threadSensitiveContext(work)],
];
const threadsGivenBack = () => expect.poll(() => threadCounts().inUse).toBeLessThanOrEqual(1);

describe.each(places)('%s', (_place, inPlace) => {
  test('aborted between two statements of a transaction: it is not committed, and its hooks do not run', async () => {
    const controller = new AbortController();
    const ran: string[] = [];
    const block = inPlace(() =>
      asyncContext({ signal: controller.signal }, () =>
        transaction.aatomic(async () => {
          await Parent.objects.acreate({ name: 'a' });
          transaction.onCommit(() => void ran.push('hook'));
          controller.abort(gone);
        }),
      ),
    );
    expect(await outcomeOf(block)).toBe(gone);
    expect(ran).toEqual([]);
    expect(await names()).toEqual([]);
  });
  test('aborted in a statement of a transaction whose code swallows that: it is rolled back', async () => {
    const controller = new AbortController();
    const release = await setup.hold('lock table parent in share mode');
    const block = inPlace(() =>
      asyncContext({ signal: controller.signal }, () =>
        transaction.aatomic(async () => {
          await Parent.objects.acreate({ name: 'a' }).catch(() => undefined);
        }),
      ),
    );
    const outcome = outcomeOf(block);
    await setup.blocked();
    controller.abort(gone);
    await release();
    expect(await outcome).toBe(gone);
    expect(await names()).toEqual([]);
  });
  test('a query set that is given up alone marks its block, and a block around that goes on', async () => {
    const controller = new AbortController();
    await inPlace(() =>
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'kept' });
        const inner = transaction.aatomic(async () => {
          await Parent.objects.acreate({ name: 'lost' });
          const slow = Parent.objects.raw('select id, name from parent, pg_sleep(0.3)');
          const given = slow.abortable(controller.signal).alist();
          await setup.running('pg_sleep');
          controller.abort(gone);
          expect(await outcomeOf(given)).toBe(gone);
          expect(transaction.getRollback()).toBe(true);
          await expect(Parent.objects.acount()).rejects.toBeInstanceOf(TransactionManagementError);
          throw gone;
        });
        await expect(inner).rejects.toBe(gone);
        await Parent.objects.acreate({ name: 'also' });
      }),
    );
    expect(await names()).toEqual(['kept', 'also']);
  });
  test('a transaction that outlives its context is rolled back, and its code refused', async () => {
    let resume = () => {};
    const later = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let block: Promise<unknown> = Promise.resolve();
    await inPlace(() =>
      asyncContext(
        () =>
          new Promise<void>((begun) => {
            block = transaction.aatomic(async () => {
              await Parent.objects.acreate({ name: 'a' });
              begun();
              await later;
              await Parent.objects.acreate({ name: 'b' });
            });
          }),
      ),
    );
    await threadsGivenBack();
    resume();
    expect(await outcomeOf(block)).toBeInstanceOf(TransactionManagementError);
    expect(await names()).toEqual([]);
  });
  test('an aborted stream closes its cursor', async () => {
    const controller = new AbortController();
    await inPlace(async () => {
      const work = asyncContext({ signal: controller.signal }, async () => {
        for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 1 }))
          if (id === 2) controller.abort(gone);
      });
      expect(await outcomeOf(work)).toBe(gone);
      const cursor = await connections.get().acursor();
      await cursor.aexecute("select count(*) from pg_cursors where name like 'migrate%'");
      expect(cursor.fetchOne()).toEqual(['0']);
    });
  });
  test('hooks of a transaction may bridge and query', async () => {
    const seen: unknown[] = [];
    await inPlace(() =>
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'a' });
        transaction.onCommit(async () => {
          seen.push(await Parent.objects.acount());
          seen.push(await syncToAsync(Parent.objects.count)());
          seen.push(await syncToAsync(() => Parent.objects.count())());
          await transaction.aatomic(() => Parent.objects.acreate({ name: 'hook' }));
        });
      }),
    );
    expect(seen).toEqual([1, 1, 1]);
    expect(await names()).toEqual(['a', 'hook']);
  });
  test('a write that was given up outside a transaction is finished on its thread', async () => {
    const release = await setup.hold('lock table parent in share mode');
    const signal = AbortSignal.timeout(50);
    await inPlace(async () => {
      const write = asyncContext({ signal }, () => Parent.objects.acreate({ name: 'a' }));
      await expect(write).rejects.toMatchObject({ name: 'TimeoutError' });
      await release();
      // What comes next on the thread comes after it.
      expect(await names()).toEqual(['a']);
    });
  });
});
test('a stream that its context leaves open leaves no cursor to whoever gets the connection next', async () => {
  const rows = await threadSensitiveContext(async () => {
    const rows = Book.objects.orderBy('id').aiterator({ chunkSize: 1 });
    await rows.next();
    return rows;
  });
  await threadsGivenBack();
  await threadSensitiveContext(async () => {
    const cursor = connections.get().cursor();
    await syncToAsync(cursor.execute)("select count(*) from pg_cursors where name like 'migrate%'");
    expect(cursor.fetchOne()).toEqual(['0']);
  });
  await expect(rows.next()).rejects.toBeInstanceOf(OperationalError);
  await threadsGivenBack();
});
test('ten thousand given up calls leave no thread behind, and none of those that waited ran', async () => {
  const release = await setup.hold('lock table parent in share mode');
  const holding = threadSensitiveContext(() => Parent.objects.acreate({ name: 'first' }));
  await setup.blocked();
  const outcomes = await threadSensitiveContext(() => {
    const blocker = outcomeOf(Parent.objects.acreate({ name: 'second' }));
    const given = Array.from({ length: 10_000 }, async () => {
      const controller = new AbortController();
      const call = asyncContext({ signal: controller.signal }, () =>
        Parent.objects.acreate({ name: 'never' }),
      );
      controller.abort(gone);
      return outcomeOf(call);
    });
    return Promise.all(given).then(async (all) => {
      await release();
      await blocker;
      return all;
    });
  });
  await holding;
  expect(new Set(outcomes)).toEqual(new Set([gone]));
  await threadsGivenBack();
  await delay(1);
  expect(await names()).toEqual(['first', 'second']);
});
