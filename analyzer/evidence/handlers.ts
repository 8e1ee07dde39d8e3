import type { Location, MiddlewareKind } from '../analysis.ts';
import type { Handler, HandlerTarget, Middleware } from '../handlers/handler.ts';
import { functionLocation } from '../handlers/routing/targets.ts';
import type { FunctionValue } from '../sources/index.ts';
import type { Bridge } from './bridge.ts';
import { bodyOf } from './enter.ts';
import { locationOf, type Project } from './project.ts';
import { isNothing, nothing, partsOf, type Step, sequence } from './step.ts';
import { holds, newMemory, type Overlap, type Walk } from './walk.ts';

/** A middleware on the path, and what it does there. */
export interface MiddlewareEvidence {
  readonly name: string;
  readonly kind: MiddlewareKind;
  readonly location: Location | undefined;
  readonly step: Step;
}

/** What is known of one handler from its source. */
export interface HandlerEvidence {
  /** The middlewares in order, then the handler. */
  readonly step: Step;
  readonly middlewares: readonly MiddlewareEvidence[];
  readonly overlaps: readonly Overlap[];
  /** Places, as `file:line:column`, of calls whose answers are read piece by piece. */
  readonly streamed: ReadonlySet<string>;
  /** The bridge the whole handler is wrapped in, if it is. */
  readonly wrapping: Bridge | undefined;
}

/** Reads everything a handler does, on its whole path. */
export function handlerEvidence(project: Project, handler: Handler): HandlerEvidence {
  const memory = newMemory();
  const walkOf = (value: FunctionValue): Walk => ({
    project,
    file: value.file,
    environment: value.environment,
    stack: [],
    inBridge: false,
    memory,
  });
  const value = handler.target?.value;
  const middlewares = [
    ...handler.middlewares.map((middleware) => middlewareEvidence(project, walkOf, middleware)),
    ...wrapperEvidence(project, walkOf, handler.target),
  ];
  const wrapping = value && project.bridges.around(value.file, value.node);
  const own = value === undefined ? nothing : bodyStep(walkOf(value), value, wrapping);
  return {
    step: sequence([...middlewares.map(({ step }) => step), own]),
    middlewares,
    overlaps: memory.overlaps,
    streamed: memory.streamed,
    wrapping,
  };
}

/** The body of a function, inside the bridge it is wrapped in where it stands. */
function bodyStep(walk: Walk, value: FunctionValue, wrapping: Bridge | undefined): Step {
  const body = bodyOf({ ...walk, inBridge: wrapping !== undefined }, value);
  if (wrapping === undefined) return body;
  const location = locationOf(value.file, value.node);
  return { kind: 'bridge', bridge: wrapping, location, lane: 'shared', body };
}

function middlewareEvidence(
  project: Project,
  walkOf: (value: FunctionValue) => Walk,
  { name, location, api, value }: Middleware,
): MiddlewareEvidence {
  if (value === undefined) return { name, location, kind: foreignKind(project, api), step: nothing };
  const wrapping = project.bridges.around(value.file, value.node);
  const step = bodyStep(walkOf(value), value, wrapping);
  return { name, location, kind: wrapping ? 'sync-adapting' : ownKind(step), step };
}

/** Wrappers that wait for something of their own: `withAuth(handler)` is middleware by another name. */
function wrapperEvidence(
  project: Project,
  walkOf: (value: FunctionValue) => Walk,
  target: HandlerTarget | undefined,
): readonly MiddlewareEvidence[] {
  const around = target?.around ?? [];
  const apart = new Set([
    ...around.map(({ value }) => value.node),
    ...(target?.value ? [target.value.node] : []),
  ]);
  return around.flatMap(({ name, value }) => {
    const middleware = { name, location: functionLocation(value), api: undefined, value };
    const found = middlewareEvidence(project, (own) => ({ ...walkOf(own), apart }), middleware);
    return found.kind === 'pure' || found.kind === 'unknown' ? [] : [found];
  });
}

/** A middleware of the project, by what it does. One that blocks makes every handler behind it wait for it. */
function ownKind(step: Step): MiddlewareKind {
  const has = (test: (step: Step) => boolean) => holds(step, test, outsideBridges);
  if (
    has(
      (part) =>
        part.kind === 'blocking' || (part.kind === 'orm' && part.path === 'sync') || part.kind === 'lazy',
    )
  ) {
    return 'sync-adapting';
  }
  if (has(({ kind }) => kind === 'bridge')) return 'io-bridged';
  if (has((part) => part.kind === 'io' && part.call.category === 'process')) return 'cpu';
  if (has((part) => part.kind === 'io' || part.kind === 'orm')) return 'io-native';
  return isNothing(step) ? 'pure' : has(({ kind }) => kind === 'unknown') ? 'unknown' : 'pure';
}

function outsideBridges(step: Step): readonly Step[] {
  return step.kind === 'bridge' || step.kind === 'detached' ? [] : partsOf(step);
}

/** Middleware that only looks at the request or sets headers. */
const pure =
  /^(?:cors|helmet|compression|morgan|body-parser|cookie-parser|method-override|serve-favicon|hpp|response-time|connect-timeout|express-validator|express-openapi-validator|@koa\/cors|koa-bodyparser|koa-body|koa-helmet|koa-compress|koa-logger|@fastify\/(?:cors|helmet|compress|cookie|formbody|sensible)|hono\/.*|pino-http|express-pino-logger|express-winston)(?:[.(]|$)|^express\.(?:json|urlencoded|text|raw|static)/;
const computing = /^(?:express-jwt|@fastify\/jwt|koa-jwt|hono\/jwt|csurf|csrf-csrf)(?:[.(]|$)/;

function foreignKind(project: Project, api: string | undefined): MiddlewareKind {
  if (api === undefined) return 'unknown';
  if (computing.test(api)) return 'cpu';
  if (pure.test(api)) return 'pure';
  if (/^@migrate-async\/runtime\b/.test(api)) return 'pure';
  const module = api.split(/[.(]/)[0] ?? api;
  return project.catalogue.isMiddleware(module) === undefined ? 'unknown' : 'io-native';
}
