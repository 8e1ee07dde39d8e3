import type { Node } from '@babel/types';
import {
  apiPath,
  type Call as CallNode,
  type FunctionValue,
  isFunction,
  keyName,
  memberName,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import { answersLater } from './answers.ts';
import { enterCallback } from './enter.ts';
import { allOf } from './expressions.ts';
import { textOf } from './statements.ts';
import { isNothing, nothing, type Step, sequence } from './step.ts';
import { evaluated, place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

/** The function an argument stands for: written there, or named. */
export function callbackOf(walk: Walk, given: Node | undefined): FunctionValue | undefined {
  if (given === undefined) return undefined;
  const node = unwrapped(given);
  if (isFunction(node)) return { kind: 'function', file: walk.file, node, environment: walk.environment };
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return undefined;
  const [only, ...more] = evaluated(walk, node);
  return more.length === 0 && only?.kind === 'function' ? only : undefined;
}

/** What a callback does when it runs. */
export function runCallback(walk: Walk, value: FunctionValue, node: CallNode, at: Node): Walked {
  const given = unwrapped(at);
  const name = isFunction(given) ? 'callback' : textOf(walk, given);
  const entered = enterCallback(walk, value, node, name, place(walk, at));
  // A callback written in place is part of the code around it, not a call worth a line of its own.
  if (!isFunction(given)) return entered;
  const inline = (step: Step | undefined) => (step?.kind === 'call' ? step.body : step);
  return {
    ...entered,
    step: inline(entered.step) ?? nothing,
    ...(entered.promise === undefined ? {} : { promise: inline(entered.promise) ?? nothing }),
  };
}

/**
 * Functions given to something that is not known run once, as part of the call: `withSpan('x', async () => …)`,
 * `createStream({ execute: async () => … })`. Those that wait for an event, such as `onFinish`, are not waited for.
 * @returns `undefined` when none of the arguments is a function that does something
 */
export function callbacksRun(walk: Walk, node: CallNode): Walked | undefined {
  // By name functions are also kept for later; where the call itself is waited for, they run.
  const named = isWaitedFor(walk, node);
  const given = node.arguments.flatMap((argument) =>
    named && isReference(unwrapped(argument)) ? [{ at: argument, event: false }] : functionsIn(argument),
  );
  const walked = given.flatMap(({ at, event }) => {
    const value = callbackOf(walk, at);
    if (value === undefined) return [];
    const ran = runCallback(walk, value, node, at);
    return [event ? waited(later(walk, at, settled(ran))) : ran];
  });
  if (walked.length === 0) return undefined;
  const step = sequence(walked.map((each) => each.step));
  return promised(
    step,
    allOf(
      walk,
      node,
      walked.map(({ promise = nothing }) => promise),
    ),
  );
}

function isReference({ type }: Node): boolean {
  return type === 'Identifier' || type === 'MemberExpression';
}

/** `await context.run(store, work)`, `return pRetry(load)`. */
function isWaitedFor(walk: Walk, node: CallNode): boolean {
  const parent = walk.file.parentOf(node);
  switch (parent?.type) {
    case 'AwaitExpression':
    case 'ReturnStatement':
      return true;
    case 'ArrowFunctionExpression':
      return parent.body === node;
    case 'MemberExpression':
      return /^(?:then|catch|finally)$/.test(memberName(parent) ?? '');
    default:
      return false;
  }
}

interface GivenFunction {
  readonly at: Node;
  readonly event: boolean;
}

/** Functions written in an argument: the argument itself, or the properties of an options object. */
function functionsIn(argument: Node): readonly GivenFunction[] {
  const node = unwrapped(argument);
  if (isFunction(node)) return [{ at: node, event: false }];
  if (node.type !== 'ObjectExpression') return [];
  return node.properties.flatMap((property): readonly GivenFunction[] => {
    const name = property.type === 'SpreadElement' ? undefined : keyName(property);
    const event = name !== undefined && /^on[A-Z]/.test(name);
    if (property.type === 'ObjectMethod') return [{ at: property, event }];
    if (property.type !== 'ObjectProperty' || !isFunction(unwrapped(property.value))) return [];
    return [{ at: property.value, event }];
  });
}

function later(walk: Walk, at: Node, body: Step): Step {
  if (isNothing(body)) return nothing;
  return { kind: 'detached', body, why: 'it runs when an event comes', location: place(walk, at) };
}

const laterGlobals = /^global\.(?:setTimeout|setInterval|setImmediate|queueMicrotask|process\.nextTick)$/;
const laterFunctions = /(?:^|\.)(?:after|unstable_after|waitUntil|defer|setTimeout|setImmediate)$/;
/** Members that keep a function for an event that comes later, if it comes. */
const subscribing =
  /^(?:on|once|addListener|prependListener|prependOnceListener|addEventListener|off|removeListener|removeEventListener|subscribe|waitUntil|onCommit|aonCommit)$/;

/** Whether the call only keeps the functions it is given, to run after the response or never. */
export function detachesCallbacks(node: CallNode, values: readonly Value[]): boolean {
  const named = memberName(unwrapped(node.callee));
  if (named !== undefined && subscribing.test(named)) return true;
  return values.some((value) => {
    if (value.kind !== 'api') return false;
    const path = apiPath(value);
    return laterGlobals.test(path) || (value.module !== 'global' && laterFunctions.test(path));
  });
}

/**
 * Work that the response does not wait for, kept so that it can be counted. What answers the request is waited for, though
 * it waits for an event itself: `req.on('end', async () => { …; res.end(); })`.
 */
export function detachedCallbacks(walk: Walk, node: CallNode, why: string): Step {
  const steps = node.arguments.flatMap((argument): readonly Step[] => {
    const value = isFunction(unwrapped(argument)) ? callbackOf(walk, argument) : undefined;
    if (value === undefined) return [];
    const body = settled(runCallback(walk, value, node, argument));
    if (isNothing(body) || answersLater(walk, argument)) return [body];
    return [{ kind: 'detached', body, why, location: place(walk, node) }];
  });
  return sequence(steps);
}
