import type { Node } from '@babel/types';
import {
  type Evaluator,
  exportsOf,
  type FunctionNode,
  isFunction,
  isTestFile,
  keyName,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
  walk,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { type ExportedOperand, exportedOperand, exportedOperands } from '../routing/exports.ts';
import type { Operand } from '../routing/operands.ts';
import { foreignTarget, functionName, locationOf, targetOf } from '../routing/targets.ts';
import { connectedHandlers } from './next-connect.ts';
import { type NextApplication, nextApplications, nextFile } from './next-paths.ts';

/** Next.js: route handlers, pages API, server actions, middleware (`proxy` since version 16). */
export const next: Framework = {
  name: 'next',
  packages: /^next(?:\/|$)/,
  discover(sources, evaluator) {
    const applications = nextApplications(sources, evaluator);
    if (applications.length === 0) return { handlers: [], dynamic: [] };
    return discoverNext(sources, evaluator, applications);
  },
};

export const httpMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

function discoverNext(
  sources: Sources,
  evaluator: Evaluator,
  applications: readonly NextApplication[],
): Discovery {
  const acting = new Set(sources.mentioning(['use server']));
  const handlers = sources.files.flatMap((path): readonly Handler[] => {
    if (isTestFile(path)) return [];
    const application = applications.find(({ folder }) => path.startsWith(folder));
    if (application === undefined) return [];
    const known = nextFile(application, path);
    if (known === undefined && !acting.has(path)) return [];
    const file = sources.file(path);
    if (file === undefined) return [];
    const actions = acting.has(path) ? serverActions(evaluator, file) : [];
    if (known?.kind === 'route') return [...routeHandlers(evaluator, file, known.path), ...actions];
    if (known?.kind === 'api') return [...apiHandlers(evaluator, file, known.path), ...actions];
    return known?.kind === 'middleware' ? [...middlewareHandlers(evaluator, file), ...actions] : actions;
  });
  return { handlers, dynamic: [] };
}

/** `export function GET()` and the like in `route.ts`. */
function routeHandlers(evaluator: Evaluator, file: SourceFile, path: string): readonly Handler[] {
  return exportedOperands(evaluator, file)
    .filter(({ name }) => httpMethods.has(name))
    .map((exported) => handlerOf(evaluator, exported, exported.name, path));
}

function handlerOf(
  evaluator: Evaluator,
  { file, token, operand, name }: ExportedOperand,
  method: string,
  path: string,
): Handler {
  const target = targetOf(evaluator, operand);
  return {
    framework: 'next',
    kind: foreignTarget(evaluator, operand) === undefined ? 'route' : 'third-party',
    method,
    paths: [path],
    location: locationOf(file, token),
    target: target.name === 'anonymous' ? { ...target, name } : target,
    middlewares: [],
    condition: undefined,
  };
}

/** The default export of `pages/api`, or its parts where it is a table by method. */
function apiHandlers(evaluator: Evaluator, file: SourceFile, path: string): readonly Handler[] {
  const exported = exportedOperand(evaluator, file, 'default');
  if (exported === undefined) return [];
  const connected = connectedHandlers(evaluator, file, path);
  if (connected.length > 0) return connected;
  const table = methodTable(evaluator, exported.operand, 0);
  if (table.length > 0) {
    return table.map(({ method, token, operand }) => {
      return handlerOf(evaluator, { name: method, file: operand.file, token, operand }, method, path);
    });
  }
  return [handlerOf(evaluator, exported, 'ALL', path)];
}

interface TableEntry {
  readonly method: string;
  readonly token: Node;
  readonly operand: Operand;
}

/** `withMiddlewares({ GET: create({ handler }), POST: … })`: an object by method, at any depth of wrapping calls. */
function methodTable(evaluator: Evaluator, operand: Operand, depth: number): readonly TableEntry[] {
  if (depth > 4) return [];
  const made = operand.values.find((value) => value.kind === 'api')?.created;
  const node = unwrapped(operand.node);
  const call = node.type === 'CallExpression' ? { ...operand, node } : made && { ...operand, ...made };
  if (call === undefined || call.node.type !== 'CallExpression') return [];
  const environment = call.environment ?? noEnvironment;
  for (const argument of call.node.arguments) {
    const values = evaluator.evaluate(call.file, argument, environment);
    for (const value of values) {
      if (value.kind !== 'object') continue;
      const entries = value.node.properties.flatMap((property): readonly TableEntry[] => {
        const key = property.type === 'SpreadElement' ? undefined : keyName(property);
        if (property.type === 'SpreadElement' || key === undefined || !httpMethods.has(key.toUpperCase()))
          return [];
        const own = property.type === 'ObjectMethod' ? property : property.value;
        const inner: Operand = {
          file: value.file,
          node: own,
          environment: value.environment,
          values: evaluator.member(value, key),
        };
        return [{ method: key.toUpperCase(), token: property.key, operand: innermost(evaluator, inner, 0) }];
      });
      if (entries.length > 0) return entries;
    }
    const inner = methodTable(evaluator, { file: call.file, node: argument, environment, values }, depth + 1);
    if (inner.length > 0) return inner;
  }
  return [];
}

/** `create({ fn })`: the function that stands in an options object of the call. */
function innermost(evaluator: Evaluator, operand: Operand, depth: number): Operand {
  const node = unwrapped(operand.node);
  if (node.type !== 'CallExpression' || depth > 4) return operand;
  const isPlain = node.arguments.some((argument) => isFunction(unwrapped(argument)));
  if (isPlain) return operand;
  for (const argument of node.arguments) {
    for (const value of evaluator.evaluate(operand.file, argument, operand.environment)) {
      if (value.kind !== 'object') continue;
      for (const name of ['fn', 'handler', 'resolve', 'resolver', 'run', 'execute']) {
        const values = evaluator.member(value, name);
        const found = values.find((own) => own.kind === 'function');
        if (found?.kind === 'function')
          return { file: found.file, node: found.node, environment: value.environment, values };
      }
    }
  }
  return operand;
}

/** `middleware.ts`, and `proxy.ts` since Next.js 16. */
function middlewareHandlers(evaluator: Evaluator, file: SourceFile): readonly Handler[] {
  for (const name of ['middleware', 'proxy', 'default']) {
    const exported = exportedOperand(evaluator, file, name);
    if (exported === undefined) continue;
    // Which requests it sees is the matcher's business; there is no one path.
    return [{ ...handlerOf(evaluator, exported, 'ALL', '(matcher)'), kind: 'guard' }];
  }
  return [];
}

/** Functions that `"use server"` makes callable from the browser: all exports of the file, or one function. */
function serverActions(evaluator: Evaluator, file: SourceFile): readonly Handler[] {
  if (file.ast.program.directives.some(({ value }) => value.value === 'use server')) {
    return exportedOperands(evaluator, file).flatMap((exported) => {
      const isAction =
        exported.operand.values.some(({ kind }) => kind === 'function') || isForeignCall(file, exported);
      if (!isAction) return [];
      return [
        { ...handlerOf(evaluator, exported, 'POST', `(server-action)#${exported.name}`), kind: 'action' },
      ];
    });
  }
  return inlineActions(file).map((node) => {
    const name = 'id' in node && node.id ? node.id.name : functionName({ file, node });
    const location = locationOf(file, node);
    return {
      framework: 'next',
      kind: 'action',
      method: 'POST',
      paths: [`(server-action)#${name ?? 'inline'}`],
      location,
      target: {
        name: name ?? 'anonymous',
        location,
        value: { kind: 'function', file, node, environment: noEnvironment },
        wrappers: [],
      },
      middlewares: [],
      condition: undefined,
    };
  });
}

/** An action made by a package: `export const save = client.action(async () => …)`. */
function isForeignCall(file: SourceFile, { name }: ExportedOperand): boolean {
  const exported = exportsOf(file).names.get(name);
  if (exported?.kind !== 'local') return false;
  const declaration = file.scopes.bindingOf(exported.node)?.declaration;
  const init =
    declaration?.type === 'VariableDeclarator' && declaration.init ? unwrapped(declaration.init) : undefined;
  return (
    init?.type === 'CallExpression' && init.arguments.some((argument) => isFunction(unwrapped(argument)))
  );
}

function inlineActions(file: SourceFile): readonly FunctionNode[] {
  const found: FunctionNode[] = [];
  walk(file.ast.program, (node) => {
    if (!isFunction(node) || node.body.type !== 'BlockStatement') return true;
    if (node.body.directives.some(({ value }) => value.value === 'use server')) found.push(node);
    return true;
  });
  return found;
}
