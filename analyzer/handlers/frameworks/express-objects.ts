import type { ApiStep, ApiValue, CallPlace } from '../../sources/index.ts';
import { follow } from '../routing/receivers.ts';

export const expressVerbs = new Set([
  'get', 'post', 'put', 'delete', 'patch', 'options', 'head', 'all', 'del', 'checkout', 'copy', 'lock', 'merge',
  'mkactivity', 'mkcol', 'move', 'm-search', 'notify', 'propfind', 'proppatch', 'purge', 'query', 'report', 'search',
  'subscribe', 'trace', 'unlock', 'unsubscribe', 'link', 'unlink', 'bind', 'rebind', 'unbind', 'acl', 'ws',
]); // biome-ignore format: one glance is enough

/** Packages that make applications with the interface of Express, and those that make routers. */
const applicationPackages = new Set(['express', '@feathersjs/express', 'ultimate-express', 'hyper-express', '@tinyhttp/app', 'polka', 'restana', 'restify']); // biome-ignore format: data
const routerPackages = new Set([
  'express-promise-router',
  'router',
  'express-async-router',
  'express-router',
]);

/** Types of an application or router that is passed in; what made it is then not known. */
const objectTypes =
  /^(?:Express|Application|App|IRouter|Router|IRouterHandler|CoreRouter|Server|Polka|Instance)$/;

/** What an access path leads to in Express. */
export type ExpressObject =
  | { readonly kind: 'package'; readonly makes: 'application' | 'router' | 'sockets' | 'meteor' }
  | { readonly kind: 'factory'; readonly makes: 'application' | 'router' }
  | {
      readonly kind: 'router';
      readonly root: boolean;
      /** Where it was made; `undefined` when only its type is known. */
      readonly made: CallPlace | undefined;
      /** The `route(path)` call that the chain stands on, where it does. */
      readonly route: CallPlace | undefined;
      readonly member: string | undefined;
    };

/** Reads an access path as Express would; `undefined` when it is none of its objects. */
export function expressObject(value: ApiValue): (ExpressObject & { readonly kind: 'router' }) | undefined {
  const start = packageObject(value.module);
  if (start === undefined) return undefined;
  const found = follow<ExpressObject>(value, start, next);
  return found?.kind === 'router' && found.member === undefined ? found : undefined;
}

/** `WebApp.handlers` of Meteor, and what it was called before: an Express application that is there already. */
const meteorApplications = /^(?:handlers|rawHandlers|expressHandlers)$/;

function packageObject(name: string): ExpressObject | undefined {
  if (name === 'meteor/webapp') return { kind: 'package', makes: 'meteor' };
  if (applicationPackages.has(name) || /^(?:@types\/)?express-serve-static-core$/.test(name))
    return { kind: 'package', makes: 'application' };
  if (routerPackages.has(name)) return { kind: 'package', makes: 'router' };
  return name === 'express-ws' ? { kind: 'package', makes: 'sockets' } : undefined;
}

function next(state: ExpressObject, step: ApiStep): ExpressObject | undefined {
  if (state.kind === 'package') return ofPackage(state, step);
  if (state.kind === 'factory') {
    if (step.kind === 'call' || step.kind === 'new') return made(state.makes === 'application', step.at);
    if (step.kind === 'instance') return made(state.makes === 'application', undefined);
    return undefined;
  }
  if (step.kind === 'member') {
    // `application.router`, `request.app` and the like lead to the same place.
    if (state.member === undefined && /^(?:app|router|_router)$/.test(step.name)) return state;
    return state.member === undefined ? { ...state, member: step.name } : undefined;
  }
  if (step.kind !== 'call' || state.member === undefined) return undefined;
  if (state.member === 'route') return { ...state, member: undefined, route: step.at };
  return chains.has(state.member) || expressVerbs.has(state.member)
    ? { ...state, member: undefined }
    : undefined;
}

/** Methods that give back what they were called on. */
const chains = new Set(['use', 'param', 'set', 'enable', 'disable', 'engine', 'disabled']);

function ofPackage(state: ExpressObject & { kind: 'package' }, step: ApiStep): ExpressObject | undefined {
  if (state.makes === 'meteor') {
    if (step.kind !== 'member') return undefined;
    if (step.name === 'WebApp') return state;
    return meteorApplications.test(step.name) ? made(true, undefined) : undefined;
  }
  if (step.kind === 'member') {
    if (step.name === 'default') return state;
    if (state.makes === 'sockets')
      return step.name === 'Application' ? { kind: 'factory', makes: 'application' } : undefined;
    if (step.name === 'Router' || step.name === 'IRouter') return { kind: 'factory', makes: 'router' };
    return objectTypes.test(step.name) || step.name === 'express' || step.name === 'createServer'
      ? { kind: 'factory', makes: 'application' }
      : undefined;
  }
  if (state.makes === 'sockets') return made(true, step.kind === 'call' ? step.at : undefined);
  const root = state.makes === 'application';
  return step.kind === 'instance' ? made(root, undefined) : made(root, step.at);
}

function made(root: boolean, at: CallPlace | undefined): ExpressObject {
  return { kind: 'router', root, made: at, route: undefined, member: undefined };
}
