import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { SourceFile } from './source-file.ts';
import { unwrapped } from './tree.ts';
import type { Environment } from './values.ts';

type Binary = Node & { type: 'BinaryExpression' };

/** What `args.length - 1` gives, where both sides are numbers that are known. */
export function numberOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: Binary,
  environment: Environment,
): number | undefined {
  if (!/^[-+*%]$/.test(node.operator)) return undefined;
  const left = onlyConstant(evaluator, file, node.left, environment);
  const right = onlyConstant(evaluator, file, node.right, environment);
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  switch (node.operator) {
    case '-':
      return left - right;
    case '+':
      return left + right;
    case '*':
      return left * right;
    default:
      return left % right;
  }
}

/** Whether a comparison of two known texts or numbers holds; `undefined` when it is none, or one is not known. */
export function comparisonHolds(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): boolean | undefined {
  if (node.type !== 'BinaryExpression' || !/^(?:[<>]=?|[=!]==?)$/.test(node.operator)) return undefined;
  const left = onlyConstant(evaluator, file, node.left, environment);
  const right = onlyConstant(evaluator, file, node.right, environment);
  const comparable = typeof left === typeof right && (typeof left === 'string' || typeof left === 'number');
  if (!comparable || left === undefined || right === undefined) return undefined;
  switch (node.operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
    case '===':
      return left === right;
    default:
      return left !== right;
  }
}

function onlyConstant(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): string | number | boolean | undefined {
  const bare = unwrapped(node);
  // A counter holds more than what it began with.
  const binding = bare.type === 'Identifier' ? file.scopes.bindingOf(bare) : undefined;
  if (binding !== undefined && binding.assignments.length > 0) return undefined;
  const [value, ...others] = evaluator.evaluate(file, node, environment);
  if (value?.kind !== 'constant' || others.length > 0) return undefined;
  return typeof value.value === 'object' ? undefined : value.value;
}
