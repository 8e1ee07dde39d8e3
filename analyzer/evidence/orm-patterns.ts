import type { Node } from '@babel/types';
import { isFunction, keyName, type SourceFile } from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { memberValue } from './orm-members.ts';
import { elementOf, joined, type OrmValue } from './orm-values.ts';

/** What `identifier` takes out of `whole` by the pattern it stands in. */
export function patternPart(
  flow: OrmFlow,
  file: SourceFile,
  pattern: Node,
  identifier: Node,
  whole: OrmValue | undefined,
): OrmValue | undefined {
  if (pattern === identifier) return whole;
  switch (pattern.type) {
    case 'AssignmentPattern': {
      const given = patternPart(flow, file, pattern.left, identifier, whole);
      return pattern.left === identifier ? joined([given, flow.value(file, pattern.right)]) : given;
    }
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        if (property.type === 'RestElement' || !contains(property, identifier)) continue;
        const name = keyName(property);
        const inner = name === undefined || whole === undefined ? undefined : memberValue(flow, whole, name);
        return patternPart(flow, file, property.value, identifier, inner);
      }
      return undefined;
    case 'ArrayPattern': {
      const index = pattern.elements.findIndex(
        (element) => element !== null && contains(element, identifier),
      );
      const element = pattern.elements[index];
      if (!element) return undefined;
      if (element.type === 'RestElement') return whole?.kind === 'list' ? whole : undefined;
      return patternPart(
        flow,
        file,
        element,
        identifier,
        whole?.kind === 'tuple' ? whole.elements[index] : elementOf(whole),
      );
    }
    case 'TSParameterProperty':
      return patternPart(flow, file, pattern.parameter, identifier, whole);
    default:
      return undefined;
  }
}

/** The whole of what is taken apart, and the pattern that does. */
export interface TakenApart {
  /** The expression behind it; for a parameter, the call that the function is handed to. */
  readonly source: Node | undefined;
  readonly value: OrmValue | undefined;
}

/** What an object pattern is given to take apart, wherever it stands: in a declaration, a loop, a parameter. */
export function takenApart(flow: OrmFlow, file: SourceFile, pattern: Node): TakenApart {
  let root = pattern;
  let parent = file.parentOf(root);
  while (parent !== undefined && isPatternPart(parent, root)) {
    root = parent;
    parent = file.parentOf(root);
  }
  if (parent === undefined) return { source: undefined, value: undefined };
  if (parent.type === 'VariableDeclarator')
    return {
      source: parent.init ?? loopedOver(file, parent),
      value: flow.declarator(file, parent, pattern),
    };
  if (isFunction(parent))
    return { source: file.parentOf(parent), value: flow.parameter(file, parent, pattern) };
  if (parent.type !== 'AssignmentExpression' && parent.type !== 'ForOfStatement')
    return { source: undefined, value: undefined };
  const whole = flow.value(file, parent.right);
  const value = parent.type === 'ForOfStatement' ? elementOf(whole) : whole;
  return { source: parent.right, value: patternPart(flow, file, root, pattern, value) };
}

function isPatternPart(outer: Node, inner: Node): boolean {
  switch (outer.type) {
    case 'ObjectPattern':
    case 'ArrayPattern':
    case 'RestElement':
    case 'TSParameterProperty':
      return true;
    case 'ObjectProperty':
      return outer.value === inner;
    case 'AssignmentPattern':
      return outer.left === inner;
    default:
      return false;
  }
}

function loopedOver(file: SourceFile, declarator: Node): Node | undefined {
  const declaration = file.parentOf(declarator);
  const loop = declaration && file.parentOf(declaration);
  return loop?.type === 'ForOfStatement' ? loop.right : undefined;
}

/** Whether one node stands inside another. */
export function contains(outer: Node, inner: Node): boolean {
  return (outer.start ?? 0) <= (inner.start ?? -1) && (inner.end ?? 0) <= (outer.end ?? -1);
}
