import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { receiverKnowledge } from '../../analyzer/evidence/orm.ts';
import { type Evaluator, memberName, span, unwrapped } from '../../analyzer/sources/index.ts';
import { namingFunction } from '../async-edits.ts';
import { isPath, isSamePath } from '../expressions.ts';
import { doesOrmWork } from '../judge-call.ts';
import type { TwinPlan } from '../twin-functions.ts';
import { reachableTwin } from '../twin-reach.ts';
import { unwrapping } from '../unwrap.ts';
import { type Form, type FormMatch, leave, type Rewrite, rewritable } from './form.ts';
import { coreOf, mergeRewrites } from './method-call.ts';

/** `W(loadAccount)(id)` to `aloadAccount(id)`, the twin of a function of the project. */
export const functionCall: Form = {
  name: 'function-call',
  match(bridge, { evaluator }) {
    const plan = planOf(bridge, evaluator);
    if (plan === undefined || plan.kind === 'leave') return plan;
    const handed = bridge.argument && unwrapped(bridge.argument);
    if (handed && boundCall(handed)) return rewritable;
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
    const bound = boundCall(unwrapped(bridge.argument));
    if (bound !== undefined) return boundRewrite(bridge, bound, plan);
    const handed = unwrapped(bridge.argument);
    const core = coreOf(bridge.argument);
    const receiver = handed.type === 'MemberExpression' ? handed.object : undefined;
    const binding =
      bridge.application === undefined && receiver
        ? `.bind(${file.text.slice(span(receiver).start, span(receiver).end)})`
        : '';
    return mergeRewrites([
      { edits: unwrapping(file, bridge, core), functions: [] },
      { ...namingFunction(file, handed, plan), twins: [plan] },
      { edits: [{ start: core.end, end: core.end, text: binding }], functions: [] },
    ]);
  },
};

function isBindable(node: Node): boolean {
  return node.type === 'MemberExpression' && memberName(node) !== undefined && isPath(node.object);
}

interface BoundCall {
  readonly call: Node & { type: 'CallExpression' };
  readonly method: Node;
}

/** `posts.load.bind(posts)`. */
function boundCall(node: Node): BoundCall | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'bind') return undefined;
  return { call: node, method: unwrapped(callee.object) };
}

/** `W(posts.load.bind(posts))(id)` to `posts.aload(id)`; any other binding stays where it is. */
function boundRewrite(bridge: Bridge, { call, method }: BoundCall, plan: TwinPlan): Rewrite {
  const [self, ...values] = call.arguments;
  const isSpare =
    bridge.application !== undefined &&
    values.length === 0 &&
    self !== undefined &&
    method.type === 'MemberExpression' &&
    isPath(method.object) &&
    isSamePath(self, method.object);
  return mergeRewrites([
    { edits: unwrapping(bridge.file, bridge, span(isSpare ? method : call)), functions: [] },
    { ...namingFunction(bridge.file, method, plan), twins: [plan] },
  ]);
}

function planOf(
  bridge: Bridge,
  evaluator: Evaluator,
): TwinPlan | (FormMatch & { readonly kind: 'leave' }) | undefined {
  if (bridge.argument === undefined || bridge.closure !== undefined) return undefined;
  const handed = unwrapped(bridge.argument);
  const named = boundCall(handed)?.method ?? handed;
  const known = receiverKnowledge(evaluator, bridge.file, named);
  if (known.kind !== 'function' || !doesOrmWork(evaluator, known.file, known.node)) return undefined;
  return reachableTwin(evaluator, bridge.file, named, { file: known.file, node: known.node });
}
