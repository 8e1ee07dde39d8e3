import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { type FunctionNode, isFunction, unwrapped } from '../../analyzer/sources/index.ts';
import { becomingAsync, stepEdits } from '../async-edits.ts';
import { asyncBody } from '../asyncify.ts';
import { blockRefusal } from '../transaction-blocks.ts';
import { unwrapping } from '../unwrap.ts';
import { type Form, leave, rewritable } from './form.ts';
import { coreOf, mergeRewrites, namingTwin, referencedOperation } from './method-call.ts';

/** `W(transaction.atomic)(() => { … })` to `transaction.aatomic(async () => { … })`. */
export const transactionCall: Form = {
  name: 'transaction-call',
  match(bridge, { evaluator }) {
    const operation = referencedOperation(bridge);
    if (operation?.kind !== 'transaction' || !/^(?:atomic|onCommit)$/.test(operation.name)) return undefined;
    const block = blockOf(bridge);
    if (block === undefined) return leave('MA110', 'the block of the transaction is not written in place');
    const refused = blockRefusal(bridge.file, block);
    if (refused !== undefined) return refused;
    const body = asyncBody(evaluator, bridge.file, block);
    return body.kind === 'leave' ? body : rewritable;
  },
  rewrite(bridge, { evaluator }) {
    const operation = referencedOperation(bridge);
    const block = blockOf(bridge);
    const body = block && asyncBody(evaluator, bridge.file, block);
    if (operation === undefined || block === undefined || body?.kind !== 'async' || !bridge.argument)
      return { edits: [], functions: [] };
    return mergeRewrites([
      { edits: unwrapping(bridge.file, bridge, coreOf(bridge.argument)), functions: [] },
      namingTwin(operation),
      { edits: becomingAsync(bridge.file, block), functions: [] },
      stepEdits(bridge.file, body, () => false),
    ]);
  },
};

function blockOf({ application }: Bridge): FunctionNode | undefined {
  const handed = (application?.arguments ?? []).map((argument: Node) => unwrapped(argument));
  return handed.find(isFunction);
}
