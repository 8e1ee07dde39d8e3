import type { Node } from '@babel/types';
import {
  type ApiValue,
  type Evaluator,
  listItems,
  noEnvironment,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { kindByNext } from '../routing/early-answers.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { argumentsOf, argumentValues, option } from '../routing/options.ts';
import { isUnknown, joinPaths, optionTexts, pathList, pathTexts } from '../routing/paths.ts';
import { callsOn, type MemberCall, registeringFiles } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import type { Dialect } from '../routing/tree.ts';
import { type HonoRouter, honoObject, honoVerbs } from './hono-objects.ts';

const packages = /^(?:hono|@hono|npm:hono|jsr:@hono|hono-openapi|chanfana)(?:\/|@|$)/;

/** Hono, with the OpenAPI variant, factories and base paths. */
export const hono: Framework = {
  name: 'hono',
  packages,
  discover(sources, evaluator) {
    return discoverHono(sources, evaluator);
  },
};

const registering = new Set([...honoVerbs, 'use', 'on', 'route', 'mount', 'openapi', 'doc', 'doc31']);

const dialect: Dialect = {
  framework: 'hono',
  join: joinPaths,
  standsAlone: true,
  covers(guard, path) {
    if (guard.endsWith('*')) {
      const before = joinPaths(guard.replace(/\/?\*$/, ''));
      return before === '/' || joinPaths(path) === before || joinPaths(path).startsWith(`${before}/`);
    }
    return joinPaths(guard) === joinPaths(path);
  },
  kindOf: (operand, evaluator, repeated) => kindByNext(evaluator, operand, 1, repeated),
};

function discoverHono(sources: Sources, evaluator: Evaluator): Discovery {
  const registrations = new Registrations(dialect, evaluator);
  const files = registeringFiles(sources, evaluator, packages);
  const isReceiver = (value: ApiValue) => honoObject(value)?.kind === 'router';
  const lastPaths = new Map<Router, readonly string[]>();
  for (const call of callsOn(registrations, files, registering, isReceiver)) {
    for (const value of evaluator.evaluate(call.file, call.object, call.environment)) {
      const object = value.kind === 'api' ? honoObject(value) : undefined;
      if (object?.kind !== 'router') continue;
      read(registrations, call, routerOf(registrations, object, call), lastPaths);
    }
  }
  return registrations.discovery();
}

type LastPaths = Map<Router, readonly string[]>;

function read(registrations: Registrations, call: MemberCall, router: Router, lastPaths: LastPaths): void {
  const { name } = call;
  if (name === 'use') readUse(registrations, call, router, lastPaths);
  else if (name === 'on') readOn(registrations, call, router);
  else if (name === 'route') readRoute(registrations, call, router);
  else if (name === 'mount') readMount(registrations, call, router);
  else if (name === 'openapi') readDescribed(registrations, call, router);
  else if (name === 'doc' || name === 'doc31') readDocument(registrations, call, router);
  else if (name !== undefined) readVerb(registrations, call, router, name, lastPaths);
  else if (call.call.arguments.length > 1)
    registrations.report(call, 'The method is only known at run time.');
}

/** The router a value is; each `basePath(…)` gives one of its own, whose routes land in the one it was called on. */
function routerOf(registrations: Registrations, object: HonoRouter, call: MemberCall): Router {
  const { evaluator } = registrations;
  const user = { file: call.file, node: call.call };
  let router = registrations.router(object.made, user, false);
  for (const base of object.bases) {
    const [path] = argumentsOf(base);
    const { file, environment = noEnvironment } = base;
    const prefix = path === undefined ? '' : (pathTexts(evaluator, file, path, environment)[0] ?? '');
    const derived = registrations.router(base, user, false, prefix);
    if (derived.mounts.length === 0) registrations.mount(call, router, derived, '', [], true);
    router = derived;
  }
  return router;
}

function readVerb(
  registrations: Registrations,
  call: MemberCall,
  router: Router,
  verb: string,
  lastPaths: LastPaths,
): void {
  const [first] = call.call.arguments;
  if (first === undefined || !honoVerbs.has(verb)) return;
  const { evaluator } = registrations;
  const withPath = isText(evaluator, call, first);
  if (!withPath && operandsOf(evaluator, call.file, [first], call.environment)[0]?.values.length === 0)
    return;
  const paths = withPath
    ? pathList(evaluator, call.file, first, call.environment)
    : (lastPaths.get(router) ?? ['*']);
  lastPaths.set(router, paths);
  const given = call.call.arguments.slice(withPath ? 1 : 0);
  registrations.add(call, router, [verb.toUpperCase()], paths, handlersIn(registrations, call, given));
}

/** An endpoint of chanfana is a class, one instance per request; what answers is its `handle`. */
function madeByClass({ evaluator }: Registrations, operand: Operand): Operand {
  const of = operand.values.find((value) => value.kind === 'class');
  if (of === undefined) return operand;
  return { ...operand, values: evaluator.member({ kind: 'instance', of }, 'handle') };
}

/** The handlers given, with those that `factory.createHandlers(…)` bundles taken apart. */
function handlersIn(
  registrations: Registrations,
  call: MemberCall,
  given: readonly Node[],
): readonly Operand[] {
  return registrations.operands(call, given).flatMap((operand) => {
    const bundle = operand.values
      .map((value) => (value.kind === 'api' ? honoObject(value) : undefined))
      .find((object) => object?.kind === 'handlers');
    if (bundle?.kind !== 'handlers' || bundle.at === undefined) return [madeByClass(registrations, operand)];
    const { file, environment = noEnvironment } = bundle.at;
    return operandsOf(registrations.evaluator, file, argumentsOf(bundle.at), environment);
  });
}

function readUse(registrations: Registrations, call: MemberCall, router: Router, lastPaths: LastPaths): void {
  const [first, ...rest] = call.call.arguments;
  if (first === undefined) return;
  const { evaluator } = registrations;
  const withPath = isText(evaluator, call, first);
  const operands = registrations.operands(call, withPath ? rest : call.call.arguments);
  if (!withPath) {
    registrations.guard(call, router, undefined, operands);
    return;
  }
  const paths = pathList(evaluator, call.file, first, call.environment);
  lastPaths.set(router, paths);
  for (const path of paths) registrations.guard(call, router, path, operands);
}

function readOn(registrations: Registrations, call: MemberCall, router: Router): void {
  const [methods, path, ...given] = call.call.arguments;
  if (methods === undefined || path === undefined) return;
  const { evaluator } = registrations;
  const verbs = pathList(evaluator, call.file, methods, call.environment);
  if (verbs.some(isUnknown)) {
    registrations.report(call, 'The methods are only known at run time.');
    return;
  }
  const names = verbs.map((verb) => verb.toUpperCase());
  const paths = pathList(evaluator, call.file, path, call.environment);
  registrations.add(call, router, names, paths, handlersIn(registrations, call, given));
}

/** `app.route(path, other)`. */
function readRoute(registrations: Registrations, call: MemberCall, parent: Router): void {
  const [path, given] = call.call.arguments;
  if (path === undefined || given === undefined) return;
  const paths = pathList(registrations.evaluator, call.file, path, call.environment);
  for (const operand of registrations.operands(call, [given])) {
    const children = operand.values.flatMap((value) => {
      const object = value.kind === 'api' ? honoObject(value) : undefined;
      return object?.kind === 'router' && object.made !== undefined
        ? [routerOf(registrations, object, call)]
        : [];
    });
    for (const child of new Set(children))
      for (const own of paths) registrations.mount(call, parent, child, own, []);
    if (children.length === 0) registrations.report(call, 'What is mounted is only known at run time.');
  }
}

/** `app.mount(path, fetch)` hands everything below the path to another application. */
function readMount(registrations: Registrations, call: MemberCall, router: Router): void {
  const [path, ...given] = call.call.arguments;
  if (path === undefined) return;
  const paths = pathList(registrations.evaluator, call.file, path, call.environment);
  const below = paths.map((own) => joinPaths(own, '/*'));
  registrations.add(
    call,
    router,
    ['ALL'],
    below,
    registrations.operands(call, given.slice(0, 1)),
    'third-party',
  );
}

/** `app.openapi(createRoute({ method, path, middleware }), handler)`. */
function readDescribed(registrations: Registrations, call: MemberCall, router: Router): void {
  const [description, handler] = call.call.arguments;
  if (description === undefined || handler === undefined) return;
  const { evaluator } = registrations;
  const values = evaluator
    .evaluate(call.file, description, call.environment)
    .flatMap((value) => (value.kind === 'api' ? described(evaluator, value) : [value]));
  const methods = optionTexts(evaluator, values, 'method');
  const paths = optionTexts(evaluator, values, 'path');
  if (methods === undefined || paths === undefined) {
    registrations.report(call, 'The route object is only known at run time.');
    return;
  }
  const middleware = option(evaluator, values, 'middleware');
  const before = middleware
    ? operandsOf(evaluator, middleware.file, [middleware.node], middleware.environment)
    : [];
  const operands = [...before, ...handlersIn(registrations, call, [handler])];
  const plain = paths.map((path) => path.replace(/\{([^{}]+)\}/g, ':$1'));
  registrations.add(
    call,
    router,
    methods.map((method) => method.toUpperCase()),
    plain,
    operands,
  );
}

function described(evaluator: Evaluator, value: ApiValue): ReturnType<Evaluator['evaluate']> {
  const object = honoObject(value);
  return object?.kind === 'description' ? argumentValues(evaluator, object.at, 0) : [];
}

/** `app.doc('/openapi.json', …)` serves a document that the package makes. */
function readDocument(registrations: Registrations, call: MemberCall, router: Router): void {
  const [path, ...given] = call.call.arguments;
  if (path === undefined) return;
  const paths = pathTexts(registrations.evaluator, call.file, path, call.environment);
  registrations.add(
    call,
    router,
    ['GET'],
    paths,
    registrations.operands(call, given.slice(0, 1)),
    'third-party',
  );
}

function isText(evaluator: Evaluator, call: MemberCall, node: Node): boolean {
  const bare = unwrapped(node);
  if (bare.type === 'StringLiteral' || bare.type === 'TemplateLiteral') return true;
  const values = evaluator.evaluate(call.file, bare, call.environment);
  return values.some(
    (value) =>
      value.kind === 'constant' ||
      (listItems(evaluator, value) ?? []).some((item) => item.values.some(({ kind }) => kind === 'constant')),
  );
}
