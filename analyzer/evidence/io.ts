import type { Node } from '@babel/types';
import {
  type ApiValue,
  columnOf,
  extendApi,
  lineOf,
  type Value,
  walk as walkTree,
} from '../sources/index.ts';
import { hostOfCall } from './host.ts';
import { type Io, nothing, type Step } from './step.ts';
import { place, promised, type Walk, type Walked, waited } from './walk.ts';

/**
 * A call of a known client.
 * @param node the call, a tagged template, or the function that a bridge is handed
 * @param values what is called
 */
export function ioCall(walk: Walk, node: Node, values: readonly Value[]): Walked | undefined {
  for (const value of values) {
    if (value.kind !== 'api') continue;
    const whole = extendApi(value, { kind: node.type === 'NewExpression' ? 'new' : 'call' });
    const known = walk.project.catalogue.match(whole);
    if (known === undefined) continue;
    const isRequest = known.category === 'http_client' || known.category === 'graphql';
    const host = isRequest ? hostOfCall(walk, node, value) : undefined;
    const context = { streams: asksForStream(node), ...(host === undefined ? {} : { host }) };
    const call = walk.project.catalogue.match(whole, context) ?? known;
    const location = place(walk, node);
    if (call.blocking)
      return waited({ kind: 'blocking', what: `${call.client} ${call.operation}`, call, location });
    const io: Step = call.paged
      ? pagesOf({ kind: 'io', call, host, location }, call)
      : { kind: 'io', call, host, location };
    if (!call.streaming || call.weight !== 'external') return promised(nothing, io);
    // Whether it is awaited or not, the response stays open for its pieces.
    const waits = call.category !== 'llm';
    return waited({ kind: 'stream', to: 'response', source: io, body: nothing, waits, location });
  }
  return undefined;
}

/** How many pages there are, only run time knows. */
function pagesOf(body: Io, { operation }: Io['call']): Step {
  return {
    kind: 'loop',
    body,
    rounds: { kind: 'unbounded' },
    pace: 'each',
    over: `the pages of ${operation}`,
    list: false,
    overQuery: false,
    location: body.location,
  };
}

/**
 * The client call that an API value came out of: what `for await (const chunk of response.body)` reads from.
 * @param streams whether the response is written from it, piece by piece
 */
export function sourceCall(
  walk: Walk,
  value: ApiValue,
  streams: boolean,
): ReturnType<Walk['project']['catalogue']['match']> {
  for (let length = value.steps.length; length > 0; length--) {
    const last = value.steps[length - 1];
    if (last?.kind !== 'call' && last?.kind !== 'new') continue;
    const found = walk.project.catalogue.match({ ...value, steps: value.steps.slice(0, length) });
    if (found === undefined) continue;
    const made = last.at;
    if (made && streams) walk.memory.streamed.add(keyOf(made.file.path, made.node));
    return found;
  }
  return undefined;
}

export function keyOf(file: string, node: Node): string {
  return `${file}:${lineOf(node)}:${columnOf(node)}`;
}

/** Whether the call's options ask for an answer in pieces: `{ stream: true }`. */
function asksForStream(node: Node): boolean {
  let found = false;
  for (const argument of 'arguments' in node ? (node.arguments as Node[]) : []) {
    walkTree(argument, (inner) => {
      if (inner.type !== 'ObjectProperty' || inner.key.type !== 'Identifier') return true;
      if (inner.key.name === 'stream' && inner.value.type === 'BooleanLiteral' && inner.value.value)
        found = true;
      return true;
    });
  }
  return found;
}
