import type { Node } from '@babel/types';
import {
  type ClassNode,
  type Evaluator,
  listItems,
  noEnvironment,
  type SourceFile,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import { bothConditions, conditionAt } from '../routing/conditions.ts';
import { decoratorsOf } from '../routing/decorators.ts';
import { option } from '../routing/options.ts';
import type { Enhancer } from './nest-enhancers.ts';
import { appliedMiddleware } from './nest-middleware.ts';
import { providedEnhancers } from './nest-providers.ts';

interface Collected {
  /** The condition under which each module is there; `undefined` for always. */
  readonly modules: Map<ClassNode, string | undefined>;
  readonly enhancers: Enhancer[];
}

/** The modules that an application's root module leads to, and what they put round its handlers. */
export function collectedModules(evaluator: Evaluator, root: readonly Value[]): Collected {
  const found: Collected = { modules: new Map(), enhancers: [] };
  for (const value of root) collectModules(evaluator, value, undefined, found);
  return found;
}

/** Follows `imports` of modules, dynamic ones too: `X.forRoot()` gives `{ module: X, imports, controllers }`. */
function collectModules(
  evaluator: Evaluator,
  value: Value,
  condition: string | undefined,
  found: Collected,
): void {
  if (value.kind === 'class') {
    const isNew = !found.modules.has(value.node);
    const known = found.modules.get(value.node);
    // What is there under any condition was found before, unless it now turns out to be there always.
    if (!isNew && (known === undefined || condition !== undefined)) {
      const others = known !== undefined && condition !== undefined && known !== condition;
      if (others) found.modules.set(value.node, either(known, condition));
      return;
    }
    found.modules.set(value.node, condition);
    if (isNew) found.enhancers.push(...appliedMiddleware(evaluator, value));
    for (const applied of decoratorsOf(evaluator, value.file, value.node, value.environment)) {
      if (applied.name !== 'Module') continue;
      const metadata = applied.arguments[0] ?? [];
      if (isNew) found.enhancers.push(...providedEnhancers(evaluator, metadata));
      collectImports(evaluator, metadata, condition, found);
    }
    return;
  }
  if (value.kind === 'object') {
    for (const own of option(evaluator, [value], 'module')?.values ?? [])
      collectModules(evaluator, own, condition, found);
    found.enhancers.push(...providedEnhancers(evaluator, [value]));
    collectImports(evaluator, [value], condition, found);
  }
  if (value.kind === 'api' && value.steps.at(-1)?.kind === 'call') {
    const last = value.steps.at(-1);
    // `forwardRef(() => X)` stands for X.
    const [thunk] =
      last?.kind === 'call' && last.at && 'arguments' in last.at.node ? last.at.node.arguments : [];
    if (last?.kind !== 'call' || last.at === undefined || thunk?.type !== 'ArrowFunctionExpression') return;
    const { file, environment = noEnvironment } = last.at;
    for (const node of evaluator.returnExpressions(thunk))
      for (const own of evaluator.evaluate(file, node, environment))
        collectModules(evaluator, own, condition, found);
  }
}

function either(left: string, right: string): string {
  return left.split(' || ').includes(right) ? left : `${left} || ${right}`;
}

function collectImports(
  evaluator: Evaluator,
  values: readonly Value[],
  condition: string | undefined,
  found: Collected,
): void {
  for (const list of option(evaluator, values, 'imports')?.values ?? []) {
    for (const item of listItems(evaluator, list) ?? []) {
      const { file, node, environment = noEnvironment } = item;
      for (const branch of branches(file, node)) {
        const own = branch === node ? item.values : evaluator.evaluate(file, branch, environment);
        const both = bothConditions(condition, conditionAt(file, branch, environment));
        for (const value of own) collectModules(evaluator, value, both, found);
      }
    }
  }
}

/** The alternatives of `useDisk ? DiskModule : CloudModule`, also where that has a name. */
function branches(file: SourceFile, given: Node): readonly Node[] {
  const node = unwrapped(given);
  if (node.type === 'ConditionalExpression')
    return [...branches(file, node.consequent), ...branches(file, node.alternate)];
  if (node.type !== 'Identifier') return [given];
  const declaration = file.scopes.bindingOf(node)?.declaration;
  const init = declaration?.type === 'VariableDeclarator' && declaration.init;
  return init && unwrapped(init).type === 'ConditionalExpression' ? branches(file, init) : [given];
}
