import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import { contains } from './frames.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { keyName } from './tree.ts';
import type { Environment, Value } from './values.ts';

const none: readonly Value[] = [];

/** The part of `values` that `binding` takes out of a pattern. */
export function destructured(
  evaluator: Evaluator,
  file: SourceFile,
  pattern: Node,
  binding: Binding,
  values: readonly Value[],
  environment: Environment,
): readonly Value[] {
  const inner = (part: Node, taken: readonly Value[]) =>
    destructured(evaluator, file, part, binding, taken, environment);
  if (pattern === binding.identifier) return values;
  if (pattern.type === 'AssignmentPattern') {
    const given = inner(pattern.left, values);
    return given.length > 0 || pattern.left !== binding.identifier
      ? given
      : evaluator.evaluate(file, pattern.right, environment);
  }
  if (pattern.type === 'ObjectPattern') {
    for (const property of pattern.properties) {
      if (property.type === 'RestElement') {
        if (property.argument === binding.identifier) return values;
        continue;
      }
      if (!contains(property, binding.identifier)) continue;
      const name = keyName(property);
      return inner(
        property.value,
        name === undefined ? none : values.flatMap((value) => evaluator.member(value, name)),
      );
    }
  }
  if (pattern.type === 'ArrayPattern') {
    const index = pattern.elements.findIndex(
      (element) => element !== null && contains(element, binding.identifier),
    );
    const element = pattern.elements[index];
    if (!element) return none;
    const lists = values.filter(({ kind }) => kind === 'array' || kind === 'list' || kind === 'api');
    return inner(
      element,
      lists.flatMap((value) => evaluator.member(value, String(index))),
    );
  }
  return none;
}

/** The identifiers a pattern declares. */
export function declaredIdentifiers(pattern: Node): readonly (Node & { type: 'Identifier' })[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return declaredIdentifiers(pattern.left);
    case 'RestElement':
      return declaredIdentifiers(pattern.argument);
    case 'TSParameterProperty':
      return declaredIdentifiers(pattern.parameter);
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        declaredIdentifiers(property.type === 'RestElement' ? property.argument : property.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element ? declaredIdentifiers(element) : []));
    default:
      return [];
  }
}
