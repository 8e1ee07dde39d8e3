import type { CallExpression } from '@babel/types';
import type { Bridge, OrmOperation } from '../../analyzer/evidence/bridge.ts';
import { ormOperation } from '../../analyzer/evidence/orm.ts';
import { type Evaluator, memberName, span, unwrapped } from '../../analyzer/sources/index.ts';
import { isPath, isSamePath } from '../expressions.ts';
import { removal } from '../layout.ts';
import { argumentsStart, bridgeStart, unwrapping } from '../unwrap.ts';
import { type Form, leave, rewritable } from './form.ts';
import { mergeRewrites, namingTwin } from './method-call.ts';

/** `W(Post.objects.get.bind(Post.objects))(q)` to `Post.objects.aget(q)`; values bound beforehand come first. */
export const boundMethod: Form = {
  name: 'bound-method',
  match(bridge, { evaluator }) {
    const bound = boundOperation(bridge, evaluator);
    if (bound === undefined) return undefined;
    const [self, ...values] = bound.call.arguments;
    const { receiver } = bound.operation;
    if (self === undefined || receiver === undefined || !isPath(receiver) || !isSamePath(self, receiver))
      return leave('MA109', 'the method is bound to something else than what it is read off');
    const comments =
      bridge.application !== undefined && values.length > 0 && bridge.application.typeParameters;
    return comments
      ? leave('MA114', 'type arguments stand on a call with values bound beforehand')
      : rewritable;
  },
  rewrite(bridge, { evaluator }) {
    const bound = boundOperation(bridge, evaluator);
    if (bound === undefined) return { edits: [], functions: [] };
    const { file } = bridge;
    const { call, operation } = bound;
    const twin = namingTwin(operation);
    if (bridge.application === undefined)
      return mergeRewrites([{ edits: unwrapping(file, bridge, span(call)), functions: [] }, twin]);
    const [, firstBound] = call.arguments;
    const lastBound = call.arguments.at(-1);
    if (firstBound === undefined || lastBound === undefined)
      return mergeRewrites([{ edits: unwrapping(file, bridge, span(operation.node)), functions: [] }, twin]);
    const [first] = bridge.application.arguments;
    const rest = first ? span(first).start : span(bridge.application).end - 1;
    const edits = [
      ...removal(file, bridgeStart(bridge), span(operation.node).start),
      ...removal(file, span(operation.node).end, span(firstBound).start, { kept: 'before' }),
      { start: span(firstBound).start, end: span(firstBound).start, text: '(' },
      ...removal(file, span(lastBound).end, argumentsStart(file, bridge) + 1, { kept: 'before' }),
      ...removal(file, argumentsStart(file, bridge) + 1, rest, { kept: 'after' }),
      ...(first ? [{ start: rest, end: rest, text: ', ' }] : []),
    ];
    return mergeRewrites([{ edits, functions: [] }, twin]);
  },
};

function boundOperation(
  bridge: Bridge,
  evaluator: Evaluator,
): { readonly call: CallExpression; readonly operation: OrmOperation } | undefined {
  const call = bridge.argument && unwrapped(bridge.argument);
  if (call?.type !== 'CallExpression') return undefined;
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'bind') return undefined;
  const operation = ormOperation(evaluator, bridge.file, callee.object);
  return operation?.twin === undefined ? undefined : { call, operation };
}
