import type { Node } from '@babel/types';
import {
  apiPath,
  type ClassValue,
  type Environment,
  type Evaluator,
  type FunctionValue,
  listItems,
  memberName,
  noEnvironment,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { pathTexts } from '../routing/paths.ts';
import { type Enhancer, enhancer } from './nest-enhancers.ts';

/** Tokens under which a module provides what runs around every handler, and what it is then used as. */
const tokens: Readonly<Record<string, string>> = {
  APP_GUARD: 'useGlobalGuards',
  APP_INTERCEPTOR: 'useGlobalInterceptors',
  APP_PIPE: 'useGlobalPipes',
};

/** `providers: [{ provide: APP_GUARD, useClass: TokenGuard }]`: what a module puts round every handler. */
export function providedEnhancers(evaluator: Evaluator, module: readonly Value[]): readonly Enhancer[] {
  const providers = option(evaluator, module, 'providers')?.values ?? [];
  return providers
    .flatMap((list) => listItems(evaluator, list) ?? [])
    .flatMap(({ values }): readonly Enhancer[] => {
      const token = option(evaluator, values, 'provide')?.values.find((value) => value.kind === 'api');
      const use = token?.kind === 'api' ? tokens[apiPath(token).replace('@nestjs/core.', '')] : undefined;
      const given = ['useClass', 'useExisting', 'useValue']
        .map((name) => option(evaluator, values, name))
        .find((found) => found !== undefined);
      return use === undefined || given === undefined ? [] : [enhancer(evaluator, given, use)];
    });
}

/** `consumer.apply(A, B).forRoutes('*')` in a module's `configure`: middleware in front of every handler. */
export function appliedMiddleware(evaluator: Evaluator, module: ClassValue): readonly Enhancer[] {
  const instance = { kind: 'instance', of: module } as const;
  return evaluator
    .member(instance, 'configure')
    .filter((value): value is FunctionValue => value.kind === 'function')
    .flatMap(({ file, node, environment }) => {
      const found: Enhancer[] = [];
      walk(node.body, (inner) => {
        if (inner.type !== 'CallExpression' || memberName(unwrapped(inner.callee)) !== 'forRoutes')
          return true;
        if (!inner.arguments.some((route) => isEverywhere(evaluator, file, route, environment))) return true;
        for (const applied of appliedBefore(inner))
          found.push(enhancer(evaluator, { file, node: applied, environment }, 'apply'));
        return true;
      });
      return found;
    });
}

/** The arguments of the `apply` that a chain begins with. */
function appliedBefore(call: Node & { type: 'CallExpression' }): readonly Node[] {
  for (let link: Node = unwrapped(call.callee); ; ) {
    if (link.type === 'MemberExpression') link = unwrapped(link.object);
    else if (link.type !== 'CallExpression') return [];
    else if (memberName(unwrapped(link.callee)) === 'apply') return link.arguments;
    else link = unwrapped(link.callee);
  }
}

/** `'*'`, `'(.*)'`, `'*path'`, `'/'` and `{ path: '*', method: … }`. */
function isEverywhere(
  evaluator: Evaluator,
  file: SourceFile,
  route: Node,
  environment: Environment,
): boolean {
  const own = option(evaluator, evaluator.evaluate(file, route, environment), 'path');
  const texts = own
    ? pathTexts(evaluator, own.file, own.node, own.environment)
    : pathTexts(evaluator, file, route, environment ?? noEnvironment);
  return texts.some((text) => /^\/?(?:\*\w*|\(\.\*\)|\{\*\w+\})?$/.test(text));
}
