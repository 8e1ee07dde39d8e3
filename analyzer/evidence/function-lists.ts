import type { Node } from '@babel/types';
import { apiPath, type Call as CallNode, isFunction, memberName, unwrapped } from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { capOf, concurrencyOf } from './concurrency.ts';
import { allOf, walkExpression } from './expressions.ts';
import { loopOf } from './loops.ts';
import { type Loop, nothing, type Step, sequence } from './step.ts';
import { evaluated, promised, settled, type Walk, type Walked } from './walk.ts';

/** Libraries that are given a list of functions and call them all. */
const together = /^(?:p-all|promise\.all)$|^async\.(?:parallel|parallelLimit|auto)$/;
const oneByOne = /^(?:p-series|p-waterfall)$|^async\.(?:series|waterfall)$/;
const queues = /^p-queue\.new\(\)\.addAll$/;

/** `pAll([loadUser, loadCart])`, `queue.addAll(ids.map((id) => () => load(id)))`, `async.series({ user: loadUser })`. */
export function functionsRun(walk: Walk, node: CallNode): Walked | undefined {
  const [given] = node.arguments;
  const api = evaluated(walk, unwrapped(node.callee)).find((value) => value.kind === 'api');
  if (given === undefined || api?.kind !== 'api') return undefined;
  const path = apiPath(api);
  const queue = queues.test(path);
  if (!queue && !together.test(path) && !oneByOne.test(path)) return undefined;
  const cap = queue ? capOf(walk, api)?.atMost : concurrencyOf(walk, node);
  const pace: Loop['pace'] =
    oneByOne.test(path) || cap === 1 ? 'each' : cap === undefined ? 'together' : { atMost: cap };
  return promised(nothing, written(walk, node, given, pace) ?? mappedTo(walk, node, given, pace) ?? nothing);
}

/** Functions written out, in a list or by name. */
function written(walk: Walk, node: CallNode, list: Node, pace: Loop['pace']): Step | undefined {
  const given = unwrapped(list);
  const functions =
    given.type === 'ArrayExpression'
      ? given.elements
      : given.type === 'ObjectExpression'
        ? given.properties.map((property) => (property.type === 'ObjectProperty' ? property.value : property))
        : undefined;
  if (functions === undefined) return undefined;
  const steps = functions.flatMap((each) => {
    const value = each ? callbackOf(walk, each) : undefined;
    return value === undefined || !each ? [] : [settled(runCallback(walk, value, node, each))];
  });
  return pace === 'each' ? sequence(steps) : allOf(walk, node, steps);
}

/** `ids.map((id) => () => load(id))`: a function per element. */
function mappedTo(walk: Walk, node: CallNode, list: Node, pace: Loop['pace']): Step | undefined {
  const call = unwrapped(list);
  if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return undefined;
  const [making] = call.arguments;
  if (memberName(call.callee) !== 'map' || making === undefined || !isFunction(making)) return undefined;
  const made = unwrapped(making.body);
  const value = isFunction(made) ? callbackOf(walk, made) : undefined;
  if (value === undefined) return undefined;
  const before = settled(walkExpression(walk, call.callee.object));
  const turn = settled(runCallback(walk, value, node, made));
  return sequence([before, loopOf(walk, node, call.callee.object, turn, pace)]);
}
