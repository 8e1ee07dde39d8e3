import type { Handler } from '../handlers/handler.ts';
import { lastLineOf, lineOf } from '../sources/index.ts';
import { attribute } from './classify.ts';
import type { TracedRequest } from './requests.ts';
import { canonicalRoute } from './route.ts';

/** How a request was matched to its handler, the surest way first. */
export type MatchedBy = 'route' | 'code' | 'controller' | 'procedure' | 'suffix' | 'path';

export interface Match {
  readonly handler: Handler;
  readonly by: MatchedBy;
}

interface Pattern {
  readonly handler: Handler;
  readonly route: string;
  readonly pattern: RegExp;
  readonly fixed: boolean;
}

/** Frameworks whose routers do not go by the order of registration. */
const prefersFixed: ReadonlySet<string> = new Set(['fastify', 'next']);

/** Finds the handler of traced requests. */
export class RouteMatcher {
  private readonly handlers: readonly Handler[];
  private readonly byKey = new Map<string, Handler>();
  private readonly patterns: readonly Pattern[];

  constructor(handlers: readonly Handler[]) {
    this.handlers = handlers;
    for (const handler of handlers) {
      for (const path of handler.paths) {
        const key = `${handler.method.toLowerCase()} ${canonicalRoute(path)}`;
        // The first registration answers.
        if (!this.byKey.has(key)) this.byKey.set(key, handler);
      }
    }
    this.patterns = handlers.flatMap((handler) =>
      handler.paths.map(canonicalRoute).map((route) => ({
        handler,
        route,
        pattern: patternOf(route),
        fixed: !route.includes('{'),
      })),
    );
  }

  match(request: TracedRequest): Match | undefined {
    const method = methodOf(request).toLowerCase();
    const route = routeOf(request) ?? namedRoute(request);
    return (
      // Many procedures share the route of their mount: only their own name tells them apart.
      found(this.byProcedure(request), 'procedure') ??
      found(route === undefined ? undefined : this.exact(method, route), 'route') ??
      found(this.byCode(request), 'code') ??
      found(this.byController(request), 'controller') ??
      found(route === undefined ? undefined : this.bySuffix(method, route), 'suffix') ??
      found(this.byPath(method, request), 'path')
    );
  }

  private exact(method: string, route: string): Handler | undefined {
    // A `HEAD` that nobody registered is answered by the `GET` of its route.
    const methods = method === 'head' ? ['head', 'all', 'get'] : [method, 'all'];
    return methods.map((each) => this.byKey.get(`${each} ${route}`)).find((known) => known !== undefined);
  }

  /** Only one route may end alike: a proxy in front adds or takes off the beginning. */
  private bySuffix(method: string, route: string): Handler | undefined {
    if (!hasFixedPart(route)) return undefined;
    const alike = this.handlers.filter(
      (handler) =>
        answers(handler, method) &&
        handler.paths.some((path) => {
          const own = canonicalRoute(path);
          return hasFixedPart(own) && (own.endsWith(route) || route.endsWith(own));
        }),
    );
    return alike.length === 1 ? alike[0] : undefined;
  }

  /** By function and file, or by file and line: that of the function, or that of its registration. */
  private byCode({ inside }: TracedRequest): Handler | undefined {
    for (const span of inside) {
      const file = attribute(span, 'functionFile');
      if (file === undefined) continue;
      const name = attribute(span, 'functionName')?.split('.').at(-1);
      const line = Number(attribute(span, 'functionLine') ?? Number.NaN);
      const named = this.handlers.filter(({ target }) => isNamed(target, file, name));
      const [only] = named.length === 1 ? named : this.handlers.filter((each) => standsAt(each, file, line));
      if (only !== undefined) return only;
    }
    return undefined;
  }

  private byController({ inside }: TracedRequest): Handler | undefined {
    for (const span of inside) {
      const controller = attribute(span, 'controller');
      const callback = attribute(span, 'callback');
      if (controller === undefined || callback === undefined) continue;
      const wanted = `${controller}.${callback}`;
      const named = this.handlers.filter(({ target }) => target?.name === wanted);
      if (named.length === 1) return named[0];
    }
    return undefined;
  }

  /** One HTTP request may carry several procedures: only one that is alone names its handler. */
  private byProcedure(request: TracedRequest): Handler | undefined {
    const names = proceduresOf(request);
    const [only, ...more] = names.length > 0 ? names : calledByPath(pathOf(request));
    if (only === undefined || more.length > 0) return undefined;
    return this.handlers.find(
      ({ kind, paths }) => kind === 'procedure' && paths.some((path) => lastSegment(path) === only),
    );
  }

  /** What takes any path takes those of its own server only: a stub beside the application is another one. */
  private isAlone({ framework }: Handler): boolean {
    return this.handlers.every((other) => other.framework === framework);
  }

  private byPath(method: string, request: TracedRequest): Handler | undefined {
    const path = pathOf(request);
    if (path === undefined) return undefined;
    const [first, ...more] = this.patterns.filter(
      ({ handler, pattern, route }) =>
        answers(handler, method) && pattern.test(path) && (route !== '/{*}' || this.isAlone(handler)),
    );
    if (first === undefined || !prefersFixed.has(first.handler.framework)) return first?.handler;
    // Their routers take the route with the fewest parameters, wherever it stands.
    return (more.find(({ fixed }) => fixed) ?? first).handler;
  }
}

/** The procedures, or the root fields of a GraphQL operation, that a request carried, as its spans name them. */
export function proceduresOf({ inside }: TracedRequest): readonly string[] {
  const named = (name: 'procedure' | 'field' | 'graphqlOperation') =>
    inside.map((span) => attribute(span, name)).filter((each) => each !== undefined);
  const own = [...named('procedure'), ...named('field').filter((field) => !field.includes('.'))];
  return [...new Set(own.length > 0 ? own : named('graphqlOperation'))];
}

/** The procedures that the path below a mount names: `/api/trpc/posts.byId`, several with commas between. */
function calledByPath(path: string | undefined): readonly string[] {
  const [, names = ''] = /\/(?:t?rpc|orpc)\/(?:.*\/)?([^/]+)$/.exec(path ?? '') ?? [];
  return names.split(',').filter((name) => name !== '');
}

function lastSegment(path: string): string {
  return path.replace(/^.*\//, '');
}

/** Whether a route says anything of its own beside its parameters. */
function hasFixedPart(route: string): boolean {
  return route.split('/').some((segment) => segment !== '' && !/^\{\*?\}$/.test(segment));
}

function isNamed(target: Handler['target'], file: string, name: string | undefined): boolean {
  return (
    target !== undefined &&
    name !== undefined &&
    target.name.split('.').at(-1) === name &&
    endsWithFile(file, target.location.file)
  );
}

function standsAt({ location, target }: Handler, file: string, line: number): boolean {
  if (Number.isNaN(line)) return false;
  if (location.line === line && endsWithFile(file, location.file)) return true;
  const node = target?.value?.node;
  return (
    node !== undefined &&
    target !== undefined &&
    endsWithFile(file, target.location.file) &&
    lineOf(node) <= line &&
    line <= lastLineOf(node)
  );
}

/** Whether a path on the machine that ran it is that of a source file: compiled code may stand in another folder. */
function endsWithFile(given: string, source: string): boolean {
  const plain = (path: string) =>
    `/${path
      .replace(/^file:\/\//, '')
      .replaceAll('\\', '/')
      .replace(/\.[cm]?[jt]sx?$/, '')}`;
  const [ran, wanted] = [plain(given), plain(source)];
  if (ran.endsWith(wanted)) return true;
  const compiled = /^(.*\/)?src\//.exec(wanted);
  return compiled !== null && ran.endsWith(wanted.replace(/\/src\//, '/dist/'));
}

/** Names of server spans: a method, and often a route or the path itself (`GET /posts/:id`, `get /posts`). */
const spanName = /^(get|head|post|put|delete|patch|options|query)(?:\s+(\/\S*))?$/i;

/** Upper case; empty for what is no request of HTTP. */
export function methodOf({ server }: TracedRequest): string {
  return (attribute(server, 'method') ?? spanName.exec(server.name)?.[1] ?? '').toUpperCase();
}

function namedRoute({ server }: TracedRequest): string | undefined {
  const named = spanName.exec(server.name)?.[2];
  return named === undefined ? undefined : canonicalRoute(named);
}

/** The longest route any span inside gives: routers in the middle give only their own part. */
export function routeOf({ server, inside }: TracedRequest): string | undefined {
  const own = attribute(server, 'route');
  if (own !== undefined) return canonicalRoute(own);
  const routes = inside.map((span) => attribute(span, 'route')).filter((route) => route !== undefined);
  const [longest] = routes.sort((left, right) => right.length - left.length);
  return longest === undefined ? undefined : canonicalRoute(longest);
}

export function pathOf({ server }: TracedRequest): string | undefined {
  const path =
    attribute(server, 'path') ??
    attribute(server, 'url')?.replace(/^[a-z]+:\/\/[^/]+/i, '') ??
    spanName.exec(server.name)?.[2];
  return path?.replace(/[?#].*$/, '').replace(/(.)\/$/, '$1');
}

function answers({ method: own }: Handler, method: string): boolean {
  return own === 'ALL' || own.toLowerCase() === method || (own === 'GET' && method === 'head');
}

function patternOf(route: string): RegExp {
  const escaped = route
    .split(/(\{\*?\})/)
    .map((part) =>
      part === '{}' ? '[^/]+' : part === '{*}' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${escaped}/?$`);
}

function found(handler: Handler | undefined, by: MatchedBy): Match | undefined {
  return handler && { handler, by };
}
