import type { Node } from '@babel/types';
import { type Environment, Frame, memberName, type SourceFile, unwrapped } from '../../sources/index.ts';
import type { Spot } from './router.ts';

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
export function compareSpots(left: Spot, right: Spot): number {
  const [isLeftTop, isRightTop] = [isAtTop(left), isAtTop(right)];
  // The top of a module runs when it is loaded: before anything that a call from another module leads to.
  if (isLeftTop !== isRightTop && startOf(left) !== startOf(right)) return isLeftTop ? -1 : 1;
  return compareOrder(left.order, right.order);
}

function isAtTop({ file, node, environment }: Spot): boolean {
  return !(environment instanceof Frame) && file.functionAround(node) === undefined;
}

/** The file whose code leads here, as far as it can be followed. */
function startOf({ file, environment }: Spot): SourceFile {
  let start = file;
  for (let frame = environment, steps = 0; frame instanceof Frame && steps < deepest; steps++) {
    start = frame.site.file;
    frame = frame.site.environment;
  }
  return start;
}

/** Negative when `left` comes first. */
function compareOrder(left: readonly number[], right: readonly number[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
