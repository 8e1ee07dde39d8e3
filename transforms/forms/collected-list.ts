import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { receiverKnowledge } from '../../analyzer/evidence/orm.ts';
import { type Evaluator, isFunction, type SourceFile, unwrapped } from '../../analyzer/sources/index.ts';
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
    if (consumption?.kind === 'whole' && consumption.isCertain)
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

/** The call that happens on the other side: `Array.from(posts)` of `W(Array.from)(posts)`. */
function crossedCall({
  argument,
  application,
  closure,
}: Bridge): (Node & { type: 'CallExpression' }) | undefined {
  const callee = argument && unwrapped(argument);
  if (application?.type !== 'CallExpression' || closure !== undefined || callee === undefined)
    return undefined;
  if (isFunction(callee) || (callee.type !== 'Identifier' && callee.type !== 'MemberExpression'))
    return undefined;
  return { ...application, callee };
}

/** Why a function of the language or of a package is not to be handed what it is handed without the wrapper. */
function queriedRefusal(
  evaluator: Evaluator,
  file: SourceFile,
  call: Node & { type: 'CallExpression' },
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
