import type { Node } from '@babel/types';
import {
  type Call as CallNode,
  type ClassNode,
  type FunctionValue,
  memberName,
  noEnvironment,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import { evaluated, type Walk } from './walk.ts';

/** Classes one declared type is followed to at most. */
const mostImplementations = 8;

/** The methods a call may run when its receiver is only known by an abstract class or an interface. */
export function implementations(walk: Walk, node: CallNode): readonly FunctionValue[] {
  const callee = unwrapped(node.callee);
  const name = memberName(callee);
  if (
    name === undefined ||
    (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression')
  )
    return [];
  const { evaluator } = walk.project;
  const classes = evaluated(walk, callee.object).flatMap((value) => {
    if (value.kind === 'instance') return extending(walk, value.of.file, value.of.node);
    return value.kind === 'shape' ? extending(walk, value.file, value.node) : [];
  });
  // Classes that nobody makes run nowhere; how a container makes them is not always to be seen.
  const made = classes.filter((found) => isMade(walk, found));
  return (made.length > 0 ? made : classes).slice(0, mostImplementations).flatMap(({ file, node: own }) => {
    const instance = {
      kind: 'instance',
      of: { kind: 'class', file, node: own, environment: noEnvironment },
    } as const;
    return evaluator.member(instance, name).filter((value) => value.kind === 'function');
  });
}

/** Whether the class is constructed, decorated for a container, or handed to something as a value. */
function isMade(walk: Walk, { file, node }: Found): boolean {
  if (node.type === 'ClassExpression' || (node.decorators ?? []).length > 0) return true;
  return walk.project.evaluator.referencesTo(file, node).some((place) => {
    const parent = place.file.parentOf(place.node);
    switch (parent?.type) {
      case 'NewExpression':
      case 'CallExpression':
      case 'ArrayExpression':
      case 'MemberExpression':
      case 'ConditionalExpression':
      case 'LogicalExpression':
        return true;
      case 'ObjectProperty':
        return parent.value === place.node;
      default:
        return false;
    }
  });
}

interface Found {
  readonly file: SourceFile;
  readonly node: ClassNode;
}

/** The classes that extend or implement a class or an interface, near and far. */
function extending(
  walk: Walk,
  file: SourceFile,
  node: Node,
  seen: ReadonlySet<Node> = new Set(),
): readonly Found[] {
  if (seen.has(node)) return [];
  const visited = new Set([...seen, node]);
  return walk.project.evaluator.referencesTo(file, node).flatMap((place) => {
    const parent = place.file.parentOf(place.node);
    const owner =
      parent?.type === 'ClassImplements' || parent?.type === 'TSExpressionWithTypeArguments'
        ? place.file.parentOf(parent)
        : parent;
    if (owner?.type !== 'ClassDeclaration' && owner?.type !== 'ClassExpression') return [];
    if (parent === owner && owner.superClass !== place.node) return [];
    return [{ file: place.file, node: owner }, ...extending(walk, place.file, owner, visited)];
  });
}
