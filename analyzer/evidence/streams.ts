import type { Node } from '@babel/types';
import type { ClientCall } from '../catalogue/index.ts';
import { apiPath, type Call as CallNode, memberName, unwrapped } from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { walkExpression } from './expressions.ts';
import { sourceCall } from './io.ts';
import { nothing, sequence } from './step.ts';
import { evaluated, place, promised, settled, type Walk, type Walked } from './walk.ts';

/** The external call whose answer an expression reads: `response.body`, a model's stream. */
export function streamedCall(walk: Walk, node: Node): ClientCall | undefined {
  for (const value of evaluated(walk, unwrapped(node))) {
    const found = value.kind === 'api' ? sourceCall(walk, value) : undefined;
    if (found?.weight === 'external') return found;
  }
  return undefined;
}

const streamHelpers =
  /(?:^|\.)(?:streamSSE|streamText|stream|createDataStreamResponse|createDataStream|pipeDataStreamToResponse)$/;

/** `upstream.pipe(res)`, `pipeline(upstream, res)`, `streamSSE(c, async (stream) => …)`. */
export function streamingCall(walk: Walk, node: CallNode): Walked | undefined {
  const callee = unwrapped(node.callee);
  const name = memberName(callee);
  if (name === 'pipe' && callee.type === 'MemberExpression') return piped(walk, node, callee.object);
  const api = evaluated(walk, callee).find((value) => value.kind === 'api');
  if (api?.kind !== 'api') return undefined;
  const path = apiPath(api);
  if (/^stream(?:\/promises)?\.(?:promises\.)?pipeline$/.test(path)) {
    const [source] = node.arguments;
    return source && piped(walk, node, source);
  }
  if (!/^hono\//.test(api.module) || !streamHelpers.test(path)) return undefined;
  const given = node.arguments.find((argument) => callbackOf(walk, argument) !== undefined);
  const callback = callbackOf(walk, given);
  if (given === undefined || callback === undefined) return undefined;
  const body = settled(runCallback(walk, callback, node, given));
  return promised(nothing, {
    kind: 'stream',
    source: nothing,
    body,
    waits: false,
    location: place(walk, node),
  });
}

function piped(walk: Walk, node: CallNode, source: Node): Walked | undefined {
  const external = streamedCall(walk, source);
  if (external === undefined) return undefined;
  const rest = node.arguments.filter((argument) => argument !== source);
  const before = sequence([source, ...rest].map((each) => settled(walkExpression(walk, each))));
  return promised(nothing, {
    kind: 'stream',
    source: before,
    body: nothing,
    waits: external.category !== 'llm',
    location: place(walk, node),
  });
}
