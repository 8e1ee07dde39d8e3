import type { Node } from '@babel/types';
import { constantText, keyName, memberName, unwrapped, type Value } from '../sources/index.ts';
import type { Rounds } from './step.ts';
import { evaluated, type Walk } from './walk.ts';

/** How many elements a list has, as far as the source says. */
export function roundsOver(walk: Walk, given: Node): Rounds {
  const list = unwrapped(given);
  if (list.type === 'ObjectExpression') return lengthOf(walk, list);
  const values = evaluated(walk, list);
  const [only] = values;
  const elements =
    values.length === 1 && only?.kind === 'array' && !isFilled(only)
      ? walk.project.evaluator.elements(only)
      : undefined;
  if (elements !== undefined && (elements.length > 0 || isHandedEmpty(only))) {
    return { kind: 'known', count: elements.length };
  }
  const limit = limitOf(walk, list);
  return limit === undefined ? { kind: 'unbounded' } : { kind: 'bounded', most: limit };
}

/** A literal under a name that something is pushed onto: how long it is when it is gone through, nobody can tell. */
function isFilled({ file, node }: Value & { readonly kind: 'array' }): boolean {
  const parent = file.parentOf(node);
  const holder = parent?.type === 'TSAsExpression' ? file.parentOf(parent) : parent;
  if (holder?.type !== 'VariableDeclarator') return false;
  const references = file.scopes.bindingOf(holder.id)?.references ?? [];
  return references.some((reference) => {
    const member = file.parentOf(reference);
    return member !== undefined && /^(?:push|unshift|splice)$/.test(memberName(member) ?? '');
  });
}

/** `serialize(cart, [])`. An empty literal that has a name is one that gets filled. */
function isHandedEmpty(value: Value | undefined): boolean {
  if (value?.kind !== 'array' || value.node.elements.length > 0) return false;
  const parent = value.file.parentOf(value.node);
  return parent?.type === 'CallExpression';
}

/** `.slice(0, 20)`, `.limit(20)`, `.take(20)` and `{ take: 20 }` anywhere on the chain or behind the name. */
function limitOf(walk: Walk, given: Node, depth = 0): number | undefined {
  const node = unwrapped(given);
  if (depth > 8) return undefined;
  if (node.type === 'AwaitExpression') return limitOf(walk, node.argument, depth + 1);
  if (node.type === 'Identifier') {
    const declaration = walk.file.scopes.bindingOf(node)?.declaration;
    const init =
      declaration?.type === 'VariableDeclarator' && declaration.id.type === 'Identifier'
        ? declaration.init
        : null;
    return init ? limitOf(walk, init, depth + 1) : undefined;
  }
  if (node.type === 'ArrowFunctionExpression') return limitOf(walk, node.body, depth + 1);
  if (node.type === 'MemberExpression') return limitOf(walk, node.object, depth + 1);
  // `[...query.slice(0, 10)]`
  const [first, ...others] = node.type === 'ArrayExpression' ? node.elements : [];
  if (first?.type === 'SpreadElement' && others.length === 0) return limitOf(walk, first.argument, depth + 1);
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  const own = limitOfCall(walk, memberName(callee), node.arguments);
  if (own !== undefined) return own;
  const inside =
    callee.type === 'MemberExpression'
      ? limitOf(walk, callee.object, depth + 1)
      : limitOf(walk, callee, depth + 1);
  if (inside !== undefined) return inside;
  const [handed] = node.arguments;
  return handed?.type === 'ArrowFunctionExpression' ? limitOf(walk, handed, depth + 1) : undefined;
}

function limitOfCall(walk: Walk, name: string | undefined, given: readonly Node[]): number | undefined {
  const number = (node: Node | undefined) => {
    const text = node && constantText(evaluated(walk, node));
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  if (name === 'limit' || name === 'take' || name === 'first') return number(given[0]);
  if (name === 'slice') {
    const start = number(given[0]);
    const end = number(given[1]);
    return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
  }
  for (const argument of given) {
    if (argument.type !== 'ObjectExpression') continue;
    for (const property of argument.properties) {
      if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
      if (/^(?:take|limit|first|pageSize|per_page|perPage)$/.test(property.key.name)) {
        const found = number(property.value);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

/** `Array.from({ length: 3 })`. */
function lengthOf(walk: Walk, { properties }: Node & { type: 'ObjectExpression' }): Rounds {
  for (const property of properties) {
    if (property.type !== 'ObjectProperty' || keyName(property) !== 'length') continue;
    const text = constantText(evaluated(walk, property.value));
    if (text !== undefined && /^\d+$/.test(text)) return { kind: 'known', count: Number(text) };
  }
  return { kind: 'unbounded' };
}

/** `for (let i = 0; i < 5; i++)`: five. */
export function countedRounds(walk: Walk, statement: Node & { type: 'ForStatement' }): Rounds {
  const { test } = statement;
  if (test?.type !== 'BinaryExpression' || !/^<=?$/.test(test.operator)) return { kind: 'unbounded' };
  const right = unwrapped(test.right);
  if (memberName(right) === 'length' && right.type === 'MemberExpression')
    return roundsOver(walk, right.object);
  const limit = constantText(evaluated(walk, right));
  if (limit === undefined || !/^\d+$/.test(limit)) return { kind: 'unbounded' };
  return { kind: 'known', count: Number(limit) + (test.operator === '<=' ? 1 : 0) };
}
