import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ormMiddleware, syncToAsync, threadCounts } from '@migrate-async/runtime';
import { connections, transaction } from '@migrate-async/runtime/orm';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { Book, Parent } from '../support/library.ts';
import { type Actions, frameworks, honoApplication, listening } from '../support/web-applications.ts';

const setup = harness();

/** Which server process answers a method reference and a closure here. */
async function pids(): Promise<string[]> {
  const cursor = connections.get().cursor();
  await syncToAsync(cursor.execute)('select pg_backend_pid()');
  const reference = cursor.fetchOne()?.[0] as string;
  const closure = await syncToAsync(() => {
    const own = connections.get().cursor();
    own.execute('select pg_backend_pid()');
    return own.fetchOne()?.[0] as string;
  })();
  return [reference, closure];
}
async function sleepOnServer(seconds: number): Promise<void> {
  await syncToAsync(connections.get().cursor().execute)('select pg_sleep(%s)', [seconds]);
}
async function* pieces(): AsyncGenerator<string> {
  for (let i = 0; i < 3; i++) {
    yield `${await syncToAsync(Book.objects.count)()} `;
    await delay(5);
  }
}

/** What every application of these tests does, whatever it is built on. */
const actions: Actions = {
  '/native': () => Book.objects.aget({ id: 1 }).then(({ title }) => ({ title })),
  '/bridged': pids,
  '/blocking': async () => Book.objects.count(),
  '/body': async (body) => [body, ...(await pids())],
  '/failing': async () => {
    await syncToAsync(Book.objects.get)({ id: 99 });
  },
  '/slow': async () => {
    await sleepOnServer(0.3);
    await syncToAsync(Parent.objects.create)({ name: 'after' });
  },
  '/open': async () => {
    await syncToAsync(connections.get().cursor().execute)('begin');
    await syncToAsync(connections.get().cursor().execute)("insert into parent (name) values ('never')");
    return 'left open';
  },
  '/stream': () => Readable.from(pieces()),
  '/transaction': () => transaction.aatomic(async () => (await Parent.objects.acreate({ name: 'in' })).id),
};

describe.each(Object.entries(frameworks))('in %s', (_name, application) => {
  let server: Server;
  let before: number;
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const got = async (path: string) => JSON.parse(await (await fetch(url(path))).text());
  beforeAll(async () => {
    await setup.reset();
    server = await application({ actions });
    // Koa reads a stream when its middleware is over: what is bridged then uses the thread outside contexts.
    await syncToAsync(Book.objects.count)();
    before = threadCounts().inUse;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const threadsGivenBack = () => expect.poll(() => threadCounts().inUse).toBe(before);

  test('native calls work and take no thread', async () => {
    expect(await got('/native')).toEqual({ title: 'Alpha' });
    expect(threadCounts().inUse).toBe(before);
  });
  test('what a request bridges shares one connection, which other requests have no part in', async () => {
    const requests: string[][] = await Promise.all([1, 2, 3].map(() => got('/bridged')));
    for (const [reference, closure] of requests) expect(closure).toBe(reference);
    await threadsGivenBack();
  });
  test('a blocking query is refused', async () => {
    expect(await got('/blocking')).toEqual({ error: 'SynchronousOnlyOperation' });
  });
  test('the contexts are there after the body was read', async () => {
    const response = await fetch(url('/body'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'x'.repeat(100_000) }),
    });
    const [body, reference, closure] = JSON.parse(await response.text());
    expect(body.text).toHaveLength(100_000);
    expect(closure).toBe(reference);
    await threadsGivenBack();
  });
  test('an error of the handler ends them too', async () => {
    expect(await got('/failing')).toEqual({ error: 'DoesNotExist' });
    await threadsGivenBack();
  });
  test('a streamed response keeps them until its end', async () => {
    const response = await fetch(url('/stream'));
    expect(await response.text()).toBe('5 5 5 ');
    await threadsGivenBack();
  });
  test('a stream that the client leaves gives the thread back', async () => {
    const response = await fetch(url('/stream'));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await threadsGivenBack();
  });
  test('a handler whose client went away finishes what it began', async () => {
    await setup.reset();
    const controller = new AbortController();
    const request = fetch(url('/slow'), { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(request).rejects.toThrow();
    await expect.poll(() => Parent.objects.acount()).toBe(1);
    await threadsGivenBack();
  });
  test('a transaction that the request left open is rolled back', async () => {
    await setup.reset();
    expect(await got('/open')).toBe('left open');
    await threadsGivenBack();
    expect(await Parent.objects.acount()).toBe(0);
  });
  test('a native transaction commits before the answer', async () => {
    await setup.reset();
    expect(await got('/transaction')).toBe(1);
    expect(await Parent.objects.acount()).toBe(1);
  });
});

test('Hono without a server: the contexts end when the response was read', async () => {
  const before = threadCounts().inUse;
  const app = honoApplication({ actions });
  expect(await (await app.request('/stream')).text()).toBe('5 5 5 ');
  await expect.poll(() => threadCounts().inUse).toBe(before);
  const left = await app.request('/stream');
  await left.body?.cancel();
  expect(await (await app.request('/failing')).json()).toEqual({ error: 'DoesNotExist' });
  await expect.poll(() => threadCounts().inUse).toBe(before);
});
test('a request can be given up when its client goes away, if it is asked for', async () => {
  await setup.reset();
  const app = express();
  app.use(ormMiddleware({ abortOnDisconnect: true }));
  const outcome = new Promise<unknown>((resolve) => {
    app.get('/', async () => {
      await sleepOnServer(0.3).catch(resolve);
    });
  });
  const server = await listening(createServer(app));
  const controller = new AbortController();
  const { port } = server.address() as AddressInfo;
  const request = fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await expect(request).rejects.toThrow();
  expect(await outcome).toEqual(new Error('The client went away before it was answered.'));
  server.closeAllConnections();
  server.close();
});
