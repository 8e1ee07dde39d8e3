import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { isQuerySource } from '../analyzer/evidence/orm-values.ts';
import { type Evaluator, memberName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';

/** A place where a query set is gone through, which loads its rows. */
export interface Consumption {
  /**
   * `loop`: `for (const post of posts)`. `whole`: `[...posts]` and `Array.from(posts)`, nothing but the list.
   * `operand`: `f(...posts)`, `new Set(posts)`, `const [first] = posts`, where the list is used by what stands round it.
   */
  readonly kind: 'loop' | 'whole' | 'operand';
  readonly node: Node;
  readonly query: Node;
  /** Whether it is always a query set: `flag ? posts : []` is not. */
  readonly isCertain: boolean;
}

/** @returns how `node` goes through a query set, or through something that may be one, if it does */
export function consumptionAt(evaluator: Evaluator, file: SourceFile, node: Node): Consumption | undefined {
  const through = goneThrough(file, node);
  if (through === undefined) return undefined;
  const possible = possibleQuery(evaluator, file, through.query);
  return possible === undefined ? undefined : { ...through, node, isCertain: possible === 'query' };
}

type Through = Pick<Consumption, 'kind' | 'query'>;

/** What a node goes through, whatever it is. */
function goneThrough(file: SourceFile, node: Node): Through | undefined {
  switch (node.type) {
    case 'ForOfStatement':
      return node.await ? undefined : { kind: 'loop', query: node.right };
    case 'ArrayExpression': {
      const [only] = node.elements;
      return node.elements.length === 1 && only?.type === 'SpreadElement'
        ? { kind: 'whole', query: only.argument }
        : undefined;
    }
    case 'SpreadElement': {
      const parent = file.parentOf(node);
      if (parent?.type === 'ObjectExpression') return undefined;
      // An array of nothing else is seen as a whole.
      if (parent?.type === 'ArrayExpression' && parent.elements.length === 1) return undefined;
      return { kind: 'operand', query: node.argument };
    }
    case 'VariableDeclarator':
      return node.id.type === 'ArrayPattern' && node.init ? { kind: 'operand', query: node.init } : undefined;
    case 'AssignmentExpression':
      return node.left.type === 'ArrayPattern' ? { kind: 'operand', query: node.right } : undefined;
    case 'NewExpression': {
      const [first] = node.arguments;
      return first && isGlobal(file, node.callee, /^(?:Set|Map|WeakSet)$/)
        ? { kind: 'operand', query: first }
        : undefined;
    }
    case 'CallExpression':
      return throughCall(file, node);
    default:
      return undefined;
  }
}

function throughCall(file: SourceFile, node: Node & { type: 'CallExpression' }): Through | undefined {
  const callee = unwrapped(node.callee);
  const [first] = node.arguments;
  if (callee.type !== 'MemberExpression' || first === undefined || first.type === 'SpreadElement')
    return undefined;
  const name = memberName(callee);
  if (isGlobal(file, callee.object, /^Array$/) && name === 'from')
    return { kind: node.arguments.length === 1 ? 'whole' : 'operand', query: first };
  const collects = isGlobal(file, callee.object, /^(?:Object|Promise|Map|Iterator)$/);
  return collects && /^(?:fromEntries|groupBy|all|allSettled|any|race|from)$/.test(name ?? '')
    ? { kind: 'operand', query: first }
    : undefined;
}

/** Whether an expression gives a query set: always, or only by one of the ways that lead to its value. */
export function possibleQuery(
  evaluator: Evaluator,
  file: SourceFile,
  expression: Node,
): 'query' | 'mixed' | undefined {
  const flow = ormFlow(evaluator);
  const value = flow.value(file, expression);
  if (value !== undefined) return isQuerySource(value) ? 'query' : undefined;
  const claimed = flow.believing.value(file, expression);
  if (claimed !== undefined && isQuerySource(claimed)) return 'mixed';
  const ways = waysTo(file, expression, new Set());
  const isQuery = ways.some((way) => {
    const known = flow.value(file, way);
    return known !== undefined && isQuerySource(known);
  });
  return isQuery ? 'mixed' : undefined;
}

/** The expressions of which one is the value: the arms of conditions, and what a variable is set to. */
function waysTo(file: SourceFile, expression: Node, seen: Set<Node>): readonly Node[] {
  const node = unwrapped(expression);
  if (seen.has(node)) return [];
  seen.add(node);
  const ways = (nodes: readonly (Node | null | undefined)[]) =>
    nodes.flatMap((each) => (each ? waysTo(file, each, seen) : []));
  switch (node.type) {
    case 'ConditionalExpression':
      return ways([node.consequent, node.alternate]);
    case 'LogicalExpression':
      return ways([node.left, node.right]);
    case 'SequenceExpression':
      return ways([node.expressions.at(-1)]);
    case 'AssignmentExpression':
      return ways([node.right]);
    case 'Identifier': {
      const binding = file.scopes.bindingOf(node);
      const { declaration } = binding ?? {};
      if (declaration?.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier') return [node];
      return ways([
        declaration.init,
        ...(binding?.assignments ?? []).map((by) =>
          by.type === 'AssignmentExpression' && by.left.type === 'Identifier' ? by.right : undefined,
        ),
      ]);
    }
    default:
      return [node];
  }
}

function isGlobal(file: SourceFile, node: Node, names: RegExp): boolean {
  return node.type === 'Identifier' && names.test(node.name) && file.scopes.isGlobal(node);
}
