import type { Node } from '@babel/types';
import {
  type Call,
  callsOf,
  contextsOf,
  type Environment,
  type Evaluator,
  type FunctionNode,
  type FunctionValue,
  isFunction,
  isTestFile,
  keyName,
  type SourceFile,
  type Sources,
  unwrapped,
  walk,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler, HandlerTarget } from '../handler.ts';
import { conditionAt } from '../routing/conditions.ts';
import { option } from '../routing/options.ts';
import { functionLocation, functionName, locationOf, referenceName, targetOf } from '../routing/targets.ts';
import { parameterBindings } from '../routing/wrappers.ts';
import type { Dispatcher } from './node-http-conditions.ts';
import { type Branch, branchesOf } from './node-http-dispatch.ts';

const words = ['createServer', 'createSecureServer', 'Bun.serve', 'Deno.serve'];

/** Servers without a framework: `node:http`, `https`, `http2`, `Bun.serve` and `Deno.serve`. */
export const nodeHttp: Framework = {
  name: 'node-http',
  packages: /^(?:https?|http2)$/,
  discover(sources, evaluator) {
    const files = sources.mentioning(words).filter((file) => !isTestFile(file));
    return discoverServers(sources, evaluator, files);
  },
};

const modules = /^(?:http|https|http2|spdy|stoppable)$/;

function discoverServers(sources: Sources, evaluator: Evaluator, files: readonly string[]): Discovery {
  const handlers: Handler[] = [];
  for (const path of files) {
    const file = sources.file(path);
    for (const call of file === undefined ? [] : callsOf(file).all) {
      if (file === undefined) continue;
      const given = listenerArgument(evaluator, file, call);
      if (given === undefined) continue;
      for (const environment of contextsOf(evaluator, file, call)) {
        handlers.push(...serverHandlers(evaluator, file, call, given, environment));
      }
    }
  }
  return { handlers, dynamic: [] };
}

interface Listener {
  readonly node: Node;
  readonly kind: 'listener' | 'serve';
}

/** What a call that makes a server is given to answer with. */
function listenerArgument(evaluator: Evaluator, file: SourceFile, call: Call): Listener | undefined {
  const callee = unwrapped(call.callee);
  const name = referenceName(callee);
  if (name === undefined || !/^(?:createServer|createSecureServer|on|addListener|serve)$/.test(name))
    return undefined;
  const values = evaluator.evaluate(file, callee);
  for (const value of values) {
    if (value.kind !== 'api') continue;
    const members = value.steps
      .map((step) => (step.kind === 'member' ? step.name : `(${step.kind})`))
      .join('.');
    if (value.module === 'global') {
      const [first] = call.arguments;
      if (/^(?:Bun|Deno)\.serve$/.test(members) && first)
        return { node: call.arguments.at(-1) ?? first, kind: 'serve' };
      continue;
    }
    if (!modules.test(value.module)) continue;
    if (/(?:^|\.)create(?:Secure)?Server$/.test(members)) {
      const last = call.arguments.at(-1);
      return last && { node: last, kind: 'listener' };
    }
    const [event, listener] = call.arguments;
    const isRequest = event?.type === 'StringLiteral' && event.value === 'request';
    if (/\.\(call\)\.(?:on|addListener)$/.test(members) && isRequest && listener)
      return { node: listener, kind: 'listener' };
  }
  return undefined;
}

function serverHandlers(
  evaluator: Evaluator,
  file: SourceFile,
  call: Call,
  listener: Listener,
  environment: Environment,
): readonly Handler[] {
  const values = evaluator.evaluate(file, listener.node, environment);
  const found = values.flatMap((value): readonly Handler[] => {
    if (value.kind === 'function') return listenerHandlers(evaluator, file, call, value, environment);
    if (value.kind !== 'object' || listener.kind !== 'serve') return [];
    const routes = tableHandlers(evaluator, value, environment);
    const fetch = evaluator
      .member(value, 'fetch')
      .find((own): own is FunctionValue => own.kind === 'function');
    return [...routes, ...(fetch ? listenerHandlers(evaluator, file, call, fetch, environment) : [])];
  });
  return found;
}

/** `routes: { '/path': handler, '/other': { GET: handler } }` of `Bun.serve`. */
function tableHandlers(
  evaluator: Evaluator,
  value: ReturnType<Evaluator['evaluate']>[number] & { kind: 'object' },
  environment: Environment,
): readonly Handler[] {
  const routes = option(evaluator, [value], 'routes');
  const table = routes?.values.find((own) => own.kind === 'object');
  if (table?.kind !== 'object') return [];
  return table.node.properties.flatMap((property): readonly Handler[] => {
    const path = property.type === 'SpreadElement' ? undefined : keyName(property);
    if (property.type === 'SpreadElement' || path === undefined) return [];
    const node = property.type === 'ObjectMethod' ? property : unwrapped(property.value);
    const each = (method: string, own: Node, token: Node): Handler => {
      const values = evaluator.evaluate(table.file, own, table.environment);
      const target = targetOf(evaluator, {
        file: table.file,
        node: own,
        environment: table.environment,
        values,
      });
      return handler(table.file, token, method, path, target, conditionAt(table.file, token, environment));
    };
    if (node.type !== 'ObjectExpression') return [each('ALL', node, property.key)];
    return node.properties.flatMap((inner) => {
      const method = inner.type === 'SpreadElement' ? undefined : keyName(inner);
      if (inner.type === 'SpreadElement' || method === undefined) return [];
      return [each(method, inner.type === 'ObjectMethod' ? inner : inner.value, inner.key)];
    });
  });
}

function listenerHandlers(
  evaluator: Evaluator,
  file: SourceFile,
  call: Call,
  listener: FunctionValue,
  environment: Environment,
): readonly Handler[] {
  const dispatched = dispatchedBy(evaluator, listener, 0, 0);
  if (dispatched.length > 0) return dispatched;
  if (isDelegation(evaluator, listener)) return [];
  const target: HandlerTarget = {
    name: functionName(listener) ?? 'anonymous',
    location: functionLocation(listener),
    value: listener,
    wrappers: [],
  };
  const callee = unwrapped(call.callee);
  const token = callee.type === 'MemberExpression' ? callee.property : callee;
  return [handler(file, token, 'ALL', '*', target, conditionAt(file, call, environment))];
}

/** Functions that only hand the request on are looked through this far. */
const deepestDispatcher = 4;

/** The branches of a listener, or of the function it hands the request to. */
function dispatchedBy(
  evaluator: Evaluator,
  listener: FunctionValue,
  index: number,
  depth: number,
): readonly Handler[] {
  const dispatcher = dispatcherOf(evaluator, listener, index);
  if (dispatcher === undefined) return [];
  const branches = branchesOf(dispatcher, listener);
  if (branches.length > 0) return branches.flatMap((branch) => branchHandlers(dispatcher, branch));
  const found: Handler[] = [];
  const { file, node, environment } = listener;
  if (depth >= deepestDispatcher) return found;
  walk(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || found.length > 0) return true;
    const position = inner.arguments.findIndex(
      (argument) => argument.type === 'Identifier' && file.scopes.bindingOf(argument) === dispatcher.request,
    );
    for (const callee of position < 0 ? [] : evaluator.evaluate(file, inner.callee, environment))
      if (callee.kind === 'function') found.push(...dispatchedBy(evaluator, callee, position, depth + 1));
    return true;
  });
  return found;
}

function dispatcherOf(evaluator: Evaluator, listener: FunctionValue, index: number): Dispatcher | undefined {
  const first = listener.node.params[index];
  const request = first && listener.file.scopes.bindingOf(first);
  return request && { evaluator, file: listener.file, environment: listener.environment, request };
}

/** A listener that hands every request to an application or handler from outside: `(req, res) => app(req, res)`. */
function isDelegation(evaluator: Evaluator, { file, node, environment }: FunctionValue): boolean {
  let found = false;
  walk(node.body, (inner) => {
    if (inner.type === 'CallExpression' && inner.arguments.length >= 2 && !found) {
      const values = evaluator.evaluate(file, inner.callee, environment);
      const isForeign = values.some((value) => value.kind === 'api' && value.module !== 'global');
      const [first] = node.params;
      const request = first && file.scopes.bindingOf(first);
      const [argument] = inner.arguments;
      const passes = argument?.type === 'Identifier' && file.scopes.bindingOf(argument) === request;
      if (isForeign && passes && request !== undefined) found = true;
    }
    return !found && !(isFunction(inner) && inner !== node);
  });
  return found;
}

function branchHandlers(dispatcher: Dispatcher, branch: Branch): readonly Handler[] {
  const { methods = ['ALL'], paths = ['*'] } = branch.match;
  const target = branchTarget(dispatcher, branch.body);
  return methods.flatMap((method) =>
    paths.map((path) => handler(dispatcher.file, branch.token, method, path, target, undefined)),
  );
}

/** The project function that a branch passes the request to; the branch itself when it answers in place. */
function branchTarget(dispatcher: Dispatcher, body: Node): HandlerTarget {
  const { evaluator, file, environment, request } = dispatcher;
  const values = evaluator.evaluate(file, unwrapped(body), environment);
  if (values.some(({ kind }) => kind === 'function')) {
    return targetOf(evaluator, { file, node: unwrapped(body), environment, values });
  }
  const listener = request.declaration;
  const others = isFunction(listener)
    ? [...parameterBindings(file, listener)].filter((own) => own !== request).slice(0, 1)
    : [];
  let found: HandlerTarget | undefined;
  walk(body, (inner) => {
    if (found !== undefined || isFunction(inner)) return false;
    if (inner.type !== 'CallExpression') return true;
    const given = inner.arguments.map((argument) =>
      argument.type === 'Identifier' ? file.scopes.bindingOf(argument) : undefined,
    );
    // What is given the request alone reads it; what is given the response too answers.
    const passes = given.includes(request) && others.every((other) => given.includes(other));
    const callees = passes ? evaluator.evaluate(file, inner.callee, environment) : [];
    if (callees.some(({ kind }) => kind === 'function')) {
      found = targetOf(evaluator, { file, node: inner.callee, environment, values: callees });
    }
    return true;
  });
  return found ?? inPlace(dispatcher, body);
}

/** A branch that answers in place, read as the function it would be. */
function inPlace({ file, environment, request }: Dispatcher, body: Node): HandlerTarget {
  const location = locationOf(file, body);
  const listener = request.declaration;
  if (!isFunction(listener)) return { name: 'anonymous', location, value: undefined, wrappers: [] };
  const { start, end, loc } = body;
  const statements = body.type === 'SwitchCase' ? body.consequent : [body];
  const isBody = body.type === 'BlockStatement' || /Expression$/.test(body.type);
  const block = isBody ? body : { type: 'BlockStatement', body: statements, directives: [], start, end, loc };
  const isAsync = 'async' in listener && listener.async === true;
  // The parser makes no such node; the body and the parameters in it are those of the source.
  const node = {
    type: 'ArrowFunctionExpression',
    params: listener.params,
    body: block,
    async: isAsync,
    expression: block.type !== 'BlockStatement',
    start,
    end,
    loc,
  } as unknown as FunctionNode;
  return {
    name: 'anonymous',
    location,
    value: { kind: 'function', file, node, environment },
    wrappers: [],
  };
}

function handler(
  file: SourceFile,
  token: Node,
  method: string,
  path: string,
  target: HandlerTarget,
  condition: string | undefined,
): Handler {
  const location = locationOf(file, token);
  return {
    framework: 'node-http',
    kind: 'route',
    method: method.toUpperCase(),
    paths: [path],
    location,
    target,
    middlewares: [],
    condition,
  };
}
