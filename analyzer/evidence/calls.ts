import type { Node } from '@babel/types';
import { type Call as CallNode, isFunction, memberName, unwrapped, type Value } from '../sources/index.ts';
import { adaptedValues, directCall } from './adapted.ts';
import { cacheCall } from './cache.ts';
import { callbacksRun, detachedCallbacks, detachesCallbacks } from './callbacks.ts';
import { crossing, keptBridge } from './crossings.ts';
import { decoratedValues } from './decorations.ts';
import { enterAlternatives } from './enter.ts';
import { emittedEvent } from './events.ts';
import { walkExpression } from './expressions.ts';
import { ioCall } from './io.ts';
import { iteration } from './iteration.ts';
import { lateCall } from './late.ts';
import { ormCall, rowsRead } from './orm-access.ts';
import { promiseCall } from './promises.ts';
import { textOf } from './statements.ts';
import { isNothing, nothing, type Step, sequence } from './step.ts';
import { streamingCall } from './streams.ts';
import { doesNothing, evaluated, place, preceded, settled, type Walk, type Walked, waited } from './walk.ts';

/**
 * What a call does: what stands before it, then the most specific reading of it that fits.
 *
 * A bridge first, because what is inside one is not what it looks like; then what the language itself does with
 * promises and lists; then the ORM, known clients, and functions of the project.
 */
export function walkCall(walk: Walk, given: CallNode): Walked {
  const node = directCall(walk, given);
  if (node.type !== 'NewExpression') {
    const bridge = walk.project.bridges.crossedBy(walk.file, node);
    if (bridge !== undefined) return crossing(walk, bridge, node);
    // Handing a function to the wrapper runs nothing yet.
    if (walk.project.bridges.madeBy(walk.file, node) !== undefined) return doesNothing;
    const special = promiseCall(walk, node) ?? iteration(walk, node) ?? streamingCall(walk, node);
    if (special !== undefined) return special;
  }
  const { step, promises } = beforeCall(walk, node);
  const walked = effect(walk, node);
  // `pTimeout(load(), 5000)`, `to(load())`: what it waits for is what it was handed.
  return preceded(
    step,
    promises && walked.unknown !== undefined && isNothing(settled(walked)) ? doesNothing : walked,
  );
}

function effect(walk: Walk, node: CallNode): Walked {
  // Data flow sees through a bridge that is kept under a name, so it is looked for before the ORM.
  const kept = keptBridge(walk, node.callee);
  if (kept !== undefined) return crossing(walk, kept, node);
  const orm = ormCall(walk, node);
  if (orm !== undefined) return orm;
  if (isArrayFrom(walk, node) && node.arguments[0]) return waited(rowsRead(walk, node.arguments[0]));
  const late = lateCall(walk, node);
  if (late !== undefined) return late;
  const named = evaluated(walk, unwrapped(node.callee));
  // What hangs off a framework's object is known by where it was hung.
  const decorated = decoratedValues(walk, node, named);
  const values = decorated.length > 0 ? decorated : adaptedValues(walk, named);
  const io = ioCall(walk, node, values);
  if (io !== undefined) return io;
  if (detachesCallbacks(node, values)) {
    return waited(detachedCallbacks(walk, node, `${textOf(walk, node.callee)} runs it later`));
  }
  const emitted = emittedEvent(walk, node, values);
  if (emitted !== undefined) return emitted;
  const cached = cacheCall(walk, node, values);
  if (cached !== undefined) return cached;
  const entered = enterAlternatives(walk, node, values);
  if (entered !== undefined) return entered;
  const callbacks = callbacksRun(walk, node);
  if (callbacks !== undefined) return callbacks;
  return isKnownHarmless(walk, node, values) ? doesNothing : unknown(walk, node);
}

/** `Array.from(query)` and `new Set(query)` go through what they are given. */
function isArrayFrom(walk: Walk, node: CallNode): boolean {
  const callee = unwrapped(node.callee);
  const name = callee.type === 'MemberExpression' ? unwrapped(callee.object) : callee;
  if (name.type !== 'Identifier' || !walk.file.scopes.isGlobal(name)) return false;
  if (node.type === 'NewExpression') return name.name === 'Set' || name.name === 'Map';
  return name.name === 'Array' && memberName(callee) === 'from';
}

/**
 * The receiver and the arguments, evaluated before the call. Functions among them run when they are called.
 * @returns what that does, and whether a promise was handed over
 */
function beforeCall(walk: Walk, node: CallNode): { readonly step: Step; readonly promises: boolean } {
  const steps: Step[] = [];
  let promises = false;
  const callee = unwrapped(node.callee);
  if (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') {
    steps.push(receiver(walk, node, callee.object));
  } else if (callee.type === 'CallExpression') steps.push(receiver(walk, node, callee));
  const handsOn = handsPromisesOn(walk, node);
  for (const argument of node.arguments) {
    if (isFunction(unwrapped(argument))) continue;
    const walked = walkExpression(walk, argument);
    promises ||= walked.promise !== undefined;
    steps.push(handsOn ? leftTo(walk, node, walked) : settled(walked));
  }
  return { step: sequence(steps), promises };
}

/** `waitUntil(audit(order))`: what is promised goes on after the response. */
function handsPromisesOn(walk: Walk, node: CallNode): boolean {
  const callee = unwrapped(node.callee);
  const name = memberName(callee) ?? (callee.type === 'Identifier' ? callee.name : undefined);
  if (name === undefined || !/^(?:waitUntil|after|unstable_after|defer)$/.test(name)) return false;
  return name === 'waitUntil' || detachesCallbacks(node, evaluated(walk, callee));
}

function leftTo(walk: Walk, node: CallNode, { step, promise = nothing }: Walked): Step {
  if (isNothing(promise)) return step;
  const why = `${textOf(walk, node.callee)} lets it go on after the response`;
  return sequence([step, { kind: 'detached', body: promise, why, location: place(walk, node) }]);
}

/**
 * What a method is called on. In `knex('posts').where(q).first()` only the whole chain is one query: when it is
 * recognised as such, the calls inside it only build.
 */
function receiver(walk: Walk, outer: CallNode, object: Node): Step {
  const isChain = ioCall(walk, outer, evaluated(walk, unwrapped(outer.callee))) !== undefined;
  return isChain ? builderArguments(walk, object) : settled(walkExpression(walk, object));
}

function builderArguments(walk: Walk, given: Node): Step {
  const node = unwrapped(given);
  if (node.type === 'MemberExpression') return builderArguments(walk, node.object);
  if (node.type !== 'CallExpression')
    return node.type === 'AwaitExpression' ? settled(walkExpression(walk, node)) : nothing;
  const own = node.arguments
    .filter((argument) => !isFunction(argument))
    .map((argument) => settled(walkExpression(walk, argument)));
  return sequence([builderArguments(walk, node.callee), ...own]);
}

/** `` sql`…` ``: a call with the template's parts. */
export function walkTagged(walk: Walk, node: Node & { type: 'TaggedTemplateExpression' }): Walked {
  const parts = sequence(node.quasi.expressions.map((part) => settled(walkExpression(walk, part))));
  const io = ioCall(walk, node, evaluated(walk, unwrapped(node.tag)));
  return preceded(parts, io ?? doesNothing);
}

/** Values that are known, and things every request handler reads from, do no I/O of their own worth counting. */
function isKnownHarmless(walk: Walk, node: CallNode, values: readonly Value[]): boolean {
  if (node.type === 'NewExpression') return true;
  if (values.length > 0) {
    return values.every((value) => value.kind !== 'api' || isHarmlessModule(walk, value.module));
  }
  const root = rootOf(node.callee);
  if (root.type === 'Super' || root.type === 'ThisExpression' || root.type === 'Import')
    return root.type !== 'ThisExpression';
  if (root.type !== 'Identifier') return true;
  const binding = walk.file.scopes.bindingOf(root);
  // What a framework hands a middleware to go on with.
  if (root === node.callee && root.name === 'next' && binding?.kind === 'parameter') return true;
  // A helper that is handed the request reads what is of the request, too.
  const member = memberName(unwrapped(node.callee)) ?? '';
  if (/^(?:req|request)$/.test(root.name) && /^(?:json|text|formData|arrayBuffer|blob)$/.test(member))
    return true;
  // The request and the response: reading a body is part of every request.
  return binding === undefined || isEntryParameter(walk, binding.declaration);
}

/** A parameter of the handler, or of a function that a framework is handed: `streamSSE(c, async (stream) => …)`. */
function isEntryParameter(walk: Walk, declaration: Node): boolean {
  if (!isFunction(declaration)) return false;
  if (walk.stack[0] === declaration) return true;
  const call = walk.file.parentOf(declaration);
  if (call?.type !== 'CallExpression' || call.callee === declaration) return false;
  const values = evaluated(walk, unwrapped(call.callee));
  return values.length > 0 && values.every((value) => value.kind === 'api' && frameworks.test(value.module));
}

const builtinModules =
  /^(?:global|assert|buffer|crypto|events|path|perf_hooks|querystring|stream|string_decoder|timers|url|util|async_hooks)(?:\/|$)/;

function isHarmlessModule(walk: Walk, module: string): boolean {
  return builtinModules.test(module) || walk.project.catalogue.knows(module) || frameworks.test(module);
}

/** What these return is the request, the response or a schema: nothing that waits on somebody else. */
const frameworks =
  /^(?:express|fastify|koa|hono|next|@nestjs|@trpc|zod|joi|yup|ajv|class-|lodash|date-fns|dayjs|luxon|uuid|nanoid|react|rxjs|@hapi|body-parser|cors|helmet|debug|chalk|@migrate-async)\b/;

export function rootOf(expression: Node): Node {
  let node = unwrapped(expression);
  for (;;) {
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
      node = unwrapped(node.object);
    else if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression')
      node = unwrapped(node.callee);
    else if (node.type === 'AwaitExpression') node = unwrapped(node.argument);
    else return node;
  }
}

function unknown(walk: Walk, node: CallNode): Walked {
  const text = textOf(walk, node.callee);
  return { step: nothing, unknown: { kind: 'unknown', text, location: place(walk, node) } };
}
