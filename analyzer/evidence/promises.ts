import type { Node } from '@babel/types';
import {
  apiPath,
  type Call as CallNode,
  constantText,
  type FunctionValue,
  isFunction,
  memberName,
  noEnvironment,
  unwrapped,
  walk as walkTree,
} from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { allOf, walkExpression } from './expressions.ts';
import { isNothing, nothing, partsOf, type Step, sequence } from './step.ts';
import { begin, evaluated, holds, promised, settled, type Walk, type Walked } from './walk.ts';

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

/** Libraries that run a function per element, at most so many at once. */
export function limitedMap(
  walk: Walk,
  node: CallNode,
): { readonly atMost: number } | 'together' | 'each' | undefined {
  const api = evaluated(walk, unwrapped(node.callee)).find((value) => value.kind === 'api');
  if (api?.kind !== 'api') return undefined;
  const path = apiPath(api);
  if (
    /^(?:p-map-series|p-each-series)$|^bluebird\.(?:each|mapSeries)$|^async\.(?:mapSeries|eachSeries)$/.test(
      path,
    )
  )
    return 'each';
  if (
    !/^(?:p-map|p-all|p-filter)(?:\.\w+)?$|^bluebird\.map$|^async\.(?:map|each|mapLimit|eachLimit|forEachOf)$/.test(
      path,
    )
  )
    return undefined;
  const width = concurrencyOf(walk, node);
  return width === undefined ? 'together' : { atMost: width };
}

function concurrencyOf(walk: Walk, node: CallNode): number | undefined {
  for (const argument of node.arguments) {
    const own = numberOf(walk, argument);
    if (own !== undefined) return own;
    if (argument.type !== 'ObjectExpression') continue;
    for (const property of argument.properties) {
      if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
      if (/^(?:concurrency|maxConcurrent)$/.test(property.key.name)) return numberOf(walk, property.value);
    }
  }
  return undefined;
}

function numberOf(walk: Walk, node: Node): number | undefined {
  if (isFunction(unwrapped(node))) return undefined;
  const text = constantText(evaluated(walk, unwrapped(node)));
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

const limiters = /^(?:p-limit|p-queue|bottleneck|async-sema|p-throttle)\b/;

/** `ids.map((id) => limit(() => load(id)))` with `limit = pLimit(3)`: three at a time. */
export function limiterIn(
  walk: Walk,
  { file, node, environment }: FunctionValue,
): { readonly atMost: number } | undefined {
  const inside: Walk = { ...walk, file, environment };
  let found: number | undefined;
  walkTree(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || found !== undefined) return true;
    for (const value of evaluated(inside, unwrapped(inner.callee))) {
      if (value.kind !== 'api' || !limiters.test(value.module)) continue;
      const made = value.steps.find((step) => step.kind === 'call' || step.kind === 'new');
      const at = made && 'at' in made ? made.at : undefined;
      if (at === undefined || !('arguments' in at.node)) continue;
      found ??= concurrencyOf(
        { ...walk, file: at.file, environment: at.environment ?? noEnvironment },
        at.node as CallNode,
      );
    }
    return true;
  });
  return found === undefined ? undefined : { atMost: found };
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
