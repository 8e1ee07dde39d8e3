import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { type Evaluator, memberName, type SourceFile } from '../analyzer/sources/index.ts';
import { outermost } from './expressions.ts';

/** What the values of columns have: text, numbers, dates, lists. */
const ofColumns: ReadonlySet<string> = new Set(
  [String, Number, Boolean, BigInt, Date, Array].flatMap((kind) =>
    Object.getOwnPropertyNames(kind.prototype),
  ),
);

/**
 * `post.author.name`, where nobody can read the model of `post`: what has members of its own, other than those of text
 * and lists, or is saved, is rather a relation than a column.
 */
export function isUnreadRelation(evaluator: Evaluator, file: SourceFile, node: Node): boolean {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return false;
  if (ormFlow(evaluator).value(file, node)?.kind !== 'attribute') return false;
  const outer = outermost(file, node);
  const next = file.parentOf(outer);
  if (next?.type !== 'MemberExpression' && next?.type !== 'OptionalMemberExpression') return false;
  if (next.object !== outer) return false;
  const name = memberName(next);
  if (name === 'save' || name === 'refreshFromDb') return true;
  const isOperation = ormFlow(evaluator).value(file, next)?.kind === 'method';
  return name !== undefined && !isOperation && !ofColumns.has(name);
}
