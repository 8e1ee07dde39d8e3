import type { Node } from '@babel/types';
import type { FunctionValue, SourceFile } from '../../sources/index.ts';
import { unwrapped } from '../../sources/index.ts';

/**
 * What a function does with the `next` it is given.
 *
 * `always`: the plain path through it goes on, so it guards and does not answer; `sometimes`: it may; `errors`: it hands
 * on errors only; `never`: what reaches it ends there.
 */
export function nextCalls(
  { file, node }: FunctionValue,
  index: number,
): 'always' | 'sometimes' | 'errors' | 'never' {
  const parameter = node.params[index];
  if (parameter === undefined) return 'never';
  const binding = parameter.type === 'Identifier' ? file.scopes.bindingOf(parameter) : undefined;
  if (binding === undefined) return 'sometimes';
  if (binding.references.length === 0) return 'never';
  if (binding.references.every((reference) => isErrorCall(file, reference))) return 'errors';
  if (node.body.type !== 'BlockStatement') {
    return isPlainCall(file, node.body, binding) ? 'always' : 'sometimes';
  }
  return goesOn(file, node.body, binding) ? 'always' : 'sometimes';
}

/** `next(error)`: given something, and not the word that leaves a router. */
function isErrorCall(file: SourceFile, reference: Node): boolean {
  const call = file.parentOf(reference);
  if (call?.type !== 'CallExpression' || call.callee !== reference) return false;
  const [first] = call.arguments;
  return first !== undefined && first.type !== 'StringLiteral';
}

type NextBinding = ReturnType<SourceFile['scopes']['bindingOf']>;

/** Whether the statements end in `next()` when no early exit was taken. */
function goesOn(file: SourceFile, block: Node & { type: 'BlockStatement' }, next: NextBinding): boolean {
  const last = block.body.at(-1);
  if (last === undefined) return false;
  if (last.type === 'TryStatement') return goesOn(file, last.block, next);
  if (last.type === 'ExpressionStatement') return callsNext(file, last.expression, next);
  if (last.type === 'ReturnStatement' && last.argument) return callsNext(file, last.argument, next);
  return false;
}

function callsNext(file: SourceFile, node: Node, next: NextBinding): boolean {
  const bare = unwrapped(node.type === 'AwaitExpression' ? node.argument : node);
  return isPlainCall(file, bare, next);
}

function isPlainCall(file: SourceFile, node: Node, next: NextBinding): boolean {
  return (
    node.type === 'CallExpression' &&
    node.arguments.length === 0 &&
    node.callee.type === 'Identifier' &&
    file.scopes.bindingOf(node.callee) === next
  );
}
