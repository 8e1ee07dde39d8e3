import type { Node } from '@babel/types';
import { type Call as CallNode, memberName, unwrapped } from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { allOf, walkExpression } from './expressions.ts';
import { isNothing, nothing, partsOf, type Step, sequence } from './step.ts';
import { begin, holds, promised, settled, type Walk, type Walked } from './walk.ts';

/** What the language and its libraries do with promises: `Promise.all`, `.then`, `list.push(promise)`. */
export function promiseCall(walk: Walk, node: CallNode): Walked | undefined {
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const name = memberName(callee);
  if (
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Promise' &&
    walk.file.scopes.isGlobal(callee.object)
  ) {
    return combined(walk, node, name);
  }
  switch (name) {
    case 'then':
    case 'catch':
    case 'finally':
      return chained(walk, node, callee.object, name);
    case 'push':
      return pushed(walk, node, callee.object);
    default:
      return undefined;
  }
}

function combined(walk: Walk, node: CallNode, name: string | undefined): Walked | undefined {
  const [list] = node.arguments;
  switch (name) {
    case 'all':
    case 'allSettled':
    case 'resolve':
      return list && walkExpression(walk, list);
    case 'race':
    case 'any': {
      if (list === undefined) return undefined;
      const { step, promise = nothing } = walkExpression(walk, list);
      return promised(step, promise.kind === 'par' ? { ...promise, until: 'first' } : promise);
    }
    default:
      return undefined;
  }
}

function chained(
  walk: Walk,
  node: CallNode,
  object: Node,
  name: 'then' | 'catch' | 'finally',
): Walked | undefined {
  const callback = callbackOf(walk, node.arguments[0]);
  const at = node.arguments[0];
  if (callback === undefined || at === undefined) {
    // `.catch(next)` with a function nobody can see: the promise is what it was.
    return node.arguments.length > 0 ? walkExpression(walk, object) : undefined;
  }
  const { step, promise = nothing, unknown } = walkExpression(walk, object);
  const source = unknown === undefined ? promise : sequence([promise, unknown]);
  const next = settled(runCallback(walk, callback, node, at));
  if (name === 'catch') {
    const body: Step = isNothing(next)
      ? source
      : { kind: 'try', body: source, handler: next, finalizer: undefined };
    return promised(step, body);
  }
  return promised(step, sequence([source, next]));
}

/** `promises.push(load(id))`: begun now, awaited with the list. */
function pushed(walk: Walk, node: CallNode, list: Node): Walked | undefined {
  const binding = list.type === 'Identifier' ? walk.file.scopes.bindingOf(list) : undefined;
  if (binding === undefined) return undefined;
  const walked = node.arguments.map((argument) => walkExpression(walk, argument));
  const promise = allOf(
    walk,
    node,
    walked.map(({ promise: own = nothing }) => own),
  );
  const step = sequence(walked.map((each) => each.step));
  if (isNothing(promise)) return promised(step, nothing);
  const started = begin(walk, promise);
  const { started: known } = walk.memory;
  known.set(binding, [...(known.get(binding) ?? []), started.id]);
  return promised(sequence([step, started.step]), nothing);
}

/** Whether a step waits without blocking, so that what does it gives a promise. */
export function isWaiting(step: Step): boolean {
  return holds(
    step,
    (part) =>
      (part.kind === 'io' && part.call.asyncNative) ||
      part.kind === 'bridge' ||
      (part.kind === 'orm' && part.path === 'native'),
    (part) => (part.kind === 'bridge' || part.kind === 'detached' ? [] : partsOf(part)),
  );
}
