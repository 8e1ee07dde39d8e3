import { callSite, describeActiveSpan, type SpanAttributes } from './tracing.ts';

/** Members of applications and routers that take a path and the functions for it. */
const verbs = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'all', 'on'] as const;

type Run = (this: unknown, ...given: unknown[]) => unknown;

const annotated = new WeakSet<object>();

/**
 * Lets request handlers name themselves in the spans of their requests: function, file and line, as the conventions for
 * `code.*` have them. What reads traces can then tell whose request it was where the instrumentation knows no route.
 *
 *     const app = annotateHandlers(express());
 *
 * To be called before routes are registered. Works on whatever has `get`, `post` and so on, taking the handler last, or as
 * `handler` of its options: Express and its routers, Fastify, Hono, the routers of Koa. Without tracing nothing is done but
 * one look per request whether there is any.
 *
 * @returns what it was given
 */
export function annotateHandlers<Application extends object>(application: Application): Application {
  if (annotated.has(application)) return application;
  annotated.add(application);
  for (const verb of [...verbs, 'route']) {
    const register: unknown = Reflect.get(application, verb);
    if (typeof register !== 'function') continue;
    const registering: Run = function (...given) {
      // An emitter's `on(event, listener)` must know the listener again; a router's takes method, path and handler.
      if (verb === 'on' && given.length < 3) return Reflect.apply(register, this, given);
      const result: unknown = Reflect.apply(register, this, named(given, callSite()));
      // `router.route('/posts').get(…)`: what it returns registers in its turn.
      const chains = verb === 'route' && typeof given[0] === 'string' && isObject(result);
      return chains ? annotateHandlers(result) : result;
    };
    Object.defineProperty(application, verb, { value: registering, configurable: true, writable: true });
  }
  return application;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The arguments of a registration, its last function replaced by one that names itself. */
function named(given: readonly unknown[], place: SpanAttributes): readonly unknown[] {
  const last = given.at(-1);
  const rest = given.slice(0, -1);
  if (typeof last === 'function') return [...rest, naming(last as Run, place)];
  if (Array.isArray(last)) return [...rest, named(last, place)];
  if (!isObject(last) || !('handler' in last) || typeof last.handler !== 'function') return given;
  return [...rest, { ...last, handler: naming(last.handler as Run, place) }];
}

/** Frameworks tell handlers by how many parameters they declare, so that stays as it was. */
function naming(handler: Run, place: SpanAttributes): Run {
  const { 'code.function.name': _around, ...at } = place;
  const attributes = { ...at, ...(handler.name === '' ? {} : { 'code.function.name': handler.name }) };
  const calling: Run = function (...given) {
    describeActiveSpan(attributes);
    return Reflect.apply(handler, this, given);
  };
  Object.defineProperty(calling, 'length', { value: handler.length, configurable: true });
  Object.defineProperty(calling, 'name', { value: handler.name, configurable: true });
  return calling;
}
