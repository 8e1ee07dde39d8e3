import type { Node } from '@babel/types';
import { receiverKnowledge } from '../analyzer/evidence/orm.ts';
import {
  type Evaluator,
  type FunctionNode,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';

const known = new WeakMap<FunctionNode, string | false>();

/**
 * A call of a blocking function of Node, `readFileSync`, `execSync`, `pbkdf2Sync`, in a function or in those of the
 * project that it calls: behind the wrapper it held a thread, in async code it would hold the event loop.
 * @returns what is called, as it is written
 */
export function blockingCall(evaluator: Evaluator, file: SourceFile, node: FunctionNode): string | undefined {
  const before = known.get(node);
  if (before !== undefined) return before || undefined;
  // A function that calls itself adds nothing by doing so.
  known.set(node, false);
  let found: string | undefined;
  walk(node.body, (inner) => {
    if (inner.type === 'CallExpression' && inner.callee.type !== 'Import')
      found ??= blockedBy(evaluator, file, unwrapped(inner.callee));
    return found === undefined;
  });
  known.set(node, found ?? false);
  return found;
}

function blockedBy(evaluator: Evaluator, file: SourceFile, callee: Node): string | undefined {
  const name = callee.type === 'Identifier' ? callee.name : memberName(callee);
  if (name !== undefined && /[a-z\d]Sync$/.test(name)) {
    const isForeign = evaluator.evaluate(file, callee).some(({ kind }) => kind === 'api');
    if (isForeign) return excerpt(file.textOf(callee));
  }
  const target = receiverKnowledge(evaluator, file, callee);
  return target.kind === 'function' && !target.node.async
    ? blockingCall(evaluator, target.file, target.node)
    : undefined;
}
