import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import {
  asyncContext,
  type CrossingEvent,
  channels,
  configureThreads,
  SynchronousOnlyOperation,
  syncToAsync,
  ThreadTimeout,
  threadCounts,
  threadSensitiveContext,
} from '@migrate-async/runtime';
import { connections, IntegrityError, transaction } from '@migrate-async/runtime/orm';
import { afterEach, expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { Book, Parent, Publisher } from '../support/library.ts';

const setup = harness();
const usual = { max: 64, keepIdle: 16, maxIdle: 60_000, timeout: 30_000 };
afterEach(() => configureThreads(usual));

/** Sleeps on the server by method reference, and says which server process did. */
async function sleepOnServer(seconds: number, threadSensitive = true): Promise<string> {
  const cursor = connections.get().cursor();
  await syncToAsync(cursor.execute, { threadSensitive })('select pg_backend_pid(), pg_sleep(%s)', [seconds]);
  return cursor.fetchOne()?.[0] as string;
}
async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const start = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - start) / 1000 };
}
async function crossingsOf(work: () => Promise<unknown>): Promise<CrossingEvent[]> {
  const seen: CrossingEvent[] = [];
  const note = (event: unknown) => seen.push(event as CrossingEvent);
  subscribe(channels.crossing, note);
  try {
    await work();
  } finally {
    unsubscribe(channels.crossing, note);
  }
  return seen;
}

test('343 thread-sensitive calls of one context wait for each other on one connection', async () => {
  await threadSensitiveContext(async () => {
    await sleepOnServer(0);
    const { result, seconds } = await timed(() => Promise.all([1, 2, 3].map(() => sleepOnServer(0.2))));
    expect(new Set(result).size).toBe(1);
    expect(seconds).toBeGreaterThan(0.59);
  });
});
test('344 calls that are not, and contexts of their own, run side by side', async () => {
  const free = () => Promise.all([1, 2, 3].map(() => sleepOnServer(0.3, false)));
  const own = () => Promise.all([1, 2, 3].map(() => threadSensitiveContext(() => sleepOnServer(0.3))));
  for (const work of [free, own]) {
    await work();
    const { result, seconds } = await timed(work);
    expect(new Set(result).size).toBe(3);
    expect(seconds).toBeLessThan(0.85);
  }
});
test('346 a call given up while it waits never runs', async () => {
  const controller = new AbortController();
  let ran = false;
  await threadSensitiveContext(async () => {
    const first = sleepOnServer(0.2);
    const waiting = asyncContext({ signal: controller.signal }, () =>
      syncToAsync(() => {
        ran = true;
      })(),
    );
    controller.abort(new Error('given up'));
    const { seconds } = await timed(() => expect(waiting).rejects.toThrow('given up'));
    expect(seconds).toBeLessThan(0.15);
    await first;
    await sleepOnServer(0);
  });
  expect(ran).toBe(false);
});
test('347 a call given up while it runs fails at once; it is finished, and what comes next waits for it', async () => {
  await setup.reset();
  await threadSensitiveContext(async () => {
    const controller = new AbortController();
    const running = asyncContext({ signal: controller.signal }, async () => {
      const cursor = connections.get().cursor();
      await syncToAsync(cursor.execute)(
        "with made as (insert into parent (name) values ('done') returning id) select pg_sleep(0.3) from made",
      );
    });
    await delay(60);
    const { seconds } = await timed(async () => {
      controller.abort(new Error('given up'));
      await expect(running).rejects.toThrow('given up');
    });
    expect(seconds).toBeLessThan(0.15);
    expect(await syncToAsync(Parent.objects.count)()).toBe(1);
  });
});
test('a call is refused at once when its context was given up before', async () => {
  const signal = AbortSignal.abort(new Error('given up'));
  let ran = false;
  await expect(
    asyncContext({ signal }, () =>
      syncToAsync(() => {
        ran = true;
      })(),
    ),
  ).rejects.toThrow('given up');
  expect(ran).toBe(false);
});
test('349 a context stays on one thread, whatever else runs', async () => {
  const pids = await threadSensitiveContext(async () => {
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(await sleepOnServer(0));
      await Promise.all([sleepOnServer(0, false), threadSensitiveContext(async () => delay(1))]);
    }
    return seen;
  });
  expect(new Set(pids).size).toBe(1);
});
test('350 the thread of a context is not the one outside contexts, and an inner context shares it', async () => {
  const outside = await sleepOnServer(0);
  await threadSensitiveContext(async () => {
    const own = await sleepOnServer(0);
    expect(own).not.toBe(outside);
    expect(await threadSensitiveContext(() => sleepOnServer(0))).toBe(own);
    // The inner context did not take the thread along when it ended.
    expect(await sleepOnServer(0)).toBe(own);
  });
  expect(await sleepOnServer(0)).toBe(outside);
});
test('352 work inside a job that needs the thread of that job comes back to it instead of waiting for itself', async () => {
  await setup.reset();
  const seen: unknown[] = [];
  const bridgedTwice = () => syncToAsync(() => syncToAsync(Parent.objects.count)())();
  await threadSensitiveContext(async () => {
    // Hooks run inside the job that committed, which waits for them.
    await syncToAsync(Parent.objects.create)({ name: 'a' });
    const cursor = connections.get().cursor();
    await syncToAsync(cursor.execute)('select 1');
    await transaction.aatomic(async () => {
      await transaction.aonCommit(async () => {
        seen.push(await syncToAsync(Parent.objects.count)());
        seen.push(await bridgedTwice());
        seen.push(await Promise.all([syncToAsync(Parent.objects.count)(), syncToAsync(() => 'closure')()]));
      });
    });
  });
  expect(seen).toEqual([1, 1, [1, 'closure']]);
});
test('a call that is not thread-sensitive does not wait for a thread that its own caller holds', async () => {
  configureThreads({ max: 1, timeout: 2_000 });
  const inner = syncToAsync(() => syncToAsync(Book.objects.count, { threadSensitive: false })(), {
    threadSensitive: false,
  });
  expect(await inner()).toBe(5);
});
test('353 what is no sync function is refused, however it is written', () => {
  const notSync = [async () => 1, async function* numbers() {}, Promise.resolve(1), undefined, 'get', {}];
  for (const each of notSync) expect(() => syncToAsync(each as never)).toThrow(TypeError);
});
test('355 values of the context go in, and those that the function leaves come back', async () => {
  const variable = new AsyncLocalStorage<string>();
  await variable.run('before', async () => {
    const seen = await syncToAsync(() => {
      const given = variable.getStore();
      variable.enterWith('after');
      return given;
    })();
    expect(seen).toBe('before');
    expect(variable.getStore()).toBe('after');
    // A task of its own keeps what it changes to itself.
    await variable.run('task', () => syncToAsync(() => variable.enterWith('of the task'))());
    expect(variable.getStore()).toBe('after');
  });
  expect(variable.getStore()).toBeUndefined();
});
test('356 an error keeps its class, its fields, and a stack that leads to the call', async () => {
  async function registration() {
    await syncToAsync(Publisher.objects.create)({ id: 1, name: 'taken', awards: 0 });
  }
  const error = await registration().then(undefined, (thrown: Error) => thrown);
  expect(error).toBeInstanceOf(IntegrityError);
  expect((error as IntegrityError).constraint).toBe('publisher_pkey');
  expect((error as Error).stack).toContain('registration');
  async function shelf() {
    await syncToAsync(function find() {
      return Book.objects.get({ id: 99 });
    })();
  }
  const missing = await shelf().then(undefined, (thrown: Error) => thrown);
  expect(missing).toBeInstanceOf(Book.DoesNotExist);
  expect((missing as Error).stack).toContain('find');
});
test('358 leaving a context does not wait for its thread, and the event loop stays free', async () => {
  let left = 0;
  const running = threadSensitiveContext(async () => {
    // Not awaited: the context is over while the thread still works.
    sleepOnServer(0.3).catch(() => undefined);
    await delay(20);
  });
  const { seconds } = await timed(() => running.then(() => (left += 1)));
  expect(left).toBe(1);
  expect(seconds).toBeLessThan(0.2);
});
test('what outlives its context gets a thread again, and gives it back again', async () => {
  const { inUse } = threadCounts();
  let late: () => Promise<unknown> = async () => undefined;
  await threadSensitiveContext(async () => {
    late = AsyncLocalStorage.bind(() => syncToAsync(Book.objects.count)());
    await syncToAsync(Book.objects.count)();
  });
  await expect.poll(() => threadCounts().inUse).toBe(inUse);
  expect(await late()).toBe(5);
  await expect.poll(() => threadCounts().inUse).toBe(inUse);
});
test('async code that a closure started is async code: a blocking query there is refused', async () => {
  const started = syncToAsync(() => delay(5).then(() => Book.objects.count()))();
  await expect(started).rejects.toThrow(SynchronousOnlyOperation);
  expect(await syncToAsync(() => delay(5).then(() => Book.objects.acount()))()).toBe(5);
});
test('a closure says how long it held the event loop, a method reference holds it not at all', async () => {
  const hold = () => {
    const cursor = connections.get().cursor();
    cursor.execute('select pg_sleep(0.1)');
  };
  const [closure, reference] = await crossingsOf(async () => {
    await syncToAsync(hold)();
    await sleepOnServer(0.1);
  });
  expect(closure?.held).toBeGreaterThan(99);
  expect(closure?.held).toBeLessThanOrEqual(closure?.duration ?? 0);
  expect(reference?.held).toBe(0);
  expect(reference?.duration).toBeGreaterThan(99);
});
test('no more threads work than were allowed; the others wait, in order', async () => {
  configureThreads({ max: 2 });
  const idleFirst = threadCounts().inUse;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      threadSensitiveContext(async () => {
        await syncToAsync(() => order.push(i))();
        await sleepOnServer(0.01);
        most = Math.max(most, threadCounts().inUse - idleFirst);
      }),
    ),
  );
  expect(most).toBeLessThanOrEqual(2);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});
test('when more threads are allowed, those who wait begin at once, as many as there is room for', async () => {
  configureThreads({ max: 1 });
  const { inUse } = threadCounts();
  const running = Array.from({ length: 5 }, () => threadSensitiveContext(() => sleepOnServer(1)));
  configureThreads({ max: 5 });
  await expect.poll(() => threadCounts().inUse - inUse, { interval: 5 }).toBe(5);
  await Promise.all(running);
});
test('waiting too long for a thread names the state, and the place is not lost', async () => {
  configureThreads({ max: 1, timeout: 50 });
  const count = () => threadSensitiveContext(() => syncToAsync(Book.objects.count)());
  const holder = threadSensitiveContext(() => sleepOnServer(2));
  await expect(count()).rejects.toThrow(ThreadTimeout);
  await expect(count()).rejects.toThrow(/max 1, in use 1, waiting 1/);
  await holder;
  await expect.poll(() => count().catch(() => 'busy')).toBe(5);
});
test('threads are made as they are needed, kept for the next, and ended when nobody came', async () => {
  const { inUse } = threadCounts();
  await Promise.all([1, 2, 3, 4].map(() => threadSensitiveContext(() => sleepOnServer(0.1))));
  await expect.poll(() => threadCounts()).toEqual({ inUse, idle: expect.any(Number) });
  const kept = threadCounts().idle;
  expect(kept).toBeGreaterThanOrEqual(4);
  configureThreads({ maxIdle: 50 });
  await Promise.all([1, 2].map(() => threadSensitiveContext(() => sleepOnServer(0.01))));
  // The thread outside contexts stays; those of contexts go, with their connections.
  await expect.poll(() => threadCounts().idle).toBe(0);
  await expect
    .poll(async () => {
      const { rows } = await setup.outside.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
      );
      return rows[0].n;
    })
    .toBeLessThanOrEqual(inUse + connections.get().pool.size);
});
test('no more idle threads are kept than asked for', async () => {
  configureThreads({ keepIdle: 1 });
  await Promise.all([1, 2, 3].map(() => threadSensitiveContext(() => sleepOnServer(0.05))));
  await expect.poll(() => threadCounts().idle).toBeLessThanOrEqual(1);
});
test('a bound that bounds nothing is refused', () => {
  expect(() => configureThreads({ max: 0 })).toThrow(RangeError);
  expect(() => configureThreads({ timeout: Number.NaN })).toThrow(RangeError);
});
test('a thread that dies takes its call along and is replaced', async () => {
  await threadSensitiveContext(async () => {
    const pid = await sleepOnServer(0);
    // Awaited from the start: the server's answer may come before that of the statement that ends it.
    const taken = expect(sleepOnServer(5)).rejects.toThrow();
    await delay(50);
    await setup.outside.query('select pg_terminate_backend($1)', [pid]);
    await taken;
    expect(await sleepOnServer(0)).not.toBe(pid);
  });
});
