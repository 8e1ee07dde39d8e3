import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';
import { serve } from '@hono/node-server';
import { type MiddlewareOptions, ormMiddleware } from '@migrate-async/runtime';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';

/** Answers a request with what it returns: JSON, or the bytes of a stream. */
export type Action = (body: unknown) => unknown;
export type Actions = Readonly<Record<string, Action>>;

export interface ApplicationOptions {
  readonly actions: Actions;
  /** Of the middleware. */
  readonly options?: MiddlewareOptions;
  /** Middleware of the application's own that runs first, and may take its time. */
  readonly first?: () => Promise<void>;
}
export type Framework = (application: ApplicationOptions) => Promise<Server>;

/** The same application on each framework. */
export const frameworks: Readonly<Record<string, Framework>> = {
  async express({ actions, options, first }) {
    const app = express();
    if (first !== undefined) app.use((_request, _response, next) => void first().then(() => next()));
    app.use(ormMiddleware(options));
    app.use(express.json());
    for (const [path, action] of Object.entries(actions)) {
      app.all(path, async (request, response) => {
        const result = (await action(request.body)) ?? null;
        if (result instanceof Readable) piped(result, response);
        else response.json(result);
      });
    }
    app.use(
      (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
        response.status(500).json({ error: error.name });
      },
    );
    return listening(createServer(app));
  },
  async connect({ actions, options, first }) {
    // Plain functions in a row, as Connect calls them.
    const middleware = ormMiddleware(options);
    const listener: RequestListener = async (request, response) => {
      await first?.();
      middleware(request, response, () => void answer(actions, request, response));
    };
    return listening(createServer(listener));
  },
  async koa({ actions, options, first }) {
    const app = new Koa({ env: 'test' });
    app.silent = true;
    app.use(async (context, next) => {
      try {
        await first?.();
        await next();
      } catch (error) {
        context.status = 500;
        context.body = { error: (error as Error).name };
      }
    });
    app.use(ormMiddleware(options));
    app.use(async (context) => {
      const result = (await actions[context.path]?.(await bodyOf(context.req))) ?? null;
      context.body = result instanceof Readable ? result : JSON.stringify(result);
    });
    return listening(createServer(app.callback()));
  },
  async fastify({ actions, options, first }) {
    const app = fastify();
    if (first !== undefined) app.addHook('onRequest', () => first());
    await app.register(ormMiddleware(options));
    app.setErrorHandler((error: Error, _request, reply) => reply.status(500).send({ error: error.name }));
    for (const [url, action] of Object.entries(actions)) {
      app.route({
        method: ['GET', 'POST'],
        url,
        handler: async (request, reply) => {
          const result = (await action(request.body)) ?? null;
          return reply.send(result instanceof Readable ? result : JSON.stringify(result));
        },
      });
    }
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server;
  },
  async hono(application) {
    const server = serve({
      fetch: honoApplication(application).fetch,
      port: 0,
      hostname: '127.0.0.1',
    }) as Server;
    if (!server.listening) await once(server, 'listening');
    return server;
  },
};

export function honoApplication({ actions, options, first }: ApplicationOptions): Hono {
  const app = new Hono();
  app.use(async (_context, next) => {
    await first?.();
    await next();
  });
  app.use(ormMiddleware(options));
  for (const [path, action] of Object.entries(actions)) {
    app.all(path, async (context) => {
      const text = await context.req.text();
      const result = (await action(text === '' ? undefined : JSON.parse(text))) ?? null;
      if (!(result instanceof Readable)) return context.text(JSON.stringify(result));
      const bytes = result.map((piece: string) => Buffer.from(piece));
      return new Response(Readable.toWeb(bytes) as ReadableStream);
    });
  }
  app.onError((error, context) => context.json({ error: error.name }, 500));
  return app;
}

async function answer(actions: Actions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const result = (await actions[request.url as string]?.(await bodyOf(request))) ?? null;
    if (result instanceof Readable) piped(result, response);
    else response.end(JSON.stringify(result));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: (error as Error).name }));
  }
}
/** As most applications do it, though `pipeline` would also end the stream when the client leaves. */
function piped(stream: Readable, response: ServerResponse): void {
  stream.on('error', (error) => response.destroy(error));
  stream.pipe(response);
}
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}

export async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
