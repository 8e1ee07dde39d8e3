import type { Node } from '@babel/types';
import type { Bridge, OrmOperation } from '../../analyzer/evidence/bridge.ts';
import { span, unwrapped } from '../../analyzer/sources/index.ts';
import { outermost } from '../expressions.ts';
import { renaming, unwrapping } from '../unwrap.ts';
import { type Form, leave, type Rewrite, rewritable } from './form.ts';

/** `W(Post.objects.get)(q)` to `Post.objects.aget(q)`. */
export const methodCall: Form = {
  name: 'method-call',
  match(bridge) {
    if (bridge.application === undefined || referencedOperation(bridge) === undefined) return undefined;
    if (referencedOperation(bridge)?.name === 'iterator' && !isGoneThrough(bridge))
      return leave('MA103', 'rows that come one by one can only be waited for by `for await`');
    const [first] = bridge.application.arguments;
    const instantiated = bridge.argument?.type === 'TSInstantiationExpression';
    if (instantiated && bridge.application.typeParameters && first)
      return leave('MA114', 'type arguments stand both on the method and on the call');
    return rewritable;
  },
  rewrite(bridge) {
    const operation = referencedOperation(bridge);
    if (operation === undefined) return { edits: [], functions: [] };
    return mergeRewrites([
      { edits: unwrapping(bridge.file, bridge, coreOf(bridge.argument ?? operation.node)), functions: [] },
      namingTwin(operation),
    ]);
  },
};

/** `for await (const post of await W(posts.iterator)())`, which takes sync and async iterators alike. */
function isGoneThrough({ file, application }: Bridge): boolean {
  const outer = application && outermost(file, application);
  const awaited = outer && file.parentOf(outer);
  const loop = awaited && file.parentOf(awaited);
  return (
    awaited?.type === 'AwaitExpression' &&
    loop?.type === 'ForOfStatement' &&
    loop.await &&
    loop.right === awaited
  );
}

/** The one operation that is handed over by reference. */
export function referencedOperation(bridge: Bridge): OrmOperation | undefined {
  const [operation] = bridge.operations;
  if (bridge.argument === undefined || operation?.twin === undefined) return undefined;
  const isDetached = operation.node.type === 'Identifier' && operation.kind !== 'function';
  return operation.node === unwrapped(bridge.argument) && !isDetached ? operation : undefined;
}

/** What stays of the wrapper's argument: the member itself with its type arguments, without `!`. */
export function coreOf(argument: Node): { readonly start: number; readonly end: number } {
  let inner = argument;
  while (inner.type === 'TSNonNullExpression') inner = inner.expression;
  const { start } = span(unwrapped(inner));
  if (inner.type !== 'TSInstantiationExpression') return span(unwrapped(inner));
  return { start, end: span(inner).end };
}

/** Names the twin: at a member by renaming it, at an imported function by way of its import. */
export function namingTwin(operation: OrmOperation): Rewrite {
  const { node, name, twin } = operation;
  if (twin === undefined) return { edits: [], functions: [] };
  if (node.type === 'Identifier') return { edits: [], functions: [{ identifier: node, twin }] };
  return { edits: renaming(node, name, twin), functions: [] };
}

export function mergeRewrites(rewrites: readonly Rewrite[]): Rewrite {
  return {
    edits: rewrites.flatMap(({ edits }) => edits),
    functions: rewrites.flatMap(({ functions }) => functions),
    twins: rewrites.flatMap(({ twins = [] }) => twins),
  };
}
