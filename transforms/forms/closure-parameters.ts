import type { Identifier, Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { span } from '../../analyzer/sources/index.ts';
import type { Edit } from '../edit.ts';
import { isPath, isPure } from '../expressions.ts';
import { commentsIn } from '../layout.ts';

/**
 * Edits that put the arguments of a bridge's call where its closure uses its parameters.
 * @returns `undefined` when that could change what is evaluated, or when: each parameter must be used exactly once,
 *   in order, and not inside another function; each argument must be pure
 */
export function argumentSubstitution(bridge: Bridge, expression: Node): readonly Edit[] | undefined {
  const { application, closure, file } = bridge;
  if (application === undefined || closure === undefined) return undefined;
  const values = application.arguments;
  if (closure.params.length === 0)
    return values.every((value) => value.type !== 'SpreadElement' && isPure(value)) ? [] : undefined;
  if (values.length !== closure.params.length) return undefined;
  const edits: Edit[] = [];
  let last = span(expression).start;
  for (const [index, parameter] of closure.params.entries()) {
    const value = values[index];
    if (parameter.type !== 'Identifier' || value === undefined || value.type === 'SpreadElement')
      return undefined;
    const binding = file.scopes.bindingOf(parameter);
    const uses = binding?.references.filter((use) => span(use).start >= span(expression).start) ?? [];
    const [use] = uses;
    const { start, end } = span(value);
    const fits = isPath(value) || /^(?:String|Numeric|Boolean|Null)Literal$/.test(value.type);
    if (uses.length !== 1 || binding?.references.length !== 1 || use === undefined || !fits) return undefined;
    if (binding.assignments.length > 0 || span(use).start < last || file.functionAround(use) !== closure)
      return undefined;
    if (use.type !== 'Identifier' || commentsIn(file, start, end).length > 0) return undefined;
    last = span(use).end;
    edits.push(substitution(bridge, use, file.text.slice(start, end)));
  }
  // Comments between the arguments would have nowhere to go.
  return commentsIn(file, span(closure).end, span(application).end).length > 0 ? undefined : edits;
}

function substitution({ file }: Bridge, use: Identifier, text: string): Edit {
  const { start, end } = span(use);
  const property = file.parentOf(use);
  const isShorthand = property?.type === 'ObjectProperty' && property.shorthand;
  return { start, end, text: isShorthand ? `${use.name}: ${text}` : text };
}
