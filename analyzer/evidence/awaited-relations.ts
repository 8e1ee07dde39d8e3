import type { Node } from '@babel/types';
import { type Binding, contains, isFunction, memberName, type SourceFile } from '../sources/index.ts';

/** Relations of the row under a name that were awaited before it is used: `await post.aauthor`, after which it is loaded. */
export function relationsAwaited(file: SourceFile, binding: Binding, use: Node): readonly string[] {
  return binding.references.flatMap((reference) => {
    const member = file.parentOf(reference);
    const name = member && memberName(member);
    const wait = member && file.parentOf(member);
    if (name === undefined || !/^a./.test(name) || wait?.type !== 'AwaitExpression') return [];
    return (wait.end ?? 0) <= (use.start ?? 0) && hasRun(file, wait, use) ? [name.slice(1)] : [];
  });
}

/** Whether what stands before a use has run when the use does: nothing between them may skip it. */
function hasRun(file: SourceFile, node: Node, use: Node): boolean {
  let inner = node;
  for (let outer = file.parentOf(inner); outer !== undefined; inner = outer, outer = file.parentOf(outer)) {
    if (outer.type === 'BlockStatement' || outer.type === 'Program') return contains(outer, use);
    const mayBeSkipped =
      isFunction(outer) ||
      /^(?:If|For|ForIn|ForOf|While)Statement$|^SwitchCase$/.test(outer.type) ||
      ((outer.type === 'ConditionalExpression' || outer.type === 'IfStatement') && outer.test !== inner) ||
      (outer.type === 'LogicalExpression' && outer.right === inner);
    if (mayBeSkipped) return false;
  }
  return false;
}
