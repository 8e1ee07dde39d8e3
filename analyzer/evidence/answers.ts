import type { Node } from '@babel/types';
import { isFunction, memberName, unwrapped, walk as walkTree } from '../sources/index.ts';
import type { Walk } from './walk.ts';

const response = /^(?:_?res|resp|response|reply|rep)$/;
const continuation = /^_?(?:next|done|cb|callback)$/;
const answering =
  /^(?:json|jsonp|send|end|render|redirect|sendStatus|sendFile|download|write|writeHead|type|status|code|view|attachment)$/;

/**
 * Whether code that nobody awaits is waited for all the same, because it answers the request or settles a promise:
 * `load().then((rows) => res.json(rows))`, `new Promise((resolve) => { load().then(resolve); })`.
 *
 * What stands in `catch` answers only when something went wrong.
 */
export function answersLater(walk: Walk, expression: Node): boolean {
  let found = false;
  walkTree(expression, (node) => {
    if (found) return false;
    if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') {
      const name = memberName(unwrapped(node.callee));
      if (name === 'catch') {
        found = 'object' in node.callee && answersLater(walk, node.callee.object);
        return false;
      }
    }
    if (node.type === 'Identifier' && endsRequest(walk, node)) found = true;
    return true;
  });
  return found;
}

/** A name that, used as it is here, ends what somebody waits for. */
function endsRequest(walk: Walk, node: Node & { type: 'Identifier' }): boolean {
  const binding = walk.file.scopes.bindingOf(node);
  if (binding === undefined || binding.identifier === node) return false;
  if (settlesPromise(walk, binding.declaration)) return true;
  if (binding.kind !== 'parameter') return false;
  const parent = walk.file.parentOf(node);
  const isCalled = parent?.type === 'CallExpression' && parent.callee === node;
  if (continuation.test(node.name)) return isCalled;
  if (!response.test(node.name)) return false;
  // Handed on, whoever gets it answers.
  if (parent?.type === 'CallExpression') return !isCalled;
  const method = parent === undefined ? undefined : memberName(parent);
  return method !== undefined && answering.test(method);
}

/** The parameters of `new Promise((resolve, reject) => …)`, and what `Promise.withResolvers()` gives. */
function settlesPromise(walk: Walk, declaration: Node): boolean {
  if (isFunction(declaration)) {
    const made = walk.file.parentOf(declaration);
    return made?.type === 'NewExpression' && isPromise(walk, unwrapped(made.callee));
  }
  const init =
    declaration.type === 'VariableDeclarator' && declaration.init ? unwrapped(declaration.init) : undefined;
  if (init?.type !== 'CallExpression') return false;
  const callee = unwrapped(init.callee);
  return (
    memberName(callee) === 'withResolvers' &&
    'object' in callee &&
    isPromise(walk, unwrapped(callee.object as Node))
  );
}

function isPromise(walk: Walk, node: Node): boolean {
  return node.type === 'Identifier' && node.name === 'Promise' && walk.file.scopes.isGlobal(node);
}
