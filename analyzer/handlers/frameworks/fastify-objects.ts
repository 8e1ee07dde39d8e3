import type { ApiStep, ApiValue, CallPlace } from '../../sources/index.ts';
import { follow } from '../routing/receivers.ts';

export const fastifyVerbs = new Set([
  'get', 'head', 'post', 'put', 'delete', 'options', 'patch', 'all', 'trace', 'search', 'propfind', 'proppatch',
  'mkcol', 'copy', 'move', 'lock', 'unlock', 'query', 'report', 'mkcalendar',
]); // biome-ignore format: one glance is enough

/** Hooks that run before a handler, in the order Fastify runs them. */
export const requestHooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

const chaining = new Set([
  ...fastifyVerbs, 'route', 'register', 'after', 'ready', 'decorate', 'decorateRequest', 'decorateReply', 'addHook',
  'withTypeProvider', 'setErrorHandler', 'setNotFoundHandler', 'setValidatorCompiler', 'setSerializerCompiler',
  'addSchema', 'addContentTypeParser', 'addHttpMethod',
]); // biome-ignore format: one glance is enough

/** An instance of Fastify; the module name `fastify` stands for encapsulated ones too. */
export interface FastifyInstance {
  readonly kind: 'package' | 'instance';
  /** Where it was made; `undefined` when only its type is known. */
  readonly made: CallPlace | undefined;
  /** Whether it was handed to a plugin instead of made by `fastify()`. */
  readonly plugin: boolean;
  readonly member: string | undefined;
}

const packages = /^(?:fastify|npm:fastify)$/;

/** Reads an access path as Fastify would; `undefined` when it is not an instance. */
export function fastifyInstance(value: ApiValue): FastifyInstance | undefined {
  if (!packages.test(value.module)) return undefined;
  const start: FastifyInstance = { kind: 'package', made: undefined, plugin: false, member: undefined };
  const found = follow(value, start, next);
  return found?.kind === 'instance' && found.member === undefined ? found : undefined;
}

/** The instance that a plugin is given, as a value for its first parameter. */
export function pluginInstance(at: CallPlace): ApiValue {
  return {
    kind: 'api',
    module: 'fastify',
    steps: [
      { kind: 'member', name: 'encapsulated' },
      { kind: 'call', at },
    ],
    created: at,
  };
}

function next(state: FastifyInstance, step: ApiStep): FastifyInstance | undefined {
  if (state.kind === 'package') {
    if (step.kind === 'member') {
      const leads = /^(?:default|fastify|Fastify|encapsulated|FastifyInstance)$/.test(step.name);
      return leads ? { ...state, plugin: step.name === 'encapsulated' } : undefined;
    }
    return { ...state, kind: 'instance', made: step.kind === 'instance' ? undefined : step.at };
  }
  if (step.kind === 'member') return state.member === undefined ? { ...state, member: step.name } : undefined;
  if (step.kind !== 'call' || state.member === undefined) return undefined;
  return chaining.has(state.member) ? { ...state, member: undefined } : undefined;
}
