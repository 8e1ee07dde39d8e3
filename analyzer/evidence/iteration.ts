import { type Call as CallNode, memberName, unwrapped } from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { limitedMap, limiterIn } from './concurrency.ts';
import { walkExpression } from './expressions.ts';
import { functionsRun } from './function-lists.ts';
import { loopOf } from './loops.ts';
import { isNothing, nothing, sequence } from './step.ts';
import { place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

const iterating =
  /^(?:map|forEach|filter|flatMap|some|every|find|findIndex|findLast|reduce|reduceRight|sort|toSorted|each)$/;

/** `list.map(callback)` and its kin: a loop, whose turns overlap when the callback gives promises. */
export function iteration(walk: Walk, node: CallNode): Walked | undefined {
  const pace = limitedMap(walk, node) ?? arrayFrom(walk, node);
  if (pace !== undefined) return mapped(walk, node, pace);
  const all = functionsRun(walk, node);
  if (all !== undefined) return all;
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const name = memberName(callee);
  const [given] = node.arguments;
  if (name === undefined || given === undefined || !iterating.test(name)) return undefined;
  const callback = callbackOf(walk, given);
  if (callback === undefined) return undefined;
  const before = settled(walkExpression(walk, callee.object));
  const { step, promise = nothing } = runCallback(walk, callback, node, given);
  const now = loopOf(walk, node, callee.object, step, 'each');
  if (isNothing(promise)) return waited(sequence([before, now]));
  if (name === 'forEach' || name === 'each') {
    // Nobody can wait for the promises that forEach throws away.
    const body = loopOf(walk, node, callee.object, promise, 'together');
    const why = 'forEach does not wait for an async callback';
    return waited(sequence([before, now, { kind: 'detached', body, why, location: place(walk, node) }]));
  }
  // A chain of promises through `reduce` goes one by one.
  const together = name.startsWith('reduce') ? 'each' : (limiterIn(walk, callback) ?? 'together');
  return promised(sequence([before, now]), loopOf(walk, node, callee.object, promise, together));
}

/** `Array.from({ length: 3 }, load)` calls for each at once, `Array.fromAsync(ids, load)` for one after the other. */
function arrayFrom(walk: Walk, node: CallNode): 'each' | 'together' | undefined {
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' || node.arguments.length < 2) return undefined;
  const array = unwrapped(callee.object);
  if (array.type !== 'Identifier' || array.name !== 'Array' || !walk.file.scopes.isGlobal(array))
    return undefined;
  const name = memberName(callee);
  return name === 'fromAsync' ? 'each' : name === 'from' ? 'together' : undefined;
}

function mapped(
  walk: Walk,
  node: CallNode,
  pace: 'each' | 'together' | { readonly atMost: number },
): Walked | undefined {
  const [list, ...rest] = node.arguments;
  const given = rest.find((argument) => callbackOf(walk, argument) !== undefined);
  const callback = callbackOf(walk, given);
  if (list === undefined || given === undefined || callback === undefined) return undefined;
  const before = settled(walkExpression(walk, list));
  const { step, promise = nothing } = runCallback(walk, callback, node, given);
  const whole = typeof pace === 'object' || pace === 'each';
  if (whole) return promised(before, loopOf(walk, node, list, sequence([step, promise]), pace));
  const now = loopOf(walk, node, list, step, 'each');
  return promised(sequence([before, now]), loopOf(walk, node, list, promise, pace));
}
