import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ormMiddleware, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import { configureDatabases, connections, IntegrityError, transaction } from '@migrate-async/runtime/orm';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import express from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Catalogue } from '../../analyzer/catalogue/index.ts';
import { classOf } from '../../analyzer/traces/classify.ts';
import { harness } from './support/harness.ts';
import { Book, Parent, Publisher } from './support/library.ts';

const setup = harness();
let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;

beforeEach(async () => {
  await setup.reset();
  // A connection is there already: what is traced is the request's own.
  await Book.objects.acount();
  // One that was shut down takes no more spans.
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});
afterEach(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
});

/** Runs `work` as a request, and gives the spans it left, in the order they ended. */
async function traced(work: () => Promise<unknown>): Promise<ReadableSpan[]> {
  exporter.reset();
  await trace.getTracer('test').startActiveSpan('GET /', async (root) => {
    await work();
    root.end();
  });
  return exporter.getFinishedSpans();
}
const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name)}`);
  return found;
};
const names = (spans: readonly ReadableSpan[]) => spans.map(({ name }) => name);
const isBelow = (span: ReadableSpan, parent: ReadableSpan) =>
  expect(span.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
const here = fileURLToPath(import.meta.url);

test('a native statement is a client span below the request, described by the stable conventions', async () => {
  const spans = await traced(async function askForBooks() {
    await Book.objects.filter({ pages__gt: 100 }).alist();
  });
  const span = named(spans, 'SELECT book');
  isBelow(span, named(spans, 'GET /'));
  expect(span.kind).toBe(SpanKind.CLIENT);
  const url = new URL(setup.url);
  expect(span.attributes).toMatchObject({
    'db.system.name': 'postgresql',
    'db.namespace': url.pathname.slice(1),
    'db.operation.name': 'SELECT',
    'db.collection.name': 'book',
    'db.query.summary': 'SELECT book',
    'server.address': url.hostname,
    'server.port': Number(url.port),
    'migrate_async.path': 'native',
    'code.file.path': here,
    'code.function.name': 'askForBooks',
  });
  expect(span.attributes['db.query.text']).toMatch(/^SELECT .* FROM "book" WHERE .*\$1/);
  expect(JSON.stringify(span.attributes)).not.toContain(url.password);
});
test('a bridged call is a span with its form, and its statements are below it', async () => {
  const spans = await traced(() =>
    threadSensitiveContext(async () => {
      await syncToAsync(Book.objects.count)();
      await syncToAsync(function countPublishers() {
        return Publisher.objects.count();
      })();
    }),
  );
  const root = named(spans, 'GET /');
  const reference = named(spans, 'syncToAsync count');
  const closure = named(spans, 'syncToAsync countPublishers');
  isBelow(reference, root);
  isBelow(closure, root);
  isBelow(named(spans, 'SELECT book'), reference);
  isBelow(named(spans, 'SELECT publisher'), closure);
  expect(reference.attributes).toMatchObject({
    'migrate_async.bridge': 'reference',
    'migrate_async.operation': 'count',
    'code.file.path': here,
  });
  expect(closure.attributes).toMatchObject({ 'migrate_async.bridge': 'closure' });
  expect(named(spans, 'SELECT book').attributes['migrate_async.path']).toBe('bridged');
  expect(named(spans, 'SELECT publisher').attributes['migrate_async.path']).toBe('blocking');
});
test('what analyze --traces makes of them: a bridge, a database, a frame', async () => {
  const spans = await traced(async () => {
    await syncToAsync(Book.objects.count)();
    await Book.objects.acount();
  });
  const classes = spans.map((span) =>
    classOf(
      {
        ...span,
        name: span.name,
        kind: span.kind === SpanKind.CLIENT ? 'client' : 'internal',
        attributes: new Map(Object.entries(span.attributes)),
      } as never,
      new Catalogue(),
    ),
  );
  expect(classes).toEqual(['db', 'bridge', 'db', 'other']);
});
test('a transaction and a stream show every statement', async () => {
  const spans = await traced(async () => {
    await transaction.aatomic(() => Parent.objects.acreate({ name: 'a' }));
    for await (const _ of Parent.objects.aiterator()) break;
  });
  expect(names(spans)).toEqual([
    'BEGIN',
    'INSERT parent',
    'COMMIT',
    'DECLARE parent',
    'FETCH',
    'CLOSE',
    'GET /',
  ]);
  for (const span of spans.slice(0, -1)) isBelow(span, named(spans, 'GET /'));
});
test('a failed statement carries its SQLSTATE, a failed bridge its error', async () => {
  const spans = await traced(async () => {
    const taken = { id: 1, name: 'x', awards: 0 };
    await expect(Publisher.objects.acreate(taken)).rejects.toThrow(IntegrityError);
    await expect(syncToAsync(Book.objects.get)({ id: 99 })).rejects.toThrow(Book.DoesNotExist);
  });
  const insert = named(spans, 'INSERT publisher');
  expect(insert.status.code).toBe(SpanStatusCode.ERROR);
  expect(insert.attributes).toMatchObject({ 'error.type': '23505', 'db.response.status_code': '23505' });
  expect(named(spans, 'syncToAsync get').attributes['error.type']).toBe('DoesNotExist');
});
test('a wait for the pool is a span of its own', async () => {
  await connections.acloseAll();
  configureDatabases({ default: { engine: 'postgresql', url: setup.url, pool: { max: 1 } } });
  const spans = await traced(() => Promise.all([1, 2].map((id) => Book.objects.aget({ id }))));
  expect(names(spans).filter((name) => name === 'wait for connection')).toHaveLength(2);
  expect(named(spans, 'wait for connection').attributes['db.client.connection.pool.name']).toBe('default');
});
test('requests of a server do not mix', async () => {
  const app = express();
  app.use((request, response, next) => {
    trace.getTracer('test').startActiveSpan(request.path, (span) => {
      response.once('close', () => span.end());
      next();
    });
  });
  app.use(ormMiddleware());
  app.get('/native/:id', async (request, response) => {
    await Book.objects.aget({ id: Number(request.params.id) });
    response.json(await Parent.objects.acount());
  });
  app.get('/bridged/:id', async (request, response) => {
    await syncToAsync(Book.objects.get)({ id: Number(request.params.id) });
    response.json(await syncToAsync(Parent.objects.count)());
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  exporter.reset();
  const { port } = server.address() as AddressInfo;
  const paths = [1, 2, 3, 4, 5].flatMap((id) => [`/native/${id}`, `/bridged/${id}`]);
  await Promise.all(paths.map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).json()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const spans = exporter.getFinishedSpans();
  for (const path of paths) {
    const root = named(spans, path);
    const own = spans.filter((span) => span.spanContext().traceId === root.spanContext().traceId);
    const statements = own.filter((span) => 'db.query.text' in span.attributes);
    expect(names(statements).sort(), path).toEqual(['SELECT book', 'SELECT parent']);
    const bridges = own.filter((span) => 'migrate_async.bridge' in span.attributes);
    expect(bridges).toHaveLength(path.startsWith('/native') ? 0 : 2);
  }
});
test('without an SDK nothing is made', async () => {
  await provider.shutdown();
  trace.disable();
  exporter.reset();
  await Book.objects.acount();
  await syncToAsync(Book.objects.count)();
  expect(exporter.getFinishedSpans()).toEqual([]);
});
