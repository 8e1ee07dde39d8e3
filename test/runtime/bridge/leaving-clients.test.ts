import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type Server } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ormMiddleware, syncToAsync, threadCounts } from '@migrate-async/runtime';
import { connections, TransactionManagementError, transaction } from '@migrate-async/runtime/orm';
import { fastify } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Book, Parent } from '../support/library.ts';
import {
  type Action,
  type ApplicationOptions,
  frameworks,
  honoApplication,
} from '../support/web-applications.ts';

const setup = faults();
const pool = () => connections.get().pool;
const wentAway = new Error('The client went away before it was answered.');

/** A promise that is settled by hand. */
function signalled(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach: () => reach() };
}
/** An action whose outcome can be waited for. */
function watched(action: () => Promise<unknown>): {
  readonly action: Action;
  readonly outcome: Promise<unknown>;
} {
  let settle: (outcome: unknown) => void = () => {};
  const outcome = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  return {
    outcome,
    async action() {
      try {
        const result = await action();
        settle(result);
        return result;
      } catch (error) {
        settle(error);
        throw error;
      }
    },
  };
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;
/** A client that asks, and goes away when `moment` has come; resolves when the server knows. */
async function leavingClient(
  server: Server,
  moment: (first: Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const socket = connect(portOf(server), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /asked HTTP/1.1\r\nHost: test\r\n\r\n');
  const first = once(socket, 'data').then(() => socket.pause());
  first.catch(() => undefined);
  await moment(first);
  socket.destroy();
  const left = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  await expect.poll(left).toBe(0);
}
const connectionsGivenBack = () =>
  expect.poll(() => [pool().size - pool().idle, pool().waiting]).toEqual([0, 0]);
const threadsGivenBack = () => expect.poll(() => threadCounts().inUse).toBe(0);

describe.each(Object.entries(frameworks))('%s', (name, framework) => {
  let server: Server | undefined;
  const start = async (action: Action, application: Omit<ApplicationOptions, 'actions'> = {}) => {
    server = await framework({ actions: { '/asked': action }, ...application });
    return server;
  };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test('gone before the middleware ran: what is bridged gives its thread back', async () => {
    const entered = signalled();
    const proceed = signalled();
    const first = () => {
      entered.reach();
      return proceed.reached;
    };
    const { action, outcome } = watched(() => syncToAsync(Book.objects.count)());
    await leavingClient(await start(action, { first }), () => entered.reached);
    proceed.reach();
    expect(await outcome).toBe(5);
    await threadsGivenBack();
  });
  test('gone before the middleware ran, if it is asked for: nothing is done for it', async () => {
    const entered = signalled();
    const proceed = signalled();
    const first = () => {
      entered.reach();
      return proceed.reached;
    };
    const { action, outcome } = watched(() => Book.objects.acount());
    const options = { abortOnDisconnect: true };
    await leavingClient(await start(action, { first, options }), () => entered.reached);
    proceed.reach();
    expect(await outcome).toEqual(wentAway);
    expect(pool().size).toBe(0);
  });
  test('gone while waiting for the pool: the queue is left, if it is asked for', async () => {
    await setup.configure({ pool: { max: 1 } });
    const release = await setup.hold('lock table book');
    const holding = Book.objects.aget({ id: 1 });
    await setup.blocked();
    const { action, outcome } = watched(() => Parent.objects.acount());
    await leavingClient(await start(action, { options: { abortOnDisconnect: true } }), () =>
      expect.poll(() => pool().waiting).toBe(1),
    );
    expect(await outcome).toEqual(wentAway);
    expect(pool().waiting).toBe(0);
    await release();
    expect((await holding).id).toBe(1);
  });
  test('gone in the middle of a query: it is cancelled if it is asked for, else finished', async () => {
    for (const abortOnDisconnect of [true, false]) {
      const release = await setup.hold('lock table book');
      const { action, outcome } = watched(() => Book.objects.acount());
      await leavingClient(await start(action, { options: { abortOnDisconnect } }), () => setup.blocked());
      if (abortOnDisconnect) {
        expect(await outcome).toEqual(wentAway);
        await connectionsGivenBack();
      }
      await release();
      if (!abortOnDisconnect) expect(await outcome).toBe(5);
      server?.close();
    }
    await connectionsGivenBack();
  });
  test('gone in the middle of a stream: its connection comes back', async () => {
    await setup.configure({ pool: { max: 1 } });
    await Parent.objects.abulkCreate(Array.from({ length: 500 }, (_, index) => ({ name: `p${index}` })));
    async function* rows() {
      for await (const { id } of Parent.objects.orderBy('id').aiterator({ chunkSize: 1 }))
        yield `${id} `.repeat(20_000);
    }
    const action = () => Readable.from(rows());
    await leavingClient(await start(action, { options: { abandonAfter: 50 } }), (first) => first);
    await connectionsGivenBack();
    // On the only connection there is.
    const cursor = await connections.get().acursor();
    await cursor.aexecute("select count(*) from pg_cursors where name like 'migrate%'");
    expect(cursor.fetchOne()).toEqual(['0']);
  });
  test('gone in a transaction: it is finished, unless it is asked to be given up', async () => {
    for (const abortOnDisconnect of [true, false]) {
      await setup.reset();
      const begun = signalled();
      const proceed = signalled();
      const { action, outcome } = watched(() =>
        transaction.aatomic(async () => {
          await Parent.objects.acreate({ name: 'a' });
          begun.reach();
          await proceed.reached;
          await Parent.objects.acreate({ name: 'b' });
          return 'done';
        }),
      );
      await leavingClient(await start(action, { options: { abortOnDisconnect } }), () => begun.reached);
      proceed.reach();
      expect(await outcome).toEqual(abortOnDisconnect ? wentAway : 'done');
      expect(await Parent.objects.acount()).toBe(abortOnDisconnect ? 0 : 2);
      server?.close();
    }
  });
  test('gone in a transaction that stands still: it is rolled back, and whoever goes on is told', async () => {
    const begun = signalled();
    const proceed = signalled();
    const { action, outcome } = watched(() =>
      transaction.aatomic(async () => {
        await Parent.objects.acreate({ name: 'a' });
        begun.reach();
        await proceed.reached;
        await Parent.objects.acreate({ name: 'b' });
      }),
    );
    await leavingClient(await start(action, { options: { abandonAfter: 50 } }), () => begun.reached);
    await connectionsGivenBack();
    proceed.reach();
    expect(await outcome).toBeInstanceOf(TransactionManagementError);
    expect(await Parent.objects.acount()).toBe(0);
  });
  test('answered: what goes on with a transaction or a stream is left alone', async () => {
    const finished = signalled();
    const steadily = async () => {
      await transaction.aatomic(async () => {
        for (let count = 0; count < 6; count += 1) {
          await Parent.objects.acreate({ name: `p${count}` });
          await delay(20);
        }
      });
      const seen: number[] = [];
      for await (const { id } of Parent.objects.orderBy('id').aiterator()) {
        seen.push(id);
        await delay(20);
      }
      expect(seen).toHaveLength(6);
      finished.reach();
    };
    const started = await start(
      () => {
        steadily();
        return 'answered';
      },
      { options: { abandonAfter: 60 } },
    );
    const response = await fetch(`http://127.0.0.1:${portOf(started)}/asked`);
    expect(await response.json()).toBe('answered');
    await finished.reached;
    expect(await Parent.objects.acount()).toBe(6);
  });
  test('an error after the head was sent: connection and thread come back', async () => {
    await setup.configure({ pool: { max: 1 } });
    async function* rows() {
      yield `${await syncToAsync(Book.objects.count)()} `;
      for await (const { id } of Book.objects.orderBy('id').aiterator({ chunkSize: 1 })) {
        yield `${id} `;
        if (id === 2) throw new RangeError('in the middle');
      }
    }
    const started = await start(() => Readable.from(rows()), { options: { abandonAfter: 50 } });
    // Koa leaves such a response open: the client has to go.
    const given = fetch(`http://127.0.0.1:${portOf(started)}/asked`, { signal: AbortSignal.timeout(300) });
    await expect(given.then((response) => response.text())).rejects.toThrow();
    await connectionsGivenBack();
    if (name !== 'koa') await threadsGivenBack();
    expect(await Book.objects.acount()).toBe(5);
  });
  test('requests of one keep-alive connection have contexts of their own', async () => {
    let count = 0;
    const started = await start(async () => {
      count += 1;
      if (count % 3 === 0) throw new RangeError('now and then');
      const cursor = connections.get().cursor();
      // What one request sets in its session is nothing to the next, whichever connection that gets.
      await syncToAsync(cursor.execute)('begin');
      await syncToAsync(Parent.objects.create)({ name: `p${count}` });
      return syncToAsync(Parent.objects.count)();
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: unknown[] = [];
    for (let index = 0; index < 9; index += 1) {
      const asked = request({ port: portOf(started), host: '127.0.0.1', path: '/asked', agent });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response) text += chunk;
      seen.push(response.statusCode === 200 ? JSON.parse(text) : response.statusCode);
      expect(asked.reusedSocket).toBe(index > 0);
    }
    agent.destroy();
    expect(seen).toEqual([1, 1, 500, 1, 1, 500, 1, 1, 500]);
    await threadsGivenBack();
    expect(await Parent.objects.acount()).toBe(0);
  });
});

test('HTTP/2: a stream that its client resets is a client that went away', async () => {
  for (const moment of ['before the middleware', 'in a query']) {
    const entered = signalled();
    const proceed = signalled();
    const { action, outcome } = watched(() => Book.objects.acount());
    const app = fastify({ http2: true });
    if (moment === 'before the middleware') {
      app.addHook('onRequest', () => {
        entered.reach();
        return proceed.reached;
      });
    }
    await app.register(ormMiddleware({ abortOnDisconnect: true }));
    app.get('/asked', async () => action(undefined));
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const release = await setup.hold('lock table book');
    const client = connectHttp2(address);
    const asked = client.request({ ':path': '/asked' });
    asked.on('error', () => undefined);
    await (moment === 'in a query' ? setup.blocked() : entered.reached);
    asked.close(constants.NGHTTP2_CANCEL);
    await once(asked, 'close');
    await delay(50);
    proceed.reach();
    expect(await outcome, moment).toEqual(wentAway);
    await connectionsGivenBack();
    await release();
    client.close();
    await app.close();
  }
});
test('a request that is injected instead of sent gives its thread back', async () => {
  const app = fastify();
  await app.register(ormMiddleware());
  app.get('/asked', async () => ({ books: await syncToAsync(Book.objects.count)() }));
  expect((await app.inject('/asked')).json()).toEqual({ books: 5 });
  await threadsGivenBack();
  await app.close();
});
test('Hono without a server: the signal of the request says that the client went away', async () => {
  const release = await setup.hold('lock table book');
  const controller = new AbortController();
  const { action, outcome } = watched(() => Book.objects.acount());
  const app = honoApplication({ actions: { '/asked': action }, options: { abortOnDisconnect: true } });
  const answered = app.request('/asked', { signal: controller.signal });
  await setup.blocked();
  controller.abort();
  expect(await outcome).toEqual(wentAway);
  expect((await answered).status).toBe(500);
  await release();
});
