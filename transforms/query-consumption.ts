import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { isQuerySource } from '../analyzer/evidence/orm-values.ts';
import { type Evaluator, memberName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';

/** A place where a query set is gone through, which loads its rows. */
export type Consumption =
  /** `for (const post of posts)`. */
  | { readonly kind: 'loop'; readonly node: Node; readonly query: Node }
  /** `[...posts]` and `Array.from(posts)`: nothing but the list. */
  | { readonly kind: 'whole'; readonly node: Node; readonly query: Node }
  /** `f(...posts)`, `new Set(posts)`, `const [first] = posts`: the list is used by what stands round it. */
  | { readonly kind: 'operand'; readonly node: Node; readonly query: Node };

/** @returns how `node` goes through a query set, if it does */
export function consumptionAt(evaluator: Evaluator, file: SourceFile, node: Node): Consumption | undefined {
  const isQuery = (candidate: Node | null | undefined): candidate is Node => {
    const value = candidate ? ormFlow(evaluator).value(file, candidate) : undefined;
    return value !== undefined && isQuerySource(value);
  };
  switch (node.type) {
    case 'ForOfStatement':
      if (node.await || !isQuery(node.right)) return undefined;
      return { kind: 'loop', node, query: node.right };
    case 'ArrayExpression': {
      const [only] = node.elements;
      if (node.elements.length !== 1 || only?.type !== 'SpreadElement' || !isQuery(only.argument))
        return undefined;
      return { kind: 'whole', node, query: only.argument };
    }
    case 'SpreadElement': {
      const parent = file.parentOf(node);
      if (parent?.type === 'ObjectExpression' || !isQuery(node.argument)) return undefined;
      // An array of nothing else is seen as a whole.
      if (parent?.type === 'ArrayExpression' && parent.elements.length === 1) return undefined;
      return { kind: 'operand', node, query: node.argument };
    }
    case 'VariableDeclarator':
      return node.id.type === 'ArrayPattern' && isQuery(node.init)
        ? { kind: 'operand', node, query: node.init }
        : undefined;
    case 'NewExpression': {
      const [first] = node.arguments;
      const collects = isGlobal(file, node.callee, /^(?:Set|Map|WeakSet)$/);
      return collects && isQuery(first) ? { kind: 'operand', node, query: first } : undefined;
    }
    case 'CallExpression':
      return ofCall(file, node, isQuery);
    default:
      return undefined;
  }
}

function ofCall(
  file: SourceFile,
  node: Node & { type: 'CallExpression' },
  isQuery: (candidate: Node | null | undefined) => candidate is Node,
): Consumption | undefined {
  const callee = unwrapped(node.callee);
  const [first] = node.arguments;
  if (callee.type !== 'MemberExpression' || !isQuery(first)) return undefined;
  const name = memberName(callee);
  if (isGlobal(file, callee.object, /^Array$/) && name === 'from')
    return node.arguments.length === 1
      ? { kind: 'whole', node, query: first }
      : { kind: 'operand', node, query: first };
  const collects = isGlobal(file, callee.object, /^(?:Object|Promise|Map)$/);
  return collects && /^(?:fromEntries|groupBy|all|allSettled)$/.test(name ?? '')
    ? { kind: 'operand', node, query: first }
    : undefined;
}

function isGlobal(file: SourceFile, node: Node, names: RegExp): boolean {
  return node.type === 'Identifier' && names.test(node.name) && file.scopes.isGlobal(node);
}
