import type { Node } from '@babel/types';
import {
  type Environment,
  type Evaluator,
  Frame,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';
import { option } from './options.ts';

/** Parameters handed on through more functions than this are not followed. */
const mostHandOns = 6;

/** An expression in one run of the code around it. */
interface Part {
  readonly file: SourceFile;
  readonly node: Node;
  readonly environment: Environment;
}

/**
 * Whether an expression is unknown because it comes from a parameter of a function that nothing in the source calls.
 * What a base class or a package only offers registers nothing until somebody uses it.
 */
export function isNeverGiven(evaluator: Evaluator, part: Part, handOns = 0): boolean {
  if (handOns > mostHandOns) return false;
  const node = unwrapped(part.node);
  if (node.type === 'MemberExpression') {
    const values = evaluator.evaluate(part.file, node.object, part.environment);
    const own = option(evaluator, values, memberName(node) ?? '');
    return isNeverGiven(evaluator, own ?? { ...part, node: node.object }, handOns + 1);
  }
  if (node.type !== 'Identifier') return false;
  const binding = part.file.scopes.bindingOf(node);
  const owner = binding?.kind === 'parameter' ? binding.declaration : undefined;
  if (owner === undefined || !isFunction(owner)) return false;
  const index = owner.params.findIndex((parameter) => parameter === binding?.identifier);
  const given = givenAt(part.environment, owner, index);
  if (given !== undefined) return isNeverGiven(evaluator, given, handOns + 1);
  return evaluator.callSites(part.file, owner).length === 0;
}

/** What the call that this run is for gives the parameter at an index. */
function givenAt(environment: Environment, owner: FunctionNode, index: number): Part | undefined {
  for (let frame = environment; frame instanceof Frame; frame = frame.outer) {
    if (frame.owner !== owner) continue;
    const { file, node, environment: caller } = frame.site;
    const argument = node.type === 'CallExpression' ? node.arguments[index] : undefined;
    return argument && { file, node: argument, environment: caller };
  }
  return undefined;
}
