import type { Node } from '@babel/types';
import {
  type Environment,
  type Evaluator,
  Frame,
  isFunction,
  listItems,
  memberName,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';
import { option } from './options.ts';

/** An expression in one run of the code around it. */
export interface Part {
  readonly file: SourceFile;
  readonly node: Node;
  readonly environment: Environment;
}

/**
 * One step back from an expression to where its value is written, in the run that the environment stands for: the
 * argument of a parameter, the element that a pattern takes, the property of an options object.
 */
export function originOf(evaluator: Evaluator, part: Part): Part | undefined {
  const node = unwrapped(part.node);
  if (node.type === 'MemberExpression') {
    const values = evaluator.evaluate(part.file, node.object, part.environment);
    return option(evaluator, values, memberName(node) ?? '');
  }
  if (node.type !== 'Identifier') return undefined;
  const binding = part.file.scopes.bindingOf(node);
  const declaration = binding?.declaration;
  if (binding === undefined || declaration === undefined || binding.assignments.length > 0) return undefined;
  if (binding.kind === 'parameter') return argumentOf(part.environment, declaration, binding.identifier);
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ArrayPattern') return undefined;
  const index = declaration.id.elements.indexOf(binding.identifier as never);
  const [list] = declaration.init ? evaluator.evaluate(part.file, declaration.init, part.environment) : [];
  const item = index < 0 || list === undefined ? undefined : listItems(evaluator, list)?.[index];
  return item && { file: item.file, node: item.node, environment: item.environment ?? part.environment };
}

/** What the call that this run is for gives one parameter. */
function argumentOf(environment: Environment, owner: Node, parameter: Node): Part | undefined {
  for (let frame = environment; frame instanceof Frame; frame = frame.outer) {
    if (frame.owner !== owner || !isFunction(owner)) continue;
    const { file, node, environment: caller } = frame.site;
    const index = owner.params.indexOf(parameter as never);
    const given = node.type === 'CallExpression' ? node.arguments.slice(0, index + 1) : [];
    const argument = given.some(({ type }) => type === 'SpreadElement') ? undefined : given[index];
    return argument && { file, node: argument, environment: caller };
  }
  return undefined;
}
