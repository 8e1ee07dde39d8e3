import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { ormMiddleware, syncToAsync, threadCounts } from '@migrate-async/runtime';
import { connections, transaction } from '@migrate-async/runtime/orm';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { Book, Parent } from '../support/library.ts';

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
const actions: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
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
  '/transaction': () => transaction.aatomic(async () => (await Parent.objects.acreate({ name: 'in' })).id),
};

const applications: Readonly<Record<string, () => Promise<Server>>> = {
  async express() {
    const app = express();
    app.use(ormMiddleware());
    app.use(express.json());
    for (const [path, action] of Object.entries(actions)) {
      app.all(path, async (request, response) => {
        response.json((await action(request.body)) ?? null);
      });
    }
    app.get('/stream', (_request, response) => {
      Readable.from(pieces()).pipe(response);
    });
    app.use(
      (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
        response.status(500).json({ error: error.name });
      },
    );
    return listening(createServer(app));
  },
  async connect() {
    // Plain functions in a row, as Connect calls them.
    const middleware = ormMiddleware();
    const listener: RequestListener = (request, response) =>
      middleware(request, response, async () => {
        const path = request.url as string;
        if (path === '/stream') return Readable.from(pieces()).pipe(response);
        let text = '';
        for await (const chunk of request) text += chunk;
        try {
          const result = await actions[path]?.(text === '' ? undefined : JSON.parse(text));
          response.end(JSON.stringify(result ?? null));
        } catch (error) {
          response.statusCode = 500;
          response.end(JSON.stringify({ error: (error as Error).name }));
        }
      });
    return listening(createServer(listener));
  },
  async koa() {
    const app = new Koa({ env: 'test' });
    app.silent = true;
    app.use(async (context, next) => {
      try {
        await next();
      } catch (error) {
        context.status = 500;
        context.body = { error: (error as Error).name };
      }
    });
    app.use(ormMiddleware());
    app.use(async (context) => {
      if (context.path === '/stream') {
        context.body = Readable.from(pieces());
        return;
      }
      let text = '';
      for await (const chunk of context.req) text += chunk;
      const result = await actions[context.path]?.(text === '' ? undefined : JSON.parse(text));
      context.body = JSON.stringify(result ?? null);
    });
    return listening(createServer(app.callback()));
  },
  async fastify() {
    const app = fastify();
    await app.register(ormMiddleware());
    app.setErrorHandler((error: Error, _request, reply) => reply.status(500).send({ error: error.name }));
    for (const [url, action] of Object.entries(actions)) {
      app.route({
        method: ['GET', 'POST'],
        url,
        handler: async (request, reply) => {
          reply.send(JSON.stringify((await action(request.body)) ?? null));
          return reply;
        },
      });
    }
    app.get('/stream', (_request, reply) => reply.send(Readable.from(pieces())));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server;
  },
  async hono() {
    return honoServer(honoApplication());
  },
};

function honoApplication(): Hono {
  const app = new Hono();
  app.use(ormMiddleware());
  for (const [path, action] of Object.entries(actions)) {
    app.all(path, async (context) => {
      const text = await context.req.text();
      return context.text(JSON.stringify((await action(text === '' ? undefined : JSON.parse(text))) ?? null));
    });
  }
  app.get('/stream', () => {
    const bytes = Readable.from(pieces()).map((piece: string) => Buffer.from(piece));
    return new Response(Readable.toWeb(bytes) as ReadableStream);
  });
  app.onError((error, context) => context.json({ error: error.name }, 500));
  return app;
}
async function honoServer(app: Hono): Promise<Server> {
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  if (!server.listening) await once(server, 'listening');
  return server;
}
async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.each(Object.keys(applications))('in %s', (name) => {
  let server: Server;
  let before: number;
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const got = async (path: string) => JSON.parse(await (await fetch(url(path))).text());
  beforeAll(async () => {
    await setup.reset();
    server = await (applications[name] as () => Promise<Server>)();
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
  const app = honoApplication();
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
