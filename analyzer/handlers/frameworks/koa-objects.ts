import type { ApiStep, ApiValue, CallPlace } from '../../sources/index.ts';
import { follow } from '../routing/receivers.ts';

export const koaVerbs = new Set([
  'get', 'post', 'put', 'delete', 'patch', 'options', 'head', 'all', 'del', 'link', 'unlink', 'copy', 'lock', 'move',
  'search', 'purge', 'report', 'trace', 'propfind', 'query',
]); // biome-ignore format: one glance is enough

const routerPackages =
  /^(?:@koa\/router|koa-router|koa-better-router|koa-tree-router|koa-joi-router|koa-rest-router|@koa\/better-router|@discourse\/koa-router|koa-66|koa-router-decorator|koa-swagger-decorator|koa-zod-router)$/;

/** What an access path leads to in Koa. */
export type KoaObject =
  | { readonly kind: 'package'; readonly makes: 'application' | 'router' | 'mount' | 'routes' }
  | KoaRouter
  /** `mount(path, inner)` of koa-mount. */
  | { readonly kind: 'mounted'; readonly at: CallPlace | undefined }
  /** `route.get(path, fn)` of koa-route, which is middleware by itself. */
  | { readonly kind: 'route'; readonly verb: string; readonly at: CallPlace | undefined };

export interface KoaRouter {
  readonly kind: 'router';
  readonly root: boolean;
  readonly made: CallPlace | undefined;
  readonly member: string | undefined;
  /** Whether this is the middleware that a router gives for mounting. */
  readonly mounting: boolean;
}

/** Reads an access path as Koa and its routers would; `undefined` when it is none of their objects. */
export function koaObject(value: ApiValue): KoaObject | undefined {
  const start = packageObject(value.module);
  const found = start && follow<KoaObject>(value, start, next);
  if (found === undefined || found.kind === 'package') return undefined;
  return found.kind === 'router' && found.member !== undefined ? undefined : found;
}

function packageObject(name: string): KoaObject | undefined {
  if (name === 'koa') return { kind: 'package', makes: 'application' };
  if (name === 'koa-mount') return { kind: 'package', makes: 'mount' };
  if (name === 'koa-route') return { kind: 'package', makes: 'routes' };
  return routerPackages.test(name) ? { kind: 'package', makes: 'router' } : undefined;
}

function next(state: KoaObject, step: ApiStep): KoaObject | undefined {
  if (state.kind === 'package') return ofPackage(state.makes, step);
  if (state.kind === 'route') return step.kind === 'call' ? { ...state, at: step.at } : undefined;
  if (state.kind !== 'router') return undefined;
  if (step.kind === 'member') return state.member === undefined ? { ...state, member: step.name } : undefined;
  if (step.kind !== 'call' || state.member === undefined) return undefined;
  if (/^(?:routes|middleware|callback)$/.test(state.member))
    return { ...state, member: undefined, mounting: true };
  const chains =
    koaVerbs.has(state.member) || /^(?:use|prefix|param|register|redirect|host|route)$/.test(state.member);
  return chains ? { ...state, member: undefined } : undefined;
}

function ofPackage(makes: (KoaObject & { kind: 'package' })['makes'], step: ApiStep): KoaObject | undefined {
  if (makes === 'routes')
    return step.kind === 'member' ? { kind: 'route', verb: step.name, at: undefined } : undefined;
  if (makes === 'mount') return step.kind === 'call' ? { kind: 'mounted', at: step.at } : undefined;
  if (step.kind === 'member') {
    const leads = /^(?:default|Router|KoaRouter|SwaggerRouter|Koa|Application)$/.test(step.name);
    return leads ? { kind: 'package', makes } : undefined;
  }
  const made = step.kind === 'instance' ? undefined : step.at;
  return { kind: 'router', root: makes === 'application', made, member: undefined, mounting: false };
}
