import type { Node } from '@babel/types';
import type { ClientCall } from '../catalogue/index.ts';
import { apiPath, type Call as CallNode, memberName, unwrapped } from '../sources/index.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { walkExpression } from './expressions.ts';
import { sourceCall } from './io.ts';
import { nothing, type Stream, sequence } from './step.ts';
import { evaluated, place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

/** Members that give a body whole: what is read from their result no longer comes in as it is produced. */
const readsWhole = /^(?:json|text|arrayBuffer|blob|buffer|bytes|formData)$/;

/**
 * The external call whose answer an expression reads: `response.body`, a model's stream.
 * @param to where the pieces go; a call whose answer goes to a store is no stream to whoever waits for the response
 */
export function streamedCall(walk: Walk, node: Node, to: Stream['to'] = 'response'): ClientCall | undefined {
  for (const value of evaluated(walk, streamIn(node))) {
    if (value.kind !== 'api') continue;
    if (value.steps.some((step) => step.kind === 'member' && readsWhole.test(step.name))) continue;
    const found = sourceCall(walk, value, to === 'response');
    if (found?.weight === 'external') return found;
  }
  return undefined;
}

/** `Readable.fromWeb(body)` and `body.pipeThrough(gzip)` give the pieces of `body`. */
function streamIn(given: Node): Node {
  const node = unwrapped(given);
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return node;
  const { object } = node.callee;
  const name = memberName(node.callee);
  const [first] = node.arguments;
  if (name === 'pipeThrough' || name === 'pipe' || name === 'compose') return streamIn(object);
  const wraps = object.type === 'Identifier' && /^(?:Readable|Writable|Duplex)$/.test(object.name);
  return wraps && first && /^(?:fromWeb|from|toWeb)$/.test(name ?? '') ? streamIn(first) : node;
}

const streamHelpers =
  /(?:^|\.)(?:streamSSE|streamText|stream|createDataStreamResponse|createDataStream|pipeDataStreamToResponse)$/;

/** `upstream.pipe(res)`, `pipeline(upstream, res)`, `streamSSE(c, async (stream) => …)`. */
export function streamingCall(walk: Walk, node: CallNode): Walked | undefined {
  const callee = unwrapped(node.callee);
  const name = memberName(callee);
  if ((name === 'pipe' || name === 'pipeTo') && callee.type === 'MemberExpression')
    return piped(walk, node, callee.object, node.arguments[0]);
  const api = evaluated(walk, callee).find((value) => value.kind === 'api');
  if (api?.kind !== 'api') return undefined;
  const path = apiPath(api);
  if (/^stream(?:\/promises)?\.(?:promises\.)?pipeline$/.test(path)) {
    const [source] = node.arguments;
    return source && piped(walk, node, source, node.arguments.at(-1));
  }
  if (!/^hono\//.test(api.module) || !streamHelpers.test(path)) return undefined;
  const given = node.arguments.find((argument) => callbackOf(walk, argument) !== undefined);
  const callback = callbackOf(walk, given);
  if (given === undefined || callback === undefined) return undefined;
  const body = settled(runCallback(walk, callback, node, given));
  return promised(nothing, {
    kind: 'stream',
    to: 'response',
    source: nothing,
    body,
    waits: false,
    location: place(walk, node),
  });
}

/** What files and stores are written through: `fs.createWriteStream(path)`, `bucket.openUploadStream(name)`. */
const storeWriters = /\.(?:createWriteStream|openUploadStream|createUploadStream)\(\)$/;

function piped(walk: Walk, node: CallNode, source: Node, target: Node | undefined): Walked | undefined {
  const to = target !== undefined && isStore(walk, target) ? 'store' : 'response';
  const external = streamedCall(walk, source, to);
  if (external === undefined) return undefined;
  const rest = node.arguments.filter((argument) => argument !== source);
  const before = sequence([source, ...rest].map((each) => settled(walkExpression(walk, each))));
  const stream: Stream = {
    kind: 'stream',
    to,
    source: before,
    body: nothing,
    waits: external.category !== 'llm',
    location: place(walk, node),
  };
  // Awaited or not, the response is open until its last piece.
  return to === 'response' ? waited(stream) : promised(nothing, stream);
}

function isStore(walk: Walk, target: Node): boolean {
  return evaluated(walk, target).some((value) => value.kind === 'api' && storeWriters.test(apiPath(value)));
}
