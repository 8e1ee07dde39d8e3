import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import {
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { isCombinator } from './combinations.ts';
import { excerpt } from './excerpt.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/** The function handed to `atomic` and `onCommit`, which runs inside the transaction and may query. */
export function blockOf({ kind, name }: OrmOperation, node: Call): FunctionNode | undefined {
  if (kind !== 'transaction' || (name !== 'atomic' && name !== 'onCommit')) return undefined;
  return node.arguments.map((argument) => unwrapped(argument)).find(isFunction);
}

/** Why the block of a transaction cannot become the block of a native one. */
export function blockRefusal(
  file: SourceFile,
  block: FunctionNode,
): (FormMatch & { readonly kind: 'leave' }) | undefined {
  if (block.async || block.generator) return leave('MA110', 'the block of the transaction is async already');
  let started: Node | undefined;
  walk(block.body, (node) => {
    if (node.type === 'CallExpression' && startsPromises(file, node.callee)) started ??= node.callee;
    return started === undefined;
  });
  return started === undefined
    ? undefined
    : leave(
        'MA110',
        `«${excerpt(file.textOf(started))}» in the block was not waited for by the transaction, and would be`,
      );
}

/** `Promise.all` and its kin, and operations that are native already. */
function startsPromises(file: SourceFile, callee: Node): boolean {
  if (isCombinator(file, callee)) return true;
  const name = memberName(unwrapped(callee));
  return name !== undefined && nativeNames.has(name);
}

const nativeNames: ReadonlySet<string> = new Set(
  [twins.queryset, twins.instance, twins.related].flatMap((table) => Object.values(table)),
);
