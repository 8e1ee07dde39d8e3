import type { Node } from '@babel/types';
import { memberName, unwrapped } from '../sources/index.ts';
import type { OrmValue } from './orm-values.ts';

/**
 * `this.posts.objects` and `context.models.Post.objects`: the manager by its name, where no declaration says otherwise.
 * A plain name is left out: what a parameter `Post` stands for, nobody can tell.
 */
export function managerByName(
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
): OrmValue | undefined {
  if (memberName(node) !== 'objects') return undefined;
  const owner = unwrapped(node.object);
  const manager = (name: string | undefined): OrmValue => ({
    kind: 'manager',
    model: { name, definition: undefined },
    rows: 'instances',
  });
  if (owner.type === 'Super') return manager(undefined);
  const name = memberName(owner);
  if (name === undefined) return undefined;
  const root = chainRoot(owner);
  if (/^[A-Z]/.test(name)) return manager(name);
  return root.type === 'ThisExpression' ? manager(undefined) : undefined;
}

/** The expression a chain of members and calls starts from. */
export function chainRoot(expression: Node): Node {
  let node = unwrapped(expression);
  for (;;) {
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
      node = unwrapped(node.object);
    else if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression')
      node = unwrapped(node.callee);
    else return node;
  }
}
