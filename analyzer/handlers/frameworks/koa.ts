import type { Node } from '@babel/types';
import {
  type ApiValue,
  type Evaluator,
  listItems,
  noEnvironment,
  type Sources,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { kindByNext } from '../routing/early-answers.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { argumentValues, option } from '../routing/options.ts';
import { isUnknown, joinPaths, optionTexts, pathList, pathTexts } from '../routing/paths.ts';
import { callsOn, type MemberCall, registeringFiles } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import type { Dialect } from '../routing/tree.ts';
import { type KoaRouter, koaObject, koaVerbs } from './koa-objects.ts';

const packages = /koa/;

/** Koa with any of its routers, koa-mount and koa-route. */
export const koa: Framework = {
  name: 'koa',
  packages,
  discover(sources, evaluator) {
    return discoverKoa(sources, evaluator);
  },
};

const registering = new Set([...koaVerbs, 'use', 'prefix', 'param', 'register', 'redirect', 'route']);

const dialect: Dialect = {
  framework: 'koa',
  join: joinPaths,
  standsAlone: false,
  covers(guard, path) {
    const [, parameter] = /^:(.+)$/.exec(guard) ?? [];
    // `router.param('id', fn)` runs for every path with `:id`.
    if (parameter !== undefined) return new RegExp(`:${parameter.replace(/\W/g, '\\$&')}(?!\\w)`).test(path);
    const before = joinPaths(guard);
    const inside = joinPaths(path);
    return before === '/' || inside === before || inside.startsWith(`${before}/`) || /[*:(«]/.test(before);
  },
  kindOf: (operand, evaluator, repeated) => kindByNext(evaluator, operand, 1, repeated),
};

function discoverKoa(sources: Sources, evaluator: Evaluator): Discovery {
  const registrations = new Registrations(dialect, evaluator);
  const files = registeringFiles(sources, evaluator, packages);
  const isReceiver = (value: ApiValue) => koaObject(value)?.kind === 'router';
  for (const call of callsOn(registrations, files, registering, isReceiver)) {
    for (const value of evaluator.evaluate(call.file, call.object, call.environment)) {
      const object = value.kind === 'api' ? koaObject(value) : undefined;
      if (object?.kind === 'router')
        read(registrations, call, routerOf(registrations, object, call), call.name);
    }
  }
  registrations.reportLoaders(evaluator.references.graph.usersOf(packages), isReceiver);
  return registrations.discovery();
}

function read(
  registrations: Registrations,
  call: MemberCall,
  router: Router,
  name: string | undefined,
): void {
  const { evaluator } = registrations;
  const [first, ...rest] = call.call.arguments;
  if (first === undefined) return;
  if (name === undefined) {
    if (rest.length > 0) registrations.report(call, 'The method is only known at run time.');
  } else if (name === 'prefix') {
    router.prefix = pathTexts(evaluator, call.file, first, call.environment)[0] ?? '';
  } else if (name === 'param') {
    const [parameter] = pathTexts(evaluator, call.file, first, call.environment);
    registrations.guard(call, router, `:${parameter}`, registrations.operands(call, rest));
  } else if (name === 'route') readObjects(registrations, call, router);
  else if (name === 'register') readRegister(registrations, call, router);
  else if (name === 'use') readUse(registrations, call, router);
  else if (name === 'redirect') readRedirect(registrations, call, router);
  else if (!router.root) readVerb(registrations, call, router, name);
}

function routerOf(registrations: Registrations, object: KoaRouter, call: MemberCall): Router {
  const { made } = object;
  const { evaluator } = registrations;
  const prefix = optionTexts(evaluator, argumentValues(evaluator, made, 0), 'prefix')?.[0];
  return registrations.router(made, { file: call.file, node: call.call }, object.root, prefix);
}

/** `router.get(path, …)` and `router.get(name, path, …)`. */
function readVerb(registrations: Registrations, call: MemberCall, router: Router, verb: string): void {
  const { evaluator } = registrations;
  const [first, second, ...rest] = call.call.arguments;
  if (first === undefined || second === undefined || !koaVerbs.has(verb)) return;
  const named = rest.length > 0 && isText(evaluator, call, first) && isText(evaluator, call, second);
  const path = named ? second : first;
  const given = named ? rest : call.call.arguments.slice(1);
  const paths = pathList(evaluator, call.file, path, call.environment);
  registrations.add(call, router, [methodOf(verb)], paths, registrations.operands(call, given));
}

function methodOf(verb: string): string {
  return verb === 'del' ? 'DELETE' : verb.toUpperCase();
}

function isText(evaluator: Evaluator, call: MemberCall, node: Node): boolean {
  const bare = unwrapped(node);
  if (bare.type === 'StringLiteral' || bare.type === 'TemplateLiteral' || bare.type === 'RegExpLiteral')
    return true;
  const values = evaluator.evaluate(call.file, bare, call.environment);
  const isTexts = (value: Value) =>
    value.kind === 'constant' ||
    (listItems(evaluator, value) ?? []).some((item) => item.values.some(({ kind }) => kind === 'constant'));
  return values.length > 0 && values.every(isTexts);
}

/** `router.register(path, ['get', 'post'], …)`. */
function readRegister(registrations: Registrations, call: MemberCall, router: Router): void {
  const { evaluator } = registrations;
  const [path, methods, ...given] = call.call.arguments;
  if (methods === undefined) readObjects(registrations, call, router);
  if (path === undefined || methods === undefined) return;
  const verbs = pathList(evaluator, call.file, methods, call.environment);
  if (verbs.some(isUnknown)) {
    registrations.report(call, 'The methods are only known at run time.');
    return;
  }
  const paths = pathList(evaluator, call.file, path, call.environment);
  const operands = registrations.operands(call, given.slice(0, 1));
  registrations.add(
    call,
    router,
    verbs.map((verb) => verb.toUpperCase()),
    paths,
    operands,
  );
}

/** `router.route({ method, path, pre, handler })` of koa-joi-router, also a list of those; `register` of koa-zod-router. */
function readObjects(registrations: Registrations, call: MemberCall, router: Router): void {
  const { evaluator } = registrations;
  const [given] = call.call.arguments;
  if (given === undefined || router.root) return;
  const values = evaluator.evaluate(call.file, given, call.environment);
  const objects = values.flatMap(
    (value) => listItems(evaluator, value)?.flatMap((item) => item.values) ?? [value],
  );
  const routes = objects.map((value) => ({
    methods: optionTexts(evaluator, [value], 'method'),
    paths: optionTexts(evaluator, [value], 'path'),
    operands: ['pre', 'handler'].flatMap((name) => {
      const own = option(evaluator, [value], name);
      return own === undefined ? [] : operandsOf(evaluator, own.file, [own.node], own.environment);
    }),
  }));
  for (const { methods, paths, operands } of routes) {
    if (methods === undefined || paths === undefined || methods.some(isUnknown)) continue;
    const verbs = methods.map((method) => method.toUpperCase());
    registrations.add(call, router, verbs, paths, operands);
  }
  if (
    routes.length === 0 ||
    routes.some(({ methods, paths }) => methods === undefined || paths === undefined)
  )
    registrations.report(call, 'The route object is only known at run time.');
}

/** `router.redirect(source, destination)` answers by itself. */
function readRedirect(registrations: Registrations, call: MemberCall, router: Router): void {
  const [source, ...rest] = call.call.arguments;
  if (source === undefined || router.root) return;
  const paths = pathList(registrations.evaluator, call.file, source, call.environment);
  registrations.add(
    call,
    router,
    ['ALL'],
    paths,
    registrations.operands(call, rest.slice(0, 1)),
    'third-party',
  );
}

function readUse(registrations: Registrations, call: MemberCall, parent: Router): void {
  const { evaluator } = registrations;
  const [first, ...rest] = call.call.arguments;
  if (first === undefined) return;
  const withPath = rest.length > 0 && isText(evaluator, call, first);
  const paths = withPath ? pathList(evaluator, call.file, first, call.environment) : [''];
  const before: Operand[] = [];
  for (const operand of registrations.operands(call, withPath ? rest : call.call.arguments)) {
    const mounted = paths.map((path) => mountOperand(registrations, call, parent, path, operand, before, 0));
    if (mounted.includes(true)) continue;
    before.push(operand);
    registrations.reportUnknown(call, operand);
  }
  for (const path of paths) registrations.guard(call, parent, withPath ? path : undefined, before);
}

/** Mounts what an operand holds: a router, what koa-mount or koa-route made, or `compose([…])` of them. */
function mountOperand(
  registrations: Registrations,
  call: MemberCall,
  parent: Router,
  path: string,
  operand: Operand,
  before: readonly Operand[],
  depth: number,
): boolean {
  const { evaluator } = registrations;
  let found = false;
  for (const value of depth > 5 ? [] : operand.values) {
    if (value.kind !== 'api') continue;
    const object = koaObject(value);
    if (object?.kind === 'router' && object.made !== undefined) {
      registrations.mount(call, parent, routerOf(registrations, object, call), path, before);
      found = true;
    }
    const at = object?.kind === 'mounted' || object?.kind === 'route' ? object.at : composed(value);
    if (at === undefined || !('arguments' in at.node)) continue;
    const { file, environment = noEnvironment } = at;
    const given = at.node.arguments;
    if (object?.kind === 'route') {
      const [own, ...handlers] = given;
      if (own === undefined) continue;
      const paths = pathList(evaluator, file, own, environment).map((text) => joinPaths(path, text));
      const inner = {
        ...call,
        file,
        call: at.node as MemberCall['call'],
        token: verbToken(at.node),
        environment,
      };
      registrations.add(
        inner,
        parent,
        [methodOf(object.verb)],
        paths,
        operandsOf(evaluator, file, handlers, environment),
      );
      found = true;
      continue;
    }
    const prefixed = object?.kind === 'mounted' && given.length > 1;
    const own = prefixed && given[0] ? pathTexts(evaluator, file, given[0], environment)[0] : '';
    const passed: Operand[] = [];
    for (const inner of operandsOf(evaluator, file, given.slice(prefixed ? 1 : 0), environment)) {
      const inside = joinPaths(path, own ?? '');
      const mounted = mountOperand(
        registrations,
        call,
        parent,
        inside,
        inner,
        [...before, ...passed],
        depth + 1,
      );
      if (mounted) found = true;
      else passed.push(inner);
    }
  }
  return found;
}

/** `compose([a, router.routes()])` runs each in turn; `combineRouters(a, b)()` is the same for routers. */
function composed(value: ApiValue): ApiValue['created'] {
  if (!/^koa-(?:compose|combine-routers)$/.test(value.module)) return undefined;
  const first = value.steps.find((step) => step.kind === 'call');
  return first?.kind === 'call' ? first.at : undefined;
}

function verbToken(node: Node): Node {
  const callee = 'callee' in node ? (node.callee as Node) : node;
  return callee.type === 'MemberExpression' ? callee.property : callee;
}
