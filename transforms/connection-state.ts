import type { Node } from '@babel/types';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import {
  type Evaluator,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** Statements whose effect ends with them, whatever connection they run on. */
const passing =
  /^\s*(?:\(\s*)?(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|EXPLAIN|TRUNCATE|ALTER|GRANT|REVOKE|COMMENT|REFRESH|ANALYZE|VACUUM|REINDEX|NOTIFY|(?:CREATE|DROP)\s+(?!(?:LOCAL\s+|GLOBAL\s+)?TEMP))/i;

/** Functions whose effect, or answer, belongs to the connection. */
const ofTheConnection =
  /\b(?:pg_(?:try_)?advisory_(?:lock|unlock)|set_config|setseed|currval|lastval|lo_open)\w*\s*\(|\bINTO\s+TEMP/i;

/**
 * The sync path runs the statements of a thread on one connection; native ones run on whichever is free, unless a
 * transaction holds one. `SET`, advisory locks and temporary tables would be left on a connection that others get.
 * @param node the call of `execute`
 */
export function connectionStateRefusal(
  evaluator: Evaluator,
  file: SourceFile,
  { name, node: named, receiver }: OrmOperation,
  statement: Node | undefined,
): Refusal | undefined {
  if (name !== 'execute' && name !== 'executeMany') return undefined;
  if (receiver === undefined || ormFlow(evaluator).value(file, receiver)?.kind !== 'cursor') return undefined;
  if (isInTransaction(file, named)) return undefined;
  const texts = statement === undefined ? [] : textsOf(evaluator, file, statement);
  if (texts === undefined || texts.length === 0)
    return leave(
      'MA125',
      `only run time knows what «${excerpt(file.textOf(statement ?? named))}» does to its connection`,
    );
  const lasting = texts.find((text) => !passing.test(text) || ofTheConnection.test(text));
  return lasting === undefined
    ? undefined
    : leave(
        'MA125',
        `«${excerpt(lasting)}» changes its connection, and what follows would run on another one`,
      );
}

/** The text of a statement, as far as it says what kind of statement it is: every way to it must be known. */
function textsOf(evaluator: Evaluator, file: SourceFile, statement: Node): readonly string[] | undefined {
  const node = unwrapped(statement);
  // What is filled in cannot change the kind of statement, but for a function's name, which nobody fills in.
  if (node.type === 'TemplateLiteral') return [node.quasis.map(({ value }) => value.raw).join(' ? ')];
  const texts: string[] = [];
  for (const value of evaluator.evaluate(file, node)) {
    if (value.kind !== 'constant' || typeof value.value !== 'string') return undefined;
    texts.push(value.value);
  }
  return texts;
}

/** Whether a block handed to `atomic` or `aatomic` stands round a node: it holds one connection from start to end. */
function isInTransaction(file: SourceFile, node: Node): boolean {
  for (
    let inner: Node = node, outer = file.parentOf(node);
    outer !== undefined;
    inner = outer, outer = file.parentOf(outer)
  ) {
    if (outer.type !== 'CallExpression' || !isFunction(inner)) continue;
    const callee = unwrapped(outer.callee);
    if (/^a?atomic$/.test(memberName(callee) ?? '')) return true;
    const wrapped = callee.type === 'CallExpression' ? callee.arguments[0] : undefined;
    if (wrapped && memberName(unwrapped(wrapped)) === 'atomic') return true;
  }
  return false;
}
