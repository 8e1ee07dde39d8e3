import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { annotateHandlers } from '@migrate-async/runtime';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';

const here = fileURLToPath(import.meta.url);
let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});
afterEach(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
});

/** Line that the test which calls this stands at. */
function line(): number {
  const [, , caller = ''] = (new Error().stack ?? '').split('\n');
  return Number(/:(\d+):\d+\)?$/.exec(caller)?.[1]);
}

/** What is recorded of a request whose server span knows no route. */
async function asked(work: () => Promise<unknown>): Promise<ReadableSpan['attributes']> {
  await trace.getTracer('test').startActiveSpan('GET', { kind: SpanKind.SERVER }, async (span) => {
    await work();
    span.end();
  });
  return exporter.getFinishedSpans()[0]?.attributes ?? {};
}

async function answerOf(app: express.Express, path: string): Promise<string> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await response.text();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return text;
}

/** An application whose requests run in the span that is active when they come. */
function application(span: () => ReturnType<typeof trace.getActiveSpan>) {
  const app = annotateHandlers(express());
  app.use((_request, _response, next) => {
    const active = span();
    if (active === undefined) next();
    else context.with(trace.setSpan(context.active(), active), next);
  });
  return app;
}

test('a handler of Express names itself, and so does one of a chained route', async () => {
  let active: ReturnType<typeof trace.getActiveSpan>;
  const app = application(() => active);
  const at = line() + 1;
  app.get(
    '/posts/:id',
    (_request, _response, next) => next(),
    function show(request, response) {
      response.send(`post ${request.params.id}`);
    },
  );
  const chainedAt = line() + 1;
  app.route('/chained').get(function chained(_request, response) {
    response.send('chained');
  });
  const ask = async (path: string) => {
    active = trace.getActiveSpan();
    return answerOf(app, path);
  };
  expect(await asked(async () => expect(await ask('/posts/7')).toBe('post 7'))).toEqual({
    'code.function.name': 'show',
    'code.file.path': here,
    'code.line.number': at,
    'code.column.number': expect.any(Number),
  });
  exporter.reset();
  expect(await asked(() => ask('/chained'))).toMatchObject({
    'code.function.name': 'chained',
    'code.line.number': chainedAt,
  });
});

test('a handler in the options of Fastify does, with its application as this', async () => {
  const app = annotateHandlers(fastify());
  app.route({
    method: 'GET',
    url: '/',
    handler: async function root() {
      return { same: this === app };
    },
  });
  app.get('/other', { config: {} }, async function other() {
    return 'other';
  });
  let body = '';
  const attributes = await asked(async () => {
    body = (await app.inject('/')).body;
  });
  expect(attributes).toMatchObject({ 'code.function.name': 'root', 'code.file.path': here });
  expect(body).toBe('{"same":true}');
  exporter.reset();
  expect(await asked(() => app.inject('/other'))).toMatchObject({ 'code.function.name': 'other' });
  await app.close();
});

test('a handler of Hono does, registered by its verb or by on', async () => {
  const app = annotateHandlers(new Hono());
  app.get('/', function home(given) {
    return given.text('home');
  });
  app.on(['PUT', 'PATCH'], '/', function change(given) {
    return given.text('changed');
  });
  expect(await asked(() => app.request('/') as Promise<Response>)).toMatchObject({
    'code.function.name': 'home',
  });
  exporter.reset();
  const changed = await asked(async () => {
    expect(await (await app.request('/', { method: 'PATCH' })).text()).toBe('changed');
  });
  expect(changed).toMatchObject({ 'code.function.name': 'change' });
});

test('listeners of an application that is an emitter stay themselves', () => {
  const app = annotateHandlers(express());
  const listener = () => {};
  app.on('mount', listener);
  expect(app.listeners('mount')).toContain(listener);
  app.off('mount', listener);
  expect(app.listeners('mount')).not.toContain(listener);
});

test('settings, error handlers and applications that were annotated before are left as they are', async () => {
  const app = annotateHandlers(annotateHandlers(express()));
  app.set('title', 'shop');
  expect(app.get('title')).toBe('shop');
  app.get('/', (_request, _response) => {
    throw new Error('broken');
  });
  app.use(((_error, _request, response, _next) => {
    response.send('handled');
  }) satisfies express.ErrorRequestHandler);
  expect(await answerOf(app, '/')).toBe('handled');
});

test('without tracing a handler is only called', async () => {
  await provider.shutdown();
  trace.disable();
  const app = annotateHandlers(express());
  app.get('/', (_request, response) => void response.send('plain'));
  expect(await answerOf(app, '/')).toBe('plain');
});
