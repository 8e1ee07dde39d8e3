import type { Handler } from '../handlers/handler.ts';
import { attribute } from './classify.ts';
import type { TracedRequest } from './requests.ts';
import { canonicalRoute } from './route.ts';

/** How a request was matched to its handler, the surest way first. */
export type MatchedBy = 'route' | 'code' | 'controller' | 'procedure' | 'suffix' | 'path';

export interface Match {
  readonly handler: Handler;
  readonly by: MatchedBy;
}

/** Finds the handler of traced requests. */
export class RouteMatcher {
  private readonly handlers: readonly Handler[];
  private readonly byKey = new Map<string, Handler>();
  private readonly patterns: readonly { readonly handler: Handler; readonly pattern: RegExp }[];

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
      handler.paths.map((path) => ({ handler, pattern: patternOf(canonicalRoute(path)) })),
    );
  }

  match(request: TracedRequest): Match | undefined {
    const method = methodOf(request).toLowerCase();
    const route = routeOf(request);
    const exact = route === undefined ? undefined : this.exact(method, route);
    if (exact !== undefined) return { handler: exact, by: 'route' };
    return (
      found(this.byCode(request), 'code') ??
      found(this.byController(request), 'controller') ??
      found(this.byProcedure(request), 'procedure') ??
      found(route === undefined ? undefined : this.bySuffix(method, route), 'suffix') ??
      found(this.byPath(method, request), 'path')
    );
  }

  private exact(method: string, route: string): Handler | undefined {
    return this.byKey.get(`${method} ${route}`) ?? this.byKey.get(`all ${route}`);
  }

  /** Only one route may end alike: a proxy in front adds or takes off the beginning. */
  private bySuffix(method: string, route: string): Handler | undefined {
    if (route === '/') return undefined;
    const alike = this.handlers.filter(
      (handler) =>
        answers(handler, method) &&
        handler.paths.some((path) => {
          const own = canonicalRoute(path);
          return own !== '/' && (own.endsWith(route) || route.endsWith(own));
        }),
    );
    return alike.length === 1 ? alike[0] : undefined;
  }

  private byCode({ inside }: TracedRequest): Handler | undefined {
    for (const span of inside) {
      const name = attribute(span, 'functionName')?.split('.').at(-1);
      const file = attribute(span, 'functionFile');
      if (name === undefined || file === undefined) continue;
      const named = this.handlers.filter(
        ({ target }) =>
          target !== undefined &&
          file.endsWith(target.location.file) &&
          target.name.split('.').at(-1) === name,
      );
      if (named.length === 1) return named[0];
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
  private byProcedure({ inside }: TracedRequest): Handler | undefined {
    const procedures = new Set(
      inside.map((span) => attribute(span, 'procedure')).filter((name) => name !== undefined),
    );
    const [only, ...more] = procedures;
    if (only === undefined || more.length > 0) return undefined;
    return this.handlers.find(
      ({ kind, paths }) => kind === 'procedure' && paths.some((path) => path.replace(/^.*\//, '') === only),
    );
  }

  private byPath(method: string, request: TracedRequest): Handler | undefined {
    const path = pathOf(request);
    if (path === undefined) return undefined;
    return this.patterns.find(({ handler, pattern }) => answers(handler, method) && pattern.test(path))
      ?.handler;
  }
}

export function methodOf({ server }: TracedRequest): string {
  return (attribute(server, 'method') ?? server.name.split(' ')[0] ?? '').toUpperCase();
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
  const path = attribute(server, 'path') ?? attribute(server, 'url')?.replace(/^[a-z]+:\/\/[^/]+/i, '');
  return path?.replace(/[?#].*$/, '').replace(/(.)\/$/, '$1');
}

function answers(handler: Handler, method: string): boolean {
  return handler.method === 'ALL' || handler.method.toLowerCase() === method;
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
