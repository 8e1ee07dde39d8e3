import type { Node } from '@babel/types';
import { comparisonHolds } from './arithmetic.ts';
import type { Evaluator } from './evaluator.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, keyName, unwrapped } from './tree.ts';
import type { Environment, Value } from './values.ts';

/** Conditions nested beyond this are not looked into. */
const deepestCondition = 20;

/**
 * Whether the code at a place runs, by the conditions between it and the function around it.
 * @param inside a function that the code has to stand in; what stands in another one inside it may run later, or never
 */
export function whetherRun(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  inside: Node | undefined,
  environment: Environment,
): 'always' | 'never' | 'perhaps' {
  let found: 'always' | 'perhaps' = 'always';
  for (let inner = node, above = file.parentOf(inner); above !== undefined; above = file.parentOf(inner)) {
    if (isFunction(above)) return above === inside ? found : 'perhaps';
    if (/^(?:For|While|DoWhile|Try|Switch)/.test(above.type)) found = 'perhaps';
    const wanted = branchOf(above, inner);
    if (wanted !== undefined) {
      const holds = truthOf(evaluator, file, wanted.test, environment, 0);
      if (holds === undefined) found = 'perhaps';
      else if (holds !== wanted.truth) return 'never';
    }
    inner = above;
  }
  return found;
}

/** The function a node stands in; `undefined` at the top of a module. */
export function functionAround(file: SourceFile, node: Node): Node | undefined {
  for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above))
    if (isFunction(above)) return above;
  return undefined;
}

/** The test that decides whether `inner` runs, and what it has to be. */
function branchOf(above: Node, inner: Node): { readonly test: Node; readonly truth: boolean } | undefined {
  if (above.type === 'IfStatement' || above.type === 'ConditionalExpression') {
    if (inner === above.test) return undefined;
    return { test: above.test, truth: inner === above.consequent };
  }
  if (above.type !== 'LogicalExpression' || inner !== above.right || above.operator === '??')
    return undefined;
  return { test: above.left, truth: above.operator === '&&' };
}

/** Whether a condition holds in one run; `undefined` when that is not known. */
function truthOf(
  evaluator: Evaluator,
  file: SourceFile,
  given: Node,
  environment: Environment,
  depth: number,
): boolean | undefined {
  if (depth > deepestCondition) return undefined;
  const node = unwrapped(given);
  const inner = (part: Node) => truthOf(evaluator, file, part, environment, depth + 1);
  if (node.type === 'UnaryExpression' && node.operator === '!') {
    const holds = inner(node.argument);
    return holds === undefined ? undefined : !holds;
  }
  if (node.type === 'LogicalExpression' && node.operator !== '??') {
    const decides = node.operator === '||';
    const [left, right] = [inner(node.left), inner(node.right)];
    if (left === decides || right === decides) return decides;
    return left === undefined || right === undefined ? undefined : !decides;
  }
  const compared = comparisonHolds(evaluator, file, node, environment);
  if (compared !== undefined) return compared;
  const values = evaluator.evaluate(file, node, environment);
  if (values.length === 0) return isMissing(evaluator, file, node, environment) ? false : undefined;
  const [first, ...others] = values.map(truthOfValue);
  return others.every((other) => other === first) ? first : undefined;
}

function truthOfValue(value: Value): boolean | undefined {
  if (value.kind === 'constant') return Boolean(value.value);
  return value.kind === 'api' ? undefined : true;
}

/** Whether a member is read that an object, which is written out, does not have. */
function isMissing(evaluator: Evaluator, file: SourceFile, node: Node, environment: Environment): boolean {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return false;
  const name = !node.computed && node.property.type === 'Identifier' ? node.property.name : undefined;
  const objects = evaluator.evaluate(file, node.object, environment);
  if (name === undefined || objects.length === 0) return false;
  return objects.every(
    (value) =>
      value.kind === 'object' &&
      value.node.properties.every((property) => {
        const key = property.type === 'SpreadElement' ? undefined : keyName(property);
        return key !== undefined && key !== name;
      }),
  );
}
