import type { CallExpression, Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { memberName, span, unwrapped } from '../../analyzer/sources/index.ts';
import { isPure, outermost } from '../expressions.ts';
import { openingParenthesis, removal } from '../layout.ts';
import { type Form, leave, rewritable } from './form.ts';
import { coreOf, mergeRewrites, namingTwin, referencedOperation } from './method-call.ts';

/** `W(f).call(null, q)` to `.aget(q)`, and `W(f).apply(null, values)` to `.aget(...values)`. */
export const methodCallApply: Form = {
  name: 'method-call-apply',
  match(bridge) {
    const call = indirectCall(bridge);
    if (call === undefined || referencedOperation(bridge) === undefined) return undefined;
    const [self, ...rest] = call.arguments;
    if (
      self === undefined ||
      (self.type !== 'SpreadElement' && isPure(self) && !rest.some(isSpreadApply(call)))
    )
      return rewritable;
    return leave('MA115', 'the arguments of the call are spread over its receiver');
  },
  rewrite(bridge) {
    const operation = referencedOperation(bridge);
    const call = indirectCall(bridge);
    if (operation === undefined || call === undefined || bridge.argument === undefined)
      return { edits: [], functions: [] };
    const { file } = bridge;
    const core = coreOf(bridge.argument);
    const method = memberName(unwrapped(call.callee));
    const [, first] = call.arguments;
    const open = openingParenthesis(file, span(call.callee).end);
    const kept = first ? span(first).start : span(call).end - 1;
    return mergeRewrites([
      {
        edits: [
          ...removal(file, span(call).start, core.start, { kept: 'after' }),
          ...removal(file, core.end, open, { kept: 'before' }),
          ...removal(file, open + 1, kept, { kept: 'after' }),
          ...(method === 'apply' && first ? [{ start: kept, end: kept, text: '...' }] : []),
        ],
        functions: [],
      },
      namingTwin(operation),
    ]);
  },
};

function isSpreadApply(call: CallExpression): (argument: Node) => boolean {
  const applies = memberName(unwrapped(call.callee)) === 'apply';
  return (argument) => applies && argument.type === 'SpreadElement';
}

/** The call `….call(…)` or `….apply(…)` of what the wrapper gave. */
function indirectCall(bridge: Bridge): CallExpression | undefined {
  const { file, wrap, application } = bridge;
  const outer = outermost(file, wrap);
  const member = file.parentOf(outer);
  if (application !== undefined || member?.type !== 'MemberExpression' || member.object !== outer)
    return undefined;
  const name = memberName(member);
  const call = file.parentOf(outermost(file, member));
  if ((name !== 'call' && name !== 'apply') || call?.type !== 'CallExpression') return undefined;
  return unwrapped(call.callee) === member ? call : undefined;
}
