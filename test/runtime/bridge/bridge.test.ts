import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  asyncContext,
  type CrossingEvent,
  channels,
  ormMiddleware,
  SynchronousOnlyOperation,
  syncToAsync,
  threadCounts,
  threadSensitiveContext,
} from '@migrate-async/runtime';
import { connections, getObjectOr404, prefetchRelatedObjects, transaction } from '@migrate-async/runtime/orm';
import express from 'express';
import { expect, test } from 'vitest';
import { harness, keys } from '../support/harness.ts';
import { Book, Parent, Publisher } from '../support/library.ts';

const setup = harness();

async function crossings(work: () => Promise<unknown>): Promise<CrossingEvent[]> {
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
const backendsOf = () =>
  setup.outside
    .query(
      'select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    .then(({ rows }) => rows[0].n as number);

test('a method reference gives what the method gives', async () => {
  await setup.reset();
  expect((await syncToAsync(Book.objects.get)({ isbn: 'i1' })).id).toBe(1);
  expect(keys(await syncToAsync(Book.objects.filter({ pages__gt: 300 }).orderBy('id').list)())).toEqual([
    4, 5,
  ]);
  const book = await syncToAsync(Book.objects.get)({ id: 1 });
  book.pages = 7;
  await syncToAsync(book.save)();
  expect(await syncToAsync(Book.objects.filter({ pages: 7 }).count)()).toBe(1);
  expect((await syncToAsync(getObjectOr404)(Book, { id: 2 })).title).toBe('Beta');
  await syncToAsync(prefetchRelatedObjects)([book], 'reviews');
  expect(book.reviews.all().loaded).toHaveLength(2);
  await syncToAsync(book.authors.add)(2);
  expect(await syncToAsync(book.authors.count)()).toBe(2);
});
test('a twin can be bound like any method', async () => {
  const get = Book.objects.aget.bind(Book.objects);
  expect((await get({ id: 1 })).id).toBe(1);
});
test('a method reference leaves the event loop free; a closure holds it', async () => {
  await syncToAsync(Book.objects.count)();
  let turns = 0;
  const ticker = setInterval(() => {
    turns += 1;
  }, 1);
  const lock = setup.outside.query('begin; lock table book in access exclusive mode');
  await lock;
  setTimeout(() => setup.outside.query('commit'), 60);
  turns = 0;
  await syncToAsync(Book.objects.count)();
  clearInterval(ticker);
  expect(turns).toBeGreaterThan(5);
});
test('a crossing is published for every passage, with its form', async () => {
  const seen = await crossings(async () => {
    await syncToAsync(Book.objects.count)();
    await syncToAsync(function countAll() {
      return Book.objects.count() + Publisher.objects.count();
    })();
    await Book.objects.acount();
  });
  expect(seen.map(({ form, operation }) => [form, operation])).toEqual([
    ['reference', 'count'],
    ['closure', 'countAll'],
  ]);
  expect(seen.every(({ duration, queued }) => duration >= queued && queued >= 0)).toBe(true);
});
test('a crossing that fails says so', async () => {
  const seen = await crossings(() =>
    syncToAsync(Book.objects.get)({ id: 99 }).then(undefined, (error: Error) =>
      expect(error).toBeInstanceOf(Book.DoesNotExist),
    ),
  );
  expect(seen[0]?.error).toBeInstanceOf(Book.DoesNotExist);
});
test('353 only sync functions can be bridged', () => {
  expect(() => syncToAsync(async () => 1)).toThrow(
    new TypeError('syncToAsync can only be applied to sync functions.'),
  );
  expect(() => syncToAsync(3 as never)).toThrow(TypeError);
});
test('356 errors arrive as they were thrown', async () => {
  const boom = new RangeError('boom');
  const fails = () => {
    throw boom;
  };
  await expect(syncToAsync(fails)()).rejects.toBe(boom);
});
test('343 in one context bridged calls run in order on one connection', async () => {
  await threadSensitiveContext(async () => {
    const order: number[] = [];
    const seen = await crossings(() =>
      Promise.all([1, 2, 3].map((n) => syncToAsync(Book.objects.count)().then(() => order.push(n)))),
    );
    expect(order).toEqual([1, 2, 3]);
    expect(new Set(seen.map(({ lane }) => lane)).size).toBe(1);
    expect(seen[2]?.queued).toBeGreaterThan(0);
  });
});
test('344 contexts and thread-insensitive calls have threads of their own', async () => {
  const contexts = await crossings(() =>
    Promise.all([1, 2, 3].map(() => threadSensitiveContext(() => syncToAsync(Book.objects.count)()))),
  );
  expect(new Set(contexts.map(({ lane }) => lane)).size).toBe(3);
  const free = await crossings(() =>
    Promise.all([1, 2, 3].map(() => syncToAsync(Book.objects.count, { threadSensitive: false })())),
  );
  expect(new Set(free.map(({ lane }) => lane)).size).toBe(3);
});
test('a thread keeps its connection for the next context', async () => {
  const pid = () => syncToAsync(backendPid)();
  function backendPid() {
    const cursor = connections.get().cursor();
    cursor.execute('select pg_backend_pid()');
    return cursor.fetchOne()?.[0];
  }
  const first = await threadSensitiveContext(pid);
  await expect.poll(() => threadCounts().idle).toBeGreaterThan(0);
  const before = await backendsOf();
  const second = await threadSensitiveContext(pid);
  expect(await backendsOf()).toBeLessThanOrEqual(before);
  expect([first, second].every((each) => Number(each) > 0)).toBe(true);
});
test('350 an inner context shares the outer thread', async () => {
  const seen = await crossings(() =>
    threadSensitiveContext(async () => {
      await syncToAsync(Book.objects.count)();
      await threadSensitiveContext(() => syncToAsync(Book.objects.count)());
    }),
  );
  expect(seen[0]?.lane).toBe(seen[1]?.lane);
});
test('358 a context gives its thread and connection back', async () => {
  const before = threadCounts();
  await threadSensitiveContext(() => syncToAsync(Book.objects.count)());
  await expect.poll(() => threadCounts().inUse).toBeLessThanOrEqual(before.inUse);
});
test('a transaction left open by a context is rolled back', async () => {
  await setup.reset();
  await threadSensitiveContext(async () => {
    await syncToAsync(() => {
      const { connection } = connections.get();
      connection.execute({ text: 'BEGIN', values: [] });
      connection.execute({ text: "insert into parent (name) values ('x')", values: [] });
    })();
  });
  await expect.poll(() => Parent.objects.acount()).toBe(0);
});
test('a closure may hold a whole transaction, on the connection of its context', async () => {
  await setup.reset();
  await threadSensitiveContext(async () => {
    await syncToAsync(() =>
      transaction.atomic(() => {
        Parent.objects.create({ name: 'a' });
        Parent.objects.create({ name: 'b' });
      }),
    )();
    expect(await syncToAsync(Parent.objects.count)()).toBe(2);
  });
});
test('a nested bridge is queued behind the running one, not deadlocked', async () => {
  const inner = await syncToAsync(() => syncToAsync(Book.objects.count)())();
  expect(await inner).toBe(5);
});
test('355 context variables are visible inside', async () => {
  const variable = new AsyncLocalStorage<string>();
  const seen = await variable.run('set', () => syncToAsync(() => variable.getStore())());
  expect(seen).toBe('set');
});

test('46 in async code what needs no query is allowed', async () => {
  await setup.reset();
  await asyncContext(async () => {
    const books = Book.objects.filter({ pages__gt: 1 }).orderBy('id').annotate({}).slice(0, 2);
    for await (const book of books) expect(book.pages).toBeGreaterThan(1);
    expect(books.count()).toBe(2);
    expect(books.exists()).toBe(true);
    expect(books.at(0).id).toBe(1);
    expect([...books]).toHaveLength(2);
    const book = await Book.objects.selectRelated('publisher').prefetchRelated('reviews').aget({ id: 1 });
    expect(book.publisher.name).toBe('Acme');
    expect([...book.reviews.all()]).toHaveLength(2);
    expect(Book.objects.none().count()).toBe(0);
  });
});
test('45 in async code a blocking query is refused, a lazy relation too', async () => {
  await asyncContext(async () => {
    expect(() => Book.objects.count()).toThrow(SynchronousOnlyOperation);
    expect(() => [...Book.objects.all()]).toThrow(SynchronousOnlyOperation);
    const book = await Book.objects.aget({ id: 1 });
    expect(() => book.publisher).toThrow(SynchronousOnlyOperation);
    expect((await book.apublisher).name).toBe('Acme');
    expect(() => book.save()).toThrow(SynchronousOnlyOperation);
    expect(() => transaction.atomic(() => 1)).toThrow(SynchronousOnlyOperation);
  });
});
test('47 the environment can lift the check', async () => {
  process.env.MIGRATE_ASYNC_ALLOW_UNSAFE = '1';
  try {
    await asyncContext(async () => expect(Book.objects.count()).toBe(5));
  } finally {
    delete process.env.MIGRATE_ASYNC_ALLOW_UNSAFE;
  }
});
test('49 inside a bridge blocking is allowed', async () => {
  await asyncContext(async () => {
    expect(await syncToAsync(() => Book.objects.get({ id: 1 }).publisher.name)()).toBe('Acme');
  });
});

test('the Express middleware opens a context per request', async () => {
  await setup.reset();
  const app = express();
  app.use(ormMiddleware());
  app.get('/native', async (_request, response) => {
    response.json(await Book.objects.aget({ id: 1 }));
  });
  app.get('/bridged', async (_request, response) => {
    const book = await syncToAsync(Book.objects.get)({ id: 1 });
    const publisher = await syncToAsync(() => book.publisher)();
    response.json({ title: book.title, publisher: publisher.name });
  });
  app.get('/blocking', (_request, response) => {
    response.json(Book.objects.count());
  });
  app.use((error: Error, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).json({ error: error.name });
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = () => server.address() as AddressInfo;
  const fetched = async (path: string) => (await fetch(`http://127.0.0.1:${address().port}${path}`)).json();
  try {
    const before = threadCounts().inUse;
    expect(await fetched('/native')).toMatchObject({ id: 1, title: 'Alpha', publisherId: 1, price: '10.00' });
    const seen = await crossings(() => fetched('/bridged'));
    expect(seen.map(({ form }) => form)).toEqual(['reference', 'closure']);
    expect(new Set(seen.map(({ lane }) => lane)).size).toBe(1);
    expect(await fetched('/blocking')).toEqual({ error: 'SynchronousOnlyOperation' });
    expect(await crossings(() => fetched('/native'))).toEqual([]);
    await expect.poll(() => threadCounts().inUse).toBeLessThanOrEqual(before);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
