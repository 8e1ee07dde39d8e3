import type { Node } from '@babel/types';
import { type FunctionNode, isFunction, type SourceFile, walk } from '../analyzer/sources/index.ts';
import { outermost } from './expressions.ts';

/** Whether a member is read and set by one operator: `post.author ??= writer`. */
export function isUpdated(file: SourceFile, node: Node): boolean {
  const outer = outermost(file, node);
  const parent = file.parentOf(outer);
  return parent?.type === 'AssignmentExpression' && parent.left === outer;
}

/** Whether it is asked of an expression only if it is true. */
export function isTested(file: SourceFile, node: Node): boolean {
  const parent = file.parentOf(node);
  switch (parent?.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ConditionalExpression':
      return parent.test === node;
    case 'UnaryExpression':
      return parent.operator === '!';
    case 'LogicalExpression':
      return parent.operator !== '??' && parent.left === node;
    case 'BinaryExpression':
      return /^(?:[!=]==?|[<>]=?)$/.test(parent.operator);
    default:
      return false;
  }
}

/** The loop that goes through what an expression gives, and waits for nothing yet. */
export function loopOver(
  file: SourceFile,
  node: Node,
): (Node & { readonly type: 'ForOfStatement' }) | undefined {
  const outer = outermost(file, node);
  const parent = file.parentOf(outer);
  return parent?.type === 'ForOfStatement' && parent.right === outer && !parent.await ? parent : undefined;
}

/** `this`, `arguments` or `new.target` that a `function` handed over in place has of its own. */
export function ownContext(file: SourceFile, root: FunctionNode): Node | undefined {
  if (root.type !== 'FunctionExpression') return undefined;
  let found: Node | undefined;
  walk(root.body, (node) => {
    const isOwn =
      node.type === 'ThisExpression' ||
      (node.type === 'Identifier' && node.name === 'arguments' && file.scopes.isGlobal(node)) ||
      (node.type === 'MetaProperty' && node.meta.name === 'new');
    if (isOwn) found ??= node;
    return !isFunction(node) || node.type === 'ArrowFunctionExpression';
  });
  return found;
}
