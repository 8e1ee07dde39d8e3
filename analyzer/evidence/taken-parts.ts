import type { Node } from '@babel/types';
import { contains, keyName, memberName, type SourceFile, unwrapped } from '../sources/index.ts';

/** The member of `Promise.all([a, b])` that a pattern takes. */
export function tuplePart(init: Node, index: number): Node | undefined {
  const awaited = unwrapped(init);
  const call = awaited.type === 'AwaitExpression' ? unwrapped(awaited.argument) : awaited;
  const list = call.type === 'CallExpression' ? call.arguments[0] : undefined;
  if (list?.type !== 'ArrayExpression') return undefined;
  return list.elements[index] ?? undefined;
}

/** What `for (const row of rows)` goes through, for the declarator of `row`. */
export function loopedOver(file: SourceFile, declarator: Node): Node | undefined {
  const declaration = file.parentOf(declarator);
  const loop = declaration && file.parentOf(declaration);
  return loop?.type === 'ForOfStatement' && loop.left === declaration ? loop.right : undefined;
}

/** `rows` of `rows.map(f)`, where the parameter at `index` of `f` is given its elements. */
export function iteratedList(node: Node, index: number): Node | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return undefined;
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const name = memberName(callee) ?? '';
  // `reduce` hands over what was gathered so far first; a comparison gets two elements.
  const isElement = /^reduce/.test(name) ? index === 1 : index === 0 || (index === 1 && /[sS]ort/.test(name));
  return isElement ? callee.object : undefined;
}

/** The members a pattern takes on its way to a name: `{ cart: { items } }` takes `cart`, then `items`. */
export function patternPath(pattern: Node, name: Node): readonly string[] | undefined {
  switch (pattern.type) {
    case 'Identifier':
      return pattern === name ? [] : undefined;
    case 'AssignmentPattern':
      return patternPath(pattern.left, name);
    case 'TSParameterProperty':
      return patternPath(pattern.parameter, name);
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        if (property.type === 'RestElement' || !contains(property, name)) continue;
        const own = keyName(property);
        const rest = patternPath(property.value, name);
        return own === undefined || rest === undefined ? undefined : [own, ...rest];
      }
      return undefined;
    default:
      return undefined;
  }
}
