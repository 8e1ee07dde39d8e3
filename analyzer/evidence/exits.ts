import type { Node } from '@babel/types';
import { isFunction, memberName, unwrapped, walk as walkTree } from '../sources/index.ts';
import { partsOf, type Step } from './step.ts';
import { holds, type Walk } from './walk.ts';

type If = Node & { type: 'IfStatement' };

/**
 * Whether `if (…) return …;` is an ordinary way to answer: what a cache or the process remembers, or work of its own.
 * Other early exits are refusals and repeats.
 * @param taken what is done before the exit
 */
export function isOrdinaryExit(walk: Walk, { test, consequent }: If, taken: Step): boolean {
  if (isLack(unwrapped(test)) || throws(consequent)) return false;
  if (statesFailure(test) || statesFailure(consequent)) return false;
  return mentionsCached(walk, test) || returnsRemembered(walk, test, consequent) || waitsOutside(taken);
}

/** Whether control does not go on after the statement. */
export function leaves(statement: Node): boolean {
  switch (statement.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
      return true;
    case 'BlockStatement': {
      const last = statement.body.at(-1);
      return last !== undefined && leaves(last);
    }
    case 'IfStatement':
      return !!statement.alternate && leaves(statement.consequent) && leaves(statement.alternate);
    default:
      return false;
  }
}

export function throws(statement: Node): boolean {
  if (statement.type === 'ThrowStatement') return true;
  return statement.type === 'BlockStatement' && statement.body.at(-1)?.type === 'ThrowStatement';
}

/** `if (plan === 'pro') return res.json(await summarise(order));` is a way of its own: it waits for something outside. */
function waitsOutside(taken: Step): boolean {
  return holds(
    taken,
    (step) => step.kind === 'io' && step.call.weight === 'external',
    (step) => (step.kind === 'detached' ? [] : partsOf(step)),
  );
}

/** `!user`, `user === undefined`, `user == null`. */
function isLack(test: Node): boolean {
  if (test.type === 'UnaryExpression') return test.operator === '!';
  if (test.type !== 'BinaryExpression' || !/^===?$/.test(test.operator)) return false;
  const right = unwrapped(test.right);
  return right.type === 'NullLiteral' || (right.type === 'Identifier' && right.name === 'undefined');
}

/** Whether a status of 400 or more is answered, or asked for. */
function statesFailure(part: Node): boolean {
  let found = false;
  walkTree(part, (node) => {
    if (node.type === 'NumericLiteral' && node.value >= 400 && node.value < 600) found = true;
    return !isFunction(node);
  });
  return found;
}

function mentionsCached(walk: Walk, test: Node): boolean {
  return mentions(test, (node) => {
    const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
    return binding !== undefined && walk.memory.cached.has(binding);
  });
}

/** `if (this.token) return this.token`: what outlives the request is looked at, and given back. */
function returnsRemembered(walk: Walk, test: Node, consequent: Node): boolean {
  const exit = consequent.type === 'BlockStatement' ? consequent.body.at(-1) : consequent;
  if (exit?.type !== 'ReturnStatement' || !exit.argument) return false;
  return readsMemory(walk, test) && readsMemory(walk, exit.argument);
}

/** Whether something is read that outlives the request: a variable of the module, a field, or what one of them holds. */
function readsMemory(walk: Walk, part: Node): boolean {
  return mentions(part, (node) => {
    if (node.type === 'MemberExpression') return isField(walk, node);
    if (node.type !== 'Identifier') return false;
    const binding = walk.file.scopes.bindingOf(node);
    if (binding?.declaration.type !== 'VariableDeclarator') return false;
    if (isOfModule(walk, node)) return binding.assignments.length > 0;
    const init = binding.declaration.init ? unwrapped(binding.declaration.init) : undefined;
    return init !== undefined && isLookUp(walk, init);
  });
}

/** `known.get(key)`, `known[key]`, without waiting for it. */
function isLookUp(walk: Walk, node: Node): boolean {
  if (node.type === 'MemberExpression') return isField(walk, node);
  if (node.type !== 'CallExpression') return false;
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' || !/^(?:get|has|peek)$/.test(memberName(callee) ?? ''))
    return false;
  const holder = unwrapped(callee.object);
  return (holder.type === 'MemberExpression' && isField(walk, holder)) || isOfModule(walk, holder);
}

/** `this.tokens` or `known[key]`, where `known` is a variable of the module. */
function isField(walk: Walk, { object, computed }: Node & { type: 'MemberExpression' }): boolean {
  const holder = unwrapped(object);
  return holder.type === 'ThisExpression' || (computed && isOfModule(walk, holder));
}

function isOfModule(walk: Walk, node: Node): boolean {
  const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
  return (
    binding?.declaration.type === 'VariableDeclarator' &&
    walk.file.scopes.topLevel.get(binding.name) === binding
  );
}

function mentions(part: Node, test: (node: Node) => boolean): boolean {
  let found = false;
  walkTree(part, (node) => {
    found ||= test(node);
    return !found && !isFunction(node);
  });
  return found;
}
