import {
  type ApiStep,
  type ApiValue,
  type CallPlace,
  type Evaluator,
  listItems,
  type Sources,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { isUnknown, joinPaths, pathList } from '../routing/paths.ts';
import { callsOn, follow, type MemberCall, registeringFiles } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import type { Dialect } from '../routing/tree.ts';

const packages = /^(?:find-my-way(?:-ts)?|trouter|router\.js)$/;

/** find-my-way, the router of Fastify and restify, and trouter, that of polka, used by themselves before `node:http`. */
export const findMyWay: Framework = {
  name: 'find-my-way',
  packages,
  discover(sources, evaluator) {
    return discoverRoutes(sources, evaluator);
  },
};

const verbs = new Set([
  'get',
  'post',
  'put',
  'delete',
  'patch',
  'options',
  'head',
  'trace',
  'connect',
  'all',
]);
const registering = new Set([...verbs, 'on', 'add']);

const dialect: Dialect = {
  framework: 'find-my-way',
  join: joinPaths,
  standsAlone: true,
  covers: () => false,
  kindOf: () => 'route',
};

interface RouterObject {
  readonly made: CallPlace | undefined;
  readonly member: string | undefined;
}

function routerObject(value: ApiValue): RouterObject | undefined {
  if (!packages.test(value.module)) return undefined;
  const found = follow<RouterObject>(value, { made: undefined, member: undefined }, next);
  return found?.made === undefined || found.member !== undefined ? undefined : found;
}

function next(state: RouterObject, step: ApiStep): RouterObject | undefined {
  if (state.made === undefined) {
    // `Trouter` is exported by its name; what makes the router is the call or `new` behind that.
    if (step.kind === 'member') return state;
    return step.kind === 'instance' || step.at === undefined ? undefined : { ...state, made: step.at };
  }
  if (step.kind === 'member') return state.member === undefined ? { ...state, member: step.name } : undefined;
  return step.kind === 'call' && registering.has(state.member ?? '')
    ? { ...state, member: undefined }
    : undefined;
}

function discoverRoutes(sources: Sources, evaluator: Evaluator): Discovery {
  const registrations = new Registrations(dialect, evaluator);
  const files = registeringFiles(sources, evaluator, packages);
  const isReceiver = (value: ApiValue) => routerObject(value) !== undefined;
  for (const call of callsOn(registrations, files, registering, isReceiver)) {
    for (const value of evaluator.evaluate(call.file, call.object, call.environment)) {
      const object = value.kind === 'api' ? routerObject(value) : undefined;
      if (object === undefined) continue;
      read(
        registrations,
        call,
        registrations.router(object.made, { file: call.file, node: call.call }, true),
      );
    }
  }
  return registrations.discovery();
}

/** `router.on('GET', path, options?, handler, store?)`, `router.get(path, …)`, trouter's `router.add('GET', path, …)`. */
function read(registrations: Registrations, call: MemberCall, router: Router): void {
  const { evaluator } = registrations;
  const given = call.call.arguments;
  const named = call.name !== undefined && verbs.has(call.name) ? call.name : undefined;
  const [path, ...rest] = named === undefined ? given.slice(1) : given;
  if (path === undefined || given[0] === undefined) return;
  const methods = named === undefined ? pathList(evaluator, call.file, given[0], call.environment) : [named];
  if (methods.some(isUnknown)) {
    registrations.report(call, 'The methods are only known at run time.');
    return;
  }
  // Options and a store are objects; what may be called is the handler.
  const operands = registrations
    .operands(call, rest)
    .filter(({ values }) => !values.some((value) => value.kind === 'object' || listItems(evaluator, value)));
  const paths = pathList(evaluator, call.file, path, call.environment);
  const upper = methods.map((method) => method.toUpperCase());
  registrations.add(call, router, upper, paths, operands);
}
