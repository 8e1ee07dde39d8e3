import { type Evaluator, isFunction, unwrapped } from '../../sources/index.ts';
import { originOf, type Part } from './origins.ts';

/** Parameters handed on through more functions than this are not followed. */
const mostHandOns = 6;

/**
 * Whether an expression is unknown because it comes from a parameter of a function that nothing in the source calls.
 * What a base class or a package only offers registers nothing until somebody uses it.
 */
export function isNeverGiven(evaluator: Evaluator, part: Part, handOns = 0): boolean {
  if (handOns > mostHandOns) return false;
  const origin = originOf(evaluator, part);
  if (origin !== undefined) return isNeverGiven(evaluator, origin, handOns + 1);
  const node = unwrapped(part.node);
  if (node.type === 'MemberExpression')
    return isNeverGiven(evaluator, { ...part, node: node.object }, handOns + 1);
  const binding = node.type === 'Identifier' ? part.file.scopes.bindingOf(node) : undefined;
  const owner = binding?.kind === 'parameter' ? binding.declaration : undefined;
  return owner !== undefined && isFunction(owner) && evaluator.callSites(part.file, owner).length === 0;
}
