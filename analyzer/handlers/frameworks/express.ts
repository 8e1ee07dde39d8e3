import type { Node } from '@babel/types';
import {
  type ApiValue,
  apiPath,
  type CallPlace,
  type Evaluator,
  type FunctionValue,
  noEnvironment,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { kindByNext } from '../routing/early-answers.ts';
import { handedCalls } from '../routing/handed-routers.ts';
import { nextCalls } from '../routing/next-calls.ts';
import type { Operand } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { joinPaths, pathList } from '../routing/paths.ts';
import { callsOn, type MemberCall, registeringFiles } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import type { Dialect } from '../routing/tree.ts';
import { expressObject, expressVerbs } from './express-objects.ts';
import { fastifyPlatform, hosted, nestCore } from './nest-host.ts';

const packages =
  /^(?:express(?:-ws|-promise-router|-async-router|-router|-serve-static-core)?|@types\/express.*|@feathersjs\/express|ultimate-express|hyper-express|polka|restana|restify|@tinyhttp\/app|router|meteor\/webapp)$/;

/** Express 4 and 5, and packages with its interface. */
export const express: Framework = {
  name: 'express',
  packages,
  discover(sources, evaluator) {
    return discoverExpress(sources, evaluator);
  },
};

const registering = new Set([...expressVerbs, 'use']);

const dialect: Dialect = {
  framework: 'express',
  join: joinPaths,
  standsAlone: false,
  covers(guard, path) {
    const before = joinPaths(guard);
    const inside = joinPaths(path);
    return before === '/' || inside === before || inside.startsWith(`${before}/`) || /[*:(«]/.test(before);
  },
  kindOf: (operand, evaluator, repeated) => kindByNext(evaluator, operand, 2, repeated),
};

function discoverExpress(sources: Sources, evaluator: Evaluator): Discovery {
  const registrations = new Registrations(dialect, evaluator);
  // On Fastify, what Nest runs on is not ours.
  const onFastify = evaluator.references.graph.usersOf(fastifyPlatform).size > 0;
  const users = onFastify ? packages : new RegExp(`${packages.source}|${nestCore.source}`);
  const files = registeringFiles(sources, evaluator, users);
  const objectOf = (value: ApiValue) => expressObject(onFastify ? value : hosted(value, 'express'));
  const isReceiver = (value: ApiValue) => objectOf(value) !== undefined;
  for (const call of callsOn(registrations, files, registering, isReceiver)) {
    for (const value of evaluator.evaluate(call.file, call.object, call.environment)) {
      const object = value.kind === 'api' ? objectOf(value) : undefined;
      if (object === undefined) continue;
      const router = registrations.router(object.made, { file: call.file, node: call.call }, object.root);
      if (object.route !== undefined) readChained(registrations, call, router, object.route);
      else if (call.name === undefined) readComputed(registrations, call);
      else if (call.name === 'use') readUse(registrations, call, router);
      else readVerb(registrations, call, router, call.name);
    }
  }
  for (const call of handedCalls(evaluator, files, expressVerbs)) {
    // What is called an application is one; any other router hangs where whoever hands it over put it.
    const root = /^(?:app|application|server)$/i.test(call.receiver);
    const made = { file: call.file, node: call.parameter };
    const router = registrations.router(made, { file: call.file, node: call.call }, root);
    if (!root) router.prefix = '«mount»';
    readVerb(registrations, call, router, call.name);
  }
  registrations.reportLoaders(evaluator.references.graph.usersOf(packages), isReceiver);
  return registrations.discovery();
}

function readVerb(registrations: Registrations, call: MemberCall, router: Router, verb: string): void {
  const [path, ...rest] = call.call.arguments;
  // `app.get('title')` reads a setting.
  if (path === undefined || rest.length === 0 || !expressVerbs.has(verb)) return;
  const paths = pathsOf(registrations.evaluator, call, path);
  registrations.add(call, router, [methodOf(verb)], paths, registrations.operands(call, rest));
}

/** The paths of a registration; of restify, which takes `{ path, name, … }` too, those of its options. */
function pathsOf(evaluator: Evaluator, call: MemberCall, given: Node): readonly string[] {
  const values = evaluator.evaluate(call.file, given, call.environment);
  const isOptions = values.some(({ kind }) => kind === 'object');
  const named = isOptions
    ? (option(evaluator, values, 'path') ?? option(evaluator, values, 'url'))
    : undefined;
  if (named !== undefined) return pathList(evaluator, named.file, named.node, named.environment);
  return pathList(evaluator, call.file, given, call.environment);
}

/** `router.route(path).get(…).post(…)`: the path stands in the call that began the chain. */
function readChained(registrations: Registrations, call: MemberCall, router: Router, route: CallPlace): void {
  if (call.name === undefined || !expressVerbs.has(call.name)) return;
  const [path] = 'arguments' in route.node ? route.node.arguments : [];
  if (path === undefined) return;
  const { file, environment = noEnvironment } = route;
  const paths = pathList(registrations.evaluator, file, path, environment);
  const operands = registrations.operands(call, call.call.arguments);
  registrations.add(call, router, [methodOf(call.name)], paths, operands);
}

function readComputed(registrations: Registrations, call: MemberCall): void {
  const [path, handler] = call.call.arguments;
  if (path === undefined || handler === undefined) return;
  registrations.report(call, 'The method is only known at run time.');
}

function methodOf(verb: string): string {
  return verb === 'del' ? 'DELETE' : verb.toUpperCase();
}

function readUse(registrations: Registrations, call: MemberCall, parent: Router): void {
  const [first, ...rest] = call.call.arguments;
  if (first === undefined) return;
  const withPath = rest.length > 0 && isPath(registrations.evaluator, call, first);
  const paths = withPath ? pathList(registrations.evaluator, call.file, first, call.environment) : [''];
  const operands = registrations.operands(call, withPath ? rest : call.call.arguments);
  const before: Operand[] = [];
  for (const operand of operands) {
    const children = routersIn(registrations, operand, call);
    for (const child of children)
      for (const path of paths) registrations.mount(call, parent, child, path, before);
    if (children.length > 0) continue;
    before.push(operand);
    registrations.reportUnknown(call, operand);
  }
  const last = before.at(-1);
  if (withPath && last !== undefined && last === operands.at(-1)) {
    const kind = isSubApplication(last) ? 'third-party' : undefined;
    if (kind !== undefined || answers(last)) {
      registrations.add(call, parent, ['ALL'], paths, operands, kind);
      return;
    }
  }
  for (const path of paths) registrations.guard(call, parent, withPath ? path : undefined, before);
}

function routersIn(registrations: Registrations, operand: Operand, call: MemberCall): readonly Router[] {
  const found = operand.values.flatMap((value) => {
    const object = value.kind === 'api' ? expressObject(value) : undefined;
    if (object?.made === undefined) return [];
    return registrations.router(object.made, { file: call.file, node: call.call }, object.root);
  });
  return [...new Set(found)];
}

/** Packages whose middleware answers everything below the path it is given. */
const subApplications =
  /^(?:agendash2?|swagger-ui-express\.setup|http-proxy-middleware|express-http-proxy|@bull-board\/|bull-arena|express-graphql|graphql-http|@apollo\/server\/express4\.expressMiddleware|@as-integrations\/express|@trpc\/server\/adapters\/express|graphql-yoga|postgraphile|@?adminjs|parse-server|parse-dashboard|mongo-express|@scalar\/express-api-reference|inngest\/express|express-restify)/;

function isSubApplication(operand: Operand): boolean {
  return operand.values.some((value) => value.kind === 'api' && subApplications.test(apiPath(value)));
}

/** `app.use(path, fn)` answers when `fn` has no way to go on but with an error. */
function answers(operand: Operand): boolean {
  const value = functionOf(operand);
  const count = value?.node.params.length ?? 0;
  return value !== undefined && count > 0 && count < 4 && /^(?:never|errors)$/.test(nextCalls(value, 2));
}

function functionOf(operand: Operand): FunctionValue | undefined {
  return operand.values.find((value) => value.kind === 'function');
}

function isPath(evaluator: Evaluator, call: MemberCall, node: Node): boolean {
  const bare = unwrapped(node);
  if (/^(?:StringLiteral|TemplateLiteral|RegExpLiteral|BinaryExpression)$/.test(bare.type)) return true;
  const values = evaluator.evaluate(call.file, bare, call.environment);
  if (values.length === 0) return bare.type === 'Identifier' || bare.type === 'MemberExpression';
  return values.some((value) => {
    if (value.kind === 'constant') return true;
    const items = evaluator.elements(value) ?? [];
    return items.some((item) => item.values.some(({ kind }) => kind === 'constant'));
  });
}
