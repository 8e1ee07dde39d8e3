import { asyncContext, syncToAsync } from '@migrate-async/runtime';
import {
  connections,
  DatabaseError,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';
import { at, startProxy } from '../support/proxy.ts';

const setup = faults();
const pool = () => connections.get().pool;
const failure = (work: Promise<unknown>): Promise<DatabaseError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
const parents = () => Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist();

test('killed while idle: the next statement gets another connection', async () => {
  await setup.configure({ pool: { max: 1 } });
  await Book.objects.acount();
  await setup.killAll();
  await expect.poll(async () => Book.objects.acount().catch(() => 0)).toBe(5);
  expect(pool().size).toBe(1);
});
test('killed while idle, and asked before it is handed out: nobody notices', async () => {
  await setup.configure({ pool: { max: 3, check: true } });
  await Promise.all([1, 2, 3].map((id) => Book.objects.aget({ id })));
  await setup.killAll();
  expect(await Promise.all([1, 2, 3].map(() => Book.objects.acount()))).toEqual([5, 5, 5]);
});
test('killed during a statement: that statement fails, others do not', async () => {
  const release = await setup.hold('lock table book');
  const blocked = failure(Book.objects.aget({ id: 1 }));
  const pid = await setup.blocked();
  const other = await Parent.objects.acreate({ name: 'other' });
  await setup.kill(pid);
  expect(await blocked).toBeInstanceOf(OperationalError);
  expect((await blocked).code).toBe('57P01');
  await release();
  expect(other.id).toBe(1);
  expect(await Book.objects.acount()).toBe(5);
});
test('killed during a write outside a transaction: it is done whole or not at all', async () => {
  const release = await setup.hold('lock table parent in share mode');
  const write = failure(Parent.objects.abulkCreate([{ name: 'a' }, { name: 'b' }]));
  await setup.kill(await setup.blocked());
  expect(await write).toBeInstanceOf(OperationalError);
  await release();
  expect(await parents()).toEqual([]);
});
test('killed between two statements of a transaction: all of it is lost, and said to be', async () => {
  const error = await failure(
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      await setup.killAll();
      await Parent.objects.acreate({ name: 'b' });
    }),
  );
  expect(error).toBeInstanceOf(OperationalError);
  expect(await parents()).toEqual([]);
});
test('killed in a transaction whose code swallows that: it still fails, and its hooks do not run', async () => {
  let ran = false;
  const error = await failure(
    transaction.aatomic(async () => {
      transaction.onCommit(() => {
        ran = true;
      });
      await Parent.objects.acreate({ name: 'a' });
      await setup.killAll();
      await Parent.objects.acount().catch(() => undefined);
    }),
  );
  expect(error).toBeInstanceOf(OperationalError);
  expect(ran).toBe(false);
  expect(await parents()).toEqual([]);
});
test('killed in a blocking transaction whose code swallows that: it fails on the closed connection, not on another', async () => {
  const ran: string[] = [];
  const block = syncToAsync(() =>
    transaction.atomic(() => {
      Parent.objects.create({ name: 'a' });
      transaction.onCommit(() => void ran.push('hook'));
      const cursor = connections.get().cursor();
      cursor.execute('select pg_terminate_backend(pg_backend_pid())');
    }),
  );
  await expect(block()).rejects.toBeInstanceOf(OperationalError);
  const swallowed = syncToAsync(() =>
    transaction.atomic(() => {
      Parent.objects.create({ name: 'a' });
      transaction.onCommit(() => void ran.push('hook'));
      expect(() =>
        connections.get().cursor().execute('select pg_terminate_backend(pg_backend_pid())'),
      ).toThrow(OperationalError);
    }),
  );
  await expect(swallowed()).rejects.toThrow('the connection is closed');
  expect(ran).toEqual([]);
  expect(await Parent.objects.acount()).toBe(0);
  expect(Parent.objects.create({ name: 'next' }).id).toBeGreaterThan(0);
});
test('killed inside a savepoint: the transaction around it fails too', async () => {
  const error = await failure(
    transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      await transaction
        .aatomic(async () => {
          await setup.killAll();
          await Parent.objects.acreate({ name: 'b' });
        })
        .catch(() => undefined);
      await Parent.objects.acreate({ name: 'c' });
    }),
  );
  expect(error).toBeInstanceOf(DatabaseError);
  expect(await parents()).toEqual([]);
});
test.each(['before an inner block is rolled back', 'during a write'])(
  'killed %s, with nothing sent afterwards: code that swallows that is not told that all went well',
  async (moment) => {
    const ran: string[] = [];
    const block = transaction.aatomic(async () => {
      await Parent.objects.acreate({ name: 'a' });
      transaction.onCommit(() => void ran.push('hook'));
      const inner = transaction.aatomic({ savepoint: moment !== 'during a write' }, async () => {
        await setup.killAll();
        if (moment === 'during a write') await Parent.objects.acreate({ name: 'b' });
        throw new RangeError('caught outside');
      });
      await inner.catch(() => undefined);
    });
    expect(await failure(block)).toBeInstanceOf(OperationalError);
    expect(ran).toEqual([]);
    expect(await parents()).toEqual([]);
  },
);
test('killed while statements of one transaction wait for their turn: they are not sent', async () => {
  const release = await setup.hold('lock table book');
  const outcomes = transaction
    .aatomic(async () => {
      const queries = [Book.objects.acount(), Parent.objects.acreate({ name: 'a' }), Parent.objects.acount()];
      const settled = Promise.allSettled<unknown>(queries);
      await setup.kill(await setup.blocked());
      throw await settled;
    })
    .catch((settled: PromiseSettledResult<unknown>[]) =>
      settled.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.constructor : 'done')),
    );
  expect(await outcomes).toEqual([OperationalError, TransactionManagementError, TransactionManagementError]);
  await release();
  expect(await parents()).toEqual([]);
});
test('killed in mid-stream: the stream fails where it is, and nothing is read twice', async () => {
  const seen: number[] = [];
  const read = async () => {
    for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 2 })) {
      seen.push(id);
      if (id === 2) await setup.killAll();
    }
  };
  expect(await failure(read())).toBeInstanceOf(OperationalError);
  expect(seen).toEqual([1, 2]);
  expect(pool().size).toBe(pool().idle);
});
test('killed in mid-stream, which is then left: leaving does not fail', async () => {
  for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 1 })) {
    if (id < 2) continue;
    await setup.killAll();
    break;
  }
  expect(await Book.objects.acount()).toBe(5);
});
test('between COMMIT and its answer: the error says that the outcome is not known', async () => {
  const proxy = await startProxy(setup.url);
  for (const [where, kept] of [
    ['toServer', []],
    ['toClient', ['a']],
  ] as const) {
    await setup.configure({ url: proxy.url });
    await setup.reset();
    let ran = false;
    // The server's answer to COMMIT holds the same word as its tag.
    proxy.rule = at(where, 'COMMIT', 'reset');
    const error = await failure(
      transaction.aatomic(async () => {
        transaction.onCommit(() => {
          ran = true;
        });
        await Parent.objects.acreate({ name: 'a' });
      }),
    );
    expect(error).toBeInstanceOf(OperationalError);
    expect(error.message).toMatch(/may have been committed or not/);
    expect(ran).toBe(false);
    expect(await parents()).toEqual(kept);
  }
  await setup.configure();
  await proxy.close();
});
test('killed under a bridge: the bridged call fails, the next one reconnects', async () => {
  await asyncContext(async () => {
    await syncToAsync(Book.objects.count)();
    await setup.killAll();
    const next = () => syncToAsync(Book.objects.count)().catch((error: unknown) => error);
    await expect.poll(next).toBe(5);
    const swallowed = await failure(
      syncToAsync(() =>
        transaction.atomic(() => {
          Parent.objects.create({ name: 'a' });
          const cursor = connections.get().cursor();
          cursor.execute('select pg_terminate_backend(pg_backend_pid())');
        }),
      )(),
    );
    expect(swallowed).toBeInstanceOf(OperationalError);
  });
  expect(await parents()).toEqual([]);
});
test('a transaction that outlives its context is rolled back, and its code refused', async () => {
  let resume = () => {};
  const later = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let block: Promise<unknown> = Promise.resolve();
  await asyncContext(async () => {
    await new Promise<void>((begun) => {
      block = transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'a' });
        begun();
        await later;
        await Parent.objects.acreate({ name: 'b' });
      });
    });
  });
  expect(pool().idle).toBe(pool().size);
  resume();
  expect(await failure(block)).toBeInstanceOf(TransactionManagementError);
  expect(await parents()).toEqual([]);
});
test('a stream that its context leaves open gives its connection back', async () => {
  await setup.configure({ pool: { max: 1, timeout: 2_000 } });
  const rows = await asyncContext(async () => {
    const rows = Book.objects.orderBy('id').aiterator({ chunkSize: 1 });
    await rows.next();
    return rows;
  });
  expect(await Book.objects.acount()).toBe(5);
  await expect(rows.next()).rejects.toThrow(OperationalError);
  expect(await Book.objects.acount()).toBe(5);
});
test('a block that ends before one inside it is rolled back', async () => {
  let resume = () => {};
  const later = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let inner: Promise<unknown> = Promise.resolve();
  const outer = transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    await new Promise<void>((begun) => {
      inner = transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'b' });
        begun();
        await later;
      });
    });
  });
  expect((await failure(outer)).message).toMatch(/a block inside it was still open/);
  resume();
  expect(await failure(inner)).toBeInstanceOf(TransactionManagementError);
  expect(await parents()).toEqual([]);
});
