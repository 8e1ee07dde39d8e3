import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { receiverKnowledge } from '../../analyzer/evidence/orm.ts';
import { type Evaluator, memberName, type SourceFile, unwrapped } from '../../analyzer/sources/index.ts';
import { listEdits } from '../async-edits.ts';
import { excerpt } from '../excerpt.ts';
import { isCast } from '../expressions.ts';
import { handedQuery } from '../handed-queries.ts';
import { hiddenQuery } from '../hidden-queries.ts';
import { type Consumption, consumptionAt } from '../query-consumption.ts';
import { takingOut } from '../unwrap.ts';
import { type Form, type FormMatch, leave, rewritable } from './form.ts';

/** `W(Array.from)(posts)` to `posts.alist()`; what else goes through a query set it is given has no twin. */
export const collectedList: Form = {
  name: 'collected-list',
  match(bridge, { evaluator }) {
    const call = crossedCall(bridge);
    if (call === undefined) return undefined;
    const consumption = consumptionAt(evaluator, bridge.file, call);
    if (bridge.application && consumption?.kind === 'whole' && consumption.isCertain)
      return isCast(consumption.query)
        ? leave('MA114', 'what is gone through is cast to another type')
        : rewritable;
    return queriedRefusal(evaluator, bridge.file, call, consumption);
  },
  rewrite(bridge, { evaluator }) {
    const call = crossedCall(bridge);
    const consumption = call && consumptionAt(evaluator, bridge.file, call);
    if (consumption === undefined) return { edits: [], functions: [] };
    const { file } = bridge;
    const { query } = consumption;
    return { edits: [...takingOut(file, bridge, query), ...listEdits(query)], functions: [] };
  },
};

type CallExpression = Node & { type: 'CallExpression' };

/** The call that happens on the other side: `Array.from(posts)` of `W(Array.from)(posts)`. */
function crossedCall(bridge: Bridge): CallExpression | undefined {
  if (bridge.argument === undefined || bridge.closure !== undefined) return undefined;
  const callee = unbound(unwrapped(bridge.argument));
  if (callee.type !== 'Identifier' && callee.type !== 'MemberExpression') return undefined;
  const applied = bridge.application ?? calledBy(bridge);
  return applied?.type === 'CallExpression' ? { ...applied, callee } : undefined;
}

/** `Array.from` of `Array.from.bind(Array)`, which hands over nothing else. */
function unbound(node: Node): Node {
  if (node.type !== 'CallExpression' || node.arguments.length !== 1) return node;
  const callee = unwrapped(node.callee);
  return callee.type === 'MemberExpression' && memberName(callee) === 'bind'
    ? unwrapped(callee.object)
    : node;
}

/** `W(Array.from).call(Array, posts)`, as a call with what is handed to the function itself. */
function calledBy({ file, wrap }: Bridge): CallExpression | undefined {
  const member = file.parentOf(wrap);
  const call = member && file.parentOf(member);
  if (member?.type !== 'MemberExpression' || memberName(member) !== 'call') return undefined;
  return call?.type === 'CallExpression' && call.callee === member
    ? { ...call, arguments: call.arguments.slice(1) }
    : undefined;
}

/** Why a function of the language or of a package is not to be handed what it is handed without the wrapper. */
function queriedRefusal(
  evaluator: Evaluator,
  file: SourceFile,
  call: CallExpression,
  consumption: Consumption | undefined,
): FormMatch | undefined {
  const known = receiverKnowledge(evaluator, file, call.callee);
  if (known.kind !== 'other') return undefined;
  const name = excerpt(file.textOf(call.callee));
  const query = consumption?.query ?? handedQuery(evaluator, file, call, known);
  if (query !== undefined)
    return leave(
      'MA103',
      `«${name}» may go through «${excerpt(file.textOf(query))}», and has no twin that waits for it`,
    );
  return hiddenQuery(evaluator, file, call) === undefined
    ? undefined
    : leave(
        'MA103',
        `«${name}» runs code of what it is given that queries, and has no twin that waits for it`,
      );
}
