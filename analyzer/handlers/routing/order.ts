import type { Node } from '@babel/types';
import { type Environment, Frame, memberName, type SourceFile, unwrapped } from '../../sources/index.ts';

/** Offsets along the calls that lead to a place, outermost first. */
export function orderOf(file: SourceFile, node: Node, environment: Environment): readonly number[] {
  return pathTo(file, node, environment, 0);
}

const deepest = 30;

function pathTo(file: SourceFile, node: Node, environment: Environment, depth: number): readonly number[] {
  const own = positionOf(node);
  if (!(environment instanceof Frame) || depth > deepest) return [own];
  const { site, owner, outer } = environment;
  const isCall =
    site.node.type === 'CallExpression' ||
    site.node.type === 'OptionalCallExpression' ||
    site.node.type === 'NewExpression';
  if (isCall && !(owner.type === 'ForOfStatement' || owner.type === 'ForInStatement')) {
    return [...pathTo(site.file, site.node, site.environment, depth + 1), own];
  }
  // One turn of a loop: where the loop stands, then which element.
  return [...pathTo(file, owner, outer, depth + 1), positionOf(site.node), own];
}

/** In a chain such as `router.get(…).post(…)` every call starts at the same offset: the member tells them apart. */
function positionOf(node: Node): number {
  if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return node.start ?? 0;
  const callee = unwrapped(node.callee);
  if (memberName(callee) === undefined) return node.start ?? 0;
  return (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') &&
    callee.property.start != null
    ? callee.property.start
    : (node.start ?? 0);
}

/** Negative when `left` comes first. */
export function compareOrder(left: readonly number[], right: readonly number[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
