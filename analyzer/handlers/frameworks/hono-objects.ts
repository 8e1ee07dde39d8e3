import type { ApiStep, ApiValue, CallPlace } from '../../sources/index.ts';
import { follow } from '../routing/receivers.ts';

export const honoVerbs = new Set([
  'get',
  'post',
  'put',
  'delete',
  'patch',
  'options',
  'head',
  'query',
  'all',
]);

const chaining = new Set([
  ...honoVerbs, 'use', 'on', 'route', 'mount', 'openapi', 'doc', 'doc31', 'onError', 'notFound', 'openapiRoutes',
]); // biome-ignore format: one glance is enough

const packages =
  /^(?:hono(?:\/(?:tiny|quick|hono-base|factory))?|@hono\/zod-openapi|npm:hono|jsr:@hono\/hono|hono-openapi|chanfana)$/;

/** What an access path leads to in Hono. */
export type HonoObject =
  | { readonly kind: 'package' }
  | { readonly kind: 'class' }
  | { readonly kind: 'factory'; readonly member: string | undefined; readonly made: boolean }
  | HonoRouter
  /** `createRoute({ method, path })` of @hono/zod-openapi. */
  | { readonly kind: 'description'; readonly at: CallPlace | undefined }
  /** `factory.createHandlers(…)`: a list of handlers. */
  | { readonly kind: 'handlers'; readonly at: CallPlace | undefined };

export interface HonoRouter {
  readonly kind: 'router';
  readonly made: CallPlace | undefined;
  readonly member: string | undefined;
  /** The `basePath(…)` calls on the way, outermost first. */
  readonly bases: readonly CallPlace[];
}

/** Reads an access path as Hono would; `undefined` when it is none of its objects. */
export function honoObject(value: ApiValue): HonoObject | undefined {
  if (!packages.test(value.module)) return undefined;
  const found = follow<HonoObject>(value, { kind: 'package' }, next);
  if (found === undefined || found.kind === 'package' || found.kind === 'class') return undefined;
  return 'member' in found && found.member !== undefined ? undefined : found;
}

function next(state: HonoObject, step: ApiStep): HonoObject | undefined {
  switch (state.kind) {
    case 'package':
      return step.kind === 'member' ? ofPackage(step.name) : undefined;
    case 'class':
      return { kind: 'router', made: placeOf(step), member: undefined, bases: [] };
    case 'factory':
      return ofFactory(state, step);
    case 'router':
      return ofRouter(state, step);
    case 'description':
    case 'handlers':
      return step.kind === 'call' && state.at === undefined ? { ...state, at: step.at } : undefined;
  }
}

function placeOf(step: ApiStep): CallPlace | undefined {
  return step.kind === 'call' || step.kind === 'new' ? step.at : undefined;
}

function ofPackage(name: string): HonoObject | undefined {
  // `fromHono(app)` of chanfana gives the application with documented routes.
  if (/^(?:Hono|OpenAPIHono|HonoBase|default|fromHono)$/.test(name)) return { kind: 'class' };
  if (name === 'createFactory' || name === 'Factory')
    return { kind: 'factory', member: undefined, made: false };
  return name === 'createRoute' ? { kind: 'description', at: undefined } : undefined;
}

function ofFactory(state: HonoObject & { kind: 'factory' }, step: ApiStep): HonoObject | undefined {
  if (step.kind === 'member') return { ...state, member: step.name };
  if (!state.made) return { ...state, made: true };
  if (state.member === 'createApp')
    return { kind: 'router', made: placeOf(step), member: undefined, bases: [] };
  return state.member === 'createHandlers' ? { kind: 'handlers', at: placeOf(step) } : undefined;
}

function ofRouter(state: HonoRouter, step: ApiStep): HonoObject | undefined {
  if (step.kind === 'member') return state.member === undefined ? { ...state, member: step.name } : undefined;
  if (step.kind !== 'call' || state.member === undefined) return undefined;
  if (state.member === 'basePath' && step.at) {
    return { ...state, member: undefined, bases: [...state.bases, step.at] };
  }
  return chaining.has(state.member) ? { ...state, member: undefined } : undefined;
}
