import type { Node } from '@babel/types';
import {
  type ClassNode,
  type ClassValue,
  type Environment,
  type Evaluator,
  type FunctionValue,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../../sources/index.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { joinPaths, pathTexts } from '../routing/paths.ts';
import { type Enhancer, enhancer } from './nest-enhancers.ts';
import { versionTexts } from './nest-versions.ts';

/** Where a middleware was put: routes of a controller, or paths without the global prefix. */
export type NestRoute =
  | { readonly kind: 'controller'; readonly node: ClassNode }
  | {
      readonly kind: 'path';
      readonly path: string;
      /** `undefined` for all. */
      readonly method: string | undefined;
      /** `undefined` for all; empty text for handlers without a version. */
      readonly versions: readonly string[] | undefined;
      /** A plain text stands for everything below it, too. */
      readonly below: boolean;
    };

/** Which handlers a middleware runs before. */
export interface Reach {
  readonly routes: readonly NestRoute[];
  readonly excluded: readonly NestRoute[];
}

/** What a module's `configure` puts in front: `consumer.apply(A, B).exclude('health').forRoutes(Posts, 'tags')`. */
export function appliedMiddleware(evaluator: Evaluator, module: ClassValue): readonly Enhancer[] {
  const instance = { kind: 'instance', of: module } as const;
  return evaluator
    .member(instance, 'configure')
    .filter((value): value is FunctionValue => value.kind === 'function')
    .flatMap(({ file, node, environment }) => {
      const calls: (Node & { type: 'CallExpression' })[] = [];
      walk(node.body, (inner) => {
        const isEnd = inner.type === 'CallExpression' && memberName(unwrapped(inner.callee)) === 'forRoutes';
        if (isEnd) calls.push(inner);
        return true;
      });
      // Of `consumer.apply(A).forRoutes(…).apply(B).forRoutes(…)` the inner call comes first.
      calls.sort((left, right) => (left.end ?? 0) - (right.end ?? 0));
      return calls.flatMap((call) => appliedBy(evaluator, file, call, environment));
    });
}

function appliedBy(
  evaluator: Evaluator,
  file: SourceFile,
  call: Node & { type: 'CallExpression' },
  environment: Environment,
): readonly Enhancer[] {
  const read = (nodes: readonly Node[], below: boolean) =>
    operandsOf(evaluator, file, nodes, environment).flatMap((operand) => routesOf(evaluator, operand, below));
  const routes = read(call.arguments, true);
  const excluded: NestRoute[] = [];
  for (let link: Node = unwrapped(call.callee); ; ) {
    if (link.type === 'MemberExpression') link = unwrapped(link.object);
    else if (link.type !== 'CallExpression') return [];
    else {
      const name = memberName(unwrapped(link.callee));
      if (name === 'apply') {
        const reach: Reach = { routes, excluded };
        return operandsOf(evaluator, file, link.arguments, environment).map((operand) => ({
          ...enhancer(evaluator, operand, 'apply'),
          reach,
        }));
      }
      if (name === 'exclude') excluded.push(...read(link.arguments, false));
      link = unwrapped(link.callee);
    }
  }
}

/** A controller, a path, or `{ path, method }`. */
function routesOf(evaluator: Evaluator, operand: Operand, below: boolean): readonly NestRoute[] {
  const controllers = operand.values.flatMap((value): readonly NestRoute[] =>
    value.kind === 'class' ? [{ kind: 'controller', node: value.node }] : [],
  );
  if (controllers.length > 0) return controllers;
  const own = option(evaluator, operand.values, 'path');
  const { file, node, environment } = own ?? operand;
  const method = option(evaluator, operand.values, 'method');
  const name = /\.(\w+)$/.exec(method?.file.textOf(method.node) ?? '')?.[1];
  const version = option(evaluator, operand.values, 'version');
  const versions = version && versionTexts(evaluator, version);
  return pathTexts(evaluator, file, node, environment).map((path) => ({
    kind: 'path',
    path,
    versions,
    method: name === 'ALL' ? undefined : name,
    below: below && own === undefined,
  }));
}

/** A handler as middleware is matched against it; its paths are without the global prefix. */
export interface Reached {
  readonly controller: ClassNode;
  readonly method: string;
  readonly paths: readonly string[];
  /** Its versions as they stand in the path. */
  readonly versions: readonly string[];
  /** What stands before a version in paths; `undefined` when versions are not in the path. */
  readonly versionPrefix: string | undefined;
}

/** Whether middleware with such a reach runs before a handler. */
export function reaches({ routes, excluded }: Reach, handler: Reached): boolean {
  const isMeant = (route: NestRoute) => {
    if (route.kind === 'controller') return route.node === handler.controller;
    if (route.method !== undefined && route.method !== handler.method && handler.method !== 'ALL')
      return false;
    if (!isOfVersion(route.versions, handler)) return false;
    return handler.paths.some(
      (path) => isSamePath(route.path, path) || (route.below && isBelow(route.path, path)),
    );
  };
  return routes.some(isMeant) && !excluded.some(isMeant);
}

function isOfVersion(wanted: readonly string[] | undefined, handler: Reached): boolean {
  const { versionPrefix, versions } = handler;
  if (wanted === undefined || versionPrefix === undefined) return true;
  return wanted.some((version) => versions.includes(version === '' ? '' : versionPrefix + version));
}

function isBelow(above: string, path: string): boolean {
  const before = joinPaths(above);
  return before === '/' || joinPaths(path).startsWith(`${before}/`);
}

/** Whether a path is one that a pattern means: exact, or with `*`, `(.*)`, `*path`, `{/*path}` and parameters. */
export function isSamePath(pattern: string, path: string): boolean {
  const given = joinPaths(pattern);
  if (given === joinPaths(path)) return true;
  const source = given
    .replace(/\{\/\*\w*\}/g, '\u0001')
    .replace(/\{?(?:\(\.\*\)|\*\w*)\}?/g, '\u0000')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replaceAll('\u0001', '(?:/.*)?')
    .replaceAll('\u0000', '.*');
  return new RegExp(`^${source}$`).test(joinPaths(path));
}
