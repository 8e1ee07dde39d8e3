import { span } from '../../analyzer/sources/index.ts';
import { isPath } from '../expressions.ts';
import { unwrapping } from '../unwrap.ts';
import { type Form, leave, rewritable } from './form.ts';
import { coreOf, mergeRewrites, namingTwin, referencedOperation } from './method-call.ts';

/**
 * `W(Post.objects.get)` that is kept, passed on or exported, to `Post.objects.aget.bind(Post.objects)`.
 *
 * Without `bind` the method would lose its receiver; the receiver is read twice, so it must be a plain path.
 */
export const methodReference: Form = {
  name: 'method-reference',
  match(bridge) {
    const operation = referencedOperation(bridge);
    if (bridge.application !== undefined || operation === undefined) return undefined;
    if (operation.name === 'iterator')
      return leave('MA103', 'rows that come one by one can only be waited for by `for await`');
    if (bridge.argument?.type === 'TSInstantiationExpression')
      return leave('MA114', 'a method with type arguments cannot be bound in an expression');
    if (operation.receiver === undefined || isPath(operation.receiver)) return rewritable;
    return leave('MA104', `binding would evaluate «${bridge.file.textOf(operation.receiver)}» twice`);
  },
  rewrite(bridge) {
    const operation = referencedOperation(bridge);
    if (operation === undefined || bridge.argument === undefined) return { edits: [], functions: [] };
    const { file } = bridge;
    const core = coreOf(bridge.argument);
    const { receiver } = operation;
    const bound =
      receiver === undefined ? '' : `.bind(${file.text.slice(span(receiver).start, span(receiver).end)})`;
    return mergeRewrites([
      { edits: unwrapping(file, bridge, core), functions: [] },
      namingTwin(operation),
      { edits: [{ start: core.end, end: core.end, text: bound }], functions: [] },
    ]);
  },
};
