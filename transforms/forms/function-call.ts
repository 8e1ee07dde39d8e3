import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { receiverKnowledge } from '../../analyzer/evidence/orm.ts';
import { type Evaluator, memberName, span, unwrapped } from '../../analyzer/sources/index.ts';
import { namingFunction } from '../async-edits.ts';
import { isPath } from '../expressions.ts';
import { doesOrmWork } from '../judge-call.ts';
import type { TwinPlan } from '../twin-functions.ts';
import { reachableTwin } from '../twin-reach.ts';
import { unwrapping } from '../unwrap.ts';
import { type Form, type FormMatch, leave, rewritable } from './form.ts';
import { coreOf, mergeRewrites } from './method-call.ts';

/** `W(loadAccount)(id)` to `aloadAccount(id)`, the twin of a function of the project. */
export const functionCall: Form = {
  name: 'function-call',
  match(bridge, { evaluator }) {
    const plan = planOf(bridge, evaluator);
    if (plan === undefined || plan.kind === 'leave') return plan;
    const handed = bridge.argument && unwrapped(bridge.argument);
    if (bridge.argument?.type === 'TSInstantiationExpression')
      return leave('MA114', 'type arguments stand on the function');
    if (bridge.application === undefined && handed?.type !== 'Identifier' && !(handed && isBindable(handed)))
      return leave('MA104', 'binding would evaluate the receiver twice');
    return rewritable;
  },
  rewrite(bridge, { evaluator }) {
    const plan = planOf(bridge, evaluator);
    if (plan === undefined || plan.kind === 'leave' || bridge.argument === undefined)
      return { edits: [], functions: [] };
    const { file } = bridge;
    const handed = unwrapped(bridge.argument);
    const core = coreOf(bridge.argument);
    const receiver = handed.type === 'MemberExpression' ? handed.object : undefined;
    const bound =
      bridge.application === undefined && receiver
        ? `.bind(${file.text.slice(span(receiver).start, span(receiver).end)})`
        : '';
    return mergeRewrites([
      { edits: unwrapping(file, bridge, core), functions: [] },
      { ...namingFunction(handed, plan), twins: [plan] },
      { edits: [{ start: core.end, end: core.end, text: bound }], functions: [] },
    ]);
  },
};

function isBindable(node: Node): boolean {
  return node.type === 'MemberExpression' && memberName(node) !== undefined && isPath(node.object);
}

function planOf(
  bridge: Bridge,
  evaluator: Evaluator,
): TwinPlan | (FormMatch & { readonly kind: 'leave' }) | undefined {
  if (bridge.argument === undefined || bridge.closure !== undefined) return undefined;
  const known = receiverKnowledge(evaluator, bridge.file, unwrapped(bridge.argument));
  if (known.kind !== 'function' || !doesOrmWork(evaluator, known.file, known.node)) return undefined;
  return reachableTwin(evaluator, bridge.file, bridge.argument, { file: known.file, node: known.node });
}
