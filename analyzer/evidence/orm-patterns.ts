import type { Node } from '@babel/types';
import { keyName, type SourceFile } from '../sources/index.ts';
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

/** Whether one node stands inside another. */
export function contains(outer: Node, inner: Node): boolean {
  return (outer.start ?? 0) <= (inner.start ?? -1) && (inner.end ?? 0) <= (outer.end ?? -1);
}
