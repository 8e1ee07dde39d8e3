import type { Node } from '@babel/types';
import { type ClientCall, latencyOf } from '../catalogue/index.ts';
import { type Call as CallNode, memberName, unwrapped, type Value } from '../sources/index.ts';
import { enterAlternatives } from './enter.ts';
import { isNothing, nothing, partsOf, type Step } from './step.ts';
import { doesNothing, holds, place, promised, settled, type Walk, type Walked } from './walk.ts';

const cacheName = /cache|memcache|redis|(?:^|[a-z])Kv$|^kv$/i;
const cacheOperation =
  /^(?:get|set|del|delete|has|wrap|remember|getOrSet|mget|mset|getMany|setMany|deleteMany|add|incr|increment|decr|touch|expire|clear|fetch)$/;

/**
 * A call of the project's own cache object, such as `cache.get(key)`: told by its names, because behind them may be
 * anything from a `Map` to a client over the network.
 *
 * Outside a bridge an in-process cache costs nothing; through a bridge the crossing is there whatever is behind it.
 * @param node the call, or the method that a bridge is handed
 */
export function cacheCall(walk: Walk, node: Node, values: readonly Value[]): Walked | undefined {
  const isCall = node.type === 'CallExpression' || node.type === 'OptionalCallExpression';
  const callee = unwrapped(isCall ? node.callee : node);
  const operation = memberName(callee);
  if (operation === undefined || !cacheOperation.test(operation)) return undefined;
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const receiver = unwrapped(callee.object);
  const name = receiver.type === 'Identifier' ? receiver.name : memberName(receiver);
  if (name === undefined || !cacheName.test(name)) return undefined;
  const behind = isCall ? enterAlternatives(walk, node as CallNode, values) : undefined;
  const reaches = behind === undefined ? nothing : settled(behind);
  if (holds(reaches, (step) => step.kind === 'io', partsOf)) return behind;
  if (!walk.inBridge && (behind !== undefined || values.some(({ kind }) => kind === 'function'))) {
    return isNothing(reaches) ? doesNothing : behind;
  }
  return promised(nothing, cacheAccess(walk, node, name, operation));
}

function cacheAccess(walk: Walk, node: Node, name: string, operation: string): Step {
  const call: ClientCall = {
    client: name,
    category: 'cache',
    weight: 'shared',
    operation,
    latency: latencyOf('cache_lan'),
    asyncNative: true,
    blocking: false,
    streaming: false,
    paged: false,
    lazy: false,
    batching: false,
    heuristic: true,
  };
  return { kind: 'io', call, host: undefined, location: place(walk, node) };
}
