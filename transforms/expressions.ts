import type { Node } from '@babel/types';
import { memberName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';

/** A path of names that can be read twice without effect: `Post.objects`, `this.posts['drafts']`. */
export function isPath(expression: Node): boolean {
  const node = unwrapped(expression);
  switch (node.type) {
    case 'Identifier':
    case 'ThisExpression':
    case 'Super':
      return true;
    case 'MemberExpression':
      return memberName(node) !== undefined && isPath(node.object);
    default:
      return false;
  }
}

/** Whether two paths spell the same thing, layout and casts aside. */
export function isSamePath(left: Node, right: Node): boolean {
  const a = unwrapped(left);
  const b = unwrapped(right);
  if (a.type === 'Identifier') return b.type === 'Identifier' && a.name === b.name;
  if (a.type === 'MemberExpression' && b.type === 'MemberExpression')
    return memberName(a) !== undefined && memberName(a) === memberName(b) && isSamePath(a.object, b.object);
  return a.type === b.type && (a.type === 'ThisExpression' || a.type === 'Super');
}

/**
 * Whether evaluating the expression earlier, later or once more changes nothing and cannot throw.
 * A getter could do either; nobody writes one that does, and a path of names is what rows are filtered by.
 */
export function isPure(expression: Node): boolean {
  const node = unwrapped(expression);
  switch (node.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
    case 'NullLiteral':
    case 'BigIntLiteral':
    case 'RegExpLiteral':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every(isPure);
    case 'ObjectExpression':
      return node.properties.every(
        (property) =>
          property.type === 'ObjectProperty' &&
          (!property.computed || isPure(property.key)) &&
          isPure(property.value),
      );
    case 'ArrayExpression':
      return node.elements.every(
        (element) => element === null || (element.type !== 'SpreadElement' && isPure(element)),
      );
    case 'ConditionalExpression':
      return isPure(node.test) && isPure(node.consequent) && isPure(node.alternate);
    case 'LogicalExpression':
      return isPure(node.left) && isPure(node.right);
    case 'BinaryExpression':
      return node.left.type !== 'PrivateName' && isPure(node.left) && isPure(node.right);
    case 'UnaryExpression':
      return node.operator !== 'delete' && node.operator !== 'throw' && isPure(node.argument);
    case 'OptionalMemberExpression':
      return isPure(node.object) && (!node.computed || isPure(node.property));
    default:
      return isPath(node);
  }
}

/** Whether a receiver may be `undefined` on its way: `?.` anywhere in the chain, method included. */
export function hasOptionalLink(expression: Node): boolean {
  for (let node = unwrapped(expression); ; ) {
    if (node.type === 'OptionalMemberExpression' || node.type === 'OptionalCallExpression') return true;
    if (node.type === 'MemberExpression') node = unwrapped(node.object);
    else if (node.type === 'CallExpression') node = unwrapped(node.callee);
    else return false;
  }
}

/** Whether a cast stands round the expression, `!` aside. */
export function isCast(node: Node): boolean {
  let inner = node;
  for (;;) {
    if (
      inner.type === 'TSAsExpression' ||
      inner.type === 'TSSatisfiesExpression' ||
      inner.type === 'TSTypeAssertion'
    )
      return true;
    if (inner.type === 'TSNonNullExpression' || inner.type === 'TSInstantiationExpression')
      inner = inner.expression;
    else return false;
  }
}

/** The outermost expression that has the same value as `node`: casts and `!` round it. */
export function outermost(file: SourceFile, node: Node): Node {
  let outer = node;
  for (
    let above = file.parentOf(outer);
    above && unwrapped(above) === unwrapped(node);
    above = file.parentOf(above)
  )
    outer = above;
  return outer;
}

/** Whether the value of an expression is awaited right where it stands. */
export function isAwaited(file: SourceFile, node: Node): boolean {
  return file.parentOf(outermost(file, node))?.type === 'AwaitExpression';
}
