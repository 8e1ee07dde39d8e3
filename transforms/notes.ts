import type { Node } from '@babel/types';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import {
  contains,
  type Evaluator,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';

/** One more thing to look at round a rewritten bridge. */
export interface Note {
  readonly code: string;
  readonly message: string;
  readonly node: Node;
}

/** Errors that only a wrapper raises: they are not raised any more. */
const wrapperErrors = /^(?:SynchronousOnlyOperation|(?:SyncToAsync|ThreadSensitive|Bridge)\w*)$/;

/** What the rewrite of a bridge leaves to the reader's judgement: errors, interleaving, loops, transactions. */
export function notesOn(bridge: Bridge, evaluator: Evaluator): readonly Note[] {
  return [
    wrapperErrorTest(bridge),
    severalHops(bridge),
    queryPerRound(bridge),
    waitingTransaction(bridge, evaluator),
  ].filter((note) => note !== undefined);
}

/** `catch (error) { if (error instanceof SynchronousOnlyOperation) … }` round the bridge. */
function wrapperErrorTest({ file, wrap }: Bridge): Note | undefined {
  for (
    let above = file.parentOf(wrap);
    above !== undefined && !isFunction(above);
    above = file.parentOf(above)
  ) {
    if (above.type !== 'TryStatement' || !above.handler || !contains(above.block, wrap)) continue;
    let tested: Node | undefined;
    walk(above.handler.body, (node) => {
      const name =
        node.type === 'BinaryExpression' && node.operator === 'instanceof' && node.right.type === 'Identifier'
          ? node.right
          : undefined;
      if (name !== undefined && wrapperErrors.test(name.name)) tested ??= name;
      return tested === undefined;
    });
    if (tested !== undefined)
      return {
        code: 'MA207',
        message: `«${file.textOf(tested)}» is what the wrapper raises, the twin does not`,
        node: tested,
      };
  }
  return undefined;
}

/** A closure of several queries that writes, outside a transaction: other requests may run in between. */
function severalHops({ closure, operations, wrap, file }: Bridge): Note | undefined {
  if (closure === undefined || operations.length < 2) return undefined;
  const isAtomic = operations.some(({ kind, name }) => kind === 'transaction' && name === 'atomic');
  if (isAtomic || !operations.some(({ writes }) => writes) || isInTransaction(file, wrap)) return undefined;
  return {
    code: 'MA208',
    message: `${operations.length} operations ran in one go and now wait one by one; other requests may come in between`,
    node: wrap,
  };
}

function isInTransaction(file: SourceFile, node: Node): boolean {
  return transactionAround(file, node) !== undefined;
}

/** The block of a native transaction that a node stands in. */
function transactionAround(file: SourceFile, node: Node): FunctionNode | undefined {
  for (let around = file.functionAround(node); around !== undefined; around = file.functionAround(around)) {
    const call = file.parentOf(around);
    if (call?.type === 'CallExpression' && memberName(unwrapped(call.callee)) === 'aatomic') return around;
  }
  return undefined;
}

/** A bridge in a loop is one query for each round. */
function queryPerRound({ file, application, wrap }: Bridge): Note | undefined {
  if (application === undefined) return undefined;
  let inner: Node = wrap;
  for (
    let above = file.parentOf(inner);
    above !== undefined && !isFunction(above);
    above = file.parentOf(above)
  ) {
    const isRound =
      /^(?:For|While|DoWhile)/.test(above.type) && (!('right' in above) || above.right !== inner);
    if (isRound) return { code: 'MA209', message: 'one query for each round of the loop', node: wrap };
    inner = above;
  }
  return undefined;
}

/** A native transaction round the bridge that also waits for something outside the database. */
function waitingTransaction({ file, wrap }: Bridge, evaluator: Evaluator): Note | undefined {
  const block = transactionAround(file, wrap);
  let waits: Node | undefined;
  if (block !== undefined)
    walk(block.body, (node) => {
      if (node.type === 'AwaitExpression' && isExternal(evaluator, file, node.argument)) waits ??= node;
      return waits === undefined;
    });
  if (waits === undefined) return undefined;
  return {
    code: 'MA206',
    message: 'a transaction holds its connection while this is waited for',
    node: waits,
  };
}

function isExternal(evaluator: Evaluator, file: SourceFile, expression: Node): boolean {
  const call = unwrapped(expression);
  if (call.type !== 'CallExpression' || call.callee.type === 'Import') return false;
  const value = ormFlow(evaluator).value(file, call.callee);
  if (value !== undefined && value.kind !== 'foreign') return false;
  return evaluator
    .evaluate(file, call.callee)
    .some(
      (found) =>
        found.kind === 'api' &&
        (found.module !== 'global' ||
          found.steps.some((step) => step.kind === 'member' && step.name === 'fetch')) &&
        !/^[./]|runtime/.test(found.module),
    );
}
