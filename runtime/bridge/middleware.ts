import { withContext } from '../context.ts';
import { Scope } from '../scope.ts';
import { contextGate } from './gate.ts';
import { Lane } from './lane.ts';

export interface MiddlewareOptions {
  /**
   * True to abort the context's signal when the client goes away before it was answered: database calls that wait or
   * begin later then fail. Off by default, because what a handler has begun it should be able to finish.
   */
  readonly abortOnDisconnect?: boolean;
  /**
   * Milliseconds that a native transaction or stream may stand still once the response is over; then it is rolled
   * back, or closed, and its connection is free again. 30,000 when absent; no more than 1,000 when it was given up because
   * of `abortOnDisconnect`.
   */
  readonly abandonAfter?: number;
}
const defaultPatience = 30_000;
const givenUpPatience = 1_000;

/** A response of Node's `http` or `http2`, as far as it is needed here. */
interface NodeResponse {
  once(event: 'close', listener: () => void): unknown;
  readonly writableEnded: boolean;
  readonly destroyed?: boolean;
  /** Of HTTP/2. */
  readonly stream?: { readonly destroyed: boolean } | null;
}
type Next = (error?: unknown) => void;
type AsyncNext = () => Promise<unknown>;
/** Koa's context. */
interface KoaContext {
  readonly res: NodeResponse;
}
/** Hono's context; `env` has Node's own objects where Node serves. */
interface HonoContext {
  readonly env: unknown;
  readonly req: { readonly raw: Request };
  res: Response;
}
/** What Fastify gives a plugin. */
interface FastifyInstance {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): unknown;
}
type FastifyHook = (request: object, reply: { readonly raw: NodeResponse }, done: () => void) => void;

/** Middleware of Express, Connect, Koa and Hono, and plugin of Fastify: whoever calls it is told by what it is given. */
export interface OrmMiddleware {
  (request: unknown, response: NodeResponse, next: Next): void;
  (context: KoaContext, next: AsyncNext): Promise<void>;
  (context: HonoContext, next: AsyncNext): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: Fastify types hooks by its own generics, and a plugin must fit them all
  (instance: { addHook(name: any, hook: any): any }, options: object, done: (error?: Error) => void): void;
}

/**
 * Gives each request an async context, in which sync ORM calls are refused, and a thread-sensitive context, so that
 * what it bridges shares one thread and one connection. The thread goes back when the response is over, however it
 * ends: sent, streamed to its end, failed, or left by the client.
 *
 * @example app.use(ormMiddleware());              // Express, Connect, Koa, Hono
 * @example await app.register(ormMiddleware());   // Fastify
 */
export function ormMiddleware(options: MiddlewareOptions = {}): OrmMiddleware {
  // Three parameters declared: Express takes four for an error handler, Fastify fewer for a promise.
  const middleware = (first: object, second: unknown, third?: unknown): unknown => {
    if ('addHook' in first) return fastify(first as FastifyInstance, third as Next, options);
    if (typeof third === 'function') return node(second as NodeResponse, third as Next, options);
    const next = second as AsyncNext;
    return isNodeResponse((first as KoaContext).res)
      ? koa(first as KoaContext, next, options)
      : hono(first as HonoContext, next, options);
  };
  Object.defineProperty(middleware, 'length', { value: 3 });
  return Object.assign(middleware, {
    // The hooks are for the whole application, not for a scope of the plugin's own.
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'orm-middleware',
  }) as unknown as OrmMiddleware;
}

/** The contexts of one request. */
class RequestScope {
  readonly #lane = new Lane(contextGate);
  readonly #open = new Scope();
  readonly #patience: number;
  readonly #controller: AbortController | undefined;

  constructor({ abortOnDisconnect = false, abandonAfter = defaultPatience }: MiddlewareOptions) {
    this.#patience = abandonAfter;
    if (abortOnDisconnect) this.#controller = new AbortController();
  }
  run<T>(work: () => T): T {
    const signal = this.#controller?.signal;
    const contexts = {
      mode: 'async',
      lane: this.#lane,
      turn: undefined,
      blocks: undefined,
      surrounding: undefined,
      scope: this.#open,
    } as const;
    return withContext(signal === undefined ? contexts : { ...contexts, signal }, work);
  }
  end(answered: boolean): void {
    if (!answered) this.#controller?.abort(new Error('The client went away before it was answered.'));
    // What was given up can only be rolled back, and does so by itself where somebody goes on with it.
    const given = !answered && this.#controller !== undefined;
    this.#open.endWhatStandsStill(given ? Math.min(this.#patience, givenUpPatience) : this.#patience);
    this.#lane.end().catch(() => undefined);
  }
  /** Ends with a response: `close` comes after `finish`, and also when the client went away. */
  endWith(response: NodeResponse): void {
    // What ran before this may have taken its time, and the client gone meanwhile: then nobody says so again.
    if (isOver(response)) this.end(response.writableEnded);
    else response.once('close', () => this.end(response.writableEnded));
  }
}

function node(response: NodeResponse, next: Next, options: MiddlewareOptions): void {
  const scope = new RequestScope(options);
  scope.endWith(response);
  // Not `next` itself: withContext() would pass on what it returns.
  scope.run(() => next());
}

async function koa({ res }: KoaContext, next: AsyncNext, options: MiddlewareOptions): Promise<void> {
  const scope = new RequestScope(options);
  scope.endWith(res);
  await scope.run(next);
}

async function hono(context: HonoContext, next: AsyncNext, options: MiddlewareOptions): Promise<void> {
  const scope = new RequestScope(options);
  const outgoing = (context.env as { readonly outgoing?: unknown } | undefined)?.outgoing;
  if (isNodeResponse(outgoing)) {
    scope.endWith(outgoing);
    await scope.run(next);
    return;
  }
  const { signal } = context.req.raw;
  const left = () => scope.end(false);
  signal.addEventListener('abort', left, { once: true });
  try {
    await scope.run(next);
  } catch (error) {
    scope.end(true);
    throw error;
  } finally {
    signal.removeEventListener('abort', left);
  }
  const { res } = context;
  if (res.body === null) scope.end(true);
  else context.res = new Response(endedWith(res.body, scope), res);
}

/** The same bytes; the scope ends when they have been read, or nobody wants them any more. */
function endedWith(body: ReadableStream<Uint8Array>, scope: RequestScope): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
        scope.end(true);
      } catch (error) {
        controller.error(error);
        scope.end(true);
      }
    },
    async cancel(reason) {
      scope.end(false);
      await reader.cancel(reason);
    },
  });
}

function fastify(instance: FastifyInstance, done: Next, options: MiddlewareOptions): void {
  const scopes = new WeakMap<object, RequestScope>();
  instance.addHook('onRequest', (request, reply, proceed) => {
    const scope = new RequestScope(options);
    scopes.set(request, scope);
    scope.endWith(reply.raw);
    scope.run(proceed);
  });
  // A body is read in the context of its socket (nodejs/node#34430): what follows has to be brought back.
  instance.addHook('preValidation', (request, _reply, proceed) => {
    const scope = scopes.get(request);
    if (scope === undefined) proceed();
    else scope.run(proceed);
  });
  done();
}

function isOver({ destroyed, stream }: NodeResponse): boolean {
  return destroyed === true || stream?.destroyed === true;
}
function isNodeResponse(candidate: unknown): candidate is NodeResponse {
  return (
    typeof candidate === 'object' && candidate !== null && 'once' in candidate && 'writableEnded' in candidate
  );
}
